"""What an event must say to mean anything, asked when it is taken in: the form of its fields is another matter (`schemas.events`).

    a text                     has something to read, and no control characters
    a plate                    is one (`schemas.plates`)
    a moment                   has an offset that the world has
    a hand-over                has two parties
    an accepted package        is not counted as none
    opening stock              lay there on the day of its stock-take, or before

What older services took stays in the log and stays readable: nobody asks this of an event that is read from there.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from schemas.codes import CodeKind, parse_code
from schemas.errors import CodeError, ContractError
from schemas.plates import check_plate

#: Free texts of one line: a name that somebody gave to a thing or a place.
NAMES = frozenset({
    "batch", "case", "code", "count_name", "finding", "job", "licence", "paper", "room", "rule", "stock", "unit",
})  # fmt: skip
#: Free texts that may have several lines.
WORDS = frozenset({"basis", "decision", "difference", "note", "reason"})
_TEXTS = NAMES | WORDS
#: Control characters, line and paragraph separators, marks that turn the direction of a line (a page would show another text than
#: was signed), and what XML and so every spreadsheet refuses.
_FOREIGN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
#: Offsets of clocks on Earth: Baker Island to the Line Islands, in minutes.
OFFSET_MIN, OFFSET_MAX = -12 * 60, 14 * 60
_OFFSET_CHARACTERS = 6
#: The other party of a hand-over, by the kind of act.
_OTHER_PARTY = {"released": "to_site", "accepted": "from_site", "refused": "from_site"}


def check_sense(payload: dict[str, Any]) -> None:
    """Refuses an event, well-formed otherwise, of which a field means nothing.

    Raises:
        ContractError: naming each such field, and what is wrong with it.
    """
    problems = [f"{field}: {problem}" for field, problem in _senseless(payload)]
    if problems:
        message = f"event: {'; '.join(problems)}"
        raise ContractError(message)


def check_text(text: str, *, name: str) -> None:
    """Refuses a free text that nobody can read, or that would break the papers it is printed on; that it is needed is another question.

    Args:
        text: as it was given.
        name: of its field; those in `WORDS` may have several lines.

    Raises:
        ContractError: naming the field.
    """
    problem = _unreadable(text, lines=name in WORDS)
    if problem:
        message = f"{name}: {problem}"
        raise ContractError(message)


def _senseless(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field that means nothing, with what is wrong with it."""
    if not _TEXTS.isdisjoint(payload):
        for name in _TEXTS & payload.keys():
            if problem := _unreadable(payload[name], lines=name in WORDS):
                yield name, problem
    for name, moment in _moments(payload):
        offset = moment[-_OFFSET_CHARACTERS:]
        if not _is_of_earth(offset):
            yield name, f"no place on Earth has the offset {offset}: -12:00 to +14:00, China +08:00"
    if payload.get("backfill") and (problem := _unreadable(payload["backfill"].get("paper"), lines=False)):
        yield "backfill.paper", problem
    yield from _of_hand_over(payload)
    if payload["kind"] == "opening_stock":
        yield from _of_opening_stock(payload)


def _moments(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "occurred_at", payload["occurred_at"]
    if payload.get("backfill"):
        yield "backfill.happened_at", payload["backfill"]["happened_at"]
    if payload.get("due_at"):
        yield "due_at", payload["due_at"]


def _of_hand_over(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if payload.get("vehicle") is not None:
        try:
            check_plate(payload["vehicle"])
        except CodeError as error:
            yield "vehicle", str(error)
    other = _OTHER_PARTY.get(payload["kind"])
    if other and payload.get(other) == payload["site"]:
        yield other, f"{payload['site']} hands over to itself: name the other party, or record it as stored"
    if payload.get("packages_count") == 0 and any(parse_code(code).kind is CodeKind.ITEM for code in payload["codes"]):
        way_out = "name what is there, refuse what is not, or leave the count out"
        yield "packages_count", f"0, but packages are named: {way_out}"


def _of_opening_stock(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    later = [day for day in payload.get("since") or () if day and day > payload["as_of"]]
    if later:
        yield (
            "since",
            f"{later[0]} is after the stock-take of {payload['as_of']}: what came in later is no opening stock",
        )


def _unreadable(text: str | None, *, lines: bool) -> str:
    """What is wrong with a text; empty for a good one, and for none."""
    if not text or (text.isprintable() and not text.isspace()):
        return ""
    foreign = _FOREIGN.search(text.replace("\n", "") if lines else text)
    if foreign:
        sign = foreign[0]
        what = "control character" if unicodedata.category(sign) == "Cc" else "character that can not be printed"
        return f"holds the {what} U+{ord(sign):04X}: take it out"
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        return "is blank: say something, or leave the field out"
    return ""


@lru_cache(maxsize=10_000)
def _is_of_earth(offset: str) -> bool:
    minutes = int(offset[1:3]) * 60 + int(offset[4:])
    return OFFSET_MIN <= (minutes if offset[0] == "+" else -minutes) <= OFFSET_MAX
