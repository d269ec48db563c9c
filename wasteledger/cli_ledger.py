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
    signer = service.signer()
    print(json.dumps(service.log_keys()._asdict(), ensure_ascii=False, indent=1))
    del signer
