"""The periodic report closes; where it does not, every package behind the difference is named."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.custody import Phase
from tests.domain.finding_stories import STORIES
from tests.reports.months import (
    BAGS,
    DECEMBER,
    GARAGE,
    INFECTIOUS,
    NOVEMBER,
    acts_of,
    asked_of,
    chains_of,
    troubled_month,
    true_month,
)
from tests.stories_builder import (
    BAG,
    BAG2,
    CLINIC,
    COLLECTOR,
    HOSPITAL,
    OTHER_CLINIC,
    PLANT,
    TRANSFER,
    Story,
    ms,
    register,
)
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import read_entry
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Amount, walk_all
from wasteledger.domain.register import Directory
from wasteledger.reports.balance import Balance, balance_of, stock_of
from wasteledger.reports.ledgers import (
    Books,
    entrusted_rows,
    production_rows,
    self_treatment_rows,
    storage_in_rows,
)
from wasteledger.reports.lives import life_of
from wasteledger.reports.periods import Period, month_period, quarter_period, year_period
from wasteledger.reports.sources import concerned

SITES = (CLINIC, OTHER_CLINIC, HOSPITAL, TRANSFER, COLLECTOR, PLANT)
HOUR_MS = 3_600_000
PLAIN = Directory(register())
#: The last moment of the random lives: half a year after November began.
END_MS = month_period(2027, 6).to_ms


def _balance(chains: list[Chain], site: str, period: Period = NOVEMBER) -> Balance:
    """The balance as the report makes it: from what concerns the site in the period only."""
    own = concerned(chains, site, from_ms=period.from_ms, to_ms=period.to_ms)
    return balance_of([life_of(chain) for chain in own], site, period)


def test_a_true_month_closes_at_every_site() -> None:
    chains = chains_of(true_month())
    balances = [_balance(chains, site) for site in SITES]
    assert all(balance.closes and balance.gaps == [] for balance in balances)
    (clinic,) = balances[0].rows
    assert (clinic.opening, clinic.produced, clinic.received) == (Amount(), Amount(4, 3503), Amount())
    assert (clinic.own, clinic.entrusted, clinic.closing) == (Amount(), Amount(3, 2803), Amount(1, 700))
    (centre,) = balances[3].rows
    assert (centre.produced, centre.received) == (Amount(1, 2500), Amount(4, 3806))
    assert (centre.entrusted, centre.closing) == (Amount(4, 5506), Amount(1, 800))


def test_the_opening_of_december_is_the_closing_of_november() -> None:
    chains = chains_of(true_month(), as_of_ms=DECEMBER.to_ms)
    december = _balance(chains, CLINIC, DECEMBER)
    (row,) = december.rows
    assert row.opening == row.closing == Amount(1, 700)
    assert (row.produced, row.entrusted) == (Amount(), Amount())


def test_the_tables_of_the_ledger_add_up_to_the_balance() -> None:
    chains = chains_of(troubled_month())
    for site in (CLINIC, OTHER_CLINIC, HOSPITAL, TRANSFER, PLANT, GARAGE):
        own = concerned(chains, site, from_ms=NOVEMBER.from_ms, to_ms=NOVEMBER.to_ms)
        books, asked = Books(own), asked_of(site)
        rows = _balance(chains, site).rows
        tables: list[tuple[Any, str]] = [
            (production_rows, "produced"), (self_treatment_rows, "own"), (entrusted_rows, "entrusted"),
        ]  # fmt: skip
        for table, flow in tables:
            found = [row.mass_g for row in table(books, asked)]
            amounts = [getattr(row, flow) for row in rows]
            assert (len(found), sum(found)) == (sum(a.count for a in amounts), sum(a.mass_g for a in amounts))


def test_every_package_behind_a_difference_is_named_with_its_record() -> None:
    chains = chains_of(troubled_month())
    clinic = _balance(chains, CLINIC)
    (row,) = clinic.rows
    assert not clinic.closes
    assert row.difference == Amount(-3, -2000)
    assert [(gap.reason, gap.code, gap.amount) for gap in clinic.gaps] == [
        ("voided", BAGS[9], Amount(-1, -900)),
        ("lost", BAGS[7], Amount(-1, -500)),
        ("missing_link", BAGS[8], Amount(-1, -600)),
    ]
    assert clinic.unexplained == {}
    centre = _balance(chains, TRANSFER)
    assert [(gap.reason, gap.amount) for gap in centre.gaps] == [("missing_link", Amount(1, 600))]
    assert clinic.gaps[2].fact is centre.gaps[0].fact  # one record shows both sides


def test_a_bag_found_again_is_in_stock_again() -> None:
    story = Story()
    story.seal(BAG, at="02 08:00")
    story.tell(CLINIC, "incident", at="02 10:00", codes=[BAG], incident="loss")
    story.tell(CLINIC, "incident", at="11 10:00", codes=[BAG], incident="found")
    balance = _balance(chains_of(story), CLINIC)
    assert balance.closes
    assert [gap.reason for gap in balance.gaps] == ["lost", "found"]
    lives = [life_of(chain) for chain in chains_of(story)]
    assert stock_of(lives, CLINIC, ms("05 00:00")) == {}
    assert stock_of(lives, CLINIC, ms("12 00:00")) == {INFECTIOUS: Amount(1, 1000)}


def test_an_agreed_correction_of_the_mass_is_the_mass_in_every_table() -> None:
    story = Story()
    story.issue(BAG)
    sealed = story.seal(BAG, mass_g=1000)
    story.to_transfer(BAG)
    wanted = story.correct(BAG, sealed, site=CLINIC, at="02 18:00", reason="wrong_mass", mass_g=1500)
    story.correct(
        BAG, sealed, site=TRANSFER, at="02 18:30", reason="wrong_mass", mass_g=1500, agrees_with=wanted
    )  # fmt: skip
    chains = chains_of(story)
    clinic, centre = _balance(chains, CLINIC).rows[0], _balance(chains, TRANSFER).rows[0]
    assert clinic.produced == clinic.entrusted == centre.received == centre.closing == Amount(1, 1500)


def test_a_sealing_that_never_was_is_nobodys_production() -> None:
    story = Story()
    story.issue(BAG)
    sealed = story.seal(BAG, at="02 08:00")
    story.correct(BAG, sealed, site=CLINIC, at="02 08:03", reason="did_not_occur")
    balance = _balance(chains_of(story), CLINIC)
    assert (balance.rows, balance.gaps) == ([], [])


def test_a_code_on_two_packages_is_produced_twice_and_shown() -> None:
    story = Story()
    story.seal(BAG, mass_g=1000)
    story.seal(BAG, at="02 09:00", site=OTHER_CLINIC, mass_g=700)
    balance = _balance(chains_of(story), OTHER_CLINIC)
    assert balance.rows[0].produced == Amount(1, 700)
    assert [(gap.reason, gap.amount) for gap in balance.gaps] == [("duplicate_code", Amount(-1, -700))]


def test_a_taker_that_names_another_giver_is_no_proof_of_handing_over() -> None:
    story = Story()
    story.seal(BAG)
    story.accept(BAG, COLLECTOR, TRANSFER, at="02 16:00")
    chains = chains_of(story)
    clinic, centre = _balance(chains, CLINIC), _balance(chains, TRANSFER)
    assert clinic.rows[0].entrusted == Amount()
    assert [(gap.reason, gap.amount) for gap in clinic.gaps] == [("missing_link", Amount(-1, -1000))]
    assert (centre.closes, centre.rows[0].received) == (True, Amount(1, 1000))


def test_a_release_proves_the_givers_side_and_a_silent_taker_shows_the_gap() -> None:
    """The collector took the bag without a scan and handed it on: the clinic has done its part."""
    story = Story()
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.hop(BAG, COLLECTOR, TRANSFER, at="02 16:00")
    chains = chains_of(story)
    clinic, collector = _balance(chains, CLINIC), _balance(chains, COLLECTOR)
    assert clinic.closes
    assert clinic.rows[0].entrusted == collector.rows[0].entrusted == Amount(1, 1000)
    assert collector.rows[0].received == Amount()
    assert [(gap.reason, gap.amount) for gap in collector.gaps] == [("one_sided_hop", Amount(1, 1000))]


def test_midnight_belongs_to_the_new_month() -> None:
    story = Story()
    story.seal(BAG, at="30 08:00")
    story.release(BAG, CLINIC, COLLECTOR, at="30 23:00")
    story.seal(BAGS[0], at="30 23:59", after_ms=60_000)
    story.accept(BAG, CLINIC, COLLECTOR, at="30 23:59", after_ms=60_000)
    chains = chains_of(story, as_of_ms=DECEMBER.to_ms)
    (november,), (december,) = (_balance(chains, CLINIC, month).rows for month in (NOVEMBER, DECEMBER))
    assert (november.produced, november.entrusted, november.closing) == (Amount(1, 1000), Amount(), Amount(1, 1000))
    assert (december.opening, december.produced, december.entrusted) == (Amount(1, 1000),) * 3


def test_a_drum_that_waits_is_in_the_stock_of_every_month_between() -> None:
    story = Story()
    story.seal(BAG, at="05 08:00", site=GARAGE, waste_code="900-214-08", package="drum")
    story.release(BAG, GARAGE, PLANT, at="05 08:00", after_ms=70 * 24 * HOUR_MS)
    story.accept(BAG, GARAGE, PLANT, at="05 08:05", after_ms=70 * 24 * HOUR_MS)
    chains = chains_of(story, as_of_ms=END_MS)
    (row,) = _balance(chains, GARAGE, DECEMBER).rows
    assert row.opening == row.closing == Amount(1, 1000)


@pytest.mark.parametrize("code", STORIES)
def test_whatever_goes_wrong_the_balance_names_it(code: str) -> None:
    """Every story of the findings: at each site the gaps are the whole difference."""
    story = Story()
    STORIES[code][0](story)
    chains = walk_all(story.history(), PLAIN, as_of_ms=END_MS)
    for site in {step.fact.event.site for chain in chains for step in chain.steps}:
        balance = _balance(chains, site)
        assert balance.unexplained == {}
        assert balance.closes or balance.gaps


class Drawn(NamedTuple):
    """One act of a random life; `onward` is a hop from whoever has the package, everything else may come from anybody."""

    place: int
    act: str
    site: str
    other: str
    hours: int


ACTS = st.builds(
    Drawn,
    place=st.integers(0, 2),
    act=st.sampled_from(
        [
            "seal",
            "onward",
            "onward",
            "onward",
            "hop",
            "release",
            "accept",
            "refuse",
            "stored",
            "disposed",
            "loss",
            "found",
            "voided",
        ]
    ),
    site=st.sampled_from(SITES),
    other=st.sampled_from(SITES),
    hours=st.integers(1, 120),
)
LIVES = st.lists(ACTS, min_size=6, max_size=40)
FIELDS: dict[str, dict[str, Any]] = {
    "stored": {"room": "库1"},
    "disposed": {"batch": "炉1", "method": "incineration"},
    "loss": {"incident": "loss"},
    "found": {"incident": "found"},
    "voided": {"reason": "spoiled"},
}


def _live(drawn: list[Drawn]) -> Story:
    """What was drawn, an act after the other."""
    story, after_ms, holders = Story(), 0, {}
    for act in drawn:
        after_ms += act.hours * HOUR_MS + 17
        holder = holders.get(act.place, act.site)
        _act(story, act._replace(act="hop", site=holder) if act.act == "onward" else act, after_ms)
        if act.act in {"onward", "hop", "accept"}:
            holders[act.place] = act.other
        elif act.act == "seal":
            holders.setdefault(act.place, act.site)
    return story


def _act(story: Story, drawn: Drawn, after_ms: int) -> None:
    code, site, other = BAGS[drawn.place], drawn.site, drawn.other
    if drawn.act == "seal":
        story.seal(code, site=site, mass_g=100 + drawn.hours, at="01 00:00", after_ms=after_ms)
    own = site == other  # an older service took it
    if drawn.act in {"hop", "release"}:
        story.tell(site, "released", codes=[code], to_site=other, at="01 00:00", after_ms=after_ms, absurd=own)
    if drawn.act in {"hop", "accept"}:
        # The taker's clock differs by up to four minutes, either way.
        skewed_ms = after_ms + (drawn.hours - 60) * 4_000
        story.tell(other, "accepted", codes=[code], from_site=site, at="01 00:00", after_ms=skewed_ms, absurd=own)
    if drawn.act == "refuse":
        refused = {"codes": [code], "from_site": site, "reason": "other"}
        story.tell(other, "refused", at="01 00:00", after_ms=after_ms, absurd=own, **refused)
    if drawn.act in FIELDS:
        kind = "incident" if drawn.act in {"loss", "found"} else drawn.act
        story.tell(site, kind, codes=[code], at="01 00:00", after_ms=after_ms, **FIELDS[drawn.act])


def _months() -> list[Period]:
    months = [NOVEMBER]
    while months[-1].to_ms < END_MS:
        months.append(months[-1].next())
    return months


@settings(max_examples=150)
@given(LIVES)
def test_random_lives_close_month_by_month_or_say_why(drawn: list[Drawn]) -> None:
    chains = walk_all(_live(drawn).history(), PLAIN, as_of_ms=END_MS)
    for site in SITES:
        before: dict[str, Amount] = {}
        for month in _months():
            balance = _balance(chains, site, month)
            assert balance.unexplained == {}
            opening = {row.waste_code: row.opening for row in balance.rows if row.opening != Amount()}
            assert opening == before
            before = {row.waste_code: row.closing for row in balance.rows if row.closing != Amount()}


@settings(max_examples=150)
@given(LIVES, st.integers(1, 5))
def test_the_stock_is_what_the_fold_over_the_ledger_so_far_says(drawn: list[Drawn], months: int) -> None:
    """A ledger that was cut at that moment knows nothing of later steps; its walk says who holds what."""
    story, moment_ms = _live(drawn), _months()[months - 1].to_ms
    lives = [life_of(chain) for chain in walk_all(story.history(), PLAIN, as_of_ms=END_MS)]
    cut = History()
    for index, content in enumerate(story.entries):
        event = read_entry(index, content).event
        if event is None or event.occurred_ms < moment_ms:
            cut.add(content)
    held = dict.fromkeys(SITES, 0)
    for chain in walk_all(cut, PLAIN, as_of_ms=moment_ms):
        if chain.state.phase in {Phase.HELD, Phase.OFFERED, Phase.REFUSED} and chain.state.holder:
            held[chain.state.holder] += 1
    stock = {site: sum(a.count for a in stock_of(lives, site, moment_ms).values()) for site in SITES}
    assert stock == held


@given(LIVES)
def test_a_package_has_one_production_batch_in_every_report(drawn: list[Drawn]) -> None:
    story = _live(drawn)
    chains, acts = walk_all(story.history(), PLAIN, as_of_ms=END_MS), acts_of(story)
    everything = Books(chains, acts)
    known = {life.chain.code: everything.produced(life) for life in everything.lives}
    for site in SITES:
        for month in _months()[:3]:
            books = Books(concerned(chains, site, from_ms=month.from_ms, to_ms=month.to_ms), acts)
            for row in storage_in_rows(books, asked_of(site, month)):
                assert row.produced_batch == known[row.package_code]


def test_a_quarter_and_a_year_are_the_sums_of_their_months() -> None:
    chains = chains_of(troubled_month())
    for site in (CLINIC, TRANSFER, PLANT):
        for whole in (quarter_period(2026, 4), year_period(2026)):
            months = [month_period(2026, month) for month in range(whole.first.month, 13)]
            rows = _balance(chains, site, whole).rows
            for flow in ("produced", "received", "own", "entrusted"):
                parts = [getattr(row, flow).mass_g for month in months for row in _balance(chains, site, month).rows]
                assert sum(getattr(row, flow).mass_g for row in rows) == sum(parts)


@pytest.mark.parametrize("confirmed", [True, False])
def test_opening_stock_is_opening_and_nobodys_production(*, confirmed: bool) -> None:
    story = Story()
    story.issue(BAG, BAG2, site=TRANSFER)
    declared = story.declare_stock(BAG, BAG2, mass_g=1500, room="库1")
    if confirmed:
        story.confirm(declared, BAG, BAG2)
    story.to_plant(BAG)
    balance = _balance(chains_of(story), TRANSFER)
    (row,) = balance.rows
    assert (row.opening, row.produced, row.entrusted) == (Amount(2, 3000), Amount(), Amount(1, 1500))
    assert (balance.closes, row.closing) == (True, Amount(1, 1500))
    assert [row.opening for row in _balance(chains_of(story), TRANSFER, DECEMBER).rows] == [Amount(1, 1500)]
    books = Books(chains_of(story), acts_of(story))
    assert production_rows(books, asked_of(TRANSFER, NOVEMBER)) == []
    stored = storage_in_rows(books, asked_of(TRANSFER, NOVEMBER))
    assert {(row.batch, row.produced_batch) for row in stored} == {("HWRK20261101001", "")}


def test_a_line_in_a_list_of_what_was_burnt_does_not_bring_a_lost_package_back() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.tell(CLINIC, "incident", at="02 09:00", codes=[BAG], incident="loss")
    story.tell(CLINIC, "disposed", at="02 10:00", codes=[BAG], batch="炉1", method="incineration")
    story.accept(BAG, CLINIC, OTHER_CLINIC, at="02 11:00")
    chains = chains_of(story)
    assert [_balance(chains, site).rows[0].closing.count for site in (CLINIC, OTHER_CLINIC)] == [0, 1]
    assert not any(_balance(chains, site).unexplained for site in (CLINIC, OTHER_CLINIC))
