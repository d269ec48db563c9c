"""Judging items together: each one's own walk, then what a weighed box says about all that lay inside.

A box weighed as a whole must weigh what its items weighed together at that moment. So whoever judges one item of a weighed box judges its
companions too, and whatever they shared other boxes with: the answer for an item is the same whichever items were asked for.
"""

from collections.abc import Iterable

from schemas.canonical import INTEGER_MAX
from schemas.codes import CodeKind, parse_code
from wasteledger.domain.boxes import LOAD_MS_MAX, NOTHING_TOLD, ends_load
from wasteledger.domain.chain import Chain
from wasteledger.domain.checks import seen_after
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import Tails
from wasteledger.domain.walk import walk


def is_item(code: str) -> bool:
    """Whether a code names an item."""
    return parse_code(code).kind is CodeKind.ITEM


def judge(codes: Iterable[str], source: Source, directory: Directory) -> dict[str, Chain]:
    """The chains of these items and of their companions in weighed boxes, by code, with all their doubts."""
    chains: dict[str, Chain] = {}
    tails = Tails()
    weighed: dict[tuple[str, str], tuple[Fact, int]] = {}
    left: set[tuple[str, int]] = set()
    loads: dict[str, list[tuple[int, int]]] = {}
    waiting = list(codes)
    while waiting:
        code = waiting.pop()
        if code in chains:
            continue
        chains[code] = chain = walk(code, source, directory, tails)
        if chain.relabelled_from:
            waiting.append(chain.relabelled_from)
        if not chain.boxes:
            continue
        for box, end_ms in _left(chain) - left:
            left.add((box, end_ms))
            waiting += _companions(box, end_ms, loads, source, directory)
        for box, fact, mass_g in chain.box_weighings:
            if (box, fact.event_id) not in weighed:
                weighed[box, fact.event_id] = fact, mass_g
                waiting += _companions(box, fact.occurred_ms, loads, source, directory)
    if weighed:
        _check_boxes(chains, weighed, directory)
    return chains


def _left(chain: Chain) -> set[tuple[str, int]]:
    """The boxes that an item left, and when: what such a box weighs now concerns the others. Burnt with its box it left nobody."""
    stays, last = chain.boxes, chain.steps[-1].box
    return {
        (stay.box, stay.end_ms)
        for stay in stays
        if stay.end_ms is not None and (stay is not stays[-1] or last != stay.box)
    }


def _companions(
    box: str, moment_ms: int, loads: dict[str, list[tuple[int, int]]], source: Source, directory: Directory
) -> list[str]:
    """Everything that was packed into the load that a box had at a moment; nothing where this load (`loads`) was asked for already."""
    known = loads.setdefault(box, [])
    if any(begin_ms < moment_ms < end_ms for begin_ms, end_ms in reversed(known)):
        return []
    codes, begin_ms, end_ms = _load_between(box, moment_ms, moment_ms, NOTHING_TOLD, source, directory)
    known.append((begin_ms, end_ms))
    return codes


def companions_between(box: str, begin_ms: int, end_ms: int, source: Source, directory: Directory) -> list[str]:
    """Everything that was packed into the box between two moments, or before or after them in the same load.

    A load begins and ends where the box was surely emptied: by what is read between the two moments, nothing is sure.
    """
    return _load_between(box, begin_ms, end_ms, (begin_ms, end_ms), source, directory)[0]


def companions_before(box: str, told: tuple[int, int], source: Source, directory: Directory) -> list[str]:
    """Everything that was packed before what is `told`, in the load that it tells of."""
    codes: list[str] = []
    for fact in source.box_facts(box, told[0] - LOAD_MS_MAX, told[0] - 1, packings=True, backwards=True):
        if fact.kind == "packed":
            codes += fact.event.codes
        elif ends_load(fact, box, source, directory, told=told):
            break
    return codes


def _load_between(  # noqa: PLR0913, PLR0917 - a box and its moments, and where its facts are found
    box: str, begin_ms: int, end_ms: int, told: tuple[int, int], source: Source, directory: Directory
) -> tuple[list[str], int, int]:
    """What was packed into a box between two moments and around them; and between which moments the answer is no other one.

    `told`: between these moments something new is told, by which nothing is sure.
    """
    codes: list[str] = []
    first_ms, last_ms = begin_ms - 1, end_ms + 1
    for fact in source.box_facts(box, begin_ms - LOAD_MS_MAX, end_ms, packings=True, backwards=True):
        if fact.kind == "packed":
            codes += fact.event.codes
        elif fact.occurred_ms < begin_ms and ends_load(fact, box, source, directory, told=told):
            first_ms = fact.occurred_ms
            break
    for fact in source.box_facts(box, end_ms + 1, end_ms + LOAD_MS_MAX, packings=True):
        if fact.kind == "packed":
            codes += fact.event.codes
        elif ends_load(fact, box, source, directory, told=told):
            last_ms = fact.occurred_ms
            break
    return codes, first_ms, last_ms


def companions_of_late(box: str, span: tuple[int, int], source: Source, directory: Directory) -> list[str]:
    """What packings concern of which is told when the box has gone on already: who else packed says about which box the rest is."""
    behind = any(True for _ in source.box_facts(box, span[0], INTEGER_MAX))
    return companions_between(box, span[0], span[1] + LOAD_MS_MAX, source, directory) if behind else []


def _check_boxes(
    chains: dict[str, Chain], weighed: dict[tuple[str, str], tuple[Fact, int]], directory: Directory
) -> None:
    inside: dict[tuple[str, str], list[Chain]] = {key: [] for key in weighed}
    for chain in chains.values():
        if chain.boxes:
            for box, fact, _ in chain.box_weighings:
                inside[box, fact.event_id].append(chain)
    for key, (fact, mass_g) in weighed.items():
        packed_g = sum(_weight_at(chain, fact.occurred_ms) for chain in inside[key])
        sealed_g = sum(_weight_held(chain, fact.occurred_ms) for chain in inside[key])
        then = directory.at(fact.occurred_ms)
        tolerance = then.estimate if fact.event.mass_source == "estimated" else then.tolerance
        if tolerance.allows(before_g=packed_g, after_g=mass_g) and tolerance.allows(before_g=sealed_g, after_g=mass_g):
            continue
        for chain in inside[key]:
            if len(chain.seals) == 1 and not seen_after(chain, fact):
                chain.doubt("box_difference", fact, site=fact.event.site)


def _weight_held(chain: Chain, moment_ms: int) -> int:
    """What it weighed when it was sealed; its newest weighing where that difference is a finding of its own already."""
    named = chain.doubts and any(doubt.reason == "weight_difference" for doubt in chain.doubts)
    return _weight_at(chain, moment_ms) if named or not chain.weighings else chain.weighings[0][1]


def _weight_at(chain: Chain, moment_ms: int) -> int:
    """Its newest own weighing at a moment; the sealing where the clocks say that it came later."""
    earlier = [mass_g for at_ms, mass_g, _ in chain.weighings if at_ms <= moment_ms]
    return earlier[-1] if earlier else chain.weighings[0][1] if chain.weighings else 0
