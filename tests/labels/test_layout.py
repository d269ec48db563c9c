import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.errors import LabelError
from labels.fonts import width_em
from labels.layout import (
    BLACK,
    DPI_MAX,
    DPI_MIN,
    IDEOGRAPH_EM,
    Area,
    Dots,
    Modules,
    Page,
    Shape,
    Text,
    dots_of,
    frame,
    on_dots,
    place,
    rectangle,
)
from labels.pdf import label_pages, runs
from labels.qr import MODULE_MM_MIN, in_groups, matrix, module_dots, side_mm, symbol_of
from labels.text import Cell, Table, wrap
from schemas.label_fields import LabelFields
from tests.labels.examples import LONG, STOCK, every_kind, hazardous, medical

DPIS = (203, 300, 600)
dpis = st.integers(DPI_MIN, DPI_MAX)
lengths = st.floats(0.01, 300, allow_nan=False)
chinese = st.text(st.sampled_from("废机油，。（）黔江A1b-90 021408"), max_size=80)


def whole(length_mm: float, dots: Dots) -> bool:
    return math.isclose(length_mm / dots.mm, round(length_mm / dots.mm), abs_tol=1e-6)


def texts(page: Page) -> list[Text]:
    return [mark for mark in page.marks if isinstance(mark, Text)]


@given(dpis, lengths)
def test_up_is_whole_dots_and_never_shorter_and_less_than_a_dot_longer(dpi: int, length_mm: float) -> None:
    dots = dots_of(dpi)
    up = dots.up(length_mm)
    assert whole(up, dots)
    assert -1e-4 * dots.mm < up - length_mm < dots.mm * (1 + 1e-4)


@given(dpis, lengths)
def test_up_of_whole_dots_is_the_same(dpi: int, length_mm: float) -> None:
    dots = dots_of(dpi)
    assert dots.count_up(dots.up(length_mm)) == dots.count_up(length_mm)


@pytest.mark.parametrize("dpi", [DPI_MIN - 1, DPI_MAX + 1, 0, -203])
def test_no_printer_has_such_dots(dpi: int) -> None:
    with pytest.raises(LabelError, match="is no label printer; use 100 to 2400, as"):
        dots_of(dpi)


def test_upright_rectangles_move_to_dots_and_slanted_ones_stay() -> None:
    dots = dots_of(203)
    slanted = Shape(place([(0, 0), (1, 0), (1, 1), (0, 1)], (5, 5), turn_deg=20), BLACK)
    upright, same = on_dots([rectangle(1.03, 2.07, 3.01, 0.26, BLACK), slanted], dots)
    assert isinstance(upright, Shape)
    assert all(whole(x, dots) and whole(y, dots) for x, y in upright.points)
    assert same == slanted


def test_a_frame_lies_along_the_inner_edge_on_whole_dots() -> None:
    dots = dots_of(203)
    border = frame(Area(1, 2, 10, 20), 0.5, BLACK, dots)
    assert all(whole(x, dots) and whole(y, dots) for x, y in border.points)
    across, down = sorted({x for x, _ in border.points}), sorted({y for _, y in border.points})
    assert across == pytest.approx([1, 1.5, 10.5, 11], abs=dots.mm)
    assert down == pytest.approx([2, 2.5, 21.5, 22], abs=dots.mm)
    assert across[1] - across[0] >= 0.5 - 1e-9


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_the_black_modules(modules: list[bool]) -> None:
    found = runs(modules)
    assert [index for start, length in found for index in range(start, start + length)] == [
        index for index, black in enumerate(modules) if black
    ]
    assert all(not modules[start + length] for start, length in found if start + length < len(modules))


@given(chinese, st.floats(1.5, 40))
def test_wrapping_loses_no_letter_and_no_line_is_too_long(text: str, width: float) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_em(line) <= width for line in lines)


def test_a_line_does_not_begin_with_closing_punctuation() -> None:
    assert wrap("密封保存，远离火种。", 4.5) == ("密封保", "存，远离", "火种。")


def test_words_and_codes_are_kept_whole() -> None:
    assert wrap("电话 13800000000", 8) == ("电话", "13800000000")


def test_every_title_and_value_stands_inside_its_table() -> None:
    rows = ((Cell("a", "主要成分", "矿物油" * 9),), (Cell("b", "形态", "液态", 0.5), Cell("c", "重量", "3 kg", 0.5)))
    table = Table(rows, 60, 3.4, 5, 0.2)
    for mark in table.draw(10, 20, table.height + 5, 0.25):
        if isinstance(mark, Text):
            assert mark.x >= 10
            assert mark.x + width_em(mark.text) * mark.em_mm <= 70
            assert mark.baseline - 0.82 * mark.em_mm >= 20
            assert mark.baseline + 0.09 * mark.em_mm <= 20 + table.height + 5


