"""Cases and what is due, through the flows, the HTTP interface and the command line, on both engines."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from schemas.canonical import encode_base64
from schemas.codes import box_code
from tests.folding import history_of
from tests.stories_builder import INFECTIOUS, Teller, china
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.cli_cases import cases_cli
from wasteledger.domain.legal_days import china_day
from wasteledger.errors import DatabaseError, ForbiddenError, NotFoundError, QueryError
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.accounts import create_account
from wasteledger.flows.case_book import findings_now, list_cases, load_case
from wasteledger.flows.cases import (
    answer_case,
    assign_case,
    close_case,
    escalate_due,
    open_case,
    overseer,
    reopen_case,
)
from wasteledger.flows.due import due_list
from wasteledger.flows.evidence import EVIDENCE_BYTES_MAX, keep_evidence, read_evidence
from wasteledger.flows.issue_codes import Wanted, issue_codes
from wasteledger.flows.office import Who
from wasteledger.flows.questions import ask
from wasteledger.flows.second_party import confirm_void
from wasteledger.flows.service import Service

CLINIC, CENTRE, COLLECTOR, OFFICE = "C500114105001", "T500114105001", "R500114001001", "A500114001001"
PEOPLE = {CLINIC: "u-c105x1", COLLECTOR: "u-collector1"}
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
PHOTO = b"\x89PNG\r\n\x1a\n a photo of the cabinet"
PHOTO_HASH = encode_base64(hashlib.sha256(PHOTO).digest())


class District:
    """A clinic whose bag was offered to the collector fifty hours ago, and nobody accepted it: `in_limbo`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.origin = service.directory().register.origin
        self.now_ms = clock.now_ms()
        self.tellers = {site: Teller(site, origin=self.origin) for site in PEOPLE}
        verdicts = service.office().enrol([(teller.key, site) for site, teller in self.tellers.items()])
        for teller, verdict in zip(self.tellers.values(), verdicts, strict=True):
            teller.previous = verdict.leaf_hash or ""
        begin_ms = self.now_ms - 52 * HOUR_MS
        day = china_day(begin_ms).date()
        labels = issue_codes(service, [Wanted(CLINIC, INFECTIOUS)] * 2, day=day, stock="t-1", at_ms=begin_ms)
        self.bag, self.other_bag = sorted(label.code for label in labels)
        self.seal(self.bag, ago_h=51)
        self.act("released", CLINIC, ago_h=50, codes=[self.bag], to_site=COLLECTOR)

    def act(self, kind: str, site: str, *, ago_h: int = 0, ago_ms: int = 0, **fields: Any) -> str:
        at_ms = self.now_ms - ago_h * HOUR_MS - ago_ms
        note = self.tellers[site].note(kind, occurred_ms=at_ms, actor=PEOPLE[site], **fields)
        answer = accept_batch(self.service.database, [note.decode()], origin=self.origin, node="node1")
        assert [verdict.verdict for verdict in answer.verdicts] == ["new"]
        return self.tellers[site].previous

    def seal(self, bag: str, *, ago_h: int) -> str:
        fields = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1500, "mass_source": "scale"}
        return self.act("sealed", CLINIC, ago_h=ago_h, codes=[bag], **fields)

    def accept(self) -> str:
        return self.act("accepted", COLLECTOR, ago_ms=2 * MINUTE_MS, codes=[self.bag], from_site=CLINIC)

    def undo(self, target: str) -> None:
        fields = {"target_event_id": target, "reason": "did_not_occur"}
        self.act("corrected", COLLECTOR, ago_ms=MINUTE_MS, codes=[self.bag], **fields)

    def finding(self, code: str = "in_limbo") -> str:
        (found,) = [f for f in findings_now(self.service, clock.now_ms()) if f.code == code]
        return found.finding_id

    def gap(self) -> str:
        """The clinic's device skips a number: a discrepancy that stays for ever."""
        self.tellers[CLINIC].number += 1
        self.act("washed", CLINIC, codes=[box_code("500114", 7)])
        return self.finding("device_gap")


