"""XLSX and PDF say what the tables say, and nothing in them is a formula."""

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.reports.months import BAGS, NOVEMBER, acts_of, asked_of, chains_of, troubled_month
from tests.stories_builder import PLANT, ms
from wasteledger.errors import QueryError
from wasteledger.reports import paper, workbook
from wasteledger.reports.balance import balance_of
from wasteledger.reports.documents import Made, ledger_document
from wasteledger.reports.ledgers import Books
from wasteledger.reports.paper import PAGE_MM, draw_paper
from wasteledger.reports.tables import Document, Table, columns_of, document_json, kilograms, shown, tonnes
from wasteledger.reports.workbook import draw_workbook, guarded, sheet_name

POINTS_PER_MM = 72 / 25.4
HEADING_ROW = 3


@pytest.fixture(scope="module")
def books() -> Books:
    return Books(chains_of(troubled_month()), acts_of(troubled_month()))


@pytest.fixture(scope="module")
def document(books: Books) -> Document:
    asked = asked_of(PLANT)
    return ledger_document(books, asked, Made(51, NOVEMBER.last))


def _sheets(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def _texts(content: bytes) -> list[str]:
    pdf = pypdfium2.PdfDocument(content)
    found = [page.get_textpage().get_text_bounded().replace("\r\n", "").replace(" ", "") for page in pdf]
    pdf.close()
    return found


def _table(rows: int, text: str = "") -> Document:
    columns = columns_of("gaps")
    row = (ms("02 08:00"), text, "841-001-01", -1, -900, "封装后作废", "voided", "x" * 44)
    return Document("balance", "试表", ("单位：试",), (Table("试", "试表", columns, (row,) * rows),), ())


def test_the_workbook_read_back_has_the_rows_of_the_standard(document: Document) -> None:
    book = _sheets(draw_workbook(document))
    assert book.sheetnames == ["B.1 产生", "B.2 入库", "B.3 出库", "B.4 自行利用处置", "B.5 委外利用处置", "说明"]
    sheet = book["B.2 入库"]
    assert [cell.value for cell in sheet[HEADING_ROW]] == [column.zh for column in columns_of("B.2")]
    first = [cell.value for cell in sheet[HEADING_ROW + 1]]
    assert first[:5] == ["HWRK20261103001", datetime(2026, 11, 3, 11, 5), BAGS[0], "包装袋", 1]  # noqa: DTZ001 - a sheet has no zone


def test_the_sums_of_the_workbook_are_those_of_the_balance_to_the_gram(books: Books, document: Document) -> None:
    balance = balance_of(books.lives, PLANT, NOVEMBER)
    sheet = _sheets(draw_workbook(document))["B.4 自行利用处置"]
    place = [column.field for column in columns_of("B.4")].index("mass_g")
    *rows, total = [row[place].value for row in sheet.iter_rows(min_row=HEADING_ROW + 1)]
    own_g = sum(row.own.mass_g for row in balance.rows)
    assert sum(Decimal(str(value)) for value in rows) == Decimal(str(total)) == tonnes(own_g) == Decimal("0.188839")


def test_a_sheet_is_set_up_for_the_eye_and_for_paper(document: Document) -> None:
    sheet = _sheets(draw_workbook(document))["B.2 入库"]
    assert sheet.freeze_panes == f"A{HEADING_ROW + 1}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == f"${HEADING_ROW}:${HEADING_ROW}"
    assert "&P" in sheet.oddFooter.center.text
    assert sheet.column_dimensions["A"].width == columns_of("B.2")[0].width + 2
    assert sheet[f"J{HEADING_ROW + 1}"].number_format == "#,##0.000000"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n@x"])
def test_no_text_becomes_a_formula(text: str) -> None:
    cell = _sheets(draw_workbook(_table(1, text)))["试"]["B4"]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "TRUE", "12:30", "1e5"])
