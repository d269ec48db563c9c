"""The command line of the service. Every error is a sentence on stderr and a non-zero exit."""

import json
import signal
import socket
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.errors import WasteLedgerError
from schemas.quantities import format_kg
from schemas.reasons import CLASSES, REASONS
from schemas.waste import waste_name
from wasteledger import clock
from wasteledger.audit.fsck import check_log
from wasteledger.cli_cases import cases_cli
from wasteledger.cli_devices import devices_cli
from wasteledger.cli_ledger import ledger_cli
from wasteledger.cli_manifests import manifests_cli
from wasteledger.cli_register import register_cli
from wasteledger.cli_reports import AsOf, AtSize, reports_cli
from wasteledger.cli_simulate import simulate_cli
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.official import PARTS, official_figures
from wasteledger.domain.reconcile import Amount, Reconciliation, share
from wasteledger.domain.register import RULE_MEANINGS, Directory, Rule, default_rules
from wasteledger.domain.workdays import calendar_known
from wasteledger.errors import BusyError, NotFoundError
from wasteledger.flows.accounts import create_account
from wasteledger.flows.issue_codes import ISSUE_LABELS_MAX, Wanted, issue_codes
from wasteledger.flows.questions import ask_then, chain_json, find_item, known_mass_g, reconciliation_json
from wasteledger.flows.service import Service, existing_service
from wasteledger.settings import Settings
from wasteledger.simulate.report import Report, percent

EXIT_FINDINGS = 1
EXIT_BAD_INPUT = 2

