"""The command line of the ledger: sign, witness, export, verify, back up, restore, measure."""

import json
from pathlib import Path
from typing import Annotated

import typer

from wasteledger.flows.service import Service
from wasteledger.settings import Settings

ledger_cli = typer.Typer()
Folder = Annotated[Path, typer.Argument(help="A folder, new or empty.")]


@ledger_cli.command(epilog="Example: WASTELEDGER_SIGNER_DIR=signer wasteledger sign")
def sign() -> None:
    """Signs checkpoints in a process of its own, one a second; start the service with WASTELEDGER_SIGN=0 then."""
    from wasteledger.flows.signing_loop import SigningLoop  # noqa: PLC0415 - only this command needs it

    loop = SigningLoop(Service(Settings()).signer)
    print("signing; Ctrl+C stops", flush=True)
    try:
        loop.run()
    except KeyboardInterrupt:
        loop.stop()
    if loop.problem:
        typer.echo(f"wasteledger: {loop.problem}", err=True)
        raise typer.Exit(1)


@ledger_cli.command(epilog="Example: wasteledger witness --dir w --name witness.example.org/w1 --log KEY --port 8100")
def witness(  # noqa: PLR0913 - one option each
    folder: Annotated[Path, typer.Option("--dir", help="Where the witness keeps its key and its memory.")],
    name: Annotated[str, typer.Option(help="Name of the witness, a schema-less address.")],
    log: Annotated[list[str], typer.Option(help="Public key of a log to watch; once for each.")] = [],  # noqa: B006 - typer's way
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8100,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    show_key: Annotated[bool, typer.Option("--show-key", help="Print the line for the log's policy, and end.")] = False,  # noqa: FBT002
) -> None:
    """Runs a witness (C2SP tlog-witness): the regulator's own, with its own key, which cosigns what only ever grows."""
    import uvicorn  # noqa: PLC0415 - slow to load, and only this command needs it

    from wasteledger.domain.note import VerifierKey  # noqa: PLC0415 - the same
    from wasteledger.witness.service import load_key, make_witness_app, open_witness  # noqa: PLC0415 - the same

    if show_key:
        print(f"witness {name.split('/')[-1]} {load_key(folder, name).verifier.text} http://{host}:{port}")
        return
    if not log:
        message = "name at least one log: --log KEY, as `wasteledger log-key` or GET /v1/log shows it"
        raise typer.BadParameter(message)
    service = open_witness(folder, name, [VerifierKey.parse(text) for text in log])
    print(f"{service.key.verifier.text}\nhttp://{host}:{port}/  (Ctrl+C stops)", flush=True)
    uvicorn.run(make_witness_app(service), host=host, port=port, log_level="warning")


@ledger_cli.command(name="log-key", epilog="Example: wasteledger log-key")
def log_key() -> None:
    """Prints the public keys that this log is checked with."""
    service = Service(Settings())
    service.signer()  # makes the key where there is none yet, and publishes it
    print(json.dumps(service.log_keys()._asdict(), ensure_ascii=False, indent=1))


@ledger_cli.command(
    name="export-log", epilog="Example: wasteledger export-log log-2026-11 && wasteledger verify audit log-2026-11"
)
def export_log(folder: Folder) -> None:
    """Writes the published log as plain files, for a regulator, a mirror or an archive."""
    from wasteledger.flows.export_log import export_log as export  # noqa: PLC0415 - only this command needs it

    done = export(Service(Settings()), folder)
    print(f"{folder}: {done.size} entries under {done.root}, {done.checkpoints} checkpoints")


@ledger_cli.command(epilog="Example: wasteledger backup backups/2026-11-23")
def backup(folder: Folder) -> None:
    """Copies the database, keys and the signer's file into a new folder, while the service runs, and checks the copy."""
    from wasteledger.audit.backup import back_up  # noqa: PLC0415 - only this command needs it

    settings = Settings()
    done = back_up(Service(settings).database, settings, folder)
    print(
        f"{folder}: {done.size} entries under {done.root}, {done.rows} rows. It holds secret keys: keep it as you keep them"
    )