def test_a_text_stays_a_text(text: str) -> None:
    cell = _sheets(draw_workbook(_table(1, text)))["试"]["B4"]
    assert (cell.data_type, cell.value) == ("s", text)


@given(st.text(max_size=40))
def test_any_text_makes_a_workbook_that_can_be_read_again(text: str) -> None:
    value = _sheets(draw_workbook(_table(1, text)))["试"]["B4"].value or ""
    assert value.lstrip()[:1] not in {"=", "+", "-", "@"}


def test_an_ordinary_text_stays_as_it_is() -> None:
    assert guarded("大坪村卫生室 1号") == "大坪村卫生室 1号"
    assert guarded("a\x00b\x1fc") == "a b c"
    assert sheet_name("B.4 自行/处置[1]:*?") == "B.4 自行 处置 1    "


def test_a_table_longer_than_a_sheet_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS_MAX", 2)
    assert draw_workbook(_table(2))
    with pytest.raises(QueryError, match="shorter period"):
        draw_workbook(_table(3))


def test_a_paper_longer_than_anybody_prints_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "PAPER_ROWS_MAX", 2)
    with pytest.raises(QueryError, match="xlsx"):
        draw_paper(_table(3))


def test_the_paper_is_landscape_a4_headed_and_numbered_on_every_page() -> None:
    content = draw_paper(_table(120))
    pdf = pypdfium2.PdfDocument(content)
    sizes = {tuple(round(side / POINTS_PER_MM) for side in page.get_size()) for page in pdf}
    pdf.close()
    assert sizes == {(297, 210)} == {tuple(round(side) for side in PAGE_MM)}
    pages = _texts(content)
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert f"第{number}页，共{len(pages)}页" in text
        assert "包装编码" in text
    assert sum(text.count("封装后作废") for text in pages) == 120


def test_every_number_of_the_ledger_is_on_paper(document: Document) -> None:
    text = "".join(_texts(draw_paper(document)))
    for wanted in (
        "HWZXLY20261114001",
        "0.188839",
        "188.839",
        "M50011400000021N",
        "2026-11-11",
        "表B.5",
        "（无）",
    ):
        assert wanted in text


def test_nothing_is_drawn_beyond_the_edges(document: Document) -> None:
    """A page is looked at: ink within the margins, and much of it."""
    pdf = pypdfium2.PdfDocument(draw_paper(document))
    picture = pdf[0].render(scale=1.0).to_numpy().min(axis=2)
    pdf.close()
    margin = 20
    inside = picture[margin:-8, margin:-margin]
    assert (inside < 128).mean() > 0.005
    frame = picture.copy()
    frame[margin:-8, margin:-margin] = 255
    assert (frame > 250).all()


def test_the_same_report_gives_the_same_paper(document: Document) -> None:
    assert draw_paper(document) == draw_paper(document)


def test_a_character_that_the_typeface_lacks_is_named_instead_of_lost() -> None:
    text = "".join(_texts(draw_paper(_table(1, "王𠮷"))))
    assert "王〓" in text
    assert "U+20BB7" in text


def test_a_cell_without_end_does_not_run_off_the_page() -> None:
    pages = _texts(draw_paper(_table(3, "长" * 5000)))
    assert len(pages) == 1
    assert "…" in pages[0]


def test_masses_are_exact_to_the_gram() -> None:
    assert (str(tonnes(1)), str(kilograms(1))) == ("0.000001", "0.001")
    assert str(tonnes(60_000_000_001)) == "60000.000001"
    assert (shown(-900, "tonnes"), shown(13_128, "percent"), shown(None, "count")) == ("-0.000900", "131.28%", "")


def test_json_keeps_whole_grams_and_milliseconds(document: Document) -> None:
    table = document_json(document)["tables"][3]
    row = table["rows"][0]
    assert (row["mass_g"], row["at_ms"], row["batch"]) == (1001, ms("03 15:00"), "HWZXCZ20261103001")
    assert table["totals"]["mass_g"] == 188_839
    assert table["totals"]["at_ms"] is None
