"""What the books keep for lists and papers: a row for each manifest, and where the hand-overs of each site stand in the log.

Hand-overs are filed under giver and under taker, by the month in which the service received them: that month never changes, while the
moment of an act may still be corrected. Nothing is received before it happens, so whoever asks for a month reads from it on.
"""

from array import array
from collections import defaultdict
from functools import cache

from wasteledger.domain.facts import Fact
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.told import ROW_KINDS, acts_name, told_day
from wasteledger.flows.book_source import BookSource
from wasteledger.store.books import BookRows

_DAY_MS = 24 * 60 * 60 * 1000
_CHINA_MS = 8 * 60 * 60 * 1000
_MONTHS = 12


class NewLists:
    """What a portion of the log adds to the lists: hand-overs by giver and taker, acts by site and day."""

    def __init__(self) -> None:
        self._hops: dict[tuple[str, str, int], list[int]] = defaultdict(list)
        self._acts: dict[tuple[str, int], list[int]] = defaultdict(list)

    def note(self, fact: Fact) -> None:
        """Takes in a new fact."""
        kind, event, index = fact.kind, fact.event, fact.index
        if kind == "released":
            self._hops[event.site, event.to_site, (fact.received_ms + _CHINA_MS) // _DAY_MS].append(index)
        elif kind in ROW_KINDS:
            day = told_day(fact)
            self._acts[event.site, day] += (0, index)
            if kind == "accepted":
                self._hops[event.from_site, event.site, (fact.received_ms + _CHINA_MS) // _DAY_MS].append(index)
                if event.from_site != event.site:
                    self._acts[event.from_site, day] += (0, index)

    def keep(self, source: BookSource, rows: BookRows) -> None:
        """Writes them behind what is kept."""
        found: dict[str, array[int]] = defaultdict(lambda: array("q"))
        for (site, day), places in self._acts.items():
            name = acts_name(site, day)
            found[name].extend(places)
            source.places.pop(name, None)
        for (giver, taker, day), places in self._hops.items():
            month = _month_of_day(day)
            found[_given(giver, month)].extend(places)
            found[_taken(taker, month)].extend(places)
        known = rows.traced(found)
        rows.save_traced([(name, known.get(name, b"") + places.tobytes()) for name, places in found.items()])


def given_since(site: str, begin_ms: int, now_ms: int, source: BookSource, rows: BookRows) -> list[Fact]:
    """Releases and acceptances by which a site gave something away, those received since the month of a moment at least."""
    return _read([_given(site, month) for month in _months(begin_ms, now_ms)], source, rows)


def taken_since(site: str, begin_ms: int, now_ms: int, source: BookSource, rows: BookRows) -> list[Fact]:
    """The same of what a site took."""
    return _read([_taken(site, month) for month in _months(begin_ms, now_ms)], source, rows)


def _read(names: list[str], source: BookSource, rows: BookRows) -> list[Fact]:
    places: array[int] = array("q")
    for stored in rows.traced(names).values():
        places.frombytes(stored)
    source.read_facts(places)
    return [source.fact(index) for index in places]


def _months(begin_ms: int, now_ms: int) -> list[str]:
    begin, end = china_day(begin_ms), china_day(now_ms)
    first, last = begin.year * _MONTHS + begin.month - 1, end.year * _MONTHS + end.month - 1
    return [f"{month // _MONTHS}-{month % _MONTHS + 1:02d}" for month in range(first, last + 1)]


@cache
def _month_of_day(day: int) -> str:
    return f"{china_day(day * _DAY_MS - _CHINA_MS):%Y-%m}"


def _given(site: str, month: str) -> str:
    return f"given {site} {month}"


def _taken(site: str, month: str) -> str:
    return f"taken {site} {month}"
