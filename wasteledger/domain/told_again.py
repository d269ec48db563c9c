"""One act or declaration that a second tap of the same hand told twice: whoever answers one of the two answers both."""

from collections.abc import Iterable

from wasteledger.domain.facts import Fact, Source

#: What a thumb that taps twice, or a scale that still swings, takes at most.
SECOND_TAP_MS_MAX = 60_000
#: What differs between two notes of one device that say the same.
_OF_THE_NOTE = frozenset(
    {"device_seq", "device_prev", "occurred_at", "monotonic_ms", "checkpoint", "position", "vouch_signature"}
)


def is_told_again(one: Fact, other: Fact) -> bool:
    """Whether one device said the same twice within a minute."""
    return (
        one.kind == other.kind
        and one.event.device_id == other.event.device_id
        and one.event_id != other.event_id
        and abs(one.occurred_ms - other.occurred_ms) <= SECOND_TAP_MS_MAX
        and _said(one) == _said(other)
    )


def _said(fact: Fact) -> dict[str, object]:
    passed = _OF_THE_NOTE | {"mass_g"} if fact.kind == "sealed" else _OF_THE_NOTE  # the scale still swung
    return {name: value for name, value in fact.event.__dict__.items() if name not in passed}


def is_spoken_of(fact: Fact, code: str, source: Source) -> bool:
    """Whether a correction or a word may concern what a fact says of an item or a box: it names the fact, or another telling of it."""
    if fact.event_id in source.targets:
        return True
    return code in source.corrected and any(other.event_id in source.targets for other in told_again(fact, source))


def told_again(fact: Fact, source: Source) -> list[Fact]:
    """The other tellings of what a fact says."""
    if not fact.event.codes:
        return []
    code, near_ms = fact.event.codes[0], fact.occurred_ms
    found: Iterable[Fact]
    if code[0] == "B":
        found = source.box_facts(code, near_ms - SECOND_TAP_MS_MAX, near_ms + SECOND_TAP_MS_MAX, packings=True)
    else:
        found = source.facts_of(code)
    return [other for other in found if is_told_again(fact, other)]
