"""What really happened, package by package; the product never reads it.

`truth.jsonl` has one JSON object a line, keys sorted: packages first, then boxes, devices, manifests, rolls and sites that something was
wrong with.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from wasteledger.simulate.acts import DAY_MS, HOUR_MS, Act
from wasteledger.simulate.fault_kinds import FAULTS

#: Subjects of faults that befall everything in a box.
_OF_BOXES = frozenset({"box", "batch", "manifest"})
#: A moment that never comes: what waits for an act that was never made.
NEVER_MS = 2**53 - 1
_CHINA_MS = 8 * HOUR_MS
_DAY_ZERO = date(1970, 1, 1).toordinal()


@dataclass(slots=True, eq=False)
class Wrong:
    """One fault as it was done.

    Attributes:
        by_ms: when it can be known, as far as it does not hang on acts.
        acts: those that show it; it can be known once all were handed in.
        spoils: the package is not safe, once they were.
    """

    kind: str
    expected: tuple[str, ...]
    allowed: tuple[str, ...]
    by_ms: int = 0
    acts: tuple[Act, ...] = ()
    spoils: bool = False

    def shown(self, acts: Iterable[Act]) -> None:
        """The acts that show it are made now."""
        self.acts, self.by_ms = tuple(acts), 0

    @property
    def is_settled(self) -> bool:
        """Whether every act that it hangs on was handed in."""
        return self.by_ms != NEVER_MS and all(act.received_ms is not None for act in self.acts)

    def line(self) -> dict[str, Any]:
        """As it stands in the file."""
        by_ms = max(
            [self.by_ms, *(act.at_ms + DAY_MS if act.received_ms is None else act.received_ms for act in self.acts)]
        )
        allowed = self.allowed if self.is_settled else (*self.allowed, *FAULTS[self.kind].meanwhile)
        expected = self.expected
        if FAULTS[self.kind].subject != "device" and any(act.untrusted for act in self.acts):
            expected, allowed = (), (*expected, *allowed)  # a device that nobody believes tells no lies either
        return {"kind": self.kind, "expected": list(expected), "allowed": sorted(set(allowed)), "by_ms": by_ms}


@dataclass(slots=True, eq=False)
class Package:
    """One package as it really is.

    Attributes:
        mass_g: what it really weighs; `sealed_g`: what is recorded at sealing.
        fault: the one kind of item fault that befalls it, and `stage` where.
        free_ms: nobody moves it before; `back_ms`: it is not where it should be before.
        clone: the second package under a code.
        old_code: that of its first label, where it got another one.
        muted: its code has two stories or no beginning, so that nothing else need be found.
        colluded: everybody signed, and it was dumped.
        void: the office's word that confirms its void: once it arrived, the package leaves the cohort.
        said_beside: what lay in the box into which somebody says that it was packed: what befell that box is told of it too.
        destroyed, lawful: burnt, and at a licensed plant; `spoilt`: not whole.
    """

    code: str
    site: str
    waste_code: str
    package: str
    mass_g: int
    sealed_ms: int
    sealed_g: int = 0
    fault: str = ""
    stage: str = ""
    free_ms: int = 0
    back_ms: int = 0
    clone: bool = False
    muted: bool = False
    old_code: str = ""
    colluded: bool = False
    void: Act | None = None
    destroyed: bool = False
    lawful: bool = False
    spoilt: bool = False
    seal: Act | None = None
    corrected: tuple[int, Act] | None = None
    story: list[tuple[str, str, int]] = field(default_factory=list)
    wrongs: list[Wrong] = field(default_factory=list)
    said_beside: list["Package"] = field(default_factory=list)

    def tell(self, kind: str, site: str, at_ms: int) -> None:
        """The next line of its story."""
        self.story.append((kind, site, at_ms))

    def goes_wrong(  # noqa: PLR0913 - what is known of a fault
        self,
        kind: str,
        *,
        acts: Iterable[Act] = (),
        by_ms: int = 0,
        expected: tuple[str, ...] | None = None,
        allowed: tuple[str, ...] | None = None,
        spoils: bool = False,
    ) -> Wrong:
        """Notes a fault; the codes are those of its kind unless said otherwise."""
        row = FAULTS[kind]
        expected = row.expected if expected is None else expected
        allowed = row.allowed if allowed is None else allowed
        if self.muted and kind != self.fault:
            expected, allowed = (), expected + allowed
        wrong = Wrong(kind, expected, allowed, by_ms, tuple(acts), spoils)
        self.wrongs.append(wrong)
        return wrong

    def wrongs_of(self, kind: str) -> list[Wrong]:
        """Its faults of one kind, in the order in which they were done."""
        return [wrong for wrong in self.wrongs if wrong.kind == kind]

    def _told_of_its_box(self) -> list[Wrong]:
        told = {
            code
            for package in self.said_beside
            for wrong in package.wrongs
            if FAULTS[wrong.kind].subject in _OF_BOXES
            for code in (*wrong.expected, *wrong.allowed)
        }
        if self.said_beside and not any(package.destroyed for package in self.said_beside):
            told.add("overdue_storage")  # that box was never burnt: it stands where it was
        return [Wrong(self.fault, (), tuple(sorted(told)))] if told else []

    @property
    def is_voided(self) -> bool:
        """Whether it has left the cohort."""
        return self.void is not None and self.void.received_ms is not None

    @property
    def is_safe(self) -> bool:
        """Whether it really was destroyed whole at a licensed plant."""
        returned = any(wrong.spoils and wrong.is_settled for wrong in self.wrongs)
        return self.destroyed and self.lawful and not self.spoilt and not self.colluded and not returned

    def line(self) -> dict[str, Any]:
        """As it stands in the file."""
        said_g = 0 if self.fault == "heavy_bag" else self.sealed_g
        mass_g = said_g or self.mass_g
        if self.corrected and self.corrected[1].received_ms is not None:
            mass_g = self.corrected[0]
        sealed_day = china_day_text(self.sealed_ms) if self.seal else None
        line = {
            "subject": "item", "code": self.old_code or self.code, "site": self.site, "division": self.site[1:10],
            "waste_code": self.waste_code, "sealed_day": sealed_day, "mass_g": mass_g, "voided": self.is_voided, "safe": self.is_safe,
            "story": self.story, "faults": [wrong.line() for wrong in (*self.wrongs, *self._told_of_its_box())],
        }  # fmt: skip
        marks = {"clone": self.clone, "colluded": self.colluded, "new_code": self.code if self.old_code else ""}
        return line | {name: mark for name, mark in marks.items() if mark}


class Truth:
    """Everything that really happened.

    Attributes:
        packages: in the order in which they were made; `by_code`: the same by code, two for a cloned label.
        subjects: faults of what is no package, by (kind of subject, its id); `codes`: the packages and labels that a fault touches.
    """

    def __init__(self) -> None:
        """Begins with nothing."""
        self.packages: list[Package] = []
        self.by_code: dict[str, list[Package]] = defaultdict(list)
        self.subjects: dict[tuple[str, str], list[Wrong]] = defaultdict(list)
        self.codes: dict[tuple[str, str], set[str]] = defaultdict(set)

    def add(self, package: Package) -> Package:
        """A package has been made."""
        self.packages.append(package)
        self.by_code[package.code].append(package)
        return package

    def goes_wrong(  # noqa: PLR0913 - what is known of a fault
        self,
        subject: str,
        name: str,
        kind: str,
        *,
        acts: Iterable[Act] = (),
        by_ms: int = 0,
        expected: tuple[str, ...] | None = None,
        allowed: tuple[str, ...] | None = None,
        codes: Iterable[str] = (),
    ) -> Wrong:
        """Notes a fault of a box, a device, a manifest, a roll or a site."""
        row = FAULTS[kind]
        expected = row.expected if expected is None else expected
        wrong = Wrong(kind, expected, row.allowed if allowed is None else allowed, by_ms, tuple(acts))
        self.subjects[subject, name].append(wrong)
        self.codes[subject, name].update(codes)
        return wrong

    def lines(self) -> Iterator[dict[str, Any]]:
        """The lines of the file."""
        for package in self.packages:
            yield package.line()
        for (subject, name), wrongs in sorted(self.subjects.items()):
            line = {"subject": subject, "id": name, "faults": [wrong.line() for wrong in wrongs]}
            codes = self.codes[subject, name]
            yield line | {"codes": sorted(codes)} if codes else line

    def write(self, path: Path) -> None:
        """Writes the file."""
        with path.open("w", encoding="utf-8") as file:
            for line in self.lines():
                file.write(json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")


def read_truth(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a truth file."""
    with path.open(encoding="utf-8") as file:
        for text in file:
            line: dict[str, Any] = json.loads(text)
            yield line


def china_day_text(moment_ms: int) -> str:
    """The day of a moment in China, as `2026-08-01`."""
    return _day_text((moment_ms + _CHINA_MS) // DAY_MS)


@lru_cache(maxsize=10_000)
def _day_text(number: int) -> str:
    return date.fromordinal(_DAY_ZERO + number).isoformat()
