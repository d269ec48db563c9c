"""The program `labels`: draws labels, and proves drawn ones by decoding."""

import json
import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from labels.errors import ProofError, SourceError
from labels.layout import DPI_DEFAULT
from labels.pdf import draw_labels
from labels.proof import PageProof, prove, read_pages
from labels.source import fetch_fields, pick_fields, read_fields
from schemas.codes import CodeKind, read_typed
from schemas.errors import CodeError, WasteLedgerError
from schemas.label_fields import LabelFields

SERVICE_DEFAULT = "http://127.0.0.1:8000"
SERVICE_VARIABLE = "WASTELEDGER_SERVICE_URL"
#: Exit status when there is no lawful, readable label; 2 is the usual status for wrong usage, a mistyped code too.
EXIT_NO_LABEL = 1
EXIT_USAGE = 2

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Lawful labels: draw them, prove them.")

Dpi = Annotated[int, typer.Option("--dpi", help="Dots an inch of the printer: 203, 300, 600.")]


@app.callback()
def labels() -> None:
    """Draws lawful labels as PDF, and proves drawn ones by decoding them."""


@app.command(epilog="Example: labels pdf M50011400000123B -o labels.pdf")
def pdf(
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The PDF to write.")],
    codes: Annotated[list[str] | None, typer.Argument(metavar="CODE", help="Codes of items and boxes.")] = None,
    service: Annotated[
        str, typer.Option(envvar=SERVICE_VARIABLE, help="The running service that knows the codes.")
    ] = SERVICE_DEFAULT,
    fields: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML or JSON list of label fields, instead of the service; no CODE: all."),
    ] = None,
    dpi: Dpi = DPI_DEFAULT,
) -> None:
    """Draws the labels of CODE… into one PDF, a label a page, and proves it by decoding before it is written."""
    checked = [_check_code(code) for code in codes or []]
    if not checked and fields is None:
        _stop("name at least one CODE, or a file with --fields", EXIT_USAGE)
    try:
        wanted = pick_fields(read_fields(fields), checked) if fields else fetch_fields(checked, service)
        content = _proved(wanted, dpi)
        write_whole(out, content)
    except WasteLedgerError as error:
        _stop(str(error), EXIT_NO_LABEL)
    typer.echo(f"{out}: {len(wanted)} {'label' if len(wanted) == 1 else 'labels'}, each read back")


def _check_code(text: str) -> str:
    try:
        code = read_typed(text)
    except CodeError as error:
        _stop(str(error), EXIT_USAGE)
    if code.kind not in (CodeKind.ITEM, CodeKind.BOX):
        _stop(f"{code.text} is a {code.kind.value} code; labels are for items and boxes", EXIT_USAGE)
    return code.text


def _proved(wanted: list[LabelFields], dpi: int) -> bytes:
    content = draw_labels(wanted, dpi=dpi)
    failures = prove(content, [label.code for label in wanted], dpi=dpi)
    if failures:
        page, code, reason = failures[0]
        message = f"drawn, but not readable: page {page or '–'}, {code or 'no code'}: {reason}; nothing was written"
        raise ProofError(message)
    return content


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all: beside its place first, then renamed into it.

    Raises:
        SourceError: the folder is missing, full, or not ours to write.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        message = f"{path}: {error.strerror or error}; choose a file in a folder that you may write"
        raise SourceError(message) from None


@app.command(epilog="Example: labels proof labels.pdf --json")
def proof(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="A PDF of labels.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array, an object for each page.")] = False,
    dpi: Dpi = DPI_DEFAULT,
) -> None:
    """Decodes every page of a PDF as a scanner would; status 1 when a page has no valid code."""
    try:
        pages = read_pages(file.read_bytes(), dpi=dpi)
    except OSError as error:
        _stop(f"{file}: {error.strerror or error}; check the name and that you may read it", EXIT_NO_LABEL)
    except WasteLedgerError as error:
        _stop(f"{file}: {error}", EXIT_NO_LABEL)
    if as_json:
        typer.echo(json.dumps([_as_object(page) for page in pages], ensure_ascii=False, indent=2))
    for page in pages:
        for code in () if as_json else page.codes:
            typer.echo(f"page {page.page}: {code}")
        if page.problem:
            typer.echo(f"page {page.page}: {page.problem}", err=True)
    if any(page.problem for page in pages):
        raise typer.Exit(EXIT_NO_LABEL)


def _as_object(page: PageProof) -> dict[str, object]:
    return {
        "page": page.page,
        "codes": list(page.codes),
        "decoders": [reading.decoder for reading in page.readings],
        "problem": page.problem or None,
    }


def _stop(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)


def main() -> None:
    """Entry point of the program `labels`."""
    app()


if __name__ == "__main__":
    main()