@ledger_cli.command(epilog="Example: WASTELEDGER_DATA_DIR=new wasteledger restore backups/2026-11-23")
def restore(folder: Annotated[Path, typer.Argument(help="A folder made by `wasteledger backup`.")]) -> None:
    """Fills an empty installation from a backup, on any engine. Then run `wasteledger recover`."""
    from wasteledger.audit.backup import restore as restore_backup  # noqa: PLC0415 - only this command needs it

    done = restore_backup(folder, Settings())
    print(f"{done.size} entries under {done.root}, {done.rows} rows restored")
    print("next: `wasteledger recover` brings it forward to the newest published checkpoint")


@ledger_cli.command(epilog="Example: wasteledger recover --from log-2026-11")
def recover(
    source: Annotated[Path | None, typer.Option("--from", help="An exported log; default: the published one.")] = None,
) -> None:
    """Appends what was published but is missing from the database, as after the restore of an old backup."""
    from wasteledger.flows.manifests import catch_up_numbers  # noqa: PLC0415 - only this command needs it
    from wasteledger.flows.published import Published  # noqa: PLC0415 - the same
    from wasteledger.flows.replay import recover as bring_forward  # noqa: PLC0415 - the same
    from wasteledger.store.blobs import Blobs  # noqa: PLC0415 - the same

    service = Service(Settings())
    published = Published(Blobs(source)) if source else service.published
    done = bring_forward(service.database, published, None if source else service.signed())
    print(f"from {done.before} to {done.after} entries; what was acknowledged later, devices send again by themselves")
    for digest in done.registers_missing:
        print(f"register {digest} is not at hand: load its district file, or recover from an exported log")
    if done.registers_missing:
        print("then run `wasteledger recover` once more, so that drawn numbers go on behind the log's")
        return
    caught_up = catch_up_numbers(service)  # a restored counter would draw numbers again that the log already holds
    if caught_up:
        print(f"manifest numbers go on behind the log's: {caught_up} counters moved")


@ledger_cli.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    epilog="Example: wasteledger verify audit log-2026-11 --policy policy",
)
def verify(context: typer.Context) -> None:
    """The regulator's offline verifier: proof, audit, compare, gaps, item. Exit 0 good, 1 invalid, 3 findings, 4 fork."""
    from wasteledger.audit.verify.__main__ import main as run  # noqa: PLC0415 - shares no code with the rest

    raise typer.Exit(run(context.args))


bench_cli = typer.Typer(help="Measures speed; prints JSON.", no_args_is_help=True)
ledger_cli.add_typer(bench_cli, name="bench")
_Scale = Annotated[float, typer.Option(min=0.001, max=10, help="Longer or shorter; below 1 only to see that it runs.")]


@bench_cli.command(name="reconcile", epilog="Example: wasteledger bench reconcile --json")
def bench_reconciliation(
    as_json: Annotated[bool, typer.Option("--json", help="JSON only, without the table.")] = False,  # noqa: FBT002
    scale: _Scale = 1.0,
) -> None:
    """How fast chains are judged: a year of the district at once, and batch by batch as scans come in."""
    from wasteledger.bench.reconcile import bench_reconcile  # noqa: PLC0415 - only this command needs it

    result = bench_reconcile(scale=scale)
    if not as_json:
        for name, value in result.items():
            print(f"{name:<32}{value}")
        return
    print(json.dumps(result))


@bench_cli.command(epilog="Example: wasteledger bench ledger --json")
def ledger(
    as_json: Annotated[bool, typer.Option("--json", help="JSON only, without the table.")] = False,  # noqa: FBT002
    scale: Annotated[
        float, typer.Option(min=0.001, max=10, help="Longer or shorter; below 1 only to see that it runs.")
    ] = 1.0,
) -> None:
    """How fast the ledger takes in, proves and audits, beside the raw limit of the same disk and rows."""
    from wasteledger.bench.ledger import bench_ledger  # noqa: PLC0415 - only this command needs it

    result = bench_ledger(scale=scale)
    if as_json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        print(f"{name:40}{value}")
