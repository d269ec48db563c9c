"""The command line of the authority's short acts: devices, badges, what waits for the second party, evidence."""

import getpass
import json
import secrets
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.canonical import encode_base64
from schemas.quantities import format_kg
from schemas.vouching import BADGE_BYTES, badge_code, person_key
from wasteledger import clock
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.enrolment import (
    EVENTS_PATH,
    DeviceRow,
    device_json,
    enrol_device,
    list_devices,
    revoke_device,
    trust_device,
)
from wasteledger.flows.evidence import EVIDENCE_BYTES_MAX
from wasteledger.flows.evidence_intake import bring_evidence
from wasteledger.flows.second_party import (
    WaitingAct,
    answer_due_ms,
    confirm_opening,
    confirm_sealing,
    confirm_void,
    list_openings,
    list_sealings,
    list_voids,
    refuse_opening,
    refuse_void,
    waiting_json,
)
from wasteledger.flows.service import Service, existing_service

#: Longest PIN that is read; the contract says which ones are taken.
_PIN_CHARS_MAX = 64

devices_cli = typer.Typer()
device_cli = typer.Typer(
    help="设备：注册、列表、撤销、信任。 Devices.",
    no_args_is_help=True,
    epilog="Example: wasteledger device list --site C500114105001",
)
person_cli = typer.Typer(
    help="人员：胸牌与口令。 Badges.", no_args_is_help=True, epilog="Example: wasteledger person badge u-c105x1"
)
void_cli = typer.Typer(
    help="作废：待第二方确认。 Voids that wait for the authority.",
    no_args_is_help=True,
    epilog="Example: wasteledger void list",
)
seal_cli = typer.Typer(
    help="代封：待确认。 Sealings in another site's name.",
    no_args_is_help=True,
    epilog="Example: wasteledger seal list",
)
opening_cli = typer.Typer(
    help="期初库存：待确认。 Opening stock that waits for the authority.",
    no_args_is_help=True,
    epilog="Example: wasteledger opening list",
)
evidence_cli = typer.Typer(
    help="证据：照片与纸质材料。 Evidence.", no_args_is_help=True, epilog="Example: wasteledger evidence add photo.jpg"
)
for _name, _part in (
    ("device", device_cli), ("person", person_cli), ("void", void_cli), ("seal", seal_cli), ("opening", opening_cli),
    ("evidence", evidence_cli),
):  # fmt: skip
    devices_cli.add_typer(_part, name=_name)

Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
DeviceName = Annotated[str, typer.Argument(metavar="DEVICE", help="16 characters, from `wasteledger device list`.")]
EventId = Annotated[str, typer.Argument(metavar="EVENT_ID", help="64 hex digits or base64, from `list`.")]
_HOW_TO_MAKE_A_KEY = (
    "--key: the device makes an Ed25519 key pair of its own, keeps the private half, and shows the public half as base64 (44 characters); "
    "give that. See docs/protocol.md, section 1"
)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _shown(moment_ms: int | None) -> str:
    return "—" if moment_ms is None else clock.shown(moment_ms)


