"""The command line of manifests (转移联单): draft, void, confirm, blank, show, list, pdf, fields; and the medical papers."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.quantities import format_kg
from wasteledger.cli_reports import AsOf, AtSize
from wasteledger.domain.manifest_fields import FieldRow, field_rows
from wasteledger.errors import NotFoundError
from wasteledger.flows.manifest_forms import (
    manifest_json,
    manifest_pdf,
    manifest_summary,
    medical_month_pdf,
    trip_card_pdf,
)
from wasteledger.flows.manifest_questions import list_manifests
from wasteledger.flows.manifests import (
    BLANKS_MAX,
    confirm_manifest,
    draft_manifest,
    print_blank_manifests,
    void_manifest,
)
from wasteledger.flows.moments import Past
from wasteledger.flows.service import existing_service

EXIT_BAD_INPUT = 2

manifests_cli = typer.Typer()
manifest_cli = typer.Typer(
    help="转移联单：填报、作废、确认、打印。 Transfer manifests.",
    no_args_is_help=True,
    epilog="Example: wasteledger manifest list",
)
manifests_cli.add_typer(manifest_cli, name="manifest")

Number = Annotated[str, typer.Argument(help="14 digits, as printed or typed.")]
Out = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The PDF to write.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
Wastes = Annotated[list[str], typer.Option("--waste", help="Waste code, once for each.")]
Carriers = Annotated[list[str], typer.Option("--carrier", help="Site code; several in the order of their legs (联运).")]


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"{path}: {error.strerror or error}; choose a file in a folder that you may write"
        raise NotFoundError(message) from None
    print(f"{path}: {len(content)} bytes")


@manifest_cli.command(
    epilog="Example: wasteledger manifest draft T500114105001 D500114004001 --carrier R500114004001 --waste 841-001-01"
)
def draft(  # noqa: PLR0913 - one option each
    consignor: Annotated[str, typer.Argument(help="Site code of the consignor (移出人).")],
    consignee: Annotated[str, typer.Argument(help="Site code of the consignee (接受人).")],
    carriers: Carriers,
    wastes: Wastes,
    vehicle: Annotated[str | None, typer.Option(help="Plate of the first carrier's vehicle.")] = None,
    driver: Annotated[str | None, typer.Option(help="Pseudonym of its driver (u-…).")] = None,
    planned_on: Annotated[str | None, typer.Option("--on", help="Planned day; default today.")] = None,
    method: Annotated[str | None, typer.Option(help="How the consignee is to treat it, e.g. incineration.")] = None,
    paper: Annotated[bool, typer.Option("--paper", help="On paper, back-filled later.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Draws a number and drafts its manifest (填报联单); prints the number."""
    with closing(existing_service()) as service:
        drafted = draft_manifest(
            service, consignor=consignor, carriers=carriers, consignee=consignee, waste_codes=wastes, vehicle=vehicle,
            driver=driver, planned_on=planned_on, method=method, form="paper" if paper else "electronic",
        )  # fmt: skip
    print(drafted.number)


@manifest_cli.command(epilog="Example: wasteledger manifest void 20265001000001 计划取消")
def void(number: Number, reason: Annotated[str, typer.Argument(help="Why; it stands in the ledger for ever.")]) -> None:
    """Voids a manifest (作废), as long as nothing was accepted under it."""
    with closing(existing_service()) as service:
        manifest = void_manifest(service, number, reason)
    print(f"{manifest.number}\t已作废")


@manifest_cli.command(epilog="Example: wasteledger manifest confirm 20265001000001 --difference 少收一袋")
def confirm(
    number: Number,
    opinion: Annotated[
        str | None, typer.Option(help="accepted, part_accepted or refused; default by the scans.")
    ] = None,
    difference: Annotated[str, typer.Option(help="A major difference (重大差异), in words.")] = "",
    method: Annotated[str | None, typer.Option(help="How it is treated; default as drafted.")] = None,
) -> None:
    """Confirms a manifest in the consignee's name (接受人确认), within five working days of acceptance."""
    with closing(existing_service()) as service:
        manifest = confirm_manifest(service, number, opinion=opinion, difference=difference, method=method)
    print(f"{manifest.number}\t{manifest.phase}")


@manifest_cli.command(epilog="Example: wasteledger manifest blank T500114105001 --count 10 -o blank.pdf")
def blank(
    consignor: Annotated[str, typer.Argument(help="Site code of the consignor (移出人).")],
    out: Out,
    count: Annotated[int, typer.Option(min=1, max=BLANKS_MAX, help="How many.")] = 1,
) -> None:
    """Prints blank manifests for the paper fallback (空白联单), each with its own number and QR."""
    with closing(existing_service()) as service:
        numbers = [drafted.number for drafted in print_blank_manifests(service, consignor, count)]
        # The numbers stand in the ledger by now: they are said even where the file can not be written.
        print("\n".join(numbers))
        _write(out, manifest_pdf(service, numbers))


