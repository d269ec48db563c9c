"""The versions of a register, and which of them judges an act.

An edit holds from a day on. Of the versions that hold from the day of an act or an earlier one, the one that was loaded last judges it.
An edit that holds from a day before the one on which it was loaded is retroactive: a decision of the authority, which the log holds, and
which shows wherever it changed a judgement (`known_at` says what would have been judged without it).
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from wasteledger.domain.register import (
    BEGINNING,
    CHINA_MS,
    DAY_MS,
    Directory,
    Licence,
    Person,
    Register,
    Site,
    Vehicle,
    day_number,
)
from wasteledger.errors import NotFoundError


class RegisterVersion(NamedTuple):
    """One version as it was loaded.

    Attributes:
        number: the order of loading, from 1.
        digest: `register_digest`; of a version from before there were versions, `digest_of_rows`.
        holds_from: first day on which it holds; None: from the beginning of time.
        entry: index of the log entry (`ruled`) that says so; -1 where a register was loaded before versions were kept.
        loaded_ms: when the service took that entry in; 0 where there is none.
        decision: why it holds for days that had passed.
    """

    number: int
    digest: str
    holds_from: date | None = None
    entry: int = -1
    loaded_ms: int = 0
    decision: str = ""

    @property
    def loaded_day(self) -> int:
        """The day on which it was loaded, as days since 1970; the first version was always known."""
        return BEGINNING if self.number == 1 else (self.loaded_ms + CHINA_MS) // DAY_MS

    @property
    def first_day(self) -> int:
        """The day from which it holds, as days since 1970."""
        return day_number(self.holds_from) if self.holds_from else BEGINNING

    @property
    def is_retroactive(self) -> bool:
        """Whether it holds for days that had passed when it was loaded."""
        return self.first_day < self.loaded_day


class RegisterHistory:
    """Versions with their registers, made quick to ask for the one of a day."""

    def __init__(self, versions: Sequence[RegisterVersion], registers: Sequence[Register]) -> None:
        """Takes versions in the order in which they were loaded, each with its register."""
        self.versions = tuple(versions)
        self.directories = tuple(Directory(register, self) for register in registers)
        self._holding = self._spans(known_only=False)
        self._known = self._spans(known_only=True)

    @property
    def newest(self) -> Directory:
        """The version that was loaded last."""
        return self.directories[-1]

    @property
    def digest(self) -> str:
        """What names the versions in their order, with their days."""
        if len(self.versions) == 1:
            return self.versions[0].digest
        lines = [f"{row.digest} {row.first_day} {row.loaded_day}" for row in self.versions]
        return f"sha256:{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"

    def _spans(self, *, known_only: bool) -> tuple[list[int], list[Directory]]:
        """The days on which another version begins to hold, and which; `known_only`: each from its loading on, at the earliest."""
        begins = [max(row.first_day, row.loaded_day) if known_only else row.first_day for row in self.versions]
        days = sorted({BEGINNING, *begins})
        winners = [max((n for n, begin in enumerate(begins) if begin <= day), default=0) for day in days]
        return days, [self.directories[n] for n in winners]

    def at(self, moment_ms: int) -> Directory:
        """The version that judges an act of this moment."""
        days, directories = self._holding
        return directories[bisect_right(days, (moment_ms + CHINA_MS) // DAY_MS) - 1]

    def known_at(self, moment_ms: int) -> Directory:
        """The same without what was entered on a later day."""
        days, directories = self._known
        return directories[bisect_right(days, (moment_ms + CHINA_MS) // DAY_MS) - 1]


def directory_of(versions: Sequence[RegisterVersion], registers: Sequence[Register]) -> Directory:
    """The version loaded last, with the others behind it.

    Raises:
        NotFoundError: there is none.
    """
    if not versions:
        message = "no district is loaded: run `wasteledger load district.yaml` (or `make demo`)"
        raise NotFoundError(message)
    if len(versions) == 1 and versions[0].holds_from is None:
        return Directory(registers[0])  # one version holds for ever, and nobody need look for it
    return RegisterHistory(versions, registers).newest


#: What of a site and of a person judges an act; names and addresses do not.
_OF_SITES = {
    "beds", "organisation", "level", "store_below_5c", "remote", "collection", "centre", "closed_on", "dormant", "successor",
}  # fmt: skip
_OF_PEOPLE = {"site", "role", "valid_from", "valid_to", "vouch_key"}


def changed_in_hindsight(
    directory: Directory,
    moment_ms: int,
    *,
    sites: Iterable[str],
    vehicle: str | None = None,
    actors: Iterable[str] = (),
) -> tuple[str, ...]:
    """The rows by which an act of this moment is judged otherwise than it would have been without retroactive edits.

    Of its sites and their licences, its vehicle and its people; named as `site …`, `licences of …`, `vehicle …`, `person …`.
    """
    then, known = directory.at(moment_ms), directory.known_at(moment_ms)
    if then is known:
        return ()
    found = []
    for code in dict.fromkeys(sites):
        if _part(then.sites.get(code), _OF_SITES) != _part(known.sites.get(code), _OF_SITES):
            found.append(f"site {code}")
        if _licences(then, code) != _licences(known, code):
            found.append(f"licences of {code}")
    if vehicle is not None and _vehicle(then, vehicle) != _vehicle(known, vehicle):
        found.append(f"vehicle {vehicle}")
    found += [
        f"person {actor}"
        for actor in dict.fromkeys(actors)
        if _part(then.people.get(actor), _OF_PEOPLE) != _part(known.people.get(actor), _OF_PEOPLE)
    ]
    return tuple(found)


def _part(row: Site | Person | None, fields: set[str]) -> dict[str, object] | None:
    return None if row is None else row.model_dump(include=fields)


def _licences(directory: Directory, holder: str) -> set[Licence]:
    return {licence for licence in directory.register.licences if licence.holder == holder}


def _vehicle(directory: Directory, plate: str) -> Vehicle | None:
    return next((vehicle for vehicle in directory.register.vehicles if vehicle.plate == plate), None)