@device_cli.command(
    epilog="Example: wasteledger device enrol C500114105001 --key 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
)
def enrol(
    site: Annotated[str, typer.Argument(help="Site that the device acts for.")],
    key: Annotated[str | None, typer.Option(help="Base64 of the device's Ed25519 public key.")] = None,
    role: Annotated[str, typer.Option(help="device, or office for another key of an authority.")] = "device",
    prior: Annotated[str | None, typer.Option(help="Device that this one replaces; revoke that one too.")] = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Admits a device's public key for a site (设备注册); prints what the device has to be told once."""
    if key is None:
        raise QueryError(_HOW_TO_MAKE_A_KEY)
    with closing(existing_service()) as service:
        made = enrol_device(service, site, key, role=role, prior=prior)
    if as_json:
        _print_json(made._asdict() | {"events_path": EVENTS_PATH})
        return
    if made.known:
        print(f"{made.device} was admitted for {site} before: nothing new was recorded, its chain root is the same")
    print(f"device\t{made.device}\nrole\t{made.role}\nsites\t{' '.join(made.sites)}")
    print(f"chain root\t{made.root}\norigin\t{made.origin}\nevents\tPOST {EVENTS_PATH}")


@device_cli.command(name="list", epilog="Example: wasteledger device list --site C500114105001 --json")
def list_(
    site: Annotated[str | None, typer.Option(help="Devices of one site; default all.")] = None,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Lists the admitted devices with what has arrived of each (设备列表)."""
    with closing(existing_service()) as service:
        rows = list_devices(service, site=site)
    if as_json:
        _print_json({"devices": [device_json(row) for row in rows]})
        return
    for row in rows:
        print(_line(row))


def _line(row: DeviceRow) -> str:
    gaps = "、".join(str(first) if first == last else f"{first}–{last}" for first, last in row.gaps)
    said = [
        f"№ {row.last_number}" if row.last_number is not None else "尚无记录",
        f"最近联系 {_shown(row.contact_ms)}",
        f"缺号 {gaps}" if gaps else "",
        f"已撤销 {_shown(row.revoked_ms)}" if row.revoked_ms is not None else "",
        f"自 № {row.broken_from} 起断链" if row.broken_from is not None else "",
        f"可信至 № {row.trusted_seq}" if row.trusted_seq is not None else "",
    ]
    sites = " ".join(row.sites)
    return f"{row.device}\t{row.role}\t{sites}\t注册 {_shown(row.enrolled_ms)}\t{'，'.join(filter(None, said))}"


@device_cli.command(epilog="Example: wasteledger device revoke mfzwizlsmvzxi2ld --reason lost")
def revoke(device: DeviceName, reason: Annotated[str, typer.Option(help="lost, stolen, replaced or retired.")]) -> None:
    """Takes the trust from a device (撤销): what first arrives from now on proves nothing until `device trust`."""
    with closing(existing_service()) as service:
        print(_line(revoke_device(service, device, reason)))


@device_cli.command(epilog="Example: wasteledger device trust mfzwizlsmvzxi2ld --last-seq 118 --note 查看了设备")
def trust(
    device: DeviceName,
    last_seq: Annotated[int, typer.Option(min=0, help="The last of its numbers that counts.")],
    note: Annotated[str, typer.Option(help="What was looked at.")],
) -> None:
    """Says up to which number a revoked, copied or rewritten device is believed all the same (信任至某号)."""
    with closing(existing_service()) as service:
        print(_line(trust_device(service, device, last_seq, note)))


@person_cli.command(epilog="Example: wasteledger person badge u-c105x1")
def badge(
    actor: Annotated[str, typer.Argument(metavar="ACTOR", help="Pseudonym of a person of the register.")],
    pin_stdin: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--pin-stdin", help="Read the PIN from standard input instead of asking for it twice.")
    ] = False,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Makes a badge (胸牌) and the public vouch_key of badge and PIN. Nothing is stored: the key goes into the district file."""
    with closing(existing_service()) as service:
        person = next((row for row in service.directory().register.people if row.actor == actor), None)
    if person is None:
        message = (
            f"person {actor[:40]!r} is not in the register: add a row to `people` of the district file, and load it"
        )
        raise NotFoundError(message)
    pin = sys.stdin.readline(_PIN_CHARS_MAX).strip() if pin_stdin else _asked_pin()
    secret = secrets.token_bytes(BADGE_BYTES)
    made = {"actor": actor, "badge": badge_code(secret), "vouch_key": encode_base64(person_key(secret, pin).public_key)}
    if as_json:
        _print_json(made)
        return
    print(f"badge\t{made['badge']}\t(shown once: print it as a QR code on the badge)")
    print(f"vouch_key\t{made['vouch_key']}\t(goes into the district file, beside actor: {actor})")


def _asked_pin() -> str:
    """The PIN, typed twice and not shown."""
    first, second = getpass.getpass("PIN (4–12 digits, better 6 or more): "), getpass.getpass("once more: ")
    if first != second:
        message = "PIN: the two are not the same; begin again"
        raise QueryError(message)
    return first


def _print_waiting(service: Service, rows: list[WaitingAct], name: str, *, as_json: bool) -> None:
    directory = service.directory()
    if as_json:
        _print_json({name: [waiting_json(row, directory) for row in rows]})
        return
    for row in rows:
        missing = f"，证据未到：{' '.join(row.missing)}" if row.missing else ""
        weighed = f"{len(row.codes)} 件 {format_kg(row.mass_g)} kg" if row.mass_g else ""
        due_ms = answer_due_ms(row, directory)
        due = f"{clock.shown(due_ms)} 前{'，已逾期' if due_ms < clock.now_ms() else ''}"
        said = "，".join(filter(None, (weighed, row.reason, row.note, due)))
        print(
            f"{row.event_id}\t{clock.shown(row.at_ms)}\t{directory.site_name(row.site)}（{row.site}）\t设备 {row.device}\t"
            f"{'、'.join(row.codes)}\t{said}{missing}"
        )


@void_cli.command(name="list", epilog="Example: wasteledger void list --json")
def list_voids_(
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Voids of sealed packages that wait for the second party (待确认作废)."""
    with closing(existing_service()) as service:
        _print_waiting(service, list_voids(service), "voids", as_json=as_json)


@void_cli.command(name="confirm", epilog="Example: wasteledger void confirm 5f1d…e7")
def confirm_void_(
    event_id: EventId,
    without_evidence: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--without-evidence", help="Always refused: names the file that is missing.")
    ] = False,
) -> None:
    """Stands for a void as the second party, where its evidence is stored (确认作废)."""
    with closing(existing_service()) as service:
        print(f"确认：{confirm_void(service, event_id, without_evidence=without_evidence)}")


@void_cli.command(name="refuse", epilog="Example: wasteledger void refuse 5f1d…e7 --note 照片与包装不符")
def refuse_void_(event_id: EventId, note: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Strikes a void out: its packages go on where they were (驳回作废)."""
    with closing(existing_service()) as service:
        print(f"驳回：{refuse_void(service, event_id, note)}")


@seal_cli.command(name="list", epilog="Example: wasteledger seal list --json")
def list_sealings_(
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Sealings in another site's name that wait for it or for the authority (待确认代封)."""
    with closing(existing_service()) as service:
        _print_waiting(service, list_sealings(service), "sealings", as_json=as_json)


@seal_cli.command(name="confirm", epilog="Example: wasteledger seal confirm 5f1d…e7")
def confirm_sealing_(event_id: EventId) -> None:
    """Stands for a sealing that a foreign device made (确认代封)."""
    with closing(existing_service()) as service:
        print(f"确认：{confirm_sealing(service, event_id)}")


@opening_cli.command(name="list", epilog="Example: wasteledger opening list --json")
def list_openings_(
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Opening stock that sites have declared and that waits for the authority (待确认期初库存)."""
    with closing(existing_service()) as service:
        _print_waiting(service, list_openings(service), "opening_stock", as_json=as_json)


@opening_cli.command(name="confirm", epilog="Example: wasteledger opening confirm 5f1d…e7")
def confirm_opening_(event_id: EventId) -> None:
    """Says that the authority has seen this stock: its packages count from there as if they had been sealed (确认期初库存)."""
    with closing(existing_service()) as service:
        print(f"确认：{confirm_opening(service, event_id)}")


@opening_cli.command(name="refuse", epilog="Example: wasteledger opening refuse 5f1d…e7 --note 现场没有这些包装")
def refuse_opening_(event_id: EventId, note: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Strikes a declaration out; the site may make another (驳回期初库存)."""
    with closing(existing_service()) as service:
        print(f"驳回：{refuse_opening(service, event_id, note)}")


@evidence_cli.command(name="add", epilog="Example: wasteledger evidence add photo.jpg minutes.pdf")
def add_evidence(files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="JPEG, PNG or PDF.")]) -> None:
    """Keeps photos and papers that somebody brought to the office, and says so in the log (补交证据)."""
    with closing(existing_service()) as service:
        for path, stored in zip(files, bring_evidence(service, [_read(path) for path in files]), strict=True):
            print(f"{stored.digest}\t{stored.media}\t{stored.size_bytes} bytes\t{path}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(EVIDENCE_BYTES_MAX + 1)
    except OSError as error:
        message = f"{path}: {error.strerror or error}; name a file that you may read"
        raise QueryError(message) from None