@pytest.fixture
def district(service: Service) -> District:
    return District(service)


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    app = make_app(service)
    with TestClient(app) as opened:
        yield opened


def log_in(client: TestClient, name: str, *, role: str, site: str, service: Service) -> str:
    """Logs in as a new account; returns the session's token."""
    login = create_account(service, name, role=role, site=site)
    token = client.get("/login").text.split('name="token" value="')[1].split('"')[0]
    client.post("/login", data={"name": login.name, "password": login.password, "token": token})
    return str(client.get("/v1/cases").json()["token"])


def test_a_case_is_opened_on_a_finding_with_a_number_in_the_ledger(district: District) -> None:
    case = open_case(district.service, district.finding())
    assert case.number == f"DB-{china_day(clock.now_ms()):%Y%m}-0001"
    assert (case.code, case.items, case.owner, case.level, case.status) == (
        "in_limbo",
        (district.bag,),
        COLLECTOR,
        1,
        "open",
    )
    assert 71 * HOUR_MS < case.due_ms - clock.now_ms() <= 72 * HOUR_MS
    (fact,) = history_of(district.service).by_case[case.number]
    assert (fact.event.action, fact.event.site, fact.event.finding) == ("opened", OFFICE, district.finding())


def test_a_finding_has_one_case_and_a_finding_that_does_not_stand_has_none(district: District) -> None:
    first = open_case(district.service, district.finding())
    with pytest.raises(QueryError, match=f"has case {first.number} \\(open\\) already"):
        open_case(district.service, district.finding())
    with pytest.raises(NotFoundError, match="does not stand now"):
        open_case(district.service, "0123456789ab")
    assert [row.case.number for row in list_cases(district.service)] == [first.number]


def test_a_case_can_be_opened_on_every_finding_that_reconciliation_shows(district: District) -> None:
    service = district.service
    district.seal(district.other_bag, ago_h=5)
    district.act("accepted", COLLECTOR, ago_h=4, codes=[district.other_bag], from_site=CENTRE)
    district.gap()
    shown = {finding.finding_id: finding.code for finding in ask(service).findings}
    assert {"in_limbo", "missing_link", "device_gap"} <= set(shown.values())
    assert {f.finding_id: f.code for f in findings_now(service, clock.now_ms())} == shown
    for code in sorted(set(shown.values())):
        some = {f.finding_id for f in findings_now(service, clock.now_ms(), [code])}
        assert some == {finding_id for finding_id, named in shown.items() if named == code}
    assert len({open_case(service, finding_id).number for finding_id in shown}) == len(shown)


def test_two_who_open_a_case_at_once_get_one_case(district: District) -> None:
    finding = district.finding()

    def attempt(_: int) -> str:
        try:
            return open_case(district.service, finding).number
        except QueryError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(attempt, range(2)))
    assert answers[0].endswith("-0001")
    assert "already" in answers[1]
    assert len(list_cases(district.service)) == 1


def test_a_refused_opening_draws_no_number(district: District) -> None:
    finding = district.finding()
    with pytest.raises(NotFoundError, match="owner: site C999999999999"):
        open_case(district.service, finding, owner="C999999999999")
    with pytest.raises(QueryError, match="lies in the past"):
        open_case(district.service, finding, due_ms=clock.now_ms() - 1)
    assert open_case(district.service, finding).number.endswith("-0001")


def test_a_signature_does_not_close_it_and_the_missing_scan_does(district: District) -> None:
    service = district.service
    number = open_case(service, district.finding()).number
    answered = answer_case(service, number, "已联系收运人", [PHOTO])
    assert (answered.status, answered.attachments) == ("answered", (PHOTO_HASH,))
    history = history_of(service)
    assert history.evidence.missing([PHOTO_HASH], history.admissions) == [], "a void may wait for this photo"
    with pytest.raises(QueryError, match="only the missing fact closes it"):
        close_case(service, number, "领导已签字", [PHOTO])
    assert load_case(service, number).status == "answered"
    district.accept()
    assert close_case(service, number, "已补扫").status == "closed"


