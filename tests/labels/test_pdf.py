import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels import medical as medical_room
from labels.errors import LabelError, ProofError
from labels.hazardous import ORANGE, hazardous_pages, size_of
from labels.layout import MM_PER_INCH, Modules, Shape, Text, dots_of
from labels.medical import BAG, BOX, SHARPS_BOX, Measures, medical_pages
from labels.pdf import LABELS_MAX, POINTS_PER_INCH, draw_labels, draw_pages, label_pages
from labels.proof import PDF_BYTES_MAX, PageProof, prove, rasterise, read_pages
from scanner.decode import decode_with
from schemas.codes import stock_code
from schemas.label_fields import HazardousLabel, LabelFields, MedicalLabel
from tests.labels.examples import LONG, STOCK, box, every_kind, hazardous, medical

KINDS = every_kind()


def sizes_mm(pdf: bytes) -> list[tuple[float, float]]:
    document = pypdfium2.PdfDocument(pdf)
    sizes = [tuple(side / POINTS_PER_INCH * MM_PER_INCH for side in page.get_size()) for page in document]
    document.close()
    return sizes  # type: ignore[return-value]  # pairs


def test_every_kind_and_category_decodes_at_203_dots_after_drawing() -> None:
    labels = list(KINDS.values())
    pages = read_pages(draw_labels(labels), dpi=203)
    expected = [label.code for name, label in KINDS.items() for _ in range(2 if name == "hazardous 451 L" else 1)]
    assert [page.codes for page in pages] == [(code,) for code in expected]
    assert [page.problem for page in pages] == [""] * len(expected)


@pytest.mark.parametrize("decoder", ["pyzbar", "opencv", "zxing-cpp"])
@pytest.mark.parametrize("label", [medical(package="sharps_box"), hazardous(), box()], ids=["sharps", "orange", "box"])
def test_each_decoder_alone_reads_the_label(label: LabelFields, decoder: str) -> None:
    (picture,) = rasterise(draw_labels([label]))
    assert [reading.text for reading in decode_with(decoder, picture)] == [label.code]


@pytest.mark.parametrize("dpi", [203, 300])
def test_drawn_modules_are_whole_dots_exactly_where_they_should_be(dpi: int) -> None:
    for name in ("sharps_box 841-002-01", "bag 841-001-01", "hazardous 50 L", "hazardous 450 L", "box"):
        page = label_pages(KINDS[name], dots_of(dpi))[0]
        (symbol,) = [mark for mark in page.marks if isinstance(mark, Modules)]
        (picture,) = rasterise(draw_labels([KINDS[name]], dpi=dpi), dpi=dpi)
        dot = MM_PER_INCH / dpi
        left, top, side = round(symbol.x / dot), round(symbol.y / dot), len(symbol.rows) * symbol.dots
        drawn = picture[top : top + side, left : left + side] < 128
        wanted = np.kron(np.array(symbol.rows), np.ones((symbol.dots, symbol.dots), bool))
        assert np.array_equal(drawn, wanted), name


@pytest.mark.parametrize(
    ("volume_l", "side", "pages"), [(1, 100, 1), (50, 100, 1), (51, 150, 1), (450, 150, 1), (451, 200, 2)]
)
def test_an_orange_label_has_its_lawful_size(volume_l: int, side: float, pages: int) -> None:
    sizes = sizes_mm(draw_labels([hazardous(volume_l=volume_l)]))
    assert len(sizes) == pages
    for width, height in sizes:
        assert side <= width + 1e-3
        assert side <= height + 1e-3
        assert max(width, height) < side + 0.13
    assert size_of(volume_l).pages == pages


