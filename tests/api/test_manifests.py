"""Manifests from the draft to the paper, through the flows, the HTTP interface and the command line, on both engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from labels.proof import read_pages
from schemas.errors import WasteLedgerError
from tests.stories_builder import INFECTIOUS, Teller
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.cli_manifests import manifests_cli
from wasteledger.domain.legal_days import china_day
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.accounts import create_account
from wasteledger.flows.issue_codes import Wanted, issue_codes
from wasteledger.flows.manifest_forms import medical_month, trip_card
from wasteledger.flows.manifest_questions import list_manifests, load_manifest
from wasteledger.flows.manifests import confirm_manifest, draft_manifest, print_blank_manifests, void_manifest
from wasteledger.flows.service import Service

CLINIC, CENTRE, COLLECTOR = "C500114105001", "T500114105001", "R500114001001"
CARRIER, PLANT, GARAGE = "R500114004001", "D500114004001", "G500114004001"
VEHICLE, COLLECTORS_VEHICLE, DRIVER = "渝H2B101", "渝H1A001", "u-driver1"
PEOPLE = {CLINIC: "u-c105x1", CENTRE: "u-t105", COLLECTOR: "u-collector1", CARRIER: DRIVER, PLANT: "u-plant1"}
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
GOOD: dict[str, Any] = {
    "consignor": CENTRE, "carriers": [CARRIER], "consignee": PLANT, "waste_codes": [INFECTIOUS], "vehicle": VEHICLE,
    "driver": DRIVER,
}  # fmt: skip


class District:
    """A service, and devices whose scans are taken in at once."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.origin = service.directory().register.origin
        self.begin_ms = clock.now_ms() - 12 * HOUR_MS
        self.tellers = {site: Teller(site, origin=self.origin) for site in PEOPLE}
        verdicts = service.office().enrol([(teller.key, site) for site, teller in self.tellers.items()])
        for teller, verdict in zip(self.tellers.values(), verdicts, strict=True):
            teller.previous = verdict.leaf_hash or ""
        day = china_day(self.begin_ms).date()
        labels = issue_codes(service, [Wanted(CLINIC, INFECTIOUS)] * 2, day=day, stock="t-1", at_ms=self.begin_ms)
        self.bags = sorted(label.code for label in labels)

    def act(self, kind: str, site: str, after_h: int, **fields: Any) -> None:
        """Something happened `after_h` hours after the beginning."""
        at_ms = self.begin_ms + after_h * HOUR_MS + fields.pop("after_ms", 0)
        note = self.tellers[site].note(kind, occurred_ms=at_ms, actor=PEOPLE[site], **fields)
        answer = accept_batch(self.service.database, [note.decode()], origin=self.origin, node="node1")
        assert [verdict.verdict for verdict in answer.verdicts] == ["new"]

    def hop(self, codes: list[str], giver: str, taker: str, after_h: int, **fields: Any) -> None:
        self.act("released", giver, after_h, codes=codes, to_site=taker, **fields)
        self.act("accepted", taker, after_h, after_ms=MINUTE_MS, codes=codes, from_site=giver, **fields)

    def pooled(self) -> None:
        """Two bags of the clinic lie at the township centre."""
        for bag in self.bags:
            self.act(
                "sealed", CLINIC, 1, codes=[bag], waste_code=INFECTIOUS, package="bag", mass_g=1500, mass_source="scale"
            )
        self.hop(self.bags, CLINIC, COLLECTOR, 2, vehicle=COLLECTORS_VEHICLE)
        self.hop(self.bags, COLLECTOR, CENTRE, 3, vehicle=COLLECTORS_VEHICLE)

    def delivered(self, number: str) -> None:
        """Both bags go to the plant, which refuses the second."""
        self.hop(self.bags, CENTRE, CARRIER, 5, manifest=number, vehicle=VEHICLE)
        self.act("released", CARRIER, 8, codes=self.bags, to_site=PLANT, manifest=number, vehicle=VEHICLE)
        self.act(
            "accepted",
            PLANT,
            8,
            after_ms=MINUTE_MS,
            codes=self.bags[:1],
            from_site=CARRIER,
            manifest=number,
            masses_g=[1490],
        )
        self.act("refused", PLANT, 8, codes=self.bags[1:], from_site=CARRIER, manifest=number, reason="damaged")