def test_a_closed_case_whose_fact_is_taken_back_is_reopened(district: District) -> None:
    service = district.service
    number = open_case(service, district.finding()).number
    accepted = district.accept()
    close_case(service, number, "已补扫")
    assert [row.judgement.status for row in list_cases(service)] == ["closed"]
    assert escalate_due(service) == []
    district.undo(accepted)
    assert [row.judgement.status for row in list_cases(service)] == ["reopened"]
    (moved,) = escalate_due(service)
    assert (moved.status, moved.acts[-1].action) == ("reopened", "reopened")
    assert moved.due_ms > clock.now_ms()
    assert escalate_due(service) == []


@pytest.mark.parametrize("attachments", [[PHOTO_HASH], []])
def test_a_broken_chain_ends_with_a_package_voided_on_evidence_and_not_without(
    district: District, attachments: list[str]
) -> None:
    service, bag = district.service, district.other_bag
    district.seal(bag, ago_h=5)
    district.act("accepted", COLLECTOR, ago_h=4, codes=[bag], from_site=CENTRE)
    number = open_case(service, district.finding("missing_link")).number
    void = district.act("voided", COLLECTOR, ago_h=3, codes=[bag], reason="never_was", attachments=attachments)
    assert district.finding("missing_link")  # the ledger does not forget it
    if attachments:
        answer_case(service, number, "照片在此", [PHOTO])
        with pytest.raises(QueryError, match="void the packages with evidence"):
            close_case(service, number, "误贴标签，已作废")
        confirm_void(service, void)
        assert close_case(service, number, "误贴标签，已作废").status == "closed"
        assert escalate_due(service) == []
    else:
        with pytest.raises(QueryError, match="void the packages with evidence"):
            close_case(service, number, "误贴标签，已作废")


def test_an_overdue_case_is_escalated_once_for_each_level(district: District) -> None:
    service = district.service
    case = open_case(service, district.finding(), owner=CLINIC)
    assert escalate_due(service, case.due_ms) == []
    (second,) = escalate_due(service, case.due_ms + 1)
    assert (second.level, second.owner, second.due_ms) == (2, CENTRE, case.due_ms + 1 + 48 * HOUR_MS)
    assert escalate_due(service, case.due_ms + 1) == []
    (third,) = escalate_due(service, second.due_ms + 1)
    assert (third.level, third.owner) == (3, OFFICE)
    assert escalate_due(service, third.due_ms + 1) == []
    assert [act.action for act in third.acts] == ["opened", "escalated", "escalated"]


def test_two_timers_at_once_escalate_once(district: District) -> None:
    service = district.service
    case = open_case(service, district.finding())
    with ThreadPoolExecutor(2) as pool:
        moved = list(pool.map(lambda _: escalate_due(service, case.due_ms + 1), range(2)))
    assert sum(len(cases) for cases in moved) == 1
    assert [act.action for act in load_case(service, case.number).acts] == ["opened", "escalated"]


def test_a_case_of_the_centre_itself_goes_straight_to_the_district(district: District) -> None:
    service = district.service
    case = open_case(service, district.finding(), owner=CENTRE)
    assert overseer(service.directory(), CENTRE, 2) == CENTRE
    (moved,) = escalate_due(service, case.due_ms + 1)
    assert (moved.level, moved.owner) == (3, OFFICE)


def test_the_first_answer_in_time_wins_time_and_neither_a_second_nor_a_late_one_does(district: District) -> None:
    service = district.service
    case = open_case(service, district.finding())
    first = answer_case(service, case.number, "正在核查", at_ms=case.due_ms - HOUR_MS)
    assert first.due_ms == case.due_ms + 47 * HOUR_MS
    second = answer_case(service, case.number, "仍在核查", at_ms=first.due_ms - HOUR_MS)
    assert second.due_ms == first.due_ms
    assign_case(service, case.number, COLLECTOR, due_ms=first.due_ms + HOUR_MS, at_ms=first.due_ms)
    late = answer_case(service, case.number, "又在核查", at_ms=first.due_ms + 2 * HOUR_MS)
    assert late.due_ms == first.due_ms + HOUR_MS


