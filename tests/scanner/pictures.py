"""Pictures for the scanner's tests, good and bad, each with a name; made, not stored."""

import cv2
import numpy as np
import qrcode

from schemas.codes import box_code, stock_code

GOOD = stock_code("500114", 123)
BOX = box_code("500114", 12)
LONG = "91130200699229617X9002140820261102001"
# The check character of GOOD is B.
WRONG_CHECK = GOOD[:-1] + "C"


def symbol(text: str, *, module_px: int = 6) -> np.ndarray:
    """A clean symbol with its quiet zone."""
    maker = qrcode.QRCode(border=4)
    maker.add_data(text)
    maker.make()
    modules = np.where(np.array(maker.get_matrix()), 0, 255).astype(np.uint8)
    return np.kron(modules, np.ones((module_px, module_px), np.uint8))


def sheet(*texts: str) -> np.ndarray:
    """Symbols side by side on white."""
    pictures = [symbol(text) for text in texts]
    height = max(picture.shape[0] for picture in pictures)
    padded = [np.pad(p, ((0, height - p.shape[0]), (0, 30)), constant_values=255) for p in pictures]
    return np.hstack(padded)


def noise(*, seed: int = 1, side: int = 400) -> np.ndarray:
    """Grey noise in which nothing stands."""
    return np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)


def out_of_focus(text: str) -> np.ndarray:
    """A symbol blurred by half a module, as a phone held too near does."""
    return cv2.GaussianBlur(symbol(text, module_px=6), (0, 0), sigmaX=3.15)


def far_away(text: str) -> np.ndarray:
    """A symbol of 1.35 pixels a module in a poor JPEG, as a photo over a fence is."""
    small = cv2.resize(symbol(text, module_px=8), None, fx=1.35 / 8, fy=1.35 / 8, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 20])[1], cv2.IMREAD_GRAYSCALE)


def png(picture: np.ndarray) -> bytes:
    """The picture as the bytes of a PNG file."""
    return cv2.imencode(".png", picture)[1].tobytes()


def bad_files() -> dict[str, bytes]:
    """Files that are no picture, by the name of what is wrong with them."""
    whole = png(symbol(GOOD))
    # A PNG header that promises 60,000 × 60,000 pixels over a body of a few bytes.
    bomb = whole[:16] + (60_000).to_bytes(4, "big") * 2 + whole[24:]
    return {
        "empty": b"",
        "text": "只是文字".encode(),
        "cut_short": whole[: len(whole) // 4],
        "header_only": whole[:33],
        "pixel_bomb": bomb,
        "pdf": b"%PDF-1.4\n%%EOF\n",
    }
