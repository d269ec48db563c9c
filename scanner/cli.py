"""The program `scanner`: reads codes out of pictures."""

import json
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from scanner.decode import Reading, decode_picture, decoders_available
from scanner.errors import ScanError
from scanner.picture import read_picture

#: Exit status when a file gave no valid code; 2 is the usual status for wrong usage.
EXIT_UNREADABLE = 1

_EXAMPLE = "Example: scanner decode photo.jpg another.png --json"

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Reads WasteLedger codes.")


class FileReport(NamedTuple):
    """What one file gave.

    Attributes:
        file: as named on the command line.
        readings: every symbol that was read.
        problem: what is wrong with the file as a whole, or empty.
    """

    file: Path
    readings: tuple[Reading, ...]
    problem: str

    @property
    def is_good(self) -> bool:
        """Whether the file gave codes and every one of them is valid."""
        return not self.problem and all(reading.code for reading in self.readings)


@app.callback()
def scanner() -> None:
    """Reads WasteLedger codes out of pictures."""


@app.command(epilog=_EXAMPLE)
def decode(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Pictures: JPEG, PNG, WebP, BMP or TIFF.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array, an object for each file.")] = False,
) -> None:
    """Prints every code in each picture; status 1 when a file has none or one that fails its check."""
    if not decoders_available()["pyzbar"]:
        typer.echo("note: pyzbar is skipped, its library is missing; install the system package libzbar0", err=True)
    reports = [look_at(file) for file in files]
    if as_json:
        typer.echo(json.dumps([_as_object(report) for report in reports], ensure_ascii=False, indent=2))
    for report in reports:
        _tell(report, with_codes=not as_json)
    if not all(report.is_good for report in reports):
        raise typer.Exit(EXIT_UNREADABLE)


def look_at(file: Path) -> FileReport:
    """Decodes one file; a problem is part of the answer, so that the other files are still decoded."""
    try:
        readings = decode_picture(read_picture(file))
    except ScanError as error:
        return FileReport(file, (), str(error))
    if readings:
        return FileReport(file, readings, "")
    advice = "take the photo again, nearer, in focus and without glare, or type the code printed beside the symbol"
    return FileReport(file, (), f"{file}: no QR code could be read; {advice}")


def _tell(report: FileReport, *, with_codes: bool) -> None:
    if report.problem:
        typer.echo(report.problem, err=True)
    for reading in report.readings:
        if reading.code is None:
            typer.echo(f"{report.file}: {reading.reason}", err=True)
        elif with_codes:
            typer.echo(f"{report.file}: {reading.code.text} ({reading.code.kind.value}, read by {reading.decoder})")


def _as_object(report: FileReport) -> dict[str, object]:
    codes = [
        {
            "text": reading.text,
            "code": reading.code.text if reading.code else None,
            "kind": reading.code.kind.value if reading.code else None,
            "decoder": reading.decoder,
            "reason": reading.reason or None,
            "polygon": [list(point) for point in reading.polygon],
        }
        for reading in report.readings
    ]
    return {"file": str(report.file), "codes": codes, "problem": report.problem or None}


def main() -> None:
    """Entry point of the program `scanner`."""
    app()


if __name__ == "__main__":
    main()