def test_a_discrepancy_is_closed_with_evidence_and_stays_closed(district: District) -> None:
    service = district.service
    number = open_case(service, district.gap()).number
    with pytest.raises(QueryError, match="attachments: case"):
        close_case(service, number, "设备已更换")
    assert close_case(service, number, "设备已更换", [PHOTO]).status == "closed"
    assert escalate_due(service, clock.now_ms() + 1000 * HOUR_MS) == []
    with pytest.raises(QueryError, match="is closed: reopen it first"):
        answer_case(service, number, "补充")
    again = reopen_case(service, number, "附件不清")
    assert (again.status, again.attachments) == ("reopened", ())


def test_what_a_device_says_of_cases_is_no_act_of_the_office(district: District) -> None:
    service = district.service
    number = open_case(service, district.finding()).number
    month = number[:-4]
    district.act("cased", CLINIC, case=number, action="closed", note="已办结")
    due_at = china(clock.now_ms() + 1000 * HOUR_MS)
    forged = {
        "action": "opened",
        "finding": "0" * 12,
        "code": "in_limbo",
        "owner": CLINIC,
        "due_at": due_at,
        "level": 1,
    }
    district.act("cased", CLINIC, case=f"{month}0002", **forged)
    # Nor is the office whoever writes its site into his event.
    in_its_name = district.tellers[CLINIC].note(
        "cased", occurred_ms=clock.now_ms(), site=OFFICE, case=number, action="closed", note="已办结"
    )
    (verdict,) = accept_batch(service.database, [in_its_name.decode()], origin=district.origin, node="node1").verdicts
    assert verdict.verdict == "new"
    assert load_case(service, number).status == "open"
    with pytest.raises(NotFoundError, match="was never opened"):
        load_case(service, f"{month}0002")
    assert open_case(service, district.gap()).number == f"{month}0002"


def test_only_the_owner_or_the_authority_answers(district: District) -> None:
    number = open_case(district.service, district.finding()).number
    with pytest.raises(ForbiddenError, match="is to be answered by 黔城医废收运队"):
        answer_case(district.service, number, "不是我们", who=Who(CLINIC, "u-c105x1", "pin"))
    case = answer_case(district.service, number, "已派车", who=Who(COLLECTOR, "u-collector1", "pin"))
    assert (case.acts[-1].site, case.acts[-1].actor, case.acts[-1].vouch_method) == (COLLECTOR, "u-collector1", "pin")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([b"MZ program"], "neither JPEG nor PNG nor PDF"),
        ([b""], "file 1 has 0 bytes"),
        ([PHOTO, b"%PDF-" + b"x" * EVIDENCE_BYTES_MAX], "file 2 has"),
        ([PHOTO] * 11, "11 files, at most 10"),
    ],
)
def test_evidence_that_is_no_photo_or_paper_is_not_taken(district: District, files: list[bytes], said: str) -> None:
    number = open_case(district.service, district.finding()).number
    with pytest.raises(QueryError, match=said):
        answer_case(district.service, number, "见附件", files)
    assert load_case(district.service, number).status == "open"
    assert not (district.service.settings.data_dir / "evidence").exists()


def test_evidence_is_kept_once_and_told_when_it_was_changed(tmp_path: Path) -> None:
    assert keep_evidence(tmp_path, [PHOTO, PHOTO]) == [PHOTO_HASH]
    assert keep_evidence(tmp_path, [PHOTO]) == [PHOTO_HASH]
    digest = hashlib.sha256(PHOTO).hexdigest()
    assert read_evidence(tmp_path, digest) == (PHOTO, "image/png")
    assert read_evidence(tmp_path, PHOTO_HASH.replace("+", "-").replace("/", "_")) == (PHOTO, "image/png")
    (file,) = (path for path in (tmp_path / "evidence").rglob("*") if path.is_file())
    file.write_bytes(PHOTO + b"!")
    with pytest.raises(DatabaseError, match="was changed where it is kept"):
        read_evidence(tmp_path, digest)
    with pytest.raises(NotFoundError, match="is not kept here"):
        read_evidence(tmp_path, "0" * 64)
    with pytest.raises(QueryError, match="give its 64 hex digits"):
        read_evidence(tmp_path, "../../office.key")


