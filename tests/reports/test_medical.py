"""The register of medical waste has what article 12 asks for."""

from tests.reports.months import BAGS, DIRECTORY, GARAGE, SHARPS, asked_of, chains_of, troubled_month, true_month
from tests.stories_builder import BAG, CLINIC, COLLECTOR, HOSPITAL, TRANSFER, Story, ms
from wasteledger.reports.ledgers import Books, storage_out_rows
from wasteledger.reports.lives import life_of
from wasteledger.reports.medical import RegisterRow, register_rows


def _rows(story: Story, site: str, *, persons: bool = True) -> list[RegisterRow]:
    return register_rows([life_of(chain) for chain in chains_of(story)], asked_of(site, persons=persons))


def test_a_hand_over_is_one_row_with_both_signatures() -> None:
    first, *_ = _rows(true_month(), CLINIC)
    assert first == RegisterRow(
        number=1, source="大坪村卫生室", waste_name="感染性废物", packages=2, mass_g=2003, at_ms=ms("02 14:05"), taker="收运队",
        method="焚烧", final="处置中心", given_by="陈秀英（工牌）", taken_by="吴春梅（工牌）",
    )  # fmt: skip


def test_what_is_not_disposed_of_yet_says_where_it_is() -> None:
    _, handed, waiting = _rows(true_month(), CLINIC)
    assert (handed.method, handed.final) == ("", "尚未处置，现在镇卫生院中转点")
    assert (waiting.at_ms, waiting.final, waiting.given_by) == (None, "本单位暂存，尚未交接", "")


def test_a_centre_says_from_which_institution_it_had_what() -> None:
    rows = _rows(true_month(), TRANSFER)
    assert [(row.source, row.packages) for row in rows] == [
        ("大坪村卫生室", 2), ("小坪村卫生室", 1), ("镇卫生院中转点", 1), ("大坪村卫生室", 1),
    ]  # fmt: skip
    assert sum(row.mass_g for row in rows) == 3006 + 2500 + 800


def test_kinds_stand_apart() -> None:
    story = Story()
    story.seal(BAGS[0], site=HOSPITAL, mass_g=100)
    story.seal(BAGS[1], site=HOSPITAL, mass_g=200, waste_code=SHARPS, package="sharps_box")
    story.hop(BAGS[:2], HOSPITAL, TRANSFER, at="02 10:00")
    assert [(row.waste_name, row.mass_g) for row in _rows(story, HOSPITAL)] == [
        ("感染性废物", 100),
        ("损伤性废物", 200),
    ]


def test_losses_voids_and_missing_hops_are_in_the_register_too() -> None:
    finals = {row.final: row for row in _rows(troubled_month(), CLINIC)}
    for final in ("申报丢失或被盗，尚未找回", "封装后作废", "去向无交接记录"):
        assert finals[final].packages == 1
        assert finals[final].taken_by == "（未扫码）"


def test_other_hazardous_waste_is_not_in_it() -> None:
    assert _rows(troubled_month(), GARAGE) == []


def test_a_signature_says_how_weak_it_is() -> None:
    story = Story()
    story.seal(BAGS[0])
    story.release(BAGS[0], CLINIC, TRANSFER, at="02 10:00", vouch_method="none")
    story.accept(BAGS[0], CLINIC, TRANSFER, at="02 10:05", vouch_method="paper", vouched_by="u-keeper7")
    (row,) = _rows(story, CLINIC)
    assert (row.given_by, row.taken_by) == ("陈秀英（无人签认）", "u-keeper7（纸质）")


def test_strangers_are_shown_how_but_not_who() -> None:
    first, *_ = _rows(true_month(), CLINIC, persons=False)
    assert (first.given_by, first.taken_by) == ("（工牌）", "（工牌）")


def test_an_acceptance_further_on_does_not_sign_for_the_collector() -> None:
    story = Story()
    story.seal(BAG, at="02 08:00", site=CLINIC)
    story.tell(CLINIC, "released", codes=[BAG], to_site=COLLECTOR, at="02 14:00")
    story.tell(TRANSFER, "accepted", codes=[BAG], from_site=COLLECTOR, at="02 16:00")
    life = life_of(next(iter(chains_of(story))))
    (row,) = register_rows([life], asked_of(CLINIC))
    assert row.taker == DIRECTORY.site_name(COLLECTOR)
    assert row.given_by == "陈秀英（工牌）"
    assert row.taken_by == "（未扫码）"
    assert not life.holdings[0].two_sided
    books = Books([life.chain])
    (out,) = storage_out_rows(books, asked_of(CLINIC))
    assert (out.keeper, out.bringer) == ("陈秀英", "")