@manifest_cli.command(epilog="Example: wasteledger manifest show 20265001000001")
def show(
    number: Number,
    as_json: Json = False,  # noqa: FBT002 - a flag
    as_of: AsOf = None,
    at_size: AtSize = None,
) -> None:
    """One manifest: phase, contents, hand-overs, and what is still missing (查看联单)."""
    with closing(existing_service()) as service:
        shown = manifest_json(service, number, persons=True, past=Past(as_of, at_size))
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    print("\n".join(_sentences(shown)))


def _sentences(shown: dict[str, Any]) -> list[str]:
    def name(party: dict[str, str] | None) -> str:
        return party["name"] if party else "—"

    carriers = " → ".join(name(carrier) for carrier in shown["carriers"]) or "—"
    lines = [
        f"{shown['number']}  {shown['phase_zh']}（{shown['phase']}）",
        f"  {name(shown['consignor'])} → {carriers} → {name(shown['consignee'])}  {shown['vehicle'] or ''}",
        f"  {'应当填写联单' if shown['duty']['needed'] else '可以不填写联单'}：{shown['duty']['basis']}",
    ]
    lines += [
        f"  {row['waste_code']}  {row['name']}\t移出 {row['packages_count']} 件 {format_kg(row['mass_g'])} kg\t"
        f"接受 {row['accepted_count']} 件 {format_kg(row['accepted_g'])} kg"
        for row in shown["contents"]
    ]
    lines += [
        f"  {name(leg['giver'])} → {name(leg['taker'])}\t接收 {len(leg['accepted'])}，拒收 {len(leg['refused'])}，"
        f"未答复 {len(leg['waiting'])}"
        for leg in shown["legs"]
    ]
    lines += [f"  未到：{code}" for code in shown["outstanding"]]
    lines += [f"  {note}" for note in shown["backfilled"]]
    missing = dict.fromkeys(field["zh"] for field in shown["fields"] if field["missing"])
    return lines + ([f"  本阶段尚缺：{'、'.join(missing)}"] if missing else [])


@manifest_cli.command(name="list", epilog="Example: wasteledger manifest list --phase in_transit")
def list_(
    phase: Annotated[
        str | None, typer.Option(help="blank, drafted, released, in_transit, arrived, accepted, …")
    ] = None,
    site: Annotated[str | None, typer.Option(help="Consignor, carrier or consignee.")] = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
    as_of: AsOf = None,
    at_size: AtSize = None,
) -> None:
    """Lists manifests, the newest number first (联单列表)."""
    with closing(existing_service()) as service:
        found = list_manifests(service, phase=phase, site=site, past=Past(as_of, at_size))
    rows = [manifest_summary(manifest, found.directory) for manifest in found.manifests]
    if as_json:
        print(json.dumps({"manifests": rows, "left_off": found.left_off}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        parties = [row["consignor"], *row["carriers"], row["consignee"]]
        way = " → ".join(party["name"] if party else "—" for party in parties)
        print(f"{row['number']}\t{row['phase_zh']}\t{row['accepted_count']}/{row['loaded_count']} 件\t{way}")
    if found.left_off:
        print(f"（另有 {found.left_off} 张，请用 --site 或 --phase 查找）")


@manifest_cli.command(epilog="Example: wasteledger manifest pdf 20265001000001 -o manifest.pdf")
def pdf(
    numbers: Annotated[list[str], typer.Argument(help="14 digits each.")],
    out: Out,
    as_of: AsOf = None,
    at_size: AtSize = None,
) -> None:
    """Writes manifests as PDF on the form of the law (打印联单)."""
    with closing(existing_service()) as service:
        _write(out, manifest_pdf(service, numbers, past=Past(as_of, at_size)))


@manifest_cli.command(epilog="Example: wasteledger manifest month C500114105001 2026-11 -o month.pdf")
def month(
    site: Annotated[str, typer.Argument(help="Site code of the institution.")],
    month: Annotated[str, typer.Argument(help="As 2026-11.")],
    out: Out,
    as_of: AsOf = None,
    at_size: AtSize = None,
) -> None:
    """Writes an institution's monthly medical manifest (医疗废物专用联单), a line for each hand-over."""
    with closing(existing_service()) as service:
        _write(out, medical_month_pdf(service, site, month, past=Past(as_of, at_size)))


@manifest_cli.command(epilog="Example: wasteledger manifest trip 渝H2B101 2026-11-02 -o trip.pdf")
def trip(
    plate: Annotated[str, typer.Argument(help="Number plate.")],
    day: Annotated[str, typer.Argument(help="As 2026-11-02.")],
    out: Out,
    as_of: AsOf = None,
    at_size: AtSize = None,
) -> None:
    """Writes the trip card of a vehicle and day (医疗废物运送登记卡)."""
    with closing(existing_service()) as service:
        _write(out, trip_card_pdf(service, plate, day, past=Past(as_of, at_size)))


@manifest_cli.command(epilog="Example: wasteledger manifest fields")
def fields(
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Lists every field: who fills it in, from which phase it is required, and which act seals it (联单字段表)."""
    if as_json:
        print(json.dumps([row._asdict() for row in field_rows()], ensure_ascii=False, indent=1))
        return
    print("\t".join(FieldRow._fields))
    for row in field_rows():
        print("\t".join(row))