def test_what_is_due_names_who_by_when_and_on_what_basis(district: District) -> None:
    service, now_ms = district.service, clock.now_ms()
    district.seal(district.other_bag, ago_h=40)
    (late,) = due_list(service, COLLECTOR, now_ms)
    assert (late.kind, late.subject, late.reason, late.rule, late.items) == (
        "item", district.bag, "in_limbo", "acceptance_h", (district.bag,),
    )  # fmt: skip
    assert 25 * HOUR_MS < late.late_ms < 27 * HOUR_MS
    assert late.basis == service.directory().rule("acceptance_h").basis
    # What was only offered has not left: the time of storage runs on.
    assert [(row.subject, row.reason) for row in due_list(service, CLINIC, now_ms)] == [
        (district.bag, "overdue_pickup")
    ]
    (_, soon) = due_list(service, CLINIC, now_ms + 9 * HOUR_MS)
    assert (soon.subject, soon.step_zh, soon.late_ms) == (district.other_bag, "交给收运人", 0)
    assert [row.subject for row in due_list(service, None, now_ms + 9 * HOUR_MS)] == [
        district.bag, district.bag, district.other_bag,
    ]  # fmt: skip
    with pytest.raises(NotFoundError, match="is not in the register"):
        due_list(service, "C999999999999", now_ms)


def test_an_open_case_is_due_at_its_owner_an_answered_one_at_the_authority_a_closed_one_nowhere(
    district: District,
) -> None:
    service = district.service
    case = open_case(service, district.finding())

    def cases_due(site: str) -> list[str]:
        return [row.subject for row in due_list(service, site, clock.now_ms() + 200 * HOUR_MS) if row.kind == "case"]

    assert (cases_due(COLLECTOR), cases_due(OFFICE)) == ([case.number], [])
    answer_case(service, case.number, "已派车")
    assert (cases_due(COLLECTOR), cases_due(OFFICE)) == ([], [case.number])
    district.accept()
    close_case(service, case.number, "已补扫")
    assert (cases_due(COLLECTOR), cases_due(OFFICE)) == ([], [])


def test_a_regulator_opens_and_a_clinic_may_only_answer_its_own(district: District, client: TestClient) -> None:
    service = district.service
    token = log_in(client, "regulator", role="regulator", site=OFFICE, service=service)
    made = client.post("/v1/cases", data={"finding": district.finding(), "owner": CLINIC, "token": token}).json()
    number = made["case"]
    client.cookies.clear()
    token = log_in(client, "clinic", role="clinic", site=CLINIC, service=service)
    refused = client.post(f"/v1/cases/{number}/close", data={"note": "好了", "token": token})
    assert (refused.status_code, "role clinic" in refused.json()["detail"]) == (403, True)
    files = {"attachments": ("photo.png", PHOTO, "image/png")}
    answered = client.post(f"/v1/cases/{number}/answer", data={"note": "已核查", "token": token}, files=files).json()
    assert (answered["status"], answered["acts"][-1]["attachments"]) == ("answered", [PHOTO_HASH])
    assert (answered["acts"][-1]["site"], answered["acts"][-1]["vouch_method"]) == (CLINIC, "pin")
    kept = client.get(f"/v1/evidence/{hashlib.sha256(PHOTO).hexdigest()}")
    assert (kept.content, kept.headers["content-type"]) == (PHOTO, "image/png")
    assert kept.headers["content-disposition"].startswith("attachment")
    client.cookies.clear()
    log_in(client, "keeper", role="keeper", site=CENTRE, service=service)
    refused = client.get(f"/v1/evidence/{hashlib.sha256(PHOTO).hexdigest()}")
    assert (refused.status_code, CENTRE in refused.json()["detail"]) == (403, True)
    client.cookies.clear()
    log_in(client, "inspector", role="regulator", site=OFFICE, service=service)
    assert client.get(f"/v1/evidence/{hashlib.sha256(PHOTO).hexdigest()}").content == PHOTO
    guessed = hashlib.sha256(b"account clinic").hexdigest()[:14]
    assert answered["acts"][-1]["actor"] != f"u-{guessed}"