def test_codes_are_printed_in_groups() -> None:
    assert in_groups(STOCK) == "M500 1140 0000 123B"
    assert in_groups(LONG) == "91130200699229617X 90021408 20261102 001"


@pytest.mark.parametrize(("code", "version", "side"), [(STOCK, 1, 21), (LONG, 2, 25)])
def test_symbols_have_one_fixed_size(code: str, version: int, side: int) -> None:
    assert symbol_of(code).version == version
    assert [len(row) for row in matrix(code)] == [side] * side


@pytest.mark.parametrize("code", ["", "M5001140000012", "x" * 16, "好" * 37])
def test_what_is_no_code_gets_no_symbol(code: str) -> None:
    with pytest.raises(LabelError, match=r"^code: "):
        matrix(code)


@given(dpis, st.floats(MODULE_MM_MIN, 3))
def test_a_module_is_whole_dots_and_at_least_as_large_as_asked(dpi: int, module_mm: float) -> None:
    dots = dots_of(dpi)
    count = module_dots(module_mm, dots)
    assert count >= 1
    assert count * dots.mm >= module_mm - 1e-6
    assert math.isclose(side_mm(STOCK, module_mm, dots), 29 * count * dots.mm)


def test_a_module_below_the_printers_dot_is_no_label() -> None:
    with pytest.raises(LabelError, match=r"code: a QR module of 0.6 mm is below the printer's dot of 0.847 mm"):
        module_dots(0.6, Dots(30))
    with pytest.raises(LabelError, match=r"below 0.5 mm, which phones can not read"):
        module_dots(0.4, Dots(600))
    # A coarse but possible printer makes modules that leave the symbol's place: no label either.
    with pytest.raises(LabelError, match=r"code: the QR symbol is .* use a finer printer"):
        label_pages(medical(code=LONG.replace("90021408", "84100101"), package="drum"), Dots(25))


@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("label", every_kind().values(), ids=every_kind().keys())
def test_pages_and_symbols_lie_on_whole_dots(label: LabelFields, dpi: int) -> None:
    dots = dots_of(dpi)
    for page in label_pages(label, dots):
        (symbol,) = [mark for mark in page.marks if isinstance(mark, Modules)]
        assert whole(page.width_mm, dots)
        assert whole(page.height_mm, dots)
        assert whole(symbol.x, dots)
        assert whole(symbol.y, dots)
        assert math.isclose(symbol.module_mm, symbol.dots * dots.mm)
        assert symbol.module_mm >= MODULE_MM_MIN


@pytest.mark.parametrize("label", every_kind().values(), ids=every_kind().keys())
def test_nothing_stands_off_the_page_and_the_quiet_zone_is_clear(label: LabelFields) -> None:
    page = label_pages(label, dots_of(203))[0]
    (symbol,) = [mark for mark in page.marks if isinstance(mark, Modules)]
    quiet = 4 * symbol.module_mm - 1e-6
    side = len(symbol.rows) * symbol.module_mm
    zone = Area(symbol.x - quiet, symbol.y - quiet, side + 2 * quiet, side + 2 * quiet)
    for text in texts(page):
        width = width_em(text.text) * text.em_mm
        assert 0 <= text.x <= text.x + width <= page.width_mm
        assert 0 <= text.baseline - text.em_mm <= text.baseline <= page.height_mm
        beside = text.x + width <= zone.x or text.x >= zone.x + zone.width
        above = text.baseline + 0.1 * text.em_mm <= zone.y or text.baseline - 0.85 * text.em_mm >= zone.y + zone.height
        assert beside or above, text
    for mark in page.marks[1:]:
        if isinstance(mark, Shape):
            assert all(-1e-6 <= x <= page.width_mm + 1e-6 for x, _ in mark.points)
            assert all(-1e-6 <= y <= page.height_mm + 1e-6 for _, y in mark.points)


def test_letters_are_measured_on_an_ideograph() -> None:
    assert Text("title", "国", 0, 0, 10).height_mm == pytest.approx(10 * IDEOGRAPH_EM)


@pytest.mark.parametrize(("volume_l", "letter_mm"), [(1, 3), (50, 3), (51, 5), (450, 5), (451, 6), (30_000, 6)])
def test_no_letter_of_a_hazardous_label_is_below_its_lawful_height(volume_l: int, letter_mm: float) -> None:
    for page in label_pages(hazardous(volume_l=volume_l), dots_of(203)):
        assert min(text.height_mm for text in texts(page)) >= letter_mm - 1e-9