cli = typer.Typer(
    help="WasteLedger 一物一码：危险废物从产生到处置的账本。 Settings: WASTELEDGER_DATA_DIR, WASTELEDGER_DATABASE_URL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cli.add_typer(ledger_cli)
cli.add_typer(register_cli)
cli.add_typer(simulate_cli)
cli.add_typer(manifests_cli)
cli.add_typer(reports_cli)
cli.add_typer(cases_cli)
cli.add_typer(devices_cli)
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


def main() -> None:
    """Runs a command; exit 0 done, 1 found something wrong, 2 could not be done as asked."""
    try:
        cli()
    except WasteLedgerError as error:
        print(f"wasteledger: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


@cli.command(epilog="Example: wasteledger issue C500114105001 841-001-01 --count 20")
def issue(  # noqa: PLR0913 - one option each
    site: Annotated[str, typer.Argument(help="Site code of the producer, or of a box's owner.")],
    waste: Annotated[str, typer.Argument(help="Waste code such as 841-001-01, or `box`.")],
    count: Annotated[int, typer.Option(min=1, max=ISSUE_LABELS_MAX, help="How many labels.")] = 1,
    package: Annotated[str, typer.Option(help="bag, sharps_box or drum")] = "bag",
    mass_g: Annotated[int, typer.Option(min=0, help="Mass in grams, for an HJ 1276 label.")] = 0,
    volume_l: Annotated[int, typer.Option(min=0, help="Volume in litres, for an HJ 1276 label.")] = 0,
    stock: Annotated[str, typer.Option(help="Name of the roll or sheet.")] = "manual",
) -> None:
    """Draws codes for labels; print them with `labels pdf CODE… -o FILE`."""
    wanted = [Wanted(site, None if waste == "box" else waste, package, mass_g, volume_l)] * count
    today: date = china_day(clock.now_ms()).date()
    for label in issue_codes(existing_service(), wanted, day=today, stock=stock):
        print(label.code)


@cli.command(epilog="Example: wasteledger reconcile --region 500114 --from 2026-11-01 --to 2026-11-30 --json")
def reconcile(  # noqa: PLR0913 - one option each
    from_day: Annotated[str, typer.Option("--from", help="First day of sealing, China time.")],
    to_day: Annotated[str, typer.Option("--to", help="Last day of sealing.")],
    region: Annotated[str | None, typer.Option(help="District or township code; default the district.")] = None,
    as_of: AsOf = None,
    at_size: AtSize = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """The disposal rate from the items' own chains, and every missing link; as of now, or as it was known."""
    with closing(existing_service()) as service:
        answer, directory = ask_then(
            service, region=region, from_day=from_day, to_day=to_day, as_of=as_of, at_size=at_size
        )
    if as_json:
        _print_json(reconciliation_json(answer, directory))
        return
    rates = answer.district.rates()
    print(f"{directory.divisions[answer.region].name} {answer.from_day} 至 {answer.to_day}，账本 {answer.tree_size} 条")
    print(f"已证明处置率 {percent(rates['rate_proved_mass'])}（按重量） {percent(rates['rate_proved_count'])}（按件）")
    print(f"到期处置率   {percent(rates['rate_due_mass'])}（按重量） {percent(rates['rate_due_count'])}（按件）")
    _print_official(answer, directory)
    added = answer.late_additions
    if added.count:
        print(f"期后补报 {added.count} 件 {format_kg(added.mass_g)} kg：封装于本期，期满后才报送")
    waiting = answer.opening_waiting
    if waiting.count:
        print(f"期初库存待确认 {waiting.count} 件 {format_kg(waiting.mass_g)} kg：计入分母，不计入分子")
    for name, amount in answer.district.classes.items():
        print(f"  {CLASSES[name][0]}\t{amount.count} 件\t{_mass(amount)}")
    for site, unsealed in answer.unsealed():
        unknown = f"，其中重量未知 {unsealed.mass_unknown_count} 件" if unsealed.mass_unknown_count else ""
        print(f"  来源不明 {unsealed.amount.count} 件 {_mass(unsealed.amount)}{unknown}\t{directory.site_name(site)}")
    for site, row in answer.taken_back():
        part = percent(share(row.packages, row.sealed_count))
        print(
            f"  作废 {row.voided_count} 件 {format_kg(row.voided_g)} kg，核减 {row.lowered_count} 件 {format_kg(row.lowered_g)} kg"
            f"\t占封装 {part}（按件）\t{directory.site_name(site)}"
        )
    for code, tally in sorted((*answer.divisions.items(), *answer.categories.items())):
        name = directory.divisions[code].name if code in directory.divisions else waste_name(code) or "类别未知"
        proved, due = tally.rates()["rate_proved_mass"], tally.rates()["rate_due_mass"]
        print(f"  {code}\t已证明 {percent(proved)}\t到期 {percent(due)}\t{name}")
    for finding in answer.findings:
        subject = "、".join(finding.items) or finding.detail
        who = f"{directory.site_name(finding.site)}，{clock.shown(finding.due_ms)} 前"
        print(f"  · {REASONS[finding.code].zh} {finding.code}\t{subject}\t{who}\t{' '.join(finding.evidence)}")


def _mass(amount: Amount) -> str:
    """The mass of packages; nobody knows that of what was never weighed."""
    return f"{format_kg(amount.mass_g)} kg" if amount.mass_g or not amount.count else "重量未知"


def _print_official(answer: Reconciliation, directory: Directory) -> None:
    """The official figures, each with its formula, its cohort and what it leaves out."""
    for figure in official_figures(answer.items, answer.withdrawn, directory):
        named = figure.definition
        print(f"{named.zh} {percent(figure.rate)}  {named.formula_zh}")
        cohort, disposed = figure.cohort, figure.disposed
        print(
            f"  {format_kg(disposed.mass_g)} kg ÷ {format_kg(cohort.mass_g)} kg，{disposed.count} / {cohort.count} 件：{named.cohort_zh}"
        )
        for name, amount in (figure.beside | figure.left_out).items():
            if amount.count:
                where = "未计入分子" if name in figure.beside else "不在统计范围"
                print(f"  {where}：{PARTS[name][0]} {amount.count} 件 {_mass(amount)}")


@cli.command(epilog="Example: wasteledger item M50011400000001V")
def item(
    code: Annotated[str, typer.Argument(help="Item code, as printed or typed.")],
    as_of: AsOf = None,
    at_size: AtSize = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """One item's chain: every step with its evidence, every doubt, and what is expected next; as of now, or as it was known."""
    with closing(existing_service()) as service:
        found = find_item(service, code, as_of=as_of, at_size=at_size)
        chain, item_class, directory = found.chain, found.item_class, found.directory
    if as_json:
        _print_json(chain_json(found))
        return
    names = directory.site_name
    print(
        f"{chain.code}  {waste_name(chain.waste_code) or '类别未知'}  {_mass(Amount(1, known_mass_g(chain) or 0))}"
        f"  {CLASSES[item_class][0] if item_class else ''}"
    )
    for step in chain_json(found)["steps"]:
        other = step["to_site"] or step["from_site"]
        arrow = "→" if step["to_site"] else "←"
        unheard = "" if step["entitled"] else "  无权记录，不起作用"
        where = names(step["site"]) + (f" {arrow} {names(other)}" if other else "")
        print(
            f"  {step['occurred_at'][:16]}  {step['kind']:<9} {where}  [{step['evidence']}] № {step['index']}{unheard}"
        )
    for finding in found.findings:
        print(f"  ! {REASONS[finding.code].zh}（{finding.code}）：{names(finding.site)}")
    if chain.expected:
        print(f"  下一步：{names(chain.expected.site)}，{clock.shown(chain.expected.due_ms)} 前")


@cli.command(epilog="Example: wasteledger sites")
def sites() -> None:
    """Lists the sites of the register."""
    directory, today = existing_service().directory().at(clock.now_ms()), china_day(clock.now_ms()).date()
    for site in directory.register.sites:
        state = "" if directory.in_force(site.code, today) else "已关闭" if site.closed_on else ""
        state = state or ("停用" if site.dormant else "")
        print(f"{site.code}\t{site.name}" + (f"\t{state}" if state else ""))


rules_cli = typer.Typer(
    help="The numbers that the judgement uses.", no_args_is_help=True, epilog="Example: wasteledger rules show"
)
cli.add_typer(rules_cli, name="rules")


@rules_cli.command(name="show", epilog="Example: wasteledger rules show --site C500114105001")
def rules_show(
    site: Annotated[str | None, typer.Option(help="The rules as they hold at this site.")] = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Lists every limit with its value, what it limits, and the law it rests on; before a district is loaded, the defaults."""
    shown: list[Rule] = list(default_rules())
    try:
        directory = existing_service().directory().at(clock.now_ms())
        shown = [directory.rule(key, site) for key in RULE_MEANINGS] if site else list(directory.rules.values())
    except NotFoundError:
        if site:
            raise
    rows = [rule.model_dump() | dict(zip(("zh", "en"), RULE_MEANINGS[rule.key], strict=True)) for rule in shown]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        print(f"{row['key']}\t{row['value']}\t{row['scope'] or '全区'}\t{row['zh']}\t{row['basis']}")
    year = china_day(clock.now_ms()).year
    known = "节假日和调休安排已知" if calendar_known(year) else "节假日安排未知，按周一至周五计"
    print(
        f"工作日：{year} 年{known}；{year + 1} 年{'已知' if calendar_known(year + 1) else '尚未公布，按周一至周五计'}"
    )


@cli.command(epilog="Example: wasteledger account keeper T500114105001 --role keeper")
def account(
    name: Annotated[str, typer.Argument(help="Log-in name.")],
    site: Annotated[str, typer.Argument(help="Site code it belongs to.")],
    role: Annotated[str, typer.Option(help="regulator, keeper, operator, clinic or printer")] = "regulator",
) -> None:
    """Makes an account for the pages, or gives it a new password, which is shown once."""
    login = create_account(existing_service(), name, role=role, site=site)
    print(f"{login.name}\t{login.password}\t{login.role}")


@cli.command(epilog="Example: WASTELEDGER_PORT=8080 wasteledger serve")
def serve() -> None:
    """Runs the service; settings WASTELEDGER_HOST, WASTELEDGER_PORT, WASTELEDGER_PUBLIC_PAGES."""
    import uvicorn  # noqa: PLC0415 - the web server is slow to load, and only this command needs it

    from wasteledger.app import make_app  # noqa: PLC0415 - the same

    settings = Settings()
    with _listen(settings) as listener:
        app = make_app(Service(settings))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        print(f"http://{settings.host}:{settings.port}/  (Ctrl+C stops)", flush=True)
        server.run(sockets=[listener])


def _listen(settings: Settings) -> socket.socket:
    # Said to be TCP, or asyncio does not switch off Nagle's delay, and each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        message = (
            f"{settings.host}:{settings.port} can not be used ({error.strerror}): set WASTELEDGER_PORT to another port"
        )
        raise BusyError(message) from None
    return listener


@cli.command(epilog="Example: wasteledger fsck")
def fsck(
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Checks the log from its stored bytes: every hash, signature and number. Exit 1 when something is wrong."""
    service = existing_service()
    checked = check_log(service.database, service.published)
    if as_json:
        _print_json(checked._asdict())
    else:
        print(f"{checked.entries} entries, root {checked.root}, {checked.held_count} notes held aside")
        for problem in checked.problems:
            print(f"  ! {problem}")
        print("whole" if not checked.problems else f"{len(checked.problems)} problems")
    if checked.problems:
        raise typer.Exit(EXIT_FINDINGS)


@cli.command(epilog="Example: wasteledger demo --no-serve --json")
def demo(  # noqa: PLR0913 - one option each
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve", help="Go on serving the ledger.")] = True,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002 - a flag
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the service.")] = 8000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another day.")] = 1,
    camera: Annotated[
        str, typer.Option(help="handheld, or noise: pictures of nothing, to see that nothing is decoded")
    ] = "handheld",
    directory: Annotated[Path, typer.Option(help="Where the demonstration's database and labels go.")] = Path("demo"),
) -> None:
    """The main job on a district that behaves, and misbehaves: from label to disposal, and the rate."""
    from wasteledger.simulate.demo import Options, run_demo  # noqa: PLC0415 - brings OpenCV and the label printer along

    if camera not in {"handheld", "noise"}:
        message = f"--camera {camera}: handheld or noise"
        raise typer.BadParameter(message)
    # A demonstration that is told to end takes its service with it, as Ctrl+C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options = Options(directory, port, seed, "noise" if camera == "noise" else "handheld", serve_after and not as_json)
    result = run_demo(options, Report(sys.stderr if as_json else sys.stdout))
    if as_json:
        print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
