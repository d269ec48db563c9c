"""The papers of a transfer as PDF: what stands on them, and that a scanner reads the number."""

import pypdfium2
import pytest

from labels.errors import LabelError
from labels.layout import MM_PER_INCH
from labels.manifest_form import LANDSCAPE_MM, PORTRAIT_MM, draw_manifest_forms, draw_medical_month, draw_trip_card
from labels.pdf import POINTS_PER_INCH
from labels.proof import read_pages
from schemas.manifest_form import (
    CarrierPart,
    HandOver,
    ManifestForm,
    MedicalMonth,
    PartyPart,
    TripCard,
    WasteLine,
)

NUMBER = "20265001000123"


def manifest(**changes: object) -> ManifestForm:
    """A load of a township centre that two carriers took to the plant, one bag short."""
    fields: dict[str, object] = {
        "number": NUMBER,
        "phase": "部分接受",
        "on_paper": False,
        "planned_on": "2026-11-03",
        "consignor": PartyPart(name="阿蓬江镇卫生院中转点", address="阿蓬江镇", phone="023-5550-0031", handler="李永福"),
        "handed_over_at": "2026-11-03 08:00",
        "wastes": (
            WasteLine(
                waste_name="感染性废物", waste_code="841-001-01", hazards="In", form="固态", packaging="包装袋", packages_count=41,
                mass_g=98_765, accepted_count=40, accepted_g=96_543, opinion="部分接受",
            ),
            WasteLine(
                waste_name="损伤性废物", waste_code="841-002-01", hazards="In", form="固态", packaging="利器盒", packages_count=7,
                mass_g=3_210, accepted_count=7, accepted_g=3_205, opinion="接受",
            ),
        ),
        "carriers": (carrier("黔江收运队", "渝H1A001"), carrier("武陵危货运输公司", "渝H2B101")),
        "consignee": PartyPart(
            name="武陵山危险废物处置中心", address="正阳街道工业园区", phone="值班 023-5550-0001", handler="胡玉珍",
            licence="CQ示范5001140001",
        ),
        "accepted_at": "2026-11-03 11:05",
        "difference": "少一袋感染性废物，已通知移出人",
        "opinion": "部分接受",
        "method": "焚烧",
        "notes": ("应当填写转移联单：医疗废物管理条例 第十一条；危险废物转移管理办法 第十条、第十一条。",),
        "drawn_at": "2026-11-04 09:00",
    }  # fmt: skip
    return ManifestForm.model_validate(fields | changes)


def carrier(name: str, plate: str) -> CarrierPart:
    return CarrierPart(
        party=PartyPart(name=name, address="城东街道", phone="023-5550-0041", licence="渝黔运示范002"), driver="刘文军",
        driver_phone="138-0000-0000", plate=plate, start_place="阿蓬江镇卫生院中转点", departed_at="2026-11-03 08:05",
        end_place="武陵山危险废物处置中心", arrived_at="2026-11-03 11:00",
    )  # fmt: skip


def blank() -> ManifestForm:
    """A paper one: number, parties and wastes, and lines for the rest."""
    names = (("感染性废物", "841-001-01"), ("损伤性废物", "841-002-01"), ("病理性废物", "841-003-01"))
    return manifest(
        phase="空白", on_paper=True, planned_on="", consignor=PartyPart(name="阿蓬江镇卫生院中转点"), handed_over_at="",
        wastes=tuple(WasteLine(waste_name=name, waste_code=code, hazards="In") for name, code in names),
        carriers=(CarrierPart(party=PartyPart(name="武陵危货运输公司")),), consignee=PartyPart(name="武陵山危险废物处置中心"),
        accepted_at="", difference="", opinion="", method="",
    )  # fmt: skip


def hand_over(number: int = 1, **changes: object) -> HandOver:
    fields: dict[str, object] = {
        "at": f"2026-11-{number % 28 + 1:02d} 14:00", "giver": "阿蓬江镇龙田村卫生室", "taker": "黔江收运队", "plate": "渝H1A001",
        "wastes": "感染性废物、损伤性废物", "packages_count": 3, "mass_g": 4_250, "given_by": "陈秀英", "taken_by": "吴春梅",
        "accepted": True,
    }  # fmt: skip
    return HandOver.model_validate(fields | changes)


def month(lines: int) -> MedicalMonth:
    return MedicalMonth(
        institution="阿蓬江镇龙田村卫生室", address="阿蓬江镇", phone="023-5550-0051", beds=0, month="2026-11",
        basis="国家危险废物名录（2021年版）危险废物豁免管理清单 第2项", lines=tuple(hand_over(n) for n in range(lines)),
        drawn_at="2026-12-01 09:00",
    )  # fmt: skip


