"""The management ledgers of a small true month, table by table, and the chain of batch codes through them."""

import random

from tests.reports.months import (
    AS_OF,
    BAGS,
    DIRECTORY,
    GARAGE,
    NOVEMBER,
    OIL,
    acts_of,
    asked_of,
    chains_of,
    troubled_month,
    true_month,
)
from tests.stories_builder import (
    BAG,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    HOSPITAL,
    OTHER_CLINIC,
    PLANT,
    TRANSFER,
    Story,
    ms,
)
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import walk_all
from wasteledger.reports.ledgers import (
    EXEMPT_ZH,
    LICENSED_ZH,
    ON_THE_ROAD_ZH,
    UNLICENSED_ZH,
    Books,
    entrusted_rows,
    production_rows,
    self_treatment_rows,
    storage_in_rows,
    storage_out_rows,
)
from wasteledger.reports.sources import concerned


def _books(story: Story, site: str | None = None) -> Books:
    chains = chains_of(story)
    touching = concerned(chains, site, from_ms=NOVEMBER.from_ms, to_ms=NOVEMBER.to_ms) if site else chains
    return Books(touching, acts_of(story))


def test_what_a_clinic_sealed_is_its_production_one_row_for_each_package() -> None:
    rows = production_rows(_books(true_month()), asked_of(CLINIC))
    assert [(row.batch, row.package_code, row.mass_g, row.destination) for row in rows] == [
        ("HWCS20261102001", BAGS[0], 1001, "委外：收运队"),
        ("HWCS20261102002", BAGS[1], 1002, "委外：收运队"),
        ("HWCS20261130001", BAGS[5], 700, "贮存"),
        ("HWCS20261130002", BAGS[6], 800, "委外：收运队"),
    ]
    first = rows[0]
    assert (first.at_ms, first.usual_name, first.official_name) == (ms("02 08:00"), "感染性废物", "感染性废物")
    assert (first.category, first.waste_code, first.unit) == ("HW01", "841-001-01", "吨")
    assert (first.package_kind, first.packages, first.handler) == ("包装袋", 1, "陈秀英")


def test_a_centre_both_collects_and_produces() -> None:
    books, asked = _books(true_month(), TRANSFER), asked_of(TRANSFER)
    assert [row.package_code for row in production_rows(books, asked)] == [BAGS[3]]
    stored = storage_in_rows(books, asked)
    assert [row.package_code for row in stored] == [*BAGS[:4], BAGS[6]]
    assert [row.producer for row in stored] == [
        "大坪村卫生室",
        "大坪村卫生室",
        "小坪村卫生室",
        "镇卫生院中转点",
        "大坪村卫生室",
    ]
    assert stored[0].at_ms == ms("02 16:30")  # when it was scanned into the room
    assert stored[0].facility == "暂存间1"
    assert (stored[0].bringer, stored[0].keeper) == ("吴春梅", f"u-{TRANSFER.lower()}")
    taken = storage_out_rows(books, asked)
    assert [(row.package_code, row.destination) for row in taken] == [(code, "委外：运输公司") for code in BAGS[:4]]
    assert self_treatment_rows(books, asked) == []


def test_batch_codes_lead_from_the_furnace_back_to_the_clinic() -> None:
    """产生 → 入库 → 出库 → 委外 at each site, each ledger made for itself."""
    story = true_month()
    clinic, centre, plant = (_books(story, site) for site in (CLINIC, TRANSFER, PLANT))
    produced = {row.package_code: row.batch for row in production_rows(clinic, asked_of(CLINIC))}
    for books, site in ((clinic, CLINIC), (centre, TRANSFER), (plant, PLANT)):
        stored = {row.package_code: row for row in storage_in_rows(books, asked_of(site))}
        taken = {row.package_code: row for row in storage_out_rows(books, asked_of(site))}
        assert stored[BAGS[1]].produced_batch == produced[BAGS[1]] == "HWCS20261102002"
        assert taken[BAGS[1]].stored_batch == stored[BAGS[1]].batch
        ended = [*self_treatment_rows(books, asked_of(site)), *entrusted_rows(books, asked_of(site))]
        last = {row.package_code: row for row in ended}
        assert last[BAGS[1]].source_batch == taken[BAGS[1]].batch


def test_a_batch_code_is_the_same_in_the_report_of_another_site() -> None:
    """The second bag of the clinic that day is number 2 for the hospital's plant too, which never saw the first."""
    story = Story()
    story.seal(BAGS[0], at="02 08:00")
    story.seal(BAGS[1], at="02 09:00")
    story.hop(BAGS[1], CLINIC, COLLECTOR, at="02 14:00")
    story.hop(BAGS[1], COLLECTOR, TRANSFER, at="02 16:00")
    rows = storage_in_rows(_books(story, TRANSFER), asked_of(TRANSFER))
    assert [row.produced_batch for row in rows] == ["HWCS20261102002"]


def test_rows_do_not_depend_on_the_order_in_which_the_ledger_has_it() -> None:
    """The numbers do, and nothing else: they are places in the log."""
    story = true_month()
    expected = storage_in_rows(_books(story), asked_of(PLANT))
    entries = story.entries[:]
    random.Random(7).shuffle(entries)
    history = History()
    for content in entries:
        history.add(content)
    shuffled = storage_in_rows(Books(walk_all(history, DIRECTORY, as_of_ms=AS_OF)), asked_of(PLANT))
    plain = {"batch": "", "produced_batch": ""}
    assert [row._replace(**plain) for row in shuffled] == [row._replace(**plain) for row in expected]
    assert len(expected) == 5


