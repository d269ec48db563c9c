"""What a manifest contains: its own consignor's load, each package once, and what was accepted beyond it."""

from schemas.codes import box_code
from tests.manifest_stories import BAGS, OTHER_NUMBER, confirm, district, draft, fold, judge, pooled, reasons
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    HOSPITAL,
    MANIFEST,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
)
from wasteledger.domain.load import inside_of
from wasteledger.domain.manifest import Phase
from wasteledger.domain.manifest_contents import ContentRow, entitled_in, manifest_contents
from wasteledger.domain.manifest_visits import visits
from wasteledger.domain.walk import walk

BOX2 = box_code("500114", 2)
PAPERS = {"manifest": MANIFEST, "vehicle": VEHICLE}
OTHER_PAPERS = {"manifest": OTHER_NUMBER, "vehicle": VEHICLE}


def rows(story: Story, number: str = MANIFEST) -> list[ContentRow]:
    history, directory = story.history(), district()
    inside = inside_of(history, entitled_in(history, directory))
    return manifest_contents(fold(story, number), lambda code: walk(code, history, directory), directory, inside)


def test_two_consignors_on_one_number_are_not_added_up() -> None:
    story = pooled(BAG)
    story.seal(BAG2, site=HOSPITAL, mass_g=7000)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.hop(BAG2, HOSPITAL, CARRIER, at="03 08:30", **PAPERS)
    story.hop([BAG, BAG2], CARRIER, PLANT, at="03 11:00", **PAPERS)
    manifest = fold(story)
    assert (manifest.loaded, manifest.foreign, manifest.accepted) == ({BAG}, {BAG2}, {BAG})
    assert manifest.phase is Phase.ACCEPTED
    (row,) = rows(story)
    assert (row.packages_count, row.mass_g, row.accepted_count, row.accepted_g) == (1, 1000, 1, 1000)
    doubts = judge(story)
    assert [(doubt.reason, doubt.items, doubt.site) for doubt in doubts] == [("manifest_mixed", (BAG2,), HOSPITAL)]


def test_what_only_another_consignor_sent_leaves_the_manifest_as_it_was_drafted() -> None:
    story = pooled(BAG)
    story.seal(BAG2, site=HOSPITAL)
    story.hop(BAG2, HOSPITAL, CARRIER, at="03 08:30", **PAPERS)
    story.hop(BAG2, CARRIER, PLANT, at="03 11:00", **PAPERS)
    manifest = fold(story)
    assert (manifest.phase, manifest.loaded, manifest.foreign) == (Phase.DRAFTED, frozenset(), {BAG2})


def two_boxes() -> Story:
    """A bag that was put into a second box and never taken out of the first one; both travel, on two manifests."""
    story = pooled(*BAGS)
    draft(story, number=OTHER_NUMBER)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG, BAG2], box=BOX)
    story.tell(TRANSFER, "packed", at="02 18:10", codes=[BAG, BAG2, BAG3], box=BOX)
    story.tell(TRANSFER, "packed", at="02 18:20", codes=[BAG], box=BOX2)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.hop(BOX2, TRANSFER, CARRIER, at="03 08:10", **OTHER_PAPERS)
    return story


def test_a_bag_that_lay_in_two_boxes_is_on_one_manifest_only() -> None:
    story = two_boxes()
    assert (fold(story).loaded, fold(story, OTHER_NUMBER).loaded) == ({BAG2, BAG3}, {BAG})
    assert [row.packages_count for number in (MANIFEST, OTHER_NUMBER) for row in rows(story, number)] == [2, 1]


def test_a_bag_that_lay_in_two_boxes_is_one_line_of_a_month_form_and_of_a_trip_card() -> None:
    history = two_boxes().history()
    facts = [fact for shelf in history.by_device.values() for fact in shelf.values()]
    loaded = [visit for visit in visits(facts, inside_of(history)) if visit.giver == TRANSFER]
    assert sorted(sorted(visit.items) for visit in loaded) == sorted([sorted([BAG2, BAG3]), [BAG]])


def test_a_bag_that_was_put_back_is_in_its_first_box_again() -> None:
    story = pooled(BAG, BAG2)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG, BAG2], box=BOX)
    story.tell(TRANSFER, "packed", at="02 18:20", codes=[BAG], box=BOX2)
    story.tell(TRANSFER, "packed", at="02 18:30", codes=[BAG], box=BOX)
    story.release([BOX, BOX2], TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    assert fold(story).loaded == {BAG, BAG2, BOX2}  # an empty box stands for itself


def test_before_it_went_into_the_second_box_it_was_in_the_first() -> None:
    story = pooled(BAG)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=BOX)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.tell(CARRIER, "packed", at="03 09:00", codes=[BAG], box=BOX2)
    assert fold(story).loaded == {BAG}


