"""A device's finding about a package, and a record that was not heard, stand on that package's page."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from schemas.canonical import decode_base64
from schemas.event_base import ItemEvent
from schemas.events import FORMS
from schemas.reasons import REASONS
from tests.reports.months import put_into
from tests.stories_builder import BAG, BAG2, CLINIC, COLLECTOR, OFFICE, PHOTO, PLANT, TRANSFER, Story, ms
from tests.web.reading import log_in
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.flows.accounts import create_account
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.web.chain_view import strength_text
from wasteledger.web.texts import LANGUAGES, TEXTS, Words

DAY_MS = 86_400_000


def _page(folder: Path, story: Story) -> tuple[str, dict[str, Any]]:
    service = Service(Settings(data_dir=folder, database_url="", node="node1", public_pages=True, sign=False))
    put_into(service, story)
    with TestClient(make_app(service)) as client:
        page, told = client.get(f"/items/{BAG}").text, client.get(f"/v1/items/{BAG}").json()
    service.close()
    return page, told


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: ms("30 08:00"))


def test_a_record_that_arrived_late_shows_on_the_page_of_its_package(tmp_path: Path) -> None:
    story = Story()
    story.seal(BAG, at="02 08:00", delay_ms=20 * DAY_MS)
    page, told = _page(tmp_path, story)
    assert REASONS["back_dated"].zh in page
    assert "back_dated" in {finding["code"] for finding in told["findings"]}


def test_an_act_in_anothers_name_is_shown_as_not_entitled_and_changes_nothing(tmp_path: Path) -> None:
    """The clinic's handheld says that the plant burned it."""
    story = Story()
    story.seal(BAG, at="02 08:00")
    story.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")
    burned = {"codes": [BAG], "batch": "炉1", "method": "incineration", "vouch_method": "own_device"}
    note = story.teller(CLINIC).note("disposed", occurred_ms=ms("03 08:00"), site=PLANT, **burned)
    story.write(note, received_ms=ms("03 08:01"))
    page, told = _page(tmp_path, story)
    assert "无权记录，不起作用" in page
    assert REASONS["not_entitled"].zh in page
    assert [step["entitled"] for step in told["steps"]] == [True, True, True, False]
    assert told["phase"] == "held"
    assert "双方设备" in page


@pytest.mark.parametrize(
    ("strength", "zh"),
    [(5, "双方设备"), (4, "工牌加密码"), (3, "工牌"), (2, "纸质"), (1, "外系统"), (0, "无人")],
)
def test_every_strength_has_its_word(strength: int, zh: str) -> None:
    assert strength_text(strength, Words("zh")) == zh
    assert strength_text(strength, Words("en")).isascii()


def test_what_a_sealing_and_a_weighing_say_of_themselves_is_shown(tmp_path: Path) -> None:
    """The ward, how each mass came about, and the photograph of a label that was replaced."""
    story = Story()
    story.issue(BAG, BAG2)
    story.seal(BAG, at="02 08:00", unit="外科", mass_source="typed")
    story.tell(
        CLINIC, "relabelled", at="02 09:00", codes=[BAG], new_code=BAG2, reason="unreadable", attachments=[PHOTO]
    )
    story.hop(BAG2, CLINIC, COLLECTOR, at="02 14:00", masses_g=[1000], mass_source="copied")
    story.hop(BAG2, COLLECTOR, TRANSFER, at="02 16:00", masses_g=[1000])
    page, told = _page(tmp_path, story)
    steps = {step["event_id"]: step for step in told["steps"]}
    said = [(s["kind"], s["unit"], s["mass_source"], s["new_code"], s["attachments"]) for s in steps.values()]
    assert ("sealed", "外科", "typed", None, []) in said
    assert ("relabelled", None, None, BAG2, [PHOTO]) in said
    assert ("accepted", None, "copied", None, []) in said
    assert ("accepted", None, None, None, []) in said
    shown = dict(zip(steps, re.findall(r'<li class="step.*?</li>', page, flags=re.DOTALL), strict=False))
    words = {
        "sealed": ["<dt>科室</dt><dd>外科</dd>", "<dt>重量来源</dt><dd>手工录入</dd>"],
        "relabelled": [
            "<dt>原因</dt><dd>无法识读</dd>",
            f"<dt>新编码</dt><dd>{BAG2}</dd>",
            f'<dt>照片、凭证</dt><dd><code title="{PHOTO}">',
        ],
    }
    for event_id, text in shown.items():
        assert all(word in text for word in words.get(steps[event_id]["kind"], []))
    assert page.count("<dd>抄录，未另称重</dd>") == page.count("<dd>未注明</dd>") == 2


def test_a_photograph_opens_for_those_who_may_see_it(tmp_path: Path) -> None:
    story = Story()
    story.issue(BAG, BAG2)
    story.seal(BAG, at="02 08:00")
    story.tell(CLINIC, "relabelled", at="02 09:00", codes=[BAG], new_code=BAG2, reason="damaged", attachments=[PHOTO])
    address = f"/v1/evidence/{decode_base64(PHOTO).hex()}"
    assert address not in _page(tmp_path / "stranger", story)[0]
    service = Service(Settings(data_dir=tmp_path / "known", database_url="", node="node1", sign=False))
    put_into(service, story)
    account = create_account(service, "regulator", role="regulator", site=OFFICE)
    with TestClient(make_app(service)) as client:
        log_in(client, account.name, account.password)
        assert f'href="{address}"' in client.get(f"/items/{BAG}").text
    service.close()


def test_a_label_replaced_without_a_photograph_says_so(tmp_path: Path) -> None:
    story = Story()
    story.issue(BAG, BAG2)
    story.seal(BAG, at="02 08:00")
    story.tell(CLINIC, "relabelled", at="02 09:00", codes=[BAG], new_code=BAG2, reason="lost")
    page, _ = _page(tmp_path, story)
    assert "<dt>照片、凭证</dt><dd>无</dd>" in page
    assert "<dt>原因</dt><dd>脱落</dd>" in page


def test_every_word_that_a_step_may_show_has_its_text() -> None:
    for kind, form in FORMS.items():
        if not issubclass(form, ItemEvent):
            continue
        for name in ("method", "reason", "incident", "result", "mass_source"):
            for word in _choices(form, name):
                for language in LANGUAGES:
                    assert Words(language).value(word) != word or language == "en", (kind, name, word)
                assert f"value.{word}" in TEXTS, (kind, name, word)


def _choices(form: type[Any], name: str) -> list[str]:
    schema = form.model_json_schema()["properties"].get(name, {})
    return [word for option in schema.get("anyOf", [schema]) for word in option.get("enum", ())]