def trip() -> TripCard:
    return TripCard(
        carrier="黔江收运队", plate="渝H1A001", driver="吴春梅", day="2026-11-02", collections=tuple(map(hand_over, range(5))),
        deliveries=(hand_over(giver="黔江收运队", taker="阿蓬江镇卫生院中转点", packages_count=15, mass_g=21_250),),
    )  # fmt: skip


def texts(pdf: bytes) -> list[str]:
    """The words of each page, without line breaks."""
    document = pypdfium2.PdfDocument(pdf)
    found = [page.get_textpage().get_text_bounded().replace("\r\n", "").replace(" ", "") for page in document]
    document.close()
    return found


def sizes_mm(pdf: bytes) -> set[tuple[int, int]]:
    document = pypdfium2.PdfDocument(pdf)
    sizes = {tuple(round(side / POINTS_PER_INCH * MM_PER_INCH) for side in page.get_size()) for page in document}
    document.close()
    return sizes  # type: ignore[return-value]  # pairs


def test_a_scanner_reads_the_number_of_a_full_and_of_a_blank_manifest() -> None:
    pages = read_pages(draw_manifest_forms([manifest(), blank()]), dpi=200)
    assert [page.codes for page in pages] == [(NUMBER,), (NUMBER,)]


def test_every_part_of_the_form_is_there_and_masses_are_tonnes() -> None:
    (page,) = texts(draw_manifest_forms([manifest()]))
    wanted = (
        "危险废物转移联单", "第一部分危险废物移出信息", "第二部分危险废物运输信息", "第2承运人，共2个（联运）", "第三部分危险废物接受信息",
        "0.098765", "0.101975", "0.099748", "48", "47", "渝H1A001", "渝H2B101", "CQ示范5001140001", "焚烧", "少一袋感染性废物",
        "李永福", "2026-11-0311:05", "第1页，共1页",
    )  # fmt: skip
    assert [words for words in wanted if words not in page] == []


@pytest.mark.parametrize(
    ("difference", "shown"),
    [("少一袋", ("是", "否")), ("无", ("否", "否")), ("", ("", ""))],
    ids=["one", "none", "open"],
)
def test_a_difference_stands_at_the_waste_that_does_not_add_up(difference: str, shown: tuple[str, str]) -> None:
    (page,) = texts(draw_manifest_forms([manifest(difference=difference)]))
    assert f"841-001-01{shown[0]}部分接受焚烧40" in page
    assert f"841-002-01{shown[1]}接受焚烧7" in page


def test_a_blank_has_places_instead_of_values() -> None:
    (page,) = texts(draw_manifest_forms([blank()]))
    assert "空白（纸质，事后补录）" in page
    assert "0.000000" not in page
    assert "841-003-01" in page


def test_a_manifest_of_many_wastes_goes_on_under_the_same_heading_with_its_number_on_each_page() -> None:
    wastes = tuple(
        WasteLine(waste_name=f"废物第{n}种，名称很长，要写两行", waste_code="900-214-08", packages_count=1, mass_g=1000)
        for n in range(60)
    )
    pdf = draw_manifest_forms([manifest(wastes=wastes)])
    pages = texts(pdf)
    assert len(pages) > 2
    assert all(
        "废物代码" in page and f"第{number}页，共{len(pages)}页" in page for number, page in enumerate(pages, start=1)
    )
    assert [page.codes for page in read_pages(pdf, dpi=200)] == [(NUMBER,)] * len(pages)
    assert all(any(f"废物第{n}种" in page for page in pages) for n in range(60))


def test_the_monthly_manifest_has_a_line_for_each_hand_over_and_a_sum() -> None:
    pages = texts(draw_medical_month(month(45)))
    assert sum(page.count("黔江收运队渝H1A001") for page in pages) == 45
    assert "135件，191.25kg" in pages[0]
    assert all("交接时间" in page for page in pages)
    assert sizes_mm(draw_medical_month(month(45))) == {tuple(map(round, LANDSCAPE_MM))}
    assert "无" in texts(draw_medical_month(month(0)))[0]


def test_a_trip_card_shows_what_was_taken_and_what_was_delivered() -> None:
    (page,) = texts(draw_trip_card(trip()))
    for words in ("医疗废物运送登记卡", "一、装车", "二、交付", "15件，21.25kg", "吴春梅"):
        assert words in page


def test_the_same_form_gives_the_same_bytes_on_a4() -> None:
    assert draw_manifest_forms([manifest()]) == draw_manifest_forms([manifest()])
    assert sizes_mm(draw_manifest_forms([manifest()])) == {tuple(map(round, PORTRAIT_MM))}


def test_a_name_that_the_typeface_lacks_is_an_error_and_no_blank_box() -> None:
    party = PartyPart(name="𪚥镇卫生院")
    with pytest.raises(LabelError, match="U\\+2A6A5"):
        draw_manifest_forms([manifest(consignor=party)])