def test_nobody_packs_a_neighbours_bag_out_of_its_box() -> None:
    story = pooled(BAG)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=BOX)
    note = story.teller(HOSPITAL).note("packed", occurred_ms=ms("02 18:20"), site=TRANSFER, codes=[BAG], box=BOX2)
    story.write(note, received_ms=ms("02 18:21"))
    story.release(BOX, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    assert fold(story).loaded == {BAG}


def test_more_accepted_than_released_is_a_difference_that_names_the_packages() -> None:
    story = pooled(BAG, BAG2)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.release(BAG, CARRIER, PLANT, at="03 11:00", **PAPERS)
    story.accept([BAG, BAG2], CARRIER, PLANT, at="03 11:05", **PAPERS)
    (doubt,) = judge(story)
    assert (doubt.reason, doubt.items, doubt.site) == ("count_difference", (BAG2,), PLANT)
    # What the carrier took without the giver's release did leave.
    taken = pooled(BAG, BAG2)
    taken.release(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    taken.accept([BAG, BAG2], TRANSFER, CARRIER, at="03 08:05", **PAPERS)
    taken.hop([BAG, BAG2], CARRIER, PLANT, at="03 11:00", **PAPERS)
    assert judge(taken) == []


def test_two_numbers_on_one_load_are_named_at_both_manifests() -> None:
    story = pooled(BAG, BAG2)
    draft(story, number=OTHER_NUMBER)
    released = story.release([BAG, BAG2], TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    taken = story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **OTHER_PAPERS)
    story.accept(BAG2, TRANSFER, CARRIER, at="03 08:05", **PAPERS)
    for number in (MANIFEST, OTHER_NUMBER):
        (doubt,) = judge(story, as_of="03 12:00", number=number)
        assert (doubt.reason, doubt.items, doubt.site) == ("manifest_mismatch", (BAG,), CARRIER)
        assert [fact.event_id for fact in doubt.evidence] == [released, taken]


def test_a_box_and_what_lay_in_it_under_two_numbers_are_named_too() -> None:
    story = pooled(BAG)
    draft(story, number=OTHER_NUMBER)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=BOX)
    story.release(BOX, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **OTHER_PAPERS)
    for number in (MANIFEST, OTHER_NUMBER):
        assert [(doubt.reason, doubt.items) for doubt in judge(story, number=number, as_of="03 12:00")] == [
            ("manifest_mismatch", (BAG,))
        ]


def test_a_load_that_came_back_and_left_under_a_new_number_is_no_mismatch() -> None:
    story = pooled(BAG)
    story.release(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)  # the lorry broke down before it was taken over
    draft(story, number=OTHER_NUMBER, at="03 09:00")
    story.hop(BAG, TRANSFER, CARRIER, at="03 10:00", **OTHER_PAPERS)
    for number in (MANIFEST, OTHER_NUMBER):
        assert "manifest_mismatch" not in reasons(judge(story, number=number, as_of="03 12:00"))


def test_an_agreed_correction_changes_the_row_of_the_manifest_and_only_when_it_is_agreed() -> None:
    story = Story()
    story.issue(BAG)
    sealed = story.seal(BAG, mass_g=1250)
    story.to_transfer(BAG)
    draft(story)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=BOX)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    proposal = story.correct(BAG, sealed, site="C500114105001", at="03 09:00", reason="wrong_mass", mass_g=1520)
    assert [row.mass_g for row in rows(story)] == [1250]
    story.correct(BAG, sealed, site=TRANSFER, at="03 09:30", reason="wrong_mass", mass_g=1520, agrees_with=proposal)
    assert [row.mass_g for row in rows(story)] == [1520]


def test_a_partly_refused_load_finishes_and_the_refused_part_is_nobodys_stock_at_the_plant() -> None:
    story = pooled(*BAGS)
    story.hop(BAGS, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.release(BAGS, CARRIER, PLANT, at="03 11:00", **PAPERS)
    story.accept([BAG, BAG2], CARRIER, PLANT, at="03 11:05", **PAPERS)
    story.tell(
        PLANT, "refused", at="03 11:06", codes=[BAG3], from_site=CARRIER, reason="mass_differs", manifest=MANIFEST
    )
    confirm(story, opinion="part_accepted")
    manifest = fold(story)
    assert (manifest.phase, manifest.outstanding) == (Phase.CLOSED, frozenset())
    (row,) = rows(story)
    assert (row.accepted_count, row.accepted_g, row.refused_count) == (2, 2000, 1)