def test_a_form_of_another_site_and_a_stranger_are_refused(district: District, client: TestClient) -> None:
    finding = district.finding()
    client.get("/login")
    assert client.post("/v1/cases", data={"finding": finding}).status_code == 403
    log_in(client, "regulator", role="regulator", site=OFFICE, service=district.service)
    for token in ("", "guessed"):
        refused = client.post("/v1/cases", data={"finding": finding, "token": token})
        assert (refused.status_code, refused.json()["detail"][:6]) == (403, "token:")
    assert list_cases(district.service) == []


def test_a_stranger_reads_a_case_without_persons_and_words_and_no_evidence(
    district: District, client: TestClient
) -> None:
    number = open_case(district.service, district.finding()).number
    answer_case(district.service, number, "张三已核查", [PHOTO], who=Who(COLLECTOR, "u-collector1", "pin"))
    shown = client.get(f"/v1/cases/{number}")
    assert (shown.json()["status"], shown.json()["code_zh"]) == ("answered", "交出未接收")
    listed = client.get("/v1/cases", params={"status": "answered"})
    assert [row["case"] for row in listed.json()["cases"]] == [number]
    for text in (shown.text, listed.text):
        assert "张三" not in text
        assert "u-collector1" not in text
        assert "token" not in text
    assert client.get(f"/v1/evidence/{hashlib.sha256(PHOTO).hexdigest()}").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/cases/DB-202611-9999", 404), ("/v1/cases/1", 422), ("/v1/cases?status=lost", 422), ("/v1/cases?site=X", 404),
        ("/v1/due?site=X", 404), ("/v1/due?until=gestern", 422),
    ],
)  # fmt: skip
def test_questions_that_can_not_be_answered_are_problem_json(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_program_asks_what_is_due_today(district: District, client: TestClient) -> None:
    (row,) = client.get("/v1/due", params={"site": COLLECTOR}).json()["due"]
    assert (row["subject"], row["site_name"], row["step_zh"]) == (district.bag, "黔城医废收运队", "确认接收或拒收")


def test_a_person_works_a_case_on_the_command_line(district: District, tmp_path: Path, database_url: str) -> None:
    environment = {"WASTELEDGER_DATA_DIR": str(tmp_path), "WASTELEDGER_DATABASE_URL": database_url}

    def run(*words: str) -> str:
        result = CliRunner().invoke(cases_cli, list(words), env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    photo = tmp_path / "photo.png"
    photo.write_bytes(PHOTO)
    number = run("case", "open", district.finding(), "--owner", CLINIC).split("\t")[0]
    assert "待答复（单位级）" in run("case", "list", "--site", CLINIC)
    assert "交出未接收" in run("case", "assign", number, COLLECTOR, "--note", "请核实")
    assert "已答复" in run("case", "answer", number, "已派车", "--attach", str(photo))
    assert "附件 1 件  已派车" in run("case", "show", number)
    assert f'"{PHOTO_HASH}"' in run("case", "show", number, "--json")
    assert run("case", "escalate") == ""
    assert "确认接收或拒收" in run("due", "--site", COLLECTOR)
    assert '"left_off": 0' in run("due", "--json")
    with pytest.raises(QueryError, match="only the missing fact"):
        run("case", "close", number, "已补扫")
    district.accept()
    assert "问题已消除，可以办结" in run("case", "show", number)
    assert "已办结" in run("case", "close", number, "已补扫")
    assert "重新督办" in run("case", "reopen", number, "附件不清")
    with pytest.raises(QueryError, match="name a file that you may read"):
        run("case", "answer", number, "见附件", "--attach", str(tmp_path / "missing.png"))
