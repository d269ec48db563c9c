from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import decode
from scanner.decode import ENLARGED_PX_MAX, READINGS_MAX, decode_picture, decode_with, decoders_available
from scanner.errors import PictureError, ScanError
from scanner.picture import FILE_BYTES_MAX, picture_from_bytes, read_picture
from schemas.codes import CodeKind, stock_code
from tests.scanner.pictures import (
    BOX,
    GOOD,
    LONG,
    WRONG_CHECK,
    bad_files,
    far_away,
    noise,
    out_of_focus,
    png,
    sheet,
    symbol,
)

STEPS = ["pyzbar", "opencv", "zxing-cpp", "zxing-cpp sharpened", "zxing-cpp enlarged"]


@pytest.mark.parametrize("decoder", STEPS)
@pytest.mark.parametrize("code", [GOOD, BOX, LONG])
def test_each_decoder_alone_reads_a_clean_picture(decoder: str, code: str) -> None:
    readings = decode_with(decoder, symbol(code))
    assert [(reading.text, reading.decoder) for reading in readings] == [(code, decoder)]
    assert readings[0].code is not None
    assert readings[0].code.text == code


def test_the_list_of_steps_is_the_cascade() -> None:
    assert [name for name, _ in decode._CASCADE] == STEPS


def test_an_unknown_decoder_is_named_with_the_known_ones() -> None:
    with pytest.raises(ScanError, match="no decoder 'xerox'; there are pyzbar, opencv"):
        decode_with("xerox", symbol(GOOD))


def test_the_polygon_lies_on_the_symbol() -> None:
    picture = np.full((500, 700), 255, np.uint8)
    clean = symbol(GOOD)
    picture[100 : 100 + clean.shape[0], 300 : 300 + clean.shape[1]] = clean
    for decoder in STEPS:
        (reading,) = decode_with(decoder, picture)
        assert len(reading.polygon) >= 4, decoder
        for x, y in reading.polygon:
            assert 300 <= x <= 300 + clean.shape[1], decoder
            assert 100 <= y <= 100 + clean.shape[0], decoder


def test_a_picture_with_three_codes_gives_three() -> None:
    third = stock_code("500114", 77)
    readings = decode_picture(sheet(GOOD, BOX, third))
    assert {reading.code.text for reading in readings if reading.code} == {GOOD, BOX, third}
    assert len(readings) == 3


def test_a_code_that_stands_twice_is_told_once() -> None:
    assert [reading.text for reading in decode_picture(sheet(GOOD, GOOD))] == [GOOD]


@pytest.mark.parametrize("seed", range(4))
def test_noise_gives_no_readings(seed: int) -> None:
    assert decode_picture(noise(seed=seed)) == ()


def test_a_wrong_check_character_is_reported_and_not_accepted() -> None:
    (reading,) = decode_picture(symbol(WRONG_CHECK))
    assert reading.code is None
    assert reading.text == WRONG_CHECK
    assert f"the last character should be {GOOD[-1]}" in reading.reason


def test_a_foreign_symbol_is_reported_with_the_reason() -> None:
    (reading,) = decode_picture(symbol("https://example.org/menu"))
    assert reading.code is None
    assert "is no code of this ledger" in reading.reason


def test_valid_codes_come_before_what_fails() -> None:
    readings = decode_picture(sheet("HELLO", GOOD, "WORLD"))
    assert readings[0].code is not None
    assert {reading.text for reading in readings} == {"HELLO", GOOD, "WORLD"}


def test_a_web_address_that_ends_in_a_code_is_that_code() -> None:
    (reading,) = decode_picture(symbol(f"HTTPS://W.EXAMPLE/{GOOD}"))
    assert reading.code is not None
    assert (reading.code.text, reading.code.kind) == (GOOD, CodeKind.ITEM)


def test_the_cascade_stops_at_the_first_valid_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    steps = tuple((name, _noting(name, step, asked)) for name, step in decode._CASCADE)
    monkeypatch.setattr(decode, "_CASCADE", steps)
    decode_picture(symbol(GOOD))
    assert asked == ["pyzbar"]
    asked.clear()
    decode_picture(symbol(WRONG_CHECK))
    assert asked == STEPS


def _noting(name: str, step: decode.Step, asked: list[str]) -> decode.Step:
    def noted(grey: np.ndarray) -> object:
        asked.append(name)
        return step(grey)

    return noted  # type: ignore[return-value]  # the wrapped step's own answer


