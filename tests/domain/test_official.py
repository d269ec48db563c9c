"""The official figures: two of them, never mixed, a plant only, and everything they leave out is named."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from schemas.custody import Phase
from tests.domain.finding_stories import STORIES
from tests.reports.months import GARAGE, OIL, put_into, rich_register
from tests.stories_builder import BAG, BAG2, BAG3, CLINIC, HOSPITAL, OFFICE, PHOTO, PLANT, TRANSFER, Story, ms, register
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.cli import cli
from wasteledger.domain.official import OfficialFigure, of_township_level, official_figures, part_of, rates_by_waste
from wasteledger.domain.reconcile import Amount, ItemRow
from wasteledger.domain.register import Directory
from wasteledger.flows.service import Service
from wasteledger.settings import Settings

DIRECTORY = Directory(rich_register())


def _figures(story: Story) -> tuple[OfficialFigure, OfficialFigure]:
    answer = story.reconcile(directory=DIRECTORY)
    medical, hazardous = official_figures(answer.items, answer.withdrawn, DIRECTORY)
    for figure in (medical, hazardous):  # nothing is lost between the parts
        parts = [figure.disposed, *figure.beside.values()]
        assert figure.cohort == Amount(sum(p.count for p in parts), sum(p.mass_g for p in parts))
    return medical, hazardous


def _row(**changes: Any) -> ItemRow:
    fields: dict[str, Any] = {
        "code": BAG, "site": HOSPITAL, "waste_code": "841-001-01", "sealed_ms": ms("02 08:00"), "amount": Amount(1, 1000),
        "item_class": "safely_disposed", "phase": Phase.DISPOSED, "holder": PLANT, "inferred": False, "reasons": (),
        "method": "incineration",
    }  # fmt: skip
    return ItemRow(**(fields | changes))


def test_medical_and_other_hazardous_waste_are_two_figures() -> None:
    """A hospital's bag was burned, a garage's drum is still there: 100 % and 0 %, and nowhere 50 %."""
    story = Story()
    story.seal(BAG, site=TRANSFER)
    story.to_plant(BAG)
    story.dispose(BAG)
    story.seal(BAG2, site=GARAGE, waste_code=OIL, package="drum")
    medical, hazardous = _figures(story)
    assert (medical.rate, hazardous.rate) == (1.0, 0.0)
    assert (medical.cohort, hazardous.cohort) == (Amount(1, 1000), Amount(1, 1000))
    assert hazardous.beside["not_disposed"] == Amount(1, 1000)


def test_a_plant_has_burned_it_is_enough_whatever_the_chain_shows() -> None:
    story = Story()
    STORIES["manifest_missing"][0](story)
    answer = story.reconcile()
    assert answer.district.rates()["rate_proved_mass"] == 0.0
    assert set(rates_by_waste(answer.items, Directory(register())).values()) == {1.0}


def test_village_level_is_left_out_and_named() -> None:
    story = Story()
    story.whole_life(BAG)
    medical, _ = _figures(story)
    assert (medical.cohort, medical.rate) == (Amount(), None)
    assert medical.left_out["below_level"] == Amount(1, 1000)


def test_a_village_clinic_whose_level_is_township_counts() -> None:
    raised = [
        site.model_copy(update={"level": "township"}) if site.code == CLINIC else site for site in register().sites
    ]
    lowered = [
        site.model_copy(update={"level": "village"}) if site.code == HOSPITAL else site for site in register().sites
    ]
    plain = Directory(register())
    assert [of_township_level(site, plain) for site in (CLINIC, HOSPITAL, TRANSFER, PLANT)] == [
        False,
        True,
        True,
        False,
    ]
    assert of_township_level(CLINIC, Directory(register().model_copy(update={"sites": tuple(raised)})))
    assert not of_township_level(HOSPITAL, Directory(register().model_copy(update={"sites": tuple(lowered)})))


def test_what_was_voided_is_named_and_not_in_the_cohort() -> None:
    story = Story()
    story.seal(BAG, site=HOSPITAL)
    story.seal(BAG3, site=HOSPITAL, mass_g=700)
    void = story.tell(HOSPITAL, "voided", at="02 09:00", codes=[BAG3], reason="never_was", attachments=[PHOTO])
    medical, _ = _figures(story)
    assert (medical.cohort.count, medical.left_out["voided"]) == (2, Amount()), "one party's word alone"
    story.tell(OFFICE, "evidenced", at="02 09:30", attachments=[PHOTO], size_bytes=1000, media="image/jpeg")
    story.confirm(void, BAG3, at="02 10:00")
    medical, _ = _figures(story)
    assert (medical.cohort.count, medical.left_out["voided"]) == (1, Amount(1, 700))


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({}, "disposed"),
        ({"item_class": "disposed_not_provably"}, "disposed"),
        ({"phase": Phase.HELD, "item_class": "on_its_way"}, "not_disposed"),
        ({"holder": HOSPITAL}, "self_disposed"),
        ({"item_class": "self_disposed"}, "self_disposed"),
        ({"holder": TRANSFER}, "not_at_a_plant"),
        ({"holder": "D500114999999"}, "not_at_a_plant"),
        ({"holder": None}, "not_at_a_plant"),
        ({"method": "recovery"}, "recovered"),
        ({"method": "landfill"}, "not_harmless"),
        ({"method": "landfill", "waste_code": OIL}, "disposed"),
        ({"method": "recovery", "waste_code": OIL}, "recovered"),
    ],
)
def test_only_a_plant_of_the_register_counts(changes: dict[str, Any], part: str) -> None:
    assert part_of(_row(**changes), DIRECTORY) == part


def test_ghosts_are_in_no_official_cohort_but_named() -> None:
    medical, _ = official_figures([_row(item_class="unsealed"), _row()], {}, DIRECTORY)
    assert (medical.cohort, medical.left_out["unknown_origin"]) == (Amount(1, 1000), Amount(1, 1000))


def test_both_figures_stand_in_json_and_on_the_first_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: ms("04 08:00"))
    service = Service(Settings(data_dir=tmp_path, database_url="", node="node1", public_pages=True, sign=False))
    story = Story()
    story.seal(BAG, site=TRANSFER)
    story.to_plant(BAG)
    story.dispose(BAG)
    story.seal(BAG2, site=GARAGE, waste_code=OIL, package="drum")
    put_into(service, story)
    with TestClient(make_app(service)) as client:
        answer = client.get("/v1/reconciliation").json()
        page = client.get("/").text
        english = client.get("/?lang=en").text
    service.close()
    assert "rate_official_mass" not in answer
    assert all("rate_official_mass" not in row for row in answer["divisions"].values())
    assert {code: row["rate_official_mass"] for code, row in answer["categories"].items()} == {
        "841-001-01": 1.0,
        OIL: 0.0,
    }
    medical, hazardous = answer["official"]["medical_central_disposal"], answer["official"]["hazardous_safe_disposal"]
    assert (medical["zh"], hazardous["zh"]) == ("镇级以上医疗废物集中无害化处置率", "工业危险废物安全处置率")
    assert (medical["rate_mass"], medical["cohort"]) == (1.0, {"count": 1, "mass_g": 1000})
    assert (hazardous["rate_mass"], hazardous["cohort"]) == (0.0, {"count": 1, "mass_g": 1000})
    assert hazardous["beside"]["not_disposed"]["mass_g"] == 1000
    for figure in (medical, hazardous):
        assert figure["zh"] in page
        assert figure["formula_zh"] in page
        assert figure["en"] in english


def test_both_figures_stand_on_the_command_line_with_what_they_leave_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: ms("04 08:00"))
    monkeypatch.setenv("WASTELEDGER_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("WASTELEDGER_DATABASE_URL", raising=False)
    service = Service(Settings(data_dir=tmp_path, database_url="", node="node1", public_pages=True, sign=False))
    story = Story()
    story.seal(BAG, site=CLINIC)
    story.seal(BAG2, site=GARAGE, waste_code=OIL, package="drum")
    put_into(service, story)
    service.close()
    ran = CliRunner().invoke(cli, ["reconcile", "--from", "2026-11-01", "--to", "2026-11-30"])
    assert ran.exit_code == 0, ran.output
    assert "镇级以上医疗废物集中无害化处置率 —  登记的处置单位无害化处置量 ÷ 封装量（按重量）" in ran.output
    assert "不在统计范围：村级及非医疗机构产生的医疗废物 1 件 1 kg" in ran.output
    assert "工业危险废物安全处置率 0.00%" in ran.output.replace(" %", "%")
    assert "未计入分子：尚未处置 1 件 1 kg" in ran.output
