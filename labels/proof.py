"""Proof by decoding: what was drawn is rasterised as a printer would and read back.

pdfium must not be entered by two threads at once, so every call into it holds one lock.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pypdfium2

from labels.errors import ProofError
from labels.layout import DPI_DEFAULT
from labels.pdf import POINTS_PER_INCH
from scanner.decode import Reading, decode_picture
from scanner.picture import PIXELS_MAX

#: The largest file that is opened: 2,000 labels are about 10 MB.
PDF_BYTES_MAX = 64 * 1024 * 1024
#: The most pages that are drawn: every label of a full file on two sides.
PAGES_MAX = 4000
#: A page of exactly 800 dots must not become 801 pixels through the rounding of its size in the file.
_SHRINK = 1 - 1e-5

_PDFIUM = threading.Lock()


class PageProof(NamedTuple):
    """What was read on one page.

    Attributes:
        page: number, from 1.
        readings: every symbol on it.
    """

    page: int
    readings: tuple[Reading, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The valid codes on the page."""
        return tuple(reading.code.text for reading in self.readings if reading.code)

    @property
    def problem(self) -> str:
        """Why the page is no good label, or empty."""
        wrong = [reading.reason for reading in self.readings if reading.code is None]
        if wrong:
            return wrong[0]
        return "" if self.readings else "no QR code could be read; draw the label again"


class ProofFailure(NamedTuple):
    """One thing that is wrong with what was drawn.

    Attributes:
        page: number from 1, or None when an expected code is on no page.
        code: the code at fault, or None when nothing was read.
        reason: what is wrong.
    """

    page: int | None
    code: str | None
    reason: str


def rasterise(pdf: bytes, *, dpi: int = DPI_DEFAULT, pages: range | None = None) -> Iterator[np.ndarray]:
    """Each page of a PDF, or those of `pages` counted from 0, as an 8-bit grey picture at `dpi` dots an inch.

    Raises:
        ProofError: no PDF, locked, or beyond a limit.
    """
    document = _open(pdf)
    try:
        for index in pages or range(len(document)):
            yield _picture(document, index, dpi)
    finally:
        with _PDFIUM:
            document.close()


def _open(pdf: bytes) -> pypdfium2.PdfDocument:
    if len(pdf) > PDF_BYTES_MAX:
        message = f"the file has {len(pdf)} bytes, more than {PDF_BYTES_MAX}; split it"
        raise ProofError(message)
    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError:
            message = "no PDF that can be read; name a file that `labels pdf` wrote"
            raise ProofError(message) from None
        pages = len(document)
        if not 1 <= pages <= PAGES_MAX:
            document.close()
            message = f"the file has {pages} pages; a proof takes 1 to {PAGES_MAX}"
            raise ProofError(message)
    return document


def _picture(document: pypdfium2.PdfDocument, index: int, dpi: int) -> np.ndarray:
    scale = dpi / POINTS_PER_INCH * _SHRINK
    with _PDFIUM:
        page = document[index]
        width, height = page.get_size()
        if width * scale * height * scale > PIXELS_MAX:
            page.close()
            message = f"page {index + 1} has more than {PIXELS_MAX} dots at {dpi} an inch; prove it at fewer"
            raise ProofError(message)
        bitmap = page.render(scale=scale, grayscale=True)
        # The bitmap's memory goes when it is closed, so the picture is a copy.
        picture: np.ndarray = np.array(bitmap.to_numpy(), dtype=np.uint8, copy=True)
        bitmap.close()
        page.close()
    return picture[:, :, 0] if picture.ndim == 3 else picture  # noqa: PLR2004 - rows, columns, one channel


def read_pages(pdf: bytes, *, dpi: int = DPI_DEFAULT) -> tuple[PageProof, ...]:
    """What a scanner reads on each page.

    Raises:
        ProofError: no PDF, or beyond a limit.
    """
    pictures = enumerate(rasterise(pdf, dpi=dpi), start=1)
    return tuple(PageProof(number, decode_picture(picture)) for number, picture in pictures)


def prove(pdf: bytes, expected_codes: Sequence[str], *, dpi: int = DPI_DEFAULT) -> tuple[ProofFailure, ...]:
    """What is wrong with drawn labels: nothing, when the answer is empty.

    Every page must show exactly one code, an expected one, and every expected code must be on a page.

    Raises:
        ProofError: no PDF, or beyond a limit.
    """
    pages = read_pages(pdf, dpi=dpi)
    expected = set(expected_codes)
    failures = [failure for page in pages for failure in _failures(page, expected)]
    seen = {code for page in pages for code in page.codes}
    missing = (code for code in dict.fromkeys(expected_codes) if code not in seen)
    failures += [ProofFailure(None, code, "is on no page; draw it again") for code in missing]
    return tuple(failures)


def _failures(page: PageProof, expected: set[str]) -> Iterator[ProofFailure]:
    if page.problem:
        yield ProofFailure(page.page, page.codes[0] if page.codes else None, page.problem)
    if len(page.codes) > 1:
        yield ProofFailure(page.page, page.codes[0], f"shows {len(page.codes)} codes; a label has one")
    for code in page.codes:
        if code not in expected:
            yield ProofFailure(page.page, code, "was not asked for")
