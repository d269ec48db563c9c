"""The command line of reports: ledger, balance, plan, licences, assessment, register, stock."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.service import existing_service

reports_cli = typer.Typer()
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="As it would have been answered at the end of this day (China).")
]
AtSize = Annotated[
    int | None, typer.Option("--at-size", min=1, help="As it was when the log had so many entries (`tree_size`).")
]


@reports_cli.command(
    name="report",
    epilog="Example: wasteledger report ledger --site C500114105001 --month 2026-11 --out ledger.xlsx",
)
def report(  # noqa: PLR0913 - one option each
    kind: Annotated[str, typer.Argument(help="ledger, balance, plan, licences, assessment, register or stock.")],
    site: Annotated[str | None, typer.Option(help="Site code; plan and licences may be asked of all.")] = None,
    month: Annotated[str | None, typer.Option(help="2026-11, 2026-Q4 or 2026; default this month.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="FILE.xlsx, .pdf or .json; default text.")] = None,
    as_of: AsOf = None,
    at_size: AtSize = None,
) -> None:
    """Management ledgers, periodic reports, plans, licences, assessment sheet, medical register, stock (台账和报表)."""
    # Only this command needs what draws tables.
    from wasteledger.reports.answers import MEDIA_TYPES, render  # noqa: PLC0415
    from wasteledger.reports.answers import report as make_report  # noqa: PLC0415
    from wasteledger.reports.plain import plain_lines  # noqa: PLC0415

    file_format = out.suffix.removeprefix(".").lower() if out else ""
    if out and file_format not in MEDIA_TYPES:
        message = f"--out {out}: let its name end in .{', .'.join(MEDIA_TYPES)}"
        raise QueryError(message)
    asked = {"site": site, "month": month, "as_of": as_of}
    with closing(existing_service()) as service:
        document = make_report(service, kind, **asked, at_size=at_size, persons=True)
    if out is None:
        for line in plain_lines(document):
            print(line)
        return
    content = render(document, file_format)
    try:
        out.write_bytes(content)
    except OSError as error:
        message = f"--out {out}: {error.strerror or error}; choose a file in a folder that you may write"
        raise NotFoundError(message) from None
    print(f"{out}: {len(content)} bytes")
