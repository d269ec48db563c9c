"""Reports as they are asked for, of a real database: by program, by HTTP, by command line."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from typer.testing import CliRunner

from schemas.errors import WasteLedgerError
from tests.reports.months import AS_OF, put_into, troubled_month
from tests.stories_builder import CARRIER, CLINIC, OFFICE, PLANT, TRANSFER, VEHICLE
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.cli_reports import reports_cli
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.accounts import create_account
from wasteledger.flows.service import Service
from wasteledger.reports.answers import KINDS, MEDIA_TYPES, render, report
from wasteledger.reports.tables import document_json
from wasteledger.settings import Settings


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The troubled month in a database, on its last evening."""
    monkeypatch.setattr(clock, "now_ms", lambda: AS_OF)
    opened = Service(Settings(data_dir=tmp_path, database_url="", node="node1", public_pages=True, sign=False))
    put_into(opened, troubled_month())
    yield opened
    opened.close()


@pytest.fixture
def client(month: Service) -> Iterator[TestClient]:
    app = make_app(month)
    with TestClient(app) as opened:
        yield opened


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("site", [CLINIC, TRANSFER, PLANT])
def test_every_kind_can_be_had_of_every_keeper_in_every_format(month: Service, kind: str, site: str) -> None:
    document = report(month, kind, site=site, month="2026-11", persons=True)
    assert document.kind == kind
    assert site in document.head[0]
    begins = {"json": b"{", "xlsx": b"PK", "pdf": b"%PDF"}
    for file_format in MEDIA_TYPES:
        assert render(document, file_format).startswith(begins[file_format])


def test_the_assessment_of_a_site_has_the_findings_that_it_answers_for(month: Service) -> None:
    table = report(month, "assessment", site=CLINIC, month="2026-11", persons=True).tables[0]
    fields = [column.field for column in table.columns]
    shown = " ".join(str(row[fields.index("findings")]) for row in table.rows)
    assert "missing_link×1" in shown
    assert "unlicensed_plant" not in shown  # which the plants have to answer for


def test_plans_and_licences_can_be_had_of_the_whole_district(month: Service) -> None:
    plans = report(month, "plan", month="2026", persons=False)
    assert [row[0] for row in plans.tables[0].rows] == sorted(row[0] for row in plans.tables[0].rows)
    assert len(plans.tables[0].rows) == 5
    assert len(report(month, "licences", persons=False).tables[2].rows) == 2
    carrier = report(month, "licences", site=CARRIER, persons=False)
    assert [row[1] for row in carrier.tables[0].rows] == ["运1"]


@pytest.mark.parametrize(
    ("month_text", "title"), [("2026-11", "C.1 月报"), ("2026-Q4", "C.2 季报"), ("2026", "C.3 年报")]
)
def test_a_balance_is_made_of_a_month_a_quarter_or_a_year(month: Service, month_text: str, title: str) -> None:
    document = report(month, "balance", site=CLINIC, month=month_text, persons=True)
    assert document.tables[0].name == title
    assert document.notes[0].startswith("不平衡")
    assert len(document.tables[1].rows) == 3


@pytest.mark.parametrize(
    ("question", "error", "field"),
    [
        ({"kind": "ledgers", "site": CLINIC}, QueryError, "kind"),
        ({"kind": "ledger"}, QueryError, "site"),
        ({"kind": "ledger", "site": "C500114105999"}, NotFoundError, "site"),
        ({"kind": "ledger", "site": CARRIER}, QueryError, "keeps no ledger"),
        ({"kind": "licences", "site": OFFICE}, QueryError, "keeps no ledger"),
        ({"kind": "ledger", "site": CLINIC, "month": "2026-13"}, QueryError, "month"),
        ({"kind": "ledger", "site": CLINIC, "month": "2026-12"}, QueryError, "month"),
    ],
)
def test_a_question_that_has_no_answer_names_the_field(
    month: Service, question: dict[str, str], error: type[WasteLedgerError], field: str
) -> None:
    with pytest.raises(error, match=field):
        report(month, question.pop("kind"), persons=True, **question)


def test_an_unknown_format_is_refused_by_name(month: Service) -> None:
    with pytest.raises(QueryError, match="json, xlsx, pdf"):
        render(report(month, "register", site=CLINIC, persons=True), "docx")


def test_http_answers_in_the_asked_format(client: TestClient) -> None:
    answer = client.get("/v1/reports/ledger", params={"site": CLINIC, "month": "2026-11", "format": "xlsx"})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="ledger-{CLINIC}-2026-11.xlsx"'
    assert load_workbook(io.BytesIO(answer.content))["B.1 产生"]["A4"].value == "HWCS20261102001"
    shown = client.get("/v1/reports/balance", params={"site": CLINIC, "month": "2026-11"}).json()
    assert shown["tables"][0]["totals"]["difference_g"] == -2000