@pytest.fixture
def district(service: Service) -> District:
    return District(service)


@pytest.fixture
def browser(service: Service) -> Iterator[TestClient]:
    """A stranger's, at a service with public pages."""
    app = make_app(service)
    with TestClient(app) as opened:
        yield opened


def draft(service: Service, **changes: Any) -> str:
    return draft_manifest(service, **(GOOD | changes)).number


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    found = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return found.replace("\r\n", "").replace(" ", "")


def test_a_draft_stands_in_the_ledger_in_the_consignors_name(service: Service) -> None:
    drafted = draft_manifest(service, **GOOD)
    manifest = load_manifest(service, drafted.number)
    assert (manifest.phase, manifest.consignor, manifest.driver) == ("drafted", CENTRE, DRIVER)
    assert manifest.draft is not None
    assert (manifest.draft.event_id, manifest.draft.index) == (drafted.event_id, drafted.index)
    assert manifest.planned_on == china_day(clock.now_ms()).date().isoformat()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"consignor": "T500114105009"}, "consignor 'T500114105009' is not in the register"),
        ({"consignor": CARRIER}, "consignor R500114004001 is a carrier"),
        ({"carriers": []}, "carriers: 0 named"),
        ({"carriers": [PLANT]}, "carriers: D500114004001 is no carrier"),
        ({"carriers": [CARRIER, CARRIER]}, "carriers: R500114004001 stands twice"),
        ({"consignee": CARRIER}, "consignee R500114004001: name a plant"),
        ({"consignee": CENTRE}, "consignee T500114105001: name a plant"),
        ({"waste_codes": []}, "waste_codes: name each waste once"),
        ({"waste_codes": [INFECTIOUS, INFECTIOUS]}, "waste_codes: name each waste once"),
        ({"waste_codes": ["感染性"]}, "waste_codes: waste code '感染性'"),
        ({"waste_codes": ["900-214-08"], "carriers": [COLLECTOR]}, "carriers: 黔城医废收运队"),
        ({"waste_codes": ["900-044-49"]}, "consignee: 武陵山"),
        ({"vehicle": COLLECTORS_VEHICLE}, "vehicle 渝H1A001 is not registered for"),
        ({"driver": "u-collector1"}, "driver u-collector1 is no registered driver"),
        ({"planned_on": "2031-01-01"}, "no licence to carry"),
        ({"planned_on": "2020-01-01"}, "planned_on 2020-01-01 lies before"),
        ({"planned_on": "morgen"}, "planned_on 'morgen' is no day"),
        ({"form": "fax"}, "form 'fax': electronic or paper"),
        ({"method": "burning"}, "method 'burning': one of"),
    ],
)
def test_a_draft_that_does_not_hold_is_refused_with_its_field_and_uses_no_number(
    service: Service, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(WasteLedgerError, match=problem):
        draft(service, **changes)
    assert draft(service).endswith("000001")


def test_each_carrier_in_turn_needs_its_own_licence(service: Service) -> None:
    number = draft(service, carriers=[CARRIER, COLLECTOR])
    assert load_manifest(service, number).carriers == (CARRIER, COLLECTOR)
    with pytest.raises(QueryError, match=f"carriers: .*{COLLECTOR}.* has no licence to carry 900-214-08"):
        draft(service, consignor=GARAGE, waste_codes=["900-214-08"], carriers=[CARRIER, COLLECTOR])


def test_a_manifest_is_carried_confirmed_and_closed(district: District) -> None:
    service, number = district.service, draft(district.service)
    district.pooled()
    with pytest.raises(QueryError, match="neither accepted nor refused"):
        confirm_manifest(service, number)
    district.delivered(number)
    assert load_manifest(service, number).phase == "part_accepted"
    with pytest.raises(QueryError, match="the scans say part_accepted"):
        confirm_manifest(service, number, opinion="accepted")
    with pytest.raises(QueryError, match="difference has 201 characters"):
        confirm_manifest(service, number, difference="长" * 201)
    closed = confirm_manifest(service, number, difference="一袋破损", method="incineration")
    assert (closed.phase, closed.refused) == ("closed", frozenset(district.bags[1:]))
    with pytest.raises(QueryError, match="it can not be confirmed again"):
        confirm_manifest(service, number)
    with pytest.raises(QueryError, match="1 packages were accepted under it"):
        void_manifest(service, number, "写错")


def test_a_void_needs_a_reason_and_is_for_ever(service: Service) -> None:
    number = draft(service)
    with pytest.raises(QueryError, match="reason: say why"):
        void_manifest(service, number, "  ")
    manifest = void_manifest(service, number, "计划取消")
    assert manifest.void is not None
    assert (manifest.phase, manifest.void.event.site) == ("voided", CENTRE)
    with pytest.raises(QueryError, match="void already"):
        void_manifest(service, number, "再作废")
    with pytest.raises(NotFoundError, match="nothing in this ledger names it"):
        void_manifest(service, "20265001009999", "不存在")
    with pytest.raises(QueryError, match="not the number of a manifest"):
        load_manifest(service, CENTRE)


def test_a_number_that_only_scans_name_can_not_be_voided_or_confirmed(district: District) -> None:
    district.pooled()
    district.delivered("20265001000777")
    for act in (
        lambda: void_manifest(district.service, "20265001000777", "无"),
        lambda: confirm_manifest(district.service, "20265001000777"),
    ):
        with pytest.raises(NotFoundError, match="was never drawn up"):
            act()


def test_blanks_know_the_usual_carrier_plant_and_wastes(service: Service) -> None:
    blanks = [load_manifest(service, blank.number) for blank in print_blank_manifests(service, CENTRE, 2)]
    assert {(blank.phase, blank.form, blank.consignee) for blank in blanks} == {("blank", "paper", PLANT)}
    assert blanks[0].carriers == (CARRIER,)
    assert len(blanks[0].waste_codes) == 5
    (garage,) = print_blank_manifests(service, GARAGE, 1)
    assert load_manifest(service, garage.number).waste_codes == ("900-214-08",)
    with pytest.raises(QueryError, match="count 101: from 1 to 100"):
        print_blank_manifests(service, CENTRE, 101)
    with pytest.raises(QueryError, match="consignee: nobody in the register has a licence to dispose"):
        print_blank_manifests(service, CENTRE, 1, waste_codes=["900-044-49"])


def test_the_list_answers_by_phase_and_by_site(district: District) -> None:
    service = district.service
    carried, waiting = draft(service), draft(service, consignor=GARAGE, waste_codes=["900-214-08"])
    district.pooled()
    district.delivered(carried)
    found = list_manifests(service)
    assert ([manifest.number for manifest in found.manifests], found.left_off) == ([waiting, carried], 0)
    assert [m.number for m in list_manifests(service, phase="part_accepted").manifests] == [carried]
    assert [m.number for m in list_manifests(service, site=GARAGE).manifests] == [waiting]
    assert len(list_manifests(service, site=PLANT).manifests) == 2
    with pytest.raises(QueryError, match="phase 'lost': one of blank, drafted"):
        list_manifests(service, phase="lost")


def test_a_program_reads_a_manifest_with_contents_seals_and_duty(district: District, browser: TestClient) -> None:
    number = draft(district.service)
    district.pooled()
    district.delivered(number)
    shown = browser.get(f"/v1/manifests/{number}").json()
    assert (shown["phase"], shown["phase_zh"], shown["duty"]["needed"]) == ("part_accepted", "部分接受", True)
    (row,) = shown["contents"]
    assert (row["packages_count"], row["mass_g"], row["accepted_count"], row["accepted_g"]) == (2, 3000, 1, 1490)
    assert [leg["refused"] for leg in shown["legs"]] == [[], district.bags[1:]]
    fields = {field["field"]: field for field in shown["fields"]}
    events = {event["event_id"]: event["kind"] for event in shown["events"]}
    assert events[fields["mass_accepted"]["sealed_by"]] == "accepted"
    assert fields["vehicle"]["value"] == VEHICLE
    listed = browser.get("/v1/manifests", params={"site": CENTRE}).json()["manifests"]
    assert [(row["number"], row["loaded_count"]) for row in listed] == [(number, 2)]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/manifests/20265001000999", 404), ("/v1/manifests/20265001000999.pdf", 404), ("/v1/manifests/M1", 422),
        ("/v1/manifests?phase=lost", 422), ("/v1/manifests?site=X", 404), ("/v1/medical-months/C500114105001/2026-13.pdf", 422),
        ("/v1/medical-months/C1/2026-11.pdf", 404), ("/v1/trip-cards/渝H0/2026-11-02.pdf", 404),
        (f"/v1/trip-cards/{VEHICLE}/gestern.pdf", 422), (f"/v1/trip-cards/{VEHICLE}/2099-01-01.pdf", 422),
        ("/v1/medical-months/C500114105001/2099-01.pdf", 422),
    ],
)  # fmt: skip
def test_questions_that_can_not_be_answered_are_problem_json(browser: TestClient, path: str, status: int) -> None:
    answer = browser.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_month_that_has_not_begun_prints_nothing_and_is_named(service: Service, browser: TestClient) -> None:
    now = china_day(clock.now_ms())
    following = f"{now.year + now.month // 12}-{now.month % 12 + 1:02d}"
    answer = browser.get(f"/v1/medical-months/{CLINIC}/{following}.pdf")
    assert answer.status_code == 422
    assert f"month {following} has not begun" in answer.json()["detail"]
    assert browser.get(f"/v1/medical-months/{CLINIC}/{now:%Y-%m}.pdf").content[:5] == b"%PDF-"
    assert trip_card(service, VEHICLE, f"{now:%Y-%m-%d}").deliveries == ()


