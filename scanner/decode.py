"""QR codes in a picture, by a cascade of decoders.

1. pyzbar (QR only).
2. OpenCV's QRCodeDetector.
3. zxing-cpp (QR only; Micro QR has no error correction and gives phantom reads out of noise).
4. zxing-cpp again on the picture sharpened, then enlarged: on 216 made-up bad photos these two read 22 that
   nothing before them could, for 2 ms and 3 ms; equalising, smoothing and shrinking read fewer and were left out.

A later step is run only when no earlier one gave a code that passes its check. What fails its check is
returned with the reason and never as a code, so that a person sees why a label was not taken.
"""

import importlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import cv2
import numpy as np
import zxingcpp

from scanner.errors import ScanError
from scanner.picture import PIXELS_MAX
from schemas.codes import Code, read_scan
from schemas.errors import CodeError

Point = tuple[int, int]

#: A QR symbol holds at most 4,296 characters; a longer text is a decoder's mistake and is cut.
TEXT_MAX = 4296
#: The most symbols taken from one picture: a pallet of labels, not a picture made to keep us busy.
READINGS_MAX = 200
#: Smallest side worth a look: a version-1 symbol is 21 modules, one pixel each.
SIDE_PX_MIN = 21
#: Pictures of more pixels are not enlarged: their modules are not small, and four times 4 million is enough memory.
ENLARGED_PX_MAX = 4_000_000


class Reading(NamedTuple):
    """What one symbol in a picture says.

    Attributes:
        text: as decoded.
        decoder: which step of the cascade read it.
        code: the checked code, or None when the text is none.
        reason: why there is no code, and what would be right; empty when there is one.
        polygon: corners in pixels, clockwise as the decoder saw them; may be empty.
    """

    text: str
    decoder: str
    code: Code | None
    reason: str
    polygon: tuple[Point, ...]


class _Seen(NamedTuple):
    text: str
    polygon: tuple[Point, ...]


Step = Callable[[np.ndarray], Iterable[_Seen]]


def _load_pyzbar() -> Any | None:
    # pyzbar is pure Python over the system's libzbar and fails on import where that is missing.
    try:
        return importlib.import_module("pyzbar.pyzbar")
    except ImportError:
        return None


_PYZBAR = _load_pyzbar()


def decoders_available() -> dict[str, bool]:
    """Which decoders run on this machine; pyzbar needs the system library libzbar0."""
    return {"pyzbar": _PYZBAR is not None, "opencv": True, "zxing-cpp": True}


def decode_picture(picture: np.ndarray) -> tuple[Reading, ...]:
    """Every QR code in a picture, each text once, those with a valid code first.

    Args:
        picture: 8-bit, grey (rows, columns) or BGR/BGRA (rows, columns, channels).

    Raises:
        ScanError: not such an array, or too many pixels.
    """
    grey = _grey(picture)
    found: dict[str, Reading] = {}
    if min(grey.shape) < SIDE_PX_MIN:
        return ()
    for decoder, decode in _CASCADE:
        for seen in decode(grey):
            if seen.text not in found and len(found) < READINGS_MAX:
                found[seen.text] = _judge(seen, decoder)
        if any(reading.code for reading in found.values()):
            break
    return tuple(sorted(found.values(), key=lambda reading: reading.code is None))


def decode_with(decoder: str, picture: np.ndarray) -> tuple[Reading, ...]:
    """Every QR code that one named step of the cascade reads, for measuring and for tests.

    Raises:
        ScanError: no such step, or the picture is none.
    """
    steps = dict(_CASCADE)
    if decoder not in steps:
        message = f"no decoder {decoder!r}; there are {', '.join(steps)}"
        raise ScanError(message)
    return tuple(_judge(seen, decoder) for seen in steps[decoder](_grey(picture)))


def _judge(seen: _Seen, decoder: str) -> Reading:
    try:
        return Reading(seen.text, decoder, read_scan(seen.text), "", seen.polygon)
    except CodeError as error:
        return Reading(seen.text[:TEXT_MAX], decoder, None, str(error), seen.polygon)


def _grey(picture: np.ndarray) -> np.ndarray:
    if picture.dtype != np.uint8 or picture.size == 0:
        message = f"a picture is a non-empty array of 8-bit values, not {picture.dtype} of {picture.shape}"
        raise ScanError(message)
    if picture.shape[0] * picture.shape[1 if picture.ndim > 1 else 0] > PIXELS_MAX:
        message = f"{picture.shape} is more than {PIXELS_MAX} pixels; scale the picture down"
        raise ScanError(message)
    match picture.shape:
        case (_, _) | (_, _, 1):
            return np.ascontiguousarray(picture.reshape(picture.shape[:2]))
        case (_, _, 3):
            return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        case (_, _, 4):
            return cv2.cvtColor(picture, cv2.COLOR_BGRA2GRAY)
    message = f"a picture has rows, columns and 1, 3 or 4 channels, not the shape {picture.shape}"
    raise ScanError(message)


def _by_pyzbar(grey: np.ndarray) -> Iterable[_Seen]:
    if _PYZBAR is None:
        return
    for symbol in _PYZBAR.decode(grey, symbols=[_PYZBAR.ZBarSymbol.QRCODE]):
        text = symbol.data.decode("utf-8", errors="replace")
        if text:
            yield _Seen(text, tuple((int(point.x), int(point.y)) for point in symbol.polygon))


def _by_opencv(grey: np.ndarray) -> Iterable[_Seen]:
    # OpenCV's search for many symbols misses some that its search for one finds, and the other way round. It also
    # throws on some odd contours; for a cascade that is the same as having seen nothing.
    detector = cv2.QRCodeDetector()
    try:
        _, texts, corners, _ = detector.detectAndDecodeMulti(grey)
        if not any(texts):
            text, corners, _ = detector.detectAndDecode(grey)
            texts = (text,)
    except cv2.error:
        return
    for text, quad in zip(texts, corners if any(texts) else (), strict=False):
        if text:
            yield _Seen(text, tuple((round(float(x)), round(float(y))) for x, y in quad))


def _by_zxing(grey: np.ndarray) -> Iterable[_Seen]:
    # Made for each call: kept in the module it would outlive zxing-cpp, which complains on the way out.
    qr_only = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    for symbol in zxingcpp.read_barcodes(grey, formats=qr_only):
        if symbol.format == zxingcpp.BarcodeFormat.QRCode and symbol.valid and symbol.text:
            place = symbol.position
            corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            yield _Seen(symbol.text, tuple((point.x, point.y) for point in corners))


def _by_zxing_sharpened(grey: np.ndarray) -> Iterable[_Seen]:
    blurred = cv2.GaussianBlur(grey, (0, 0), sigmaX=3)
    yield from _by_zxing(cv2.addWeighted(grey, 2.5, blurred, -1.5, 0))


def _by_zxing_enlarged(grey: np.ndarray) -> Iterable[_Seen]:
    if grey.size > ENLARGED_PX_MAX:
        return
    double = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    for seen in _by_zxing(double):
        yield _Seen(seen.text, tuple((x // 2, y // 2) for x, y in seen.polygon))


_CASCADE: tuple[tuple[str, Step], ...] = (
    ("pyzbar", _by_pyzbar),
    ("opencv", _by_opencv),
    ("zxing-cpp", _by_zxing),
    ("zxing-cpp sharpened", _by_zxing_sharpened),
    ("zxing-cpp enlarged", _by_zxing_enlarged),
)