def test_http_and_command_answer_as_of_a_size(client: TestClient, run: CliRunner, month: Service) -> None:
    asked = {"site": CLINIC, "month": "2026-11", "at_size": "20"}
    shown = client.get("/v1/reports/ledger", params=asked).json()
    assert shown == document_json(report(month, "ledger", site=CLINIC, month="2026-11", persons=False, at_size=20))
    assert shown != client.get("/v1/reports/ledger", params=asked | {"at_size": str(month.books().size)}).json()
    arguments = ["report", "ledger", "--site", CLINIC, "--month", "2026-11", "--at-size", "20"]
    assert run.invoke(_command(), arguments).output != run.invoke(_command(), arguments[:-2]).output


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        (f"ledger?site={CLINIC}&month=2026-1", 422, "month"),
        (f"ledger?site={CLINIC}&format=docx", 422, "format"),
        ("ledger?site=C500114105999", 404, "site"),
        (f"what?site={CLINIC}", 422, "kind"),
    ],
)
def test_http_refuses_with_the_field(client: TestClient, path: str, status: int, word: str) -> None:
    answer = client.get(f"/v1/reports/{path}")
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert word in answer.json()["detail"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("period", ["2026-12", "2027-Q1", "2027"])
def test_a_period_that_has_not_begun_prints_nothing(client: TestClient, kind: str, period: str) -> None:
    for file_format in MEDIA_TYPES:
        answer = client.get(f"/v1/reports/{kind}?site={PLANT}&month={period}&format={file_format}")
        assert answer.status_code == 422
        assert f"month {period}: it has not begun (today is 2026-11-30)" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (f"medical-months/{CLINIC}/2026-12.pdf", "month 2026-12"),
        (f"medical-months/{CLINIC}/2099-01.pdf", "month 2099-01"),
        (f"trip-cards/{VEHICLE}/2026-12-01.pdf", "day 2026-12-01"),
    ],
)
def test_a_form_of_the_future_is_not_printed_either(client: TestClient, path: str, named: str) -> None:
    answer = client.get(f"/v1/{path}")
    assert answer.status_code == 422
    assert named in answer.json()["detail"]
    assert "future" in answer.json()["detail"] or "has not begun" in answer.json()["detail"]


def test_a_stranger_reads_no_names_and_an_account_does(client: TestClient, month: Service) -> None:
    path = f"/v1/reports/register?site={CLINIC}&month=2026-11"
    assert "陈秀英" not in client.get(path).text
    login = create_account(month, "reader", role="regulator", site=OFFICE)
    page = client.get("/login").text
    token = page.split('name="token" value="')[1].split('"')[0]
    client.post("/login", data={"name": login.name, "password": login.password, "token": token})
    assert "陈秀英" in client.get(path).text


@pytest.fixture
def run(month: Service, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("WASTELEDGER_DATA_DIR", str(month.settings.data_dir))
    monkeypatch.delenv("WASTELEDGER_DATABASE_URL", raising=False)
    return CliRunner()


def _command() -> typer.Typer:
    """The command as the program mounts it, beside others."""
    cli = typer.Typer()
    cli.add_typer(reports_cli)
    cli.command("other")(lambda: None)
    return cli


def test_the_command_writes_the_file_that_its_name_asks_for(run: CliRunner, tmp_path: Path) -> None:
    for name, begin in (("a.xlsx", b"PK"), ("a.pdf", b"%PDF"), ("A.JSON", b"{")):
        out = tmp_path / name
        arguments = ["report", "ledger", "--site", CLINIC, "--month", "2026-11", "--out", str(out)]
        ran = run.invoke(_command(), arguments)
        assert ran.exit_code == 0, ran.output
        assert out.read_bytes().startswith(begin)
    assert json.loads((tmp_path / "A.JSON").read_bytes())["kind"] == "ledger"


def test_without_a_file_the_command_prints_the_tables(run: CliRunner) -> None:
    ran = run.invoke(_command(), ["report", "register", "--site", CLINIC, "--month", "2026-11"])
    assert ran.exit_code == 0
    assert "陈秀英（工牌）" in ran.output
    assert "合计\t\t\t8\t10.503" in ran.output


@pytest.mark.parametrize("out", ["ledger.docx", "ledger", "nowhere/ledger.pdf"])
def test_the_command_names_a_file_that_it_can_not_write(run: CliRunner, tmp_path: Path, out: str) -> None:
    ran = run.invoke(
        _command(), ["report", "ledger", "--site", CLINIC, "--month", "2026-11", "--out", str(tmp_path / out)]
    )
    assert isinstance(ran.exception, QueryError | NotFoundError)
    assert "--out" in str(ran.exception)