def test_an_impostors_papers_and_scans_are_shown_and_change_nothing(district: District, browser: TestClient) -> None:
    service, number = district.service, draft(district.service)
    district.pooled()
    carrier = district.tellers[CARRIER]
    at_ms = district.begin_ms + 4 * HOUR_MS
    for site, kind, fields in (
        (CENTRE, "manifested", {"action": "voided", "reason": "计划取消"}),
        (CENTRE, "released", {"codes": district.bags, "to_site": CARRIER}),
        (PLANT, "accepted", {"codes": district.bags, "from_site": CARRIER}),
        (PLANT, "manifested", {"action": "confirmed", "opinion": "accepted"}),
    ):
        note = carrier.note(kind, occurred_ms=at_ms, site=site, actor=PEOPLE[CARRIER], manifest=number, **fields)
        answer = accept_batch(service.database, [note.decode()], origin=district.origin, node="node1")
        assert [verdict.verdict for verdict in answer.verdicts] == ["new"]
    shown = browser.get(f"/v1/manifests/{number}").json()
    assert (shown["phase"], shown["loaded_count"], shown["accepted_count"], shown["confirmed"]) == (
        "drafted",
        0,
        0,
        False,
    )
    # The office drew it up in the centre's name; what the carrier said for others has no effect.
    assert sorted(event["entitled"] for event in shown["events"]) == [False, False, False, False, True]
    assert browser.get(f"/manifests/{number}").text.count("签名者无权记录，不生效") == 4


