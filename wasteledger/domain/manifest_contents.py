"""What is on a manifest: rows by waste code, derived from the scanned items and never typed (危险废物转移管理办法 art. 10)."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from schemas.waste import waste_kind, waste_name
from wasteledger.domain.chain import Chain
from wasteledger.domain.corrections import MINUTE_MS, correction_of
from wasteledger.domain.entitled import entitled_fact
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.manifest import Entitled, Inside, Manifest, Struck
from wasteledger.domain.register import Directory, WasteStream
from wasteledger.domain.timeline import LOAD_MS_MAX, empties

PACKAGES_ZH = {"bag": "包装袋", "sharps_box": "利器盒", "drum": "桶"}
#: Infectious, sharp and pathological waste is solid; every other waste says its form in the register.
SOLID_ZH = "固态"
#: What changes the contents of a box.
_CHANGING = frozenset({"packed", "unpacked", "washed", "disposed"})
_SOLID = frozenset({"841-001-01", "841-002-01", "841-003-01"})


class ContentRow(NamedTuple):
    """One waste on a manifest.

    Attributes:
        hazards, form, harmful: 危险特性、形态、有害成分, from the consignor's waste stream, else from the catalogue.
        packaging: 包装方式, every kind of package once.
        packages_count, mass_g: what left the consignor, in grams as weighed at sealing (or as an agreed correction says).
        accepted_count, accepted_g: what the consignee took, in grams as it weighed it, as sealed where it did not.
        weighed_count: packages whose mass the consignee weighed, alone or in their box.
        refused_count: packages it refused.
        items: codes of what left, sorted.
    """

    waste_code: str
    name: str
    hazards: str
    form: str
    harmful: str
    packaging: str
    packages_count: int
    mass_g: int
    accepted_count: int
    accepted_g: int
    weighed_count: int
    refused_count: int
    items: tuple[str, ...]


class _Packed(NamedTuple):
    """An item in a box.

    Attributes:
        gone: the order of the fact that put it into another box without anybody having taken it out; None while there is none.
    """

    code: str
    gone: tuple[int, int, str, int] | None


def inside_of(source: Source, entitled: Entitled | None = None) -> Inside:
    """Opens boxes by what was packed into them since they were last empty; read backwards, it is no more than one load.

    What a box holds changes when it is packed or unpacked: asked again before that, the answer is at hand. An item lies in one box at a
    time: packed into another one, it is in the first one no longer, whether or not somebody said that it was taken out. What is said by
    somebody who may not say it (`entitled`) changes nothing.
    """
    known: dict[tuple[str, str], list[_Packed]] = {}

    def inside(box: str, fact: Fact) -> list[str]:
        begin_ms, order = fact.occurred_ms - LOAD_MS_MAX, fact.order
        for last in source.box_facts(box, begin_ms, fact.occurred_ms, packings=True, backwards=True):
            if last.kind in _CHANGING and last.order < order and _counts(last, entitled):
                key = (box, last.event_id)
                if key not in known:
                    known[key] = _load_of(box, last, source, entitled)
                return [packed.code for packed in known[key] if packed.gone is None or packed.gone > order]
        return []

    return inside


def _counts(fact: Fact, entitled: Entitled | None) -> bool:
    return entitled is None or entitled(fact)


def _load_of(box: str, last: Fact, source: Source, entitled: Entitled | None) -> list[_Packed]:
    """What lies in a box after the newest fact that changed it."""
    items: dict[str, Fact] = {}
    gone: set[str] = set()
    for fact in source.box_facts(box, last.occurred_ms - LOAD_MS_MAX, last.occurred_ms, packings=True, backwards=True):
        if fact.order > last.order or not _counts(fact, entitled):
            continue
        if empties(fact) or (fact.kind == "disposed" and box in fact.event.codes):
            break
        if fact.kind == "unpacked":
            gone.update(fact.event.codes)
        elif fact.kind == "packed" and fact.event.box == box:
            for code in fact.event.codes:
                if code not in gone:
                    items.setdefault(code, fact)
    return [_Packed(code, _moved(code, items[code], source, entitled)) for code in sorted(items)]


def _moved(code: str, packed: Fact, source: Source, entitled: Entitled | None) -> tuple[int, int, str, int] | None:
    """When an item went into another box, after it was packed into one."""
    box = packed.event.box
    later = [
        fact.order for fact in source.facts_of(code)
        if fact.kind == "packed" and fact.event.box != box and fact.order > packed.order and _counts(fact, entitled)
    ]  # fmt: skip
    return min(later, default=None)


def struck_by(source: Source, *, undo_ms: int) -> Struck:
    """Acts that an agreed correction declared never to have occurred; `undo_ms` is the rule `undo_min`."""

    def struck(code: str, fact: Fact) -> bool:
        if fact.event_id not in source.targets:
            return False
        correction = correction_of(code, fact, source.facts_of(code), source, undo_ms=undo_ms)
        return correction is not None and correction.never_was

    return struck


def struck_in(source: Source, directory: Directory) -> Struck:
    """The same with the district's own time for taking an act back."""
    return struck_by(source, undo_ms=directory.limit("undo_min") * MINUTE_MS)