def test_a_plant_treats_and_says_how_when_and_in_which_batch() -> None:
    books, asked = _books(troubled_month(), PLANT), asked_of(PLANT)
    rows = {row.package_code: row for row in self_treatment_rows(books, asked)}
    burnt, recovered = rows[BAGS[0]], rows[BAGS[10]]
    assert (burnt.batch, burnt.method, burnt.treatment_batch, burnt.handler) == (
        "HWZXCZ20261103001", "焚烧", "炉1", "胡玉珍",
    )  # fmt: skip
    assert (recovered.batch, recovered.method) == ("HWZXLY20261114001", "利用")
    assert recovered.done_ms == ms("14 10:00")


def test_entrusting_names_the_licensed_plant_or_says_that_there_is_none() -> None:
    books = _books(troubled_month())
    rows = {row.package_code: row for row in entrusted_rows(books, asked_of(CLINIC))}
    whole, waiting, unlicensed = rows[BAGS[0]], rows[BAGS[6]], rows[BAGS[11]]
    assert (whole.receiver_kind, whole.licence_holder, whole.licence) == (LICENSED_ZH, "处置中心", "处1")
    assert (whole.method, whole.taken_by, whole.batch) == ("焚烧", "收运队", "HWWWCZ20261102001")
    assert (waiting.receiver_kind, waiting.licence_holder, waiting.method) == (ON_THE_ROAD_ZH, "", "")
    assert (unlicensed.receiver_kind, unlicensed.licence_holder, unlicensed.licence) == (
        UNLICENSED_ZH, "无证处置厂", "",
    )  # fmt: skip


def test_recovered_oil_is_entrusted_under_the_garages_own_name() -> None:
    """Its batch has the letters of what was planned: no manifest spoke of recovery when it left."""
    (row,) = entrusted_rows(_books(troubled_month()), asked_of(GARAGE))
    assert (row.batch, row.usual_name, row.category, row.waste_code) == ("HWWWCZ20261113001", "废机油", "HW08", OIL)
    assert row.method == "利用"
    assert (row.package_kind, row.mass_g) == ("桶", 180_000)
    assert row.receiver_kind == UNLICENSED_ZH  # the plant's licence is for medical waste only


def test_a_centre_that_disposes_itself_is_an_exempt_unit() -> None:
    story = Story()
    story.seal(BAG)
    story.hop(BAG, CLINIC, TRANSFER, at="02 10:00")
    story.tell(TRANSFER, "disposed", at="02 12:00", codes=[BAG], batch="坑1", method="landfill")
    (row,) = entrusted_rows(_books(story), asked_of(CLINIC))
    assert (row.receiver_kind, row.exempt_unit, row.licence_holder) == (EXEMPT_ZH, "镇卫生院中转点", "")


def test_strangers_are_shown_no_person() -> None:
    books, asked = _books(true_month()), asked_of(TRANSFER, persons=False)
    people = [(row.bringer, row.keeper) for row in (*storage_in_rows(books, asked), *storage_out_rows(books, asked))]
    assert set(people) == {("", "")}
    assert {row.handler for row in production_rows(books, asked)} == {""}


def test_a_bag_in_a_box_is_in_the_ledger_as_a_bag() -> None:
    story = Story()
    story.whole_life(BAG)
    boxed = Story()
    boxed.issue(BAG)
    boxed.seal(BAG)
    boxed.to_transfer(BAG)
    boxed.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG], box=BOX)
    boxed.to_plant(BOX)
    boxed.dispose(BOX)
    for site in (CLINIC, TRANSFER, CARRIER, PLANT):
        open_air, inside = _books(story), _books(boxed)
        assert storage_out_rows(inside, asked_of(site)) == storage_out_rows(open_air, asked_of(site)) != []


def test_a_refused_load_that_came_back_is_in_stock_again_under_a_new_batch() -> None:
    story = Story()
    story.seal(BAG, site=HOSPITAL)
    story.hop(BAG, HOSPITAL, CARRIER, at="02 10:00")
    story.release(BAG, CARRIER, PLANT, at="02 12:00")
    story.tell(PLANT, "refused", at="02 12:05", codes=[BAG], from_site=CARRIER, reason="damaged", onward="return")
    story.hop(BAG, CARRIER, HOSPITAL, at="02 15:00")
    books, asked = _books(story, HOSPITAL), asked_of(HOSPITAL)
    assert [row.batch for row in storage_in_rows(books, asked)] == ["HWRK20261102001", "HWRK20261102002"]
    assert [row.stored_batch for row in storage_out_rows(books, asked)] == ["HWRK20261102001"]
    assert [row.destination for row in production_rows(books, asked)] == ["委外：运输公司"]


def test_clinics_do_not_see_each_other() -> None:
    books = _books(true_month(), OTHER_CLINIC)
    assert [row.package_code for row in production_rows(books, asked_of(OTHER_CLINIC))] == [BAGS[2]]
    assert [row.package_code for row in storage_in_rows(books, asked_of(OTHER_CLINIC))] == [BAGS[2]]