def test_a_machine_without_zbar_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_PYZBAR", None)
    assert decoders_available() == {"pyzbar": False, "opencv": True, "zxing-cpp": True}
    (reading,) = decode_picture(symbol(GOOD))
    assert reading.decoder == "opencv"
    assert reading.code is not None


def test_a_missing_library_is_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        message = f"Unable to find zbar shared library for {name}"
        raise ImportError(message)

    monkeypatch.setattr(decode.importlib, "import_module", missing)
    assert decode._load_pyzbar() is None


@pytest.mark.parametrize(
    ("picture", "decoder"),
    [(out_of_focus(GOOD), "zxing-cpp sharpened"), (far_away(GOOD), "zxing-cpp enlarged")],
    ids=["out of focus", "far away"],
)
def test_the_retries_read_what_no_decoder_does_alone(picture: np.ndarray, decoder: str) -> None:
    before = STEPS[: STEPS.index(decoder)]
    assert [decode_with(step, picture) for step in before] == [()] * len(before)
    (reading,) = decode_picture(picture)
    assert (reading.text, reading.decoder) == (GOOD, decoder)
    assert reading.code is not None


def test_a_large_picture_is_not_enlarged() -> None:
    side = int(ENLARGED_PX_MAX**0.5) + 1
    picture = np.full((side, side), 255, np.uint8)
    clean = symbol(GOOD)
    picture[: clean.shape[0], : clean.shape[1]] = clean
    assert decode_with("zxing-cpp enlarged", picture) == ()
    assert decode_with("zxing-cpp enlarged", picture[:-10, :-10])[0].text == GOOD


def test_readings_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert READINGS_MAX == 200
    monkeypatch.setattr(decode, "READINGS_MAX", 2)
    assert len(decode_picture(sheet(GOOD, BOX, LONG))) == 2


def test_colour_and_alpha_pictures_are_read() -> None:
    grey = symbol(GOOD)
    for shape in (grey[:, :, None], np.dstack([grey] * 3), np.dstack([grey] * 4)):
        assert [reading.text for reading in decode_picture(shape)] == [GOOD]


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (np.zeros((50, 50), np.float64), "8-bit values, not float64"),
        (np.zeros((0, 50), np.uint8), "non-empty"),
        (np.zeros(50, np.uint8), "rows, columns and 1, 3 or 4 channels"),
        (np.zeros((50, 50, 2), np.uint8), "rows, columns and 1, 3 or 4 channels"),
        (np.broadcast_to(np.uint8(0), (9000, 9000)), "more than 64000000 pixels"),
    ],
)
def test_what_is_no_picture_is_refused(picture: np.ndarray, told: str) -> None:
    with pytest.raises(ScanError, match=told):
        decode_picture(picture)


def test_a_picture_smaller_than_a_symbol_gives_nothing() -> None:
    assert decode_picture(np.zeros((20, 400), np.uint8)) == ()


@settings(max_examples=25)
@given(st.integers(1, 99_999_999), st.integers(2, 9), st.sampled_from([0, 1, 2, 3]))
def test_any_stock_code_is_read_at_any_size_and_quarter_turn(serial: int, module_px: int, turns: int) -> None:
    code = stock_code("500114", serial)
    readings = decode_picture(np.ascontiguousarray(np.rot90(symbol(code, module_px=module_px), turns)))
    assert [reading.text for reading in readings] == [code]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("empty", "no picture that can be read"),
        ("text", "no picture that can be read"),
        ("cut_short", ""),
        ("header_only", ""),
        ("pixel_bomb", "60000×60000 pixels are more than|no picture that can be read"),
        ("pdf", "use `labels proof photo`"),
    ],
)
def test_each_bad_file_says_what_to_do(name: str, told: str) -> None:
    content = bad_files()[name]
    if told:
        with pytest.raises(PictureError, match=told):
            picture_from_bytes(content, name="photo")
        return
    # A cut file may still unpack in part; then it shows nothing, and is never taken for a code.
    try:
        assert decode_picture(picture_from_bytes(content, name="photo")) == ()
    except PictureError as error:
        assert "damaged or cut short" in str(error) or "no picture" in str(error)  # noqa: PT017 - either is right


def test_a_file_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(PictureError, match=f"more than {FILE_BYTES_MAX}"):
        picture_from_bytes(bytes(FILE_BYTES_MAX + 1), name="photo")


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="not a file"):
        read_picture(tmp_path)
    with pytest.raises(PictureError, match="No such file or directory; check the name"):
        read_picture(tmp_path / "none.png")


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "label.png").write_bytes(png(symbol(GOOD)))
    assert decode_picture(read_picture(tmp_path / "label.png"))[0].text == GOOD