def test_the_orange_label_is_orange_with_a_lawful_border() -> None:
    document = pypdfium2.PdfDocument(draw_labels([hazardous()]))
    picture = np.asarray(document[0].render(scale=203 / POINTS_PER_INCH).to_pil().convert("RGB"))
    assert tuple(picture[3, 3]) == ORANGE == (255, 150, 0)
    middle = picture[picture.shape[0] // 3]
    dark = [x for x in range(100) if tuple(middle[x]) == (0, 0, 0)]
    dot = MM_PER_INCH / 203
    border = [x for index, x in enumerate(dark) if x == dark[0] + index]
    assert dark[0] * dot >= 3
    assert len(border) * dot >= 1


def words(label: LabelFields) -> str:
    return "".join(mark.text for mark in label_pages(label, dots_of(203))[0].marks if isinstance(mark, Text))


def test_an_orange_label_shows_every_field_of_the_standard() -> None:
    shown = words(hazardous(remarks="三号库房"))
    titles = "危险废物 废物名称 废物类别 废物代码 废物形态 主要成分 有害成分 危险特性 注意事项 数字识别码 产生日期 废物重量 备注"
    for wanted in [*titles.split(), "产生/收集", "联系人和", "联系方式"]:
        assert wanted in shown
    for wanted in (
        "废机油",
        "HW08",
        "900-214-08",
        "液态",
        "毒性",
        "易燃性",
        "张三",
        "2026年11月2日",
        "38.5 kg",
        "三号库房",
    ):
        assert wanted in shown
    assert "91130200699229617X90021408 20261102 001" in shown


def test_an_orange_label_with_a_stock_code_does_not_call_it_a_lawful_number() -> None:
    shown = words(hazardous(code=STOCK))
    assert "数字识别码" not in shown
    assert "包装编码" in shown


@pytest.mark.parametrize(
    ("waste_code", "warning"),
    [
        ("841-001-01", "警告！感染性废物"),
        ("841-002-01", "警告！损伤性废物"),
        ("841-003-01", "警告！病理性废物"),
        ("841-004-01", "警告！化学性废物"),
        ("841-005-01", "警告！药物性废物"),
    ],
)
def test_a_medical_label_warns_of_its_category_and_shows_the_chinese_label(waste_code: str, warning: str) -> None:
    shown = words(medical(waste_code=waste_code, notes="已消毒"))
    for wanted in (
        warning,
        "产生单位",
        "黔江区小南海镇卫生院",
        "产生日期",
        "2026年11月2日",
        "类别",
        "特别说明",
        "已消毒",
    ):
        assert wanted in shown
    assert "M500 1140 0000 123B" in shown


def test_a_box_label_warns_and_names_its_owner() -> None:
    shown = words(box())
    for wanted in ("警告！医疗废物", "所属单位", "黔江区城东街道医疗废物中转点", "B500 1140 0000 012J"):
        assert wanted in shown


# HJ 421-2008, smallest measures in millimetres: sign, symbol, letters of the warning.
LAWFUL = {"bag": (120, 50, 10, BAG), "sharps_box": (60, 25, 5, SHARPS_BOX), "drum": (200, 100, 25, BOX)}


def _ink_height_mm(label: LabelFields, measures: Measures) -> float:
    """Height of what is dark well inside the diamond's border, as rasterised."""
    (picture,) = rasterise(draw_labels([label]))
    dot = MM_PER_INCH / 203
    rows, columns = np.indices(picture.shape) * dot
    across = np.abs(columns - picture.shape[1] * dot / 2)
    down = np.abs(rows - measures.margin - measures.sign / 2)
    dark = (picture < 100) & (across + down < measures.sign * 0.45)
    inked = np.flatnonzero(dark.any(axis=1))
    return float(inked[-1] - inked[0] + 1) * dot


@pytest.mark.parametrize("package", LAWFUL)
def test_signs_have_their_lawful_size_as_drawn(package: str) -> None:
    sign, symbol, letter, measures = LAWFUL[package]
    page = medical_pages(medical(package=package), dots_of(203))[0]
    shapes = [mark for mark in page.marks if isinstance(mark, Shape)]
    diamond = shapes[1].points
    assert max(x for x, _ in diamond) - min(x for x, _ in diamond) >= sign - 1e-9
    assert max(y for _, y in diamond) - min(y for _, y in diamond) >= sign - 1e-9
    assert symbol <= _ink_height_mm(medical(package=package), measures) <= measures.symbol
    warning = next(mark for mark in page.marks if isinstance(mark, Text) and mark.text.startswith("警告"))
    assert warning.height_mm >= letter - 1e-9


@pytest.mark.parametrize(
    "field", ["waste_name", "main_components", "harmful_components", "cautions", "producer", "contact"]
)
def test_a_blank_field_is_no_label(field: str) -> None:
    with pytest.raises(LabelError, match=rf"^{field}: is missing") as caught:
        draw_labels([hazardous(**{field: "  "})])
    assert (caught.value.field, caught.value.code, caught.value.status) == (field, "bad_label", 422)


def test_blank_fields_of_the_other_kinds_are_no_label() -> None:
    with pytest.raises(LabelError, match=r"^producer: is missing"):
        draw_labels([medical(producer=" ")])
    with pytest.raises(LabelError, match=r"^owner: is missing"):
        draw_labels([box(owner=" ")])
    with pytest.raises(LabelError, match=r"^hazards: is missing"):
        draw_labels([hazardous().model_copy(update={"hazards": ()})])


@pytest.mark.parametrize("field", ["producer", "notes"])
def test_a_glyph_that_the_typeface_lacks_is_no_label(field: str) -> None:
    with pytest.raises(LabelError, match=rf"^{field}: .*U\+4DAE"):
        draw_labels([medical(**{field: "黔江䶮"})])


@pytest.mark.parametrize("field", ["cautions", "main_components", "remarks", "producer"])
def test_a_text_that_does_not_fit_names_its_field(field: str) -> None:
    with pytest.raises(LabelError, match=rf"^{field}: the text does not fit a label of 100 mm in letters of 3 mm"):
        draw_labels([hazardous(**{field: "废矿物油" * 30})])
    with pytest.raises(LabelError, match=r"^notes: the text does not fit .* shorten this field"):
        draw_labels([medical(package="sharps_box", notes="请勿打开" * 30)])


def test_long_text_gets_smaller_letters_down_to_the_lawful_height_and_no_further() -> None:
    heights = []
    for repeat in range(1, 30):
        try:
            page = hazardous_pages(hazardous(remarks="废" * repeat * 4), dots_of(203))[0]
        except LabelError:
            break
        heights.append(min(mark.height_mm for mark in page.marks if isinstance(mark, Text)))
    assert heights == sorted(heights, reverse=True)
    assert min(heights) == pytest.approx(3)
    assert len(heights) < 29


def test_a_code_that_names_another_waste_is_no_label() -> None:
    with pytest.raises(LabelError, match=r"^waste_code: 900-249-08 is not the waste code 900-214-08 inside"):
        draw_labels([hazardous(waste_code="900-249-08")])


def test_medical_waste_gets_no_orange_label_and_other_waste_no_yellow_one() -> None:
    with pytest.raises(LabelError, match=r"^waste_code: 841-001-01 is medical waste, which HJ 421 marks"):
        draw_labels([hazardous(waste_code="841-001-01", code=STOCK)])
    with pytest.raises(LabelError, match=r"^waste_code: 900-214-08 is none of the medical categories"):
        draw_labels([medical(waste_code="900-214-08")])


def test_a_waste_that_no_edition_lists_shows_its_class() -> None:
    assert "HW08" in words(hazardous(waste_code="900-999-08", code=STOCK))


def test_no_labels_and_too_many_are_refused() -> None:
    with pytest.raises(LabelError, match=r"^fields: 0 labels"):
        draw_labels([])
    with pytest.raises(LabelError, match=rf"^fields: {LABELS_MAX + 1} labels in one file"):
        draw_labels([medical()] * (LABELS_MAX + 1))


def test_the_same_fields_give_the_same_bytes() -> None:
    first = draw_labels([medical(), hazardous()])
    assert draw_labels([medical(), hazardous()]) == first
    # The file's date is a constant, so that tomorrow's bytes are the same too.
    assert b"(D:20000101000000" in first


chinese = st.text(st.sampled_from("黔江区卫生院废矿物油，。（）ABCxyz0129.%-/ "), min_size=1, max_size=120)


@settings(max_examples=40)
@given(chinese, chinese, chinese, st.integers(1, 1000), st.sampled_from(["固态", "液态", "半固态", "气态"]))
def test_any_text_gives_a_lawful_label_or_a_named_field(
    name: str, cautions: str, producer: str, volume_l: int, form: str
) -> None:
    label = hazardous(waste_name=name, cautions=cautions, producer=producer, volume_l=volume_l, form=form)
    try:
        pages = label_pages(label, dots_of(203))
    except LabelError as error:
        assert error.field in HazardousLabel.model_fields  # noqa: PT017 - one of two right outcomes
        return
    size = size_of(volume_l)
    for page in pages:
        for mark in page.marks:
            if isinstance(mark, Text):
                assert mark.height_mm >= size.letter_mm - 1e-9
                assert 4 <= mark.x <= page.width_mm - 4
                assert 4 <= mark.baseline <= page.height_mm - 4


@settings(max_examples=40)
@given(chinese, chinese, st.sampled_from(["bag", "sharps_box", "drum"]))
def test_any_medical_text_gives_a_label_or_a_named_field(producer: str, notes: str, package: str) -> None:
    try:
        (page,) = label_pages(medical(producer=producer, notes=notes, package=package), dots_of(203))
    except LabelError as error:
        assert error.field in MedicalLabel.model_fields  # noqa: PT017 - one of two right outcomes
        return
    letter = {"bag": BAG, "sharps_box": SHARPS_BOX, "drum": BOX}[package].letter
    assert all(
        mark.height_mm >= letter - 1e-9 for mark in page.marks if isinstance(mark, Text) and mark.field != "code"
    )


def test_a_proof_finds_nothing_wrong_with_good_labels() -> None:
    labels = [medical(), hazardous(volume_l=900), box()]
    assert prove(draw_labels(labels), [label.code for label in labels]) == ()


def test_a_proof_names_the_page_and_the_code_at_fault() -> None:
    other = stock_code("500114", 9)
    content = draw_labels([medical(), box()])
    assert prove(content, [STOCK, other]) == (
        (2, box().code, "was not asked for"),
        (None, other, "is on no page; draw it again"),
    )


def test_a_proof_finds_a_page_without_a_symbol_and_a_spoiled_one() -> None:
    (good,) = label_pages(medical(), dots_of(203))
    bare = good._replace(marks=tuple(mark for mark in good.marks if not isinstance(mark, Modules)))
    spoiled = good._replace(marks=tuple(_without_upper_half(mark) for mark in good.marks))
    failures = prove(draw_pages([good, bare, spoiled]), [STOCK])
    assert [(failure.page, failure.code) for failure in failures] == [(2, None), (3, None)]
    assert all("no QR code could be read" in failure.reason for failure in failures)


def _without_upper_half(mark: object) -> object:
    if not isinstance(mark, Modules):
        return mark
    half = len(mark.rows) // 2
    return mark._replace(rows=tuple((False,) * len(row) if i < half else row for i, row in enumerate(mark.rows)))


def test_a_proof_finds_two_codes_on_one_page() -> None:
    (first,), (second,) = (
        label_pages(label, dots_of(203)) for label in (medical(), medical(code=LONG.replace("90021408", "84100101")))
    )
    symbol = next(mark for mark in second.marks if isinstance(mark, Modules))
    crowded = first._replace(marks=(*first.marks, symbol._replace(x=6, y=6, module_mm=0.75)))
    reasons = [failure.reason for failure in prove(draw_pages([crowded]), [first.code, second.code])]
    assert reasons == ["shows 2 codes; a label has one"]


def test_a_page_reports_a_code_that_fails_its_check() -> None:
    (page,) = label_pages(medical(), dots_of(203))
    wrong = page._replace(marks=tuple(_says(mark, STOCK[:-1] + "C") for mark in page.marks))
    (proof,) = read_pages(draw_pages([wrong]))
    assert isinstance(proof, PageProof)
    assert proof.codes == ()
    assert "fails its check" in proof.problem


def _says(mark: object, code: str) -> object:
    from labels.qr import matrix  # noqa: PLC0415 - a forger's tool, here only

    return mark._replace(rows=matrix(code)) if isinstance(mark, Modules) else mark


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.4\n%%EOF"], ids=["empty", "text", "header"])
def test_what_is_no_pdf_can_not_be_proved(content: bytes) -> None:
    with pytest.raises(ProofError, match="no PDF that can be read"):
        read_pages(content)


def test_a_pdf_beyond_the_limits_is_refused() -> None:
    with pytest.raises(ProofError, match="split it"):
        read_pages(bytes(PDF_BYTES_MAX + 1))
    with pytest.raises(ProofError, match="page 1 has more than"):
        read_pages(draw_labels([box()]), dpi=2400)


def test_a_page_is_rasterised_to_the_dots_of_its_printer() -> None:
    for dpi in (203, 300, 600):
        (picture,) = rasterise(draw_labels([hazardous()], dpi=dpi), dpi=dpi)
        count = dots_of(dpi).count_up(100)
        assert picture.shape == (count, count)


def test_a_symbol_too_large_for_its_place_is_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    tight: Measures = BAG._replace(module=2.0)
    monkeypatch.setitem(medical_room._BY_PACKAGE, "bag", tight)
    with pytest.raises(LabelError, match=r"^code: the QR symbol is 58 mm high .* use a finer printer"):
        draw_labels([medical()])