def entitled_in(source: Source, directory: Directory) -> Entitled:
    """Whose signer may say them, by what the log and the register know."""
    return lambda fact: entitled_fact(fact, source, directory)


def manifest_contents(
    manifest: Manifest,
    chain_of: Callable[[str], Chain],
    directory: Directory,
    inside: Inside | None = None,
) -> list[ContentRow]:
    """The rows of a manifest, by waste code.

    Args:
        manifest: folded with the same `inside`.
        chain_of: the chain of an item.
        directory: knows the consignor's waste streams.
        inside: opens boxes that the consignee weighed as a whole.
    """
    # What only the consignee scanned is on the manifest too: it took it under this number. What another consignor sent is not.
    chains = {code: chain_of(code) for code in sorted(manifest.loaded | manifest.accepted | manifest.refused)}
    accepted = _accepted_masses(manifest, chains, inside)
    by_waste: dict[str, list[Chain]] = {}
    for chain in chains.values():
        by_waste.setdefault(chain.waste_code, []).append(chain)
    return [_row(waste_code, by_waste[waste_code], manifest, accepted, directory) for waste_code in sorted(by_waste)]


class _Weighed(NamedTuple):
    """A mass that the consignee stands for; the first package of a weighed box carries the box's mass."""

    mass_g: int
    by_scale: bool


def _accepted_masses(manifest: Manifest, chains: dict[str, Chain], inside: Inside | None) -> dict[str, _Weighed]:
    """What each accepted item weighed at the consignee's, in grams."""
    masses: dict[str, _Weighed] = {}
    for fact in (fact for leg in manifest.arrivals for fact in leg.acceptances):
        for code in fact.event.codes:
            if code in chains:
                masses.setdefault(code, _own_mass(chains[code], fact))
            if code in chains or code[0] != "B":
                continue
            held = [item for item in (inside(code, fact) if inside else ()) if item in chains and item not in masses]
            masses.update(_box_masses(held, chains, fact.event.mass_of(code)))
    return {code: mass for code, mass in masses.items() if code in manifest.accepted}


def _own_mass(chain: Chain, fact: Fact) -> _Weighed:
    weighed = next((mass_g for _, mass_g, shown in chain.weighings if shown.event_id == fact.event_id), None)
    weighed = fact.event.mass_of(chain.code) if weighed is None else weighed
    return _Weighed(chain.mass_g, by_scale=False) if weighed is None else _Weighed(weighed, by_scale=True)


def _box_masses(held: list[str], chains: dict[str, Chain], mass_g: int | None) -> dict[str, _Weighed]:
    """A box of one waste has the mass of the box; one of several wastes can not say what each of them weighs."""
    if mass_g is None or len({chains[item].waste_code for item in held}) != 1:
        return {item: _Weighed(chains[item].mass_g, by_scale=False) for item in held}
    return {item: _Weighed(mass_g if item == held[0] else 0, by_scale=True) for item in held}


def _row(
    waste_code: str, chains: list[Chain], manifest: Manifest, accepted: dict[str, _Weighed], directory: Directory
) -> ContentRow:
    stream = stream_of(directory, manifest.consignor, waste_code)
    kind = waste_kind(waste_code)
    left = [chain for chain in chains if chain.code in manifest.loaded]
    taken = [accepted[chain.code] for chain in chains if chain.code in accepted]
    return ContentRow(
        waste_code=waste_code,
        name=stream.waste_name if stream else waste_name(waste_code) or "未封装登记",
        hazards="/".join(stream.hazards) if stream else kind.hazards if kind else "",
        form=stream.form if stream else SOLID_ZH if waste_code in _SOLID else "",
        harmful=stream.harmful_components if stream else "",
        packaging=packaging(left),
        packages_count=len(left),
        mass_g=sum(chain.mass_g for chain in left),
        accepted_count=len(taken),
        accepted_g=sum(mass.mass_g for mass in taken),
        weighed_count=sum(mass.by_scale for mass in taken),
        refused_count=sum(chain.code in manifest.refused for chain in chains),
        items=tuple(chain.code for chain in left),
    )


def stream_of(directory: Directory, site: str, waste_code: str) -> WasteStream | None:
    """What the register says of a waste of a site."""
    streams = directory.register.streams
    return next((s for s in streams if s.site == site and s.waste_code == waste_code), None)


def packaging(chains: Iterable[Chain]) -> str:
    """Kinds of packages in Chinese, each once."""
    kinds = {chain.seals[0].event.package for chain in chains if chain.seals}
    return "、".join(zh for package, zh in PACKAGES_ZH.items() if package in kinds)
