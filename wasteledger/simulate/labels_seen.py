"""Prints the first day's labels, photographs them and reads them back; only what was decoded goes on."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, NamedTuple

from labels.pdf import draw_labels
from labels.proof import rasterise
from scanner.decode import decode_picture
from schemas.label_fields import LabelFields
from wasteledger.simulate.camera import noise_picture, photograph

Camera = Literal["handheld", "noise"]
#: Resolution at which a camera sees a label, in dots an inch.
CAMERA_DPI = 150
#: Labels drawn, rasterised and read in one piece of work.
CHUNK_LABELS = 12


class Seen(NamedTuple):
    """What came of one piece of work: the codes decoded from its pictures, by the decoder that read them."""

    codes: tuple[str, ...]
    decoders: tuple[str, ...]
    pictures: int


def print_labels(fields: list[LabelFields], path: Path) -> None:
    """Writes the labels as one PDF."""
    path.write_bytes(draw_labels(fields))


def read_labels(  # noqa: PLR0913 - which pages, how, and whom to tell
    path: Path, pages: int, *, seed: int, camera: Camera, workers: int, done: Callable[[int], None]
) -> Seen:
    """Photographs every page of the PDF and decodes the pictures; calls `done` with the pages finished so far."""
    jobs = [
        (str(path), start, min(start + CHUNK_LABELS, pages), seed, camera) for start in range(0, pages, CHUNK_LABELS)
    ]
    codes: list[str] = []
    decoders: list[str] = []
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        for seen in pool.map(_read_pages, jobs):
            codes += seen.codes
            decoders += seen.decoders
            done(seen.pictures)
    return Seen(tuple(codes), tuple(decoders), pages)


def _read_pages(job: tuple[str, int, int, int, Camera]) -> Seen:
    path, begin, end, seed, camera = job
    codes: list[str] = []
    decoders: list[str] = []
    pages = rasterise(Path(path).read_bytes(), dpi=CAMERA_DPI, pages=range(begin, end))
    for page, printed in enumerate(pages, start=begin):
        seen = noise_picture(seed=seed + page) if camera == "noise" else photograph(printed, seed=seed + page)
        for reading in decode_picture(seen):
            if reading.code is not None:
                codes.append(reading.code.text)
                decoders.append(reading.decoder)
    return Seen(tuple(codes), tuple(decoders), end - begin)
