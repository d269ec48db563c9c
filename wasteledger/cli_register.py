"""The command line of the register: load a district file, and list every version that was ever loaded."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from wasteledger import clock
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register_history import RegisterVersion
from wasteledger.flows.load_register import Loaded, load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.store.district import DistrictStore

register_cli = typer.Typer()


@register_cli.command(epilog="Example: wasteledger load district.yaml --from 2026-12-01")
def load(
    file: Annotated[Path, typer.Argument(help="District file (YAML).")],
    from_day: Annotated[
        str | None,
        typer.Option(
            "--from", help="First day on which the edit holds (China); default today. The first file: always."
        ),
    ] = None,
    decision: Annotated[
        str, typer.Option(help="Who decided that an edit holds for days that have passed, and on which paper.")
    ] = "",
) -> None:
    """Puts the sites, licences, people and rules of a district file in force; every version that was loaded is kept."""
    with closing(Service(Settings())) as service:
        done = load_register(service, file, holds_from=from_day, decision=decision)
    register = done.register
    print(
        f"{file}: {len(register.divisions)} divisions, {len(register.sites)} sites, {len(register.people)} people in force"
        f"{_since(done)}"
    )
    if done.version.is_retroactive:
        print(
            f"retroactive: what happened since {done.version.holds_from} is judged anew, by decision: {done.version.decision}"
        )
    if done.renamed:
        print(
            f"names of persons changed in {done.renamed} versions; the log does not hold them. Restart a running service"
        )
    for row in done.overruled:
        print(
            f"version {row.number}, which was to hold from {row.holds_from}, is overruled: load its file again for that day"
        )


def _since(done: Loaded) -> str:
    if not done.is_new:
        return " already; nothing is changed"
    today = china_day(clock.now_ms()).date()
    day = done.version.holds_from
    return "" if day is None or day == today else f" from {day}"


@register_cli.command(epilog="Example: wasteledger registers")
def registers(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Lists every version of the register: from which day it holds, when it was loaded, and by which decision."""
    with closing(Service(Settings())) as service, service.database.read() as connection:
        versions = DistrictStore(connection).versions()
    if as_json:
        print(json.dumps([_plain(row) for row in versions], ensure_ascii=False, indent=1))
        return
    for row in versions:
        loaded = f"{china_day(row.loaded_ms):%Y-%m-%d %H:%M}" if row.loaded_ms else "—"
        print(
            f"{row.number}\t{row.holds_from or '一直有效'}\t{loaded} 载入\t№ {row.entry}\t{row.digest}\t{row.decision}"
        )


def _plain(row: RegisterVersion) -> dict[str, object]:
    return row._asdict() | {"holds_from": row.holds_from.isoformat() if row.holds_from else None}