def test_the_paper_carries_its_number_and_strangers_see_no_persons(district: District, browser: TestClient) -> None:
    service, number = district.service, draft(district.service)
    district.pooled()
    district.delivered(number)
    answer = browser.get(f"/v1/manifests/{number}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert [page.codes for page in read_pages(answer.content, dpi=200)] == [(number,)]
    strangers = words(answer.content)
    assert "阿蓬江镇卫生院中转点" in strangers
    login = create_account(service, "regulator", role="regulator", site="A500114001001")
    page = browser.get("/login").text
    token = page.split('name="token" value="')[1].split('"')[0]
    browser.post("/login", data={"name": login.name, "password": login.password, "token": token})
    known = words(browser.get(f"/v1/manifests/{number}.pdf").content)
    for person in ("刘文军", "李永福", "胡玉珍"):
        assert person in known
        assert person not in strangers
    assert browser.get(f"/v1/manifests/{number}").json()["driver"] == DRIVER


def test_strangers_read_no_person_in_the_answer_for_programs(district: District, browser: TestClient) -> None:
    number = draft(district.service)
    district.pooled()
    district.delivered(number)
    text = browser.get(f"/v1/manifests/{number}").text + browser.get("/v1/manifests").text
    people = district.service.directory().people
    named = [person.actor for person in people.values() if person.actor in text or person.name in text]
    assert named == []


def test_paper_that_is_entered_later_says_who_when_and_why(district: District, browser: TestClient) -> None:
    (blank,) = print_blank_manifests(district.service, CENTRE, 1)
    district.pooled()
    happened = china_day(district.begin_ms + 5 * HOUR_MS).isoformat(timespec="milliseconds")
    backfill = {"happened_at": happened, "reason": "power_cut", "paper": "纸7"}
    district.act(
        "released",
        CENTRE,
        9,
        codes=district.bags,
        to_site=CARRIER,
        manifest=blank.number,
        vehicle=VEHICLE,
        backfill=backfill,
    )
    manifest = load_manifest(district.service, blank.number)
    assert manifest.handed_over is not None
    assert manifest.handed_over.occurred_ms == district.begin_ms + 5 * HOUR_MS
    (note,) = browser.get(f"/v1/manifests/{blank.number}").json()["backfilled"]
    assert "阿蓬江镇卫生院中转点" in note
    assert "停电" in note
    assert "纸7" in note
    assert "补录" in words(browser.get(f"/v1/manifests/{blank.number}.pdf").content)


def test_the_monthly_medical_manifest_and_the_trip_card_come_from_the_same_scans(
    district: District, browser: TestClient
) -> None:
    district.pooled()
    day = china_day(district.begin_ms + 2 * HOUR_MS)
    form = medical_month(district.service, CLINIC, f"{day:%Y-%m}")
    (line,) = form.lines
    assert (line.packages_count, line.mass_g, line.plate, line.accepted) == (2, 3000, COLLECTORS_VEHICLE, True)
    assert line.given_by
    assert "19张" in form.basis
    card = trip_card(district.service, COLLECTORS_VEHICLE, f"{day:%Y-%m-%d}")
    assert [line.giver for line in card.collections] == [form.institution]
    assert [line.taker for line in card.deliveries] == ["阿蓬江镇卫生院中转点"]
    assert browser.get(f"/v1/medical-months/{CLINIC}/{day:%Y-%m}.pdf").content[:5] == b"%PDF-"
    shown = words(browser.get(f"/v1/trip-cards/{COLLECTORS_VEHICLE}/{day:%Y-%m-%d}.pdf").content)
    assert "2件，3kg" in shown
    assert "吴春梅" not in shown


@pytest.fixture
def run(service: Service, tmp_path: Path, database_url: str) -> Any:
    """Runs a command as a person types it; `service` has loaded the district."""
    environment = {"WASTELEDGER_DATA_DIR": str(tmp_path), "WASTELEDGER_DATABASE_URL": database_url}
    assert service.directory().register.sites

    def run(*words: str) -> str:
        result = CliRunner().invoke(manifests_cli, ["manifest", *words], env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_person_drafts_shows_voids_and_prints_on_the_command_line(run: Any, tmp_path: Path) -> None:
    number = run("draft", CENTRE, PLANT, "--carrier", CARRIER, "--waste", INFECTIOUS, "--vehicle", VEHICLE).strip()
    assert "已填报（drafted）" in run("show", number)
    assert "阿蓬江镇卫生院中转点 →" in run("list", "--phase", "drafted")
    assert number in run("list", "--json")
    paper = tmp_path / "manifest.pdf"
    run("pdf", number, "-o", str(paper))
    assert [page.codes for page in read_pages(paper.read_bytes(), dpi=200)] == [(number,)]
    assert "已作废" in run("void", number, "计划取消")
    assert '"phase": "voided"' in run("show", number, "--json")
    with pytest.raises(NotFoundError, match="choose a file in a folder"):
        run("pdf", number, "-o", str(tmp_path / "missing" / "x.pdf"))


def test_blanks_are_printed_with_their_numbers_on_the_command_line(run: Any, tmp_path: Path) -> None:
    paper = tmp_path / "blank.pdf"
    numbers = [line for line in run("blank", CENTRE, "--count", "3", "-o", str(paper)).splitlines() if line.isdigit()]
    assert [page.codes for page in read_pages(paper.read_bytes(), dpi=200)] == [(number,) for number in numbers]


def test_the_field_table_is_shown_with_its_law(run: Any) -> None:
    shown = run("fields")
    assert "联单编号" in shown
    assert "第十五条" in shown
    assert '"sealed_by": "confirmed"' in run("fields", "--json")
