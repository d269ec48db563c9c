"""What an audit found: what no honest log can contain, and what the district has to explain."""

from dataclasses import dataclass, field
from typing import Any

GOOD, INVALID, USAGE, FINDINGS, FORK = 0, 1, 2, 3, 4
RESULTS = {GOOD: "good", INVALID: "invalid", USAGE: "usage", FINDINGS: "findings", FORK: "fork"}
#: Problems listed of each kind; the rest is counted.
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
    """

    invalid: list[Problem] = field(default_factory=list)
    findings: list[Problem] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    more: int = 0

    def wrong(self, code: str, text: str, index: int | None = None, device_id: str | None = None) -> None:
        """Something that no honest log can contain."""
        self._put(self.invalid, Problem(code, text, index, device_id))

    def find(self, code: str, text: str, index: int | None = None, device_id: str | None = None) -> None:
        """Something to be explained."""
        self._put(self.findings, Problem(code, text, index, device_id))

    def _put(self, problems: list[Problem], problem: Problem) -> None:
        if len(problems) < LISTED_MAX:
            problems.append(problem)
        else:
            self.more += 1

    @property
    def exit_code(self) -> int:
        """0 good, 1 invalid, 3 findings."""
        return INVALID if self.invalid else FINDINGS if self.findings else GOOD

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        problems = [
            {"kind": kind, "code": p.code, "index": p.index, "device_id": p.device_id, "text": p.text}
            for kind, part in (("invalid", self.invalid), ("finding", self.findings))
            for p in part
        ]
        return {"result": RESULTS[self.exit_code], **self.facts, "problems": problems, "more_problems": self.more}

    def as_text(self) -> str:
        """Lines for people."""
        lines = [f"{name}: {value}" for name, value in self.facts.items() if not isinstance(value, (list, dict))]
        for mark, part in (("INVALID", self.invalid), ("finding", self.findings)):
            for p in part:
                where = f" entry {p.index}" if p.index is not None else ""
                lines.append(f"{mark} {p.code}{where}: {p.text}")
        if self.more:
            lines.append(f"and {self.more} more")
        return "\n".join([*lines, RESULTS[self.exit_code].upper()])
