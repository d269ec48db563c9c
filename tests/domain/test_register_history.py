"""Which version of the register judges an act, and who stands for a site that was closed or merged."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.custody import ItemState, Phase
from tests.stories_builder import (
    CLINIC,
    COLLECTOR,
    FOREIGN_VEHICLE,
    HOSPITAL,
    NURSE,
    OTHER_CLINIC,
    STRANGER,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
    register,
)
from wasteledger.domain.deadlines import awaited_step
from wasteledger.domain.facts import Fact
from wasteledger.domain.producers import producer_findings
from wasteledger.domain.register import (
    Directory,
    Register,
    digest_of_rows,
    register_digest,
    register_text,
)
from wasteledger.domain.register_checks import check_register
from wasteledger.domain.register_history import RegisterVersion, changed_in_hindsight, directory_of

INFECTIOUS = "841-001-01"


def changed(site: str, **fields: Any) -> Register:
    """The register of the stories with one site edited."""
    before = register()
    sites = [row.model_copy(update=fields) if row.code == site else row for row in before.sites]
    return check_register(Register.model_validate(before.model_copy(update={"sites": tuple(sites)}).model_dump()))


def history(*edits: tuple[str, str, Register]) -> Directory:
    """The register of the stories, and edits: (first day, moment of loading, register)."""
    versions = [RegisterVersion(1, "first")]
    registers = [register()]
    for day, loaded, edited in edits:
        first = date.fromisoformat(f"2026-11-{day}")
        versions.append(RegisterVersion(len(versions) + 1, f"v{len(versions)}", first, 0, ms(loaded), "决定"))
        registers.append(edited)
    return directory_of(versions, registers)


def beds(directory: Directory, at: str) -> int | None:
    return directory.at(ms(at)).sites[CLINIC].beds


def test_one_version_is_itself_for_ever() -> None:
    directory = directory_of([RegisterVersion(1, "first")], [register()])
    assert directory.at(0) is directory.known_at(ms("30 12:00")) is directory.newest is directory
    assert directory.digest == Directory(register()).digest == register_digest(register())


def test_the_day_of_the_act_decides_and_of_two_the_one_loaded_last() -> None:
    directory = history(
        ("10", "10 09:00", changed(CLINIC, beds=10)),
        ("20", "12 09:00", changed(CLINIC, beds=20)),
        ("15", "16 09:00", changed(CLINIC, beds=15)),
    )
    assert [beds(directory, day) for day in ("09 23:59", "10 00:00", "14 23:59", "15 00:00", "21 00:00")] == [
        0, 10, 10, 15, 15,
    ]  # fmt: skip
    assert beds(directory.at(0), "10 00:00") == 10  # every version knows the others


def test_what_would_have_been_judged_without_a_retroactive_edit() -> None:
    directory = history(("05", "20 09:00", changed(CLINIC, beds=10)), ("21", "21 08:00", changed(CLINIC, beds=11)))
    retroactive, ordinary = directory.history.versions[1:] if directory.history else ()
    assert (retroactive.is_retroactive, ordinary.is_retroactive) == (True, False)
    shown = [
        (beds(directory, at), directory.known_at(ms(at)).sites[CLINIC].beds)
        for at in ("04 12:00", "05 00:00", "19 23:59", "20 00:00", "21 07:00")
    ]
    assert shown == [(0, 0), (10, 0), (10, 0), (10, 10), (11, 11)]


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=6).map(
        lambda edits: sorted(edits, key=lambda edit: edit[1])
    ),
    st.integers(1, 22),
)
def test_both_answers_are_those_of_the_plain_words(edits: list[tuple[int, int]], day: int) -> None:
    """(first day, day of loading), in the order of loading; asked for an act of a day."""
    versions = [RegisterVersion(1, "first")]
    for number, (first, loaded) in enumerate(edits, start=2):
        versions.append(
            RegisterVersion(number, str(number), date(2026, 11, first), number, ms(f"{loaded:02} 08:00"), "决定")
        )
    directory = directory_of(versions, [changed(CLINIC, beds=version.number) for version in versions])
    holding = [1] + [number for number, (first, _) in enumerate(edits, start=2) if first <= day]
    known = [1] + [number for number, (first, loaded) in enumerate(edits, start=2) if first <= day and loaded <= day]
    at_ms = ms(f"{day:02} 12:00")
    assert len(edits) == 0 or directory.at(at_ms).sites[CLINIC].beds == holding[-1]
    assert len(edits) == 0 or directory.known_at(at_ms).sites[CLINIC].beds == known[-1]


def test_the_digest_names_every_version_and_its_days() -> None:
    edit = changed(CLINIC, beds=10)
    found = [
        history(*edits).digest
        for edits in (
            [], [("10", "10 09:00", edit)], [("11", "10 09:00", edit)], [("10", "11 09:00", edit)],
            [("10", "10 09:00", edit), ("10", "10 09:00", edit)],
        )
    ]  # fmt: skip
    assert len(set(found)) == 5


def test_a_name_can_be_erased_and_the_digest_still_fits() -> None:
    before = register()
    people = [person.model_copy(update={"name": "—", "phone": ""}) for person in before.people]
    erased = before.model_copy(update={"people": tuple(people)})
    assert register_digest(erased) == register_digest(before)
    assert "某人" not in register_text(before, persons=False)
    assert register_digest(Register.model_validate_json(register_text(before, persons=False))) == register_digest(
        before
    )
    moved = [person.model_copy(update={"site": CLINIC}) for person in before.people]
    assert register_digest(before.model_copy(update={"people": tuple(moved)})) != register_digest(before)


def test_the_order_of_rows_says_nothing_but_each_of_them_does() -> None:
    before = register()
    turned = before.model_copy(update={"sites": before.sites[::-1]})
    assert register_digest(turned) == register_digest(before) != register_digest(changed(CLINIC, beds=1))
    assert digest_of_rows(before.model_dump_json()) == digest_of_rows(turned.model_dump_json())


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"successor": "C500114105009"}, "no site C500114105009"),
        ({"successor": CLINIC}, "leads back to itself"),
    ],
)
def test_a_successor_is_another_site_of_the_register(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        changed(CLINIC, **fields)


def test_successors_never_go_in_circles() -> None:
    sites = {CLINIC: OTHER_CLINIC, OTHER_CLINIC: TRANSFER, TRANSFER: CLINIC}
    before = register()
    rows = [row.model_copy(update={"successor": sites.get(row.code)}) for row in before.sites]
    with pytest.raises(ValueError, match=f"{CLINIC} → {OTHER_CLINIC} → {TRANSFER} → {CLINIC}"):
        check_register(before.model_copy(update={"sites": tuple(rows)}))


def test_a_closed_site_is_in_force_through_its_last_day() -> None:
    directory = Directory(changed(CLINIC, closed_on=date(2026, 11, 10), dormant=True))
    days = [date(2026, 11, day) for day in (9, 10, 11)]
    assert [directory.in_force(CLINIC, day) for day in days] == [True, True, False]
    assert directory.in_force("C500114105009", days[0]) is False
    assert Directory(changed(CLINIC, dormant=True)).in_force(CLINIC, days[0]) is True


def merged() -> Directory:
    """The clinic was merged into the other one on the 10th, that one into the transfer point on the 20th; entered on both days."""
    first = changed(CLINIC, closed_on=date(2026, 11, 10), successor=OTHER_CLINIC)
    sites = [
        row.model_copy(update={"closed_on": date(2026, 11, 20), "successor": TRANSFER})
        if row.code == OTHER_CLINIC
        else row
        for row in first.sites
    ]
    return history(("10", "10 09:00", first), ("20", "20 09:00", first.model_copy(update={"sites": tuple(sites)})))


def test_a_merged_site_passes_to_its_successor_and_on() -> None:
    directory = merged()
    at = ("09 23:59", "10 00:00", "19 23:59", "20 00:00")
    assert [directory.successor_of(CLINIC, ms(one)) for one in at] == [CLINIC, OTHER_CLINIC, OTHER_CLINIC, TRANSFER]
    assert directory.successor_of(HOSPITAL, ms("30 12:00")) == HOSPITAL
    assert directory.predecessors(TRANSFER, ms("21 12:00")) == [CLINIC, OTHER_CLINIC]
    assert directory.predecessors(TRANSFER, ms("19 12:00")) == []


def _held_since(at: str) -> Fact:
    story = Story()
    story.seal("M50011400000001V", at=at)
    return story.history().by_code["M50011400000001V"][0]


def test_an_open_step_of_a_merged_site_is_its_successors() -> None:
    """Those too that had been due before, since the merged one makes no steps any more."""
    state = ItemState(phase=Phase.HELD, holder=CLINIC)
    steps = awaited_step(state, INFECTIOUS, merged())
    assert steps is not None
    assert {steps.since(_held_since(at)).site for at in ("02 08:00", "15 08:00", "25 08:00")} == {TRANSFER}


def test_a_step_that_is_due_before_a_merging_to_come_is_not_passed_on() -> None:
    directory = history(("10", "05 09:00", changed(CLINIC, closed_on=date(2026, 11, 10), successor=OTHER_CLINIC)))
    steps = awaited_step(ItemState(phase=Phase.HELD, holder=CLINIC), INFECTIOUS, directory)
    assert steps is not None
    found = [steps.since(_held_since(at)).site for at in ("05 08:00", "07 23:00", "08 00:00")]
    assert found == [CLINIC, CLINIC, OTHER_CLINIC]  # 48 hours: on the day of the merging it is the successor's


@pytest.mark.parametrize(
    ("directory", "codes"),
    [
        (Directory(register()), ["silent_producer"]),
        (Directory(changed(CLINIC, dormant=True)), []),
        (Directory(changed(CLINIC, closed_on=date(2026, 11, 20))), []),
        # Dormant from the 12th to the 25th only, and awake again: what was not sealed meanwhile is no silence.
        (history(("12", "12 09:00", changed(CLINIC, dormant=True)), ("25", "25 09:00", register())), []),
        # The other clinic's rest is not this one's.
        (Directory(changed(OTHER_CLINIC, dormant=True)), ["silent_producer"]),
    ],
)
def test_who_rests_is_no_silent_producer(directory: Directory, codes: list[str]) -> None:
    """It sealed every day up to the 10th; the question is of the 30th."""
    days = {CLINIC: {f"2026-11-{day:02}": 1000 for day in range(1, 11)}}
    found = producer_findings(days, directory, ms("30 12:00"), lambda _site, _first, _last: ())
    assert [finding.code for finding in found] == codes


def test_who_was_closed_does_not_report_too_little() -> None:
    days = {CLINIC: {date.fromordinal(date(2026, 11, 20).toordinal() - ago).isoformat(): 1000 for ago in range(130)}}
    now_ms = ms("30 12:00") + 12 * 24 * 3_600_000

    def codes(directory: Directory) -> set[str]:
        return {finding.code for finding in producer_findings(days, directory, now_ms, lambda *_: ())}

    assert codes(Directory(register())) == {"silent_producer", "under_reporting"}
    assert codes(Directory(changed(CLINIC, closed_on=date(2026, 11, 21)))) == set()


def test_a_collector_is_asked_for_no_waste() -> None:
    assert Directory(changed(COLLECTOR, dormant=True)).is_idle(COLLECTOR, date(2026, 11, 1)) is True


def test_hindsight_names_the_rows_that_judge_otherwise_and_no_others() -> None:
    """On the 20th a licence, a vehicle, a person and the beds of a clinic are entered that are said to have held since the 5th."""
    before = register()
    licence = before.licences[0].model_copy(update={"holder": STRANGER, "number": "运2"})
    people = [row.model_copy(update={"site": OTHER_CLINIC}) if row.actor == NURSE else row for row in before.people]
    sites = [row.model_copy(update={"beds": 12}) if row.code == CLINIC else row for row in before.sites]
    named = [row.model_copy(update={"name": "改名"}) if row.code == HOSPITAL else row for row in sites]
    rows = {
        "licences": (*before.licences, licence), "vehicles": before.vehicles[:-1], "people": tuple(people), "sites": tuple(named),
    }  # fmt: skip
    directory = history(("05", "20 09:00", before.model_copy(update=rows)))

    def found(at: str, *codes: str) -> tuple[str, ...]:
        return changed_in_hindsight(
            directory, ms(at), sites=codes, vehicle=FOREIGN_VEHICLE, actors=[NURSE, "u-driver", "u-nobody"]
        )

    everything = (f"site {CLINIC}", f"licences of {STRANGER}", f"vehicle {FOREIGN_VEHICLE}", f"person {NURSE}")
    assert found("10 12:00", CLINIC, STRANGER, HOSPITAL, "C500114105009") == everything
    assert found("04 12:00", CLINIC, STRANGER) == found("20 12:00", CLINIC, STRANGER) == ()
    assert changed_in_hindsight(directory, ms("10 12:00"), sites=[HOSPITAL], vehicle=VEHICLE) == ()
    assert changed_in_hindsight(Directory(before), ms("10 12:00"), sites=[CLINIC]) == ()
