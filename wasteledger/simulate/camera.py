"""What a camera makes of a label: turned, tilted, creased, unevenly lit, blurred, noisy, compressed."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

#: Side of a picture of nothing.
NOISE_PX = 600
#: Longest side of the picture that a handheld would hand to its decoder.
SIDE_PX_MAX = 1000


def photograph(label: Picture, *, seed: int) -> Picture:
    """A grey picture of a label as a person would take it; the same seed takes the same picture."""
    chance = np.random.default_rng(seed)
    picture = _on_table(_fit(label), chance)
    picture = _tilt(picture, chance)
    picture = _crease(picture, chance)
    picture = _light(picture, chance)
    picture = cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.3, 1.3)).astype(np.uint8)
    noise = chance.normal(0, chance.uniform(2, 12), picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    quality = int(chance.integers(35, 85))
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _grey(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE))


def noise_picture(*, seed: int) -> Picture:
    """A picture of nothing, for showing that nothing is decoded from it."""
    return np.random.default_rng(seed).integers(0, 256, (NOISE_PX, NOISE_PX)).astype(np.uint8)


def _grey(picture: Any) -> Picture:
    return np.asarray(picture, dtype=np.uint8)


def _fit(label: Picture) -> Picture:
    grey = label if label.ndim == 2 else cv2.cvtColor(label, cv2.COLOR_RGB2GRAY)  # noqa: PLR2004 - a plane
    scale = min(1.0, SIDE_PX_MAX / max(grey.shape))
    return _grey(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _on_table(label: Picture, chance: np.random.Generator) -> Picture:
    margin, ground = max(label.shape) // 8, float(chance.integers(60, 180))
    return _grey(cv2.copyMakeBorder(label, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=ground))


def _tilt(picture: Picture, chance: np.random.Generator) -> Picture:
    """Rotation up to 25° with a perspective of up to 6 % of the side, in one warp."""
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), chance.uniform(-25, 25), 0.9)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    turned = cv2.transform(corners[None], turn)[0]
    shifted = turned + chance.uniform(-0.06, 0.06, (4, 2)) * min(height, width)
    matrix = cv2.getPerspectiveTransform(corners, shifted.astype(np.float32))
    return _grey(cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(110.0,)))


def _crease(picture: Picture, chance: np.random.Generator) -> Picture:
    """A fold across the label: a bright line with a dark one beside it, and one half shifted a little."""
    height, width = picture.shape
    row = int(height * chance.uniform(0.2, 0.8))
    picture[row:] = np.roll(picture[row:], int(chance.integers(-2, 3)), axis=1)
    ends = (0, row), (width, row + int(chance.integers(-40, 40)))
    cv2.line(picture, *ends, (int(chance.integers(200, 255)),), 2)
    cv2.line(picture, (0, row + 3), (width, ends[1][1] + 3), (int(chance.integers(0, 90)),), 1)
    return picture


def _light(picture: Picture, chance: np.random.Generator) -> Picture:
    """Light falling from one side."""
    height, width = picture.shape
    across = np.linspace(chance.uniform(0.5, 1.0), chance.uniform(0.6, 1.1), width)
    down = np.linspace(chance.uniform(0.7, 1.0), chance.uniform(0.7, 1.0), height)
    return np.clip(picture * across[None, :] * down[:, None] * 1.1, 0, 255).astype(np.uint8)
