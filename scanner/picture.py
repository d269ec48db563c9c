"""Pictures from files and bytes, bounded before a pixel is unpacked."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from scanner.errors import PictureError

#: The largest file that is opened: a phone's photo is 3 to 12 MB, so 32 MB is a wrong file.
FILE_BYTES_MAX = 32 * 1024 * 1024
#: The most pixels that are unpacked: 64 million is beyond every handheld camera and holds 64 MB of grey.
PIXELS_MAX = 64_000_000

_PDF_MAGIC = b"%PDF-"


def read_picture(path: Path) -> np.ndarray:
    """The picture in a file, grey, upright by its EXIF mark.

    Raises:
        PictureError: missing, no file, too large, a PDF, or no picture.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            message = f"{path}: not a file; name a picture (JPEG, PNG, WebP, BMP, TIFF)"
            raise PictureError(message)
        if size > FILE_BYTES_MAX:
            message = f"{path}: {size} bytes are more than {FILE_BYTES_MAX}; send a smaller photo"
            raise PictureError(message)
        return picture_from_bytes(path.read_bytes(), name=str(path))
    except OSError as error:
        message = f"{path}: {error.strerror or error}; check the name and that you may read it"
        raise PictureError(message) from None


def picture_from_bytes(content: bytes, *, name: str) -> np.ndarray:
    """The picture in `content`, grey, upright; `name` is what messages call it.

    Raises:
        PictureError: empty, too large, a PDF, or no picture.
    """
    if len(content) > FILE_BYTES_MAX:
        message = f"{name}: {len(content)} bytes are more than {FILE_BYTES_MAX}; send a smaller photo"
        raise PictureError(message)
    if content.startswith(_PDF_MAGIC):
        message = f"{name}: a PDF is no picture; use `labels proof {name}`, which draws its pages and decodes them"
        raise PictureError(message)
    _check_pixels(content, name)
    pixels = _unpack(content)
    if pixels is None:
        message = f"{name}: the picture is damaged or cut short; take or copy it again"
        raise PictureError(message)
    return pixels


def _check_pixels(content: bytes, name: str) -> None:
    # Pillow reads only the header here, so a small file that unpacks to gigabytes is refused cheaply.
    try:
        with Image.open(io.BytesIO(content)) as header:
            width, height = header.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        message = f"{name}: no picture that can be read; use JPEG, PNG, WebP, BMP or TIFF"
        raise PictureError(message) from None
    if width * height > PIXELS_MAX:
        message = f"{name}: {width}×{height} pixels are more than {PIXELS_MAX}; send a smaller photo"
        raise PictureError(message)


def _unpack(content: bytes) -> np.ndarray | None:
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        return None
