"""What an audit found: what no honest log can contain, and what the district has to explain."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

GOOD, INVALID, USAGE, FINDINGS, FORK = 0, 1, 2, 3, 4
RESULTS = {GOOD: "good", INVALID: "invalid", USAGE: "usage", FINDINGS: "findings", FORK: "fork"}
#: Problems listed of each kind and code, so that a flood of one can not hide another; the rest is counted.
LISTED_MAX = 200


@dataclass(frozen=True)
class Problem:
    """One thing wrong: a stable code, where, and a sentence."""

    code: str
    text: str
    index: int | None = None
    device_id: str | None = None


@dataclass
class Report:
    """The outcome of a command.

    Attributes:
        invalid: proves that the log, or the copy of it, was altered.
        findings: what an honest log may show and its district must explain.
        facts: size, root and whatever else the command tells.
        forked: the log signed two histories, and both notes are at hand.
        counts: how many problems of each (kind, code) there are, listed or not.
    """

    invalid: list[Problem] = field(default_factory=list)
    findings: list[Problem] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    forked: bool = False
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def wrong(self, code: str, text: str, index: int | None = None, device_id: str | None = None) -> None:
        """Something that no honest log can contain."""
        self._put("invalid", self.invalid, Problem(code, text, index, device_id))

    def find(self, code: str, text: str, index: int | None = None, device_id: str | None = None) -> None:
        """Something to be explained."""
        self._put("finding", self.findings, Problem(code, text, index, device_id))

    def _put(self, kind: str, problems: list[Problem], problem: Problem) -> None:
        self.counts[kind, problem.code] += 1
        if self.counts[kind, problem.code] <= LISTED_MAX:
            problems.append(problem)

    @property
    def left_out(self) -> dict[str, int]:
        """How many problems of each code are counted and not listed."""
        rest: Counter[str] = Counter()
        for (_, code), count in self.counts.items():
            rest[code] += max(0, count - LISTED_MAX)
        return {code: count for code, count in rest.items() if count}

    @property
    def more(self) -> int:
        """How many problems are counted and not listed."""
        return sum(self.left_out.values())

    @property
    def exit_code(self) -> int:
        """0 good, 1 invalid, 3 findings, 4 fork."""
        if self.forked:
            return FORK
        return INVALID if self.invalid else FINDINGS if self.findings else GOOD

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        problems = [
            {"kind": kind, "code": p.code, "index": p.index, "device_id": p.device_id, "text": p.text}
            for kind, part in (("invalid", self.invalid), ("finding", self.findings))
            for p in part
        ]
        counted = {"more_problems": self.more, "left_out": self.left_out}
        return {"result": RESULTS[self.exit_code], **self.facts, "problems": problems, **counted}

    def as_text(self) -> str:
        """Lines for people."""
        lines = [f"{name}: {value}" for name, value in self.facts.items() if not isinstance(value, (list, dict))]
        for mark, part in (("INVALID", self.invalid), ("finding", self.findings)):
            for p in part:
                where = f" entry {p.index}" if p.index is not None else ""
                lines.append(f"{mark} {p.code}{where}: {p.text}")
        lines += [f"and {count} more {code}" for code, count in self.left_out.items()]
        if self.more:
            lines.append(f"and {self.more} more in all, counted and not listed")
        return "\n".join(printable(line) for line in [*lines, RESULTS[self.exit_code].upper()])


def printable(text: str) -> str:
    """One line that steers no terminal: devices and operators choose some of the words that stand in it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
