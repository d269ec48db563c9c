"""The command line of cases (督办单): open, list, show, assign, answer, escalate, close, reopen; and `due`, what has to be done."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from wasteledger import clock
from wasteledger.domain.cases import Case
from wasteledger.errors import QueryError
from wasteledger.flows.case_book import judge_cases, list_cases, load_case
from wasteledger.flows.case_forms import case_json, due_of_day
from wasteledger.flows.cases import answer_case, assign_case, close_case, escalate_due, open_case, reopen_case
from wasteledger.flows.due import due_json, due_today
from wasteledger.flows.evidence import EVIDENCE_BYTES_MAX
from wasteledger.flows.service import Service, existing_service

MINUTES_A_DAY = 24 * 60
_MINUTE_MS = 60_000
_ACTIONS_ZH = {
    "opened": "立案", "assigned": "交办", "answered": "答复", "escalated": "上报", "closed": "办结", "reopened": "重新督办",
}  # fmt: skip

cases_cli = typer.Typer()
case_cli = typer.Typer(help="督办单：立案、交办、答复、上报、办结。 Cases on findings.", no_args_is_help=True)
cases_cli.add_typer(case_cli, name="case")

Number = Annotated[str, typer.Argument(help="As DB-202611-0001.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
Due = Annotated[str | None, typer.Option("--due", help="Last day, as 2026-11-30; default by the rules.")]
Attached = Annotated[list[Path] | None, typer.Option("--attach", help="JPEG, PNG or PDF, once for each.")]


def _read(paths: list[Path] | None) -> list[bytes]:
    files = []
    for path in paths or []:
        try:
            with path.open("rb") as file:
                files.append(file.read(EVIDENCE_BYTES_MAX + 1))
        except OSError as error:
            message = f"--attach {path}: {error.strerror or error}; name a file that you may read"
            raise QueryError(message) from None
    return files


def _say(service: Service, case: Case) -> None:
    row = case_json(judge_cases(service, [case])[0], service.directory(), persons=True)
    print(_line(row))


def _line(row: dict[str, Any]) -> str:
    late = (
        "，已超期"
        if row["overdue"]
        else "，问题已消除，可以办结"
        if row["settled"] and row["status"] != "closed"
        else ""
    )
    return (
        f"{row['case']}\t{row['status_zh']}（{row['level_zh']}级）{late}\t{row['code_zh']}（{row['code']}）\t"
        f"{row['owner_name']}，{clock.shown(row['due_ms'])} 前\t{'、'.join(row['items']) or row['subject']}"
    )


@case_cli.command(name="open", epilog="Example: wasteledger case open 3fa94c0d21be --owner C500114105001")
def open_(
    finding: Annotated[str, typer.Argument(help="Id of the finding, from `wasteledger reconcile --json`.")],
    owner: Annotated[str | None, typer.Option(help="Site that has to answer; default the finding's.")] = None,
    due: Due = None,
) -> None:
    """Opens a case on a finding (立案督办); prints it with its number."""
    with closing(existing_service()) as service:
        _say(service, open_case(service, finding, owner=owner, due_ms=due_of_day(due)))


@case_cli.command(name="list", epilog="Example: wasteledger case list --status open --site C500114105001")
def list_(
    status: Annotated[str | None, typer.Option(help="open, answered, closed or reopened.")] = None,
    site: Annotated[str | None, typer.Option(help="Site that has to answer.")] = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Lists cases, the newest first (督办单列表)."""
    with closing(existing_service()) as service:
        directory = service.directory()
        rows = [case_json(row, directory, persons=True) for row in list_cases(service, status=status, site=site)]
    if as_json:
        print(json.dumps({"cases": rows}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        print(_line(row))


@case_cli.command(epilog="Example: wasteledger case show DB-202611-0001")
def show(
    number: Number,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """One case with everything that was done to it (查看督办单)."""
    with closing(existing_service()) as service:
        row = case_json(judge_cases(service, [load_case(service, number)])[0], service.directory(), persons=True)
    if as_json:
        print(json.dumps(row, ensure_ascii=False, indent=1))
        return
    print(_line(row))
    for act in row["acts"]:
        given = f"，附件 {len(act['attachments'])} 件" if act["attachments"] else ""
        until = f"，{clock.shown(act['due_ms'])} 前" if act["due_ms"] else ""
        who = f"{act['site_name']}（{act['actor']}）"
        print(f"  {clock.shown(act['at_ms'])}  {_ACTIONS_ZH[act['action']]}  {who}{until}{given}  {act['note']}")


@case_cli.command(epilog="Example: wasteledger case assign DB-202611-0001 T500114105001 --due 2026-11-30")
def assign(
    number: Number,
    owner: Annotated[str, typer.Argument(help="Site that has to answer.")],
    due: Due = None,
    note: Annotated[str, typer.Option(help="What is asked of it.")] = "",
) -> None:
    """Gives a case to another site, or another day to the same one (交办)."""
    with closing(existing_service()) as service:
        _say(service, assign_case(service, number, owner, due_ms=due_of_day(due), note=note))


@case_cli.command(epilog="Example: wasteledger case answer DB-202611-0001 已补扫 --attach photo.jpg")
def answer(
    number: Number, text: Annotated[str, typer.Argument(help="The answer, in words.")], attach: Attached = None
) -> None:
    """Answers a case with words and evidence (答复)."""
    with closing(existing_service()) as service:
        _say(service, answer_case(service, number, text, _read(attach)))


@case_cli.command(epilog="Example: wasteledger case escalate")
def escalate(
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Moves overdue cases one level up, and reopens those whose finding stands again (上报); let a timer run it every hour."""
    with closing(existing_service()) as service:
        moved, directory = escalate_due(service), service.directory()
        rows = [case_json(row, directory, persons=True) for row in judge_cases(service, moved)]
    if as_json:
        print(json.dumps({"cases": rows}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        print(_line(row))


@case_cli.command(epilog="Example: wasteledger case close DB-202611-0001 账实相符 --attach minutes.pdf")
def close(
    number: Number, note: Annotated[str, typer.Argument(help="How it was settled.")], attach: Attached = None
) -> None:
    """Closes a case (办结): by facts where its finding breaks a chain or is overdue, else by a note and evidence."""
    with closing(existing_service()) as service:
        _say(service, close_case(service, number, note, _read(attach)))


@case_cli.command(epilog="Example: wasteledger case reopen DB-202611-0001 附件不清")
def reopen(number: Number, note: Annotated[str, typer.Argument(help="Why.")], due: Due = None) -> None:
    """Opens a closed case again (重新督办)."""
    with closing(existing_service()) as service:
        _say(service, reopen_case(service, number, note, due_ms=due_of_day(due)))


@cases_cli.command(epilog="Example: wasteledger due --site C500114105001 --until 2026-11-30")
def due(
    site: Annotated[str | None, typer.Option(help="Site code; default everybody.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, as 2026-11-30; default today.")] = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """What has to be done until the end of a day, and what is late (今日待办)."""
    with closing(existing_service()) as service:
        found = due_json(due_today(service, site, until), service.directory())
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for row in found["due"]:
        minutes = row["late_ms"] // _MINUTE_MS
        late = (
            f"超期 {minutes // MINUTES_A_DAY} 天 {minutes % MINUTES_A_DAY // 60} 小时" if row["late_ms"] else "期限内"
        )
        print(
            f"{clock.shown(row['due_ms'])} 前\t{late}\t{row['step_zh']}\t{row['subject']}\t{row['site_name']}\t{row['basis']}"
        )
    if found["left_off"]:
        print(f"（另有 {found['left_off']} 项，请用 --site 查找）")
