"""What is on a manifest: rows by waste code, derived from the scanned items and never typed (危险废物转移管理办法 art. 10)."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from schemas.waste import waste_kind, waste_name
from wasteledger.domain.chain import Chain
from wasteledger.domain.corrections import correction_of
from wasteledger.domain.entitled import NOT, entitlement_of
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.load import Entitled, Inside, Struck, inside_of
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.manifest_legs import opened
from wasteledger.domain.packages import Packages
from wasteledger.domain.register import Directory, WasteStream
from wasteledger.domain.told_again import is_spoken_of

PACKAGES_ZH = {"bag": "包装袋", "sharps_box": "利器盒", "drum": "桶"}
#: Infectious, sharp and pathological waste is solid; every other waste says its form in the register.
SOLID_ZH = "固态"
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


def struck_in(source: Source, directory: Directory) -> Struck:
    """Acts that an agreed correction declared never to have occurred."""
    packages = Packages(source, directory)

    def struck(code: str, fact: Fact) -> bool:
        if not is_spoken_of(fact, code, source):
            return False
        names = packages.names(packages.of(code))
        own = [other for name in names for other in source.facts_of(name)]
        correction = correction_of(code, fact, own, source, directory, frozenset(names))
        return correction is not None and correction.never_was

    return struck


def entitled_in(source: Source, directory: Directory) -> Entitled:
    """Whose signer may say them, by what the log and the register know."""

    def entitled(fact: Fact) -> bool:
        if fact.kind == "manifested":
            source.standing_of(fact)  # asked for, it stands on the fact: the office may mend and void anybody's paper
        known = fact.entitlement  # nearly always asked for already
        return (entitlement_of(fact, source, directory) if known is None else known) != NOT

    return entitled


def inside_in(source: Source, directory: Directory) -> Inside:
    """Opens boxes, with agreed corrections heeded and impostors passed over."""
    entitled, struck = entitled_in(source, directory), struck_in(source, directory)
    return inside_of(source, entitled, struck, Packages(source, directory))


def manifest_contents(
    manifest: Manifest,
    chain_of: Callable[[str], Chain],
    directory: Directory,
    inside: Inside | None = None,
) -> list[ContentRow]:
    """The rows of a manifest, by waste code.

    Args:
        manifest: folded with the same `inside`.
        chain_of: the chain of the package that a scanned label stands on.
        directory: knows the consignor's waste streams.
        inside: opens boxes that the consignee weighed as a whole.
    """
    # What only the consignee scanned is on the manifest too: it took it under this number. What another consignor sent is not.
    chains = {code: chain_of(code) for code in sorted(manifest.loaded | manifest.accepted | manifest.refused)}
    accepted = _accepted_masses(manifest, chains, inside)
    by_waste: dict[str, dict[str, Chain]] = {}
    for code, chain in chains.items():
        by_waste.setdefault(chain.waste_code, {})[code] = chain
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
            package = code if code[0] == "B" else opened([code], fact, inside)[0]
            if package in chains:
                masses.setdefault(package, _own_mass(chains[package], fact))
            if package in chains or code[0] != "B":
                continue
            held = [item for item in (inside(code, fact) if inside else ()) if item in chains and item not in masses]
            weighed = (known.mass_g for item in held for known in chains[item].box_weighings if known.fact == fact)
            masses.update(_box_masses(held, chains, next(weighed, fact.event.mass_of(code))))
    return {code: mass for code, mass in masses.items() if code in manifest.accepted}


def _own_mass(chain: Chain, fact: Fact) -> _Weighed:
    weighed = next((mass_g for _, mass_g, shown in chain.weighings if shown.event_id == fact.event_id), None)
    weighed = chain.mass_in(fact.event) if weighed is None else weighed
    return _Weighed(chain.mass_g, by_scale=False) if weighed is None else _Weighed(weighed, by_scale=True)


def _box_masses(held: list[str], chains: dict[str, Chain], mass_g: int | None) -> dict[str, _Weighed]:
    """A box of one waste has the mass of the box; one of several wastes can not say what each of them weighs."""
    if mass_g is None or len({chains[item].waste_code for item in held}) != 1:
        return {item: _Weighed(chains[item].mass_g, by_scale=False) for item in held}
    return {item: _Weighed(mass_g if item == held[0] else 0, by_scale=True) for item in held}


def _row(
    waste_code: str, chains: dict[str, Chain], manifest: Manifest, accepted: dict[str, _Weighed], directory: Directory
) -> ContentRow:
    stream = stream_of(directory, manifest.consignor, waste_code)
    kind = waste_kind(waste_code)
    loaded = [code for code in chains if code in manifest.loaded]
    left = [chains[code] for code in loaded]
    taken = [accepted[code] for code in chains if code in accepted]
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
        refused_count=sum(code in manifest.refused for code in chains),
        items=tuple(loaded),
    )


def stream_of(directory: Directory, site: str, waste_code: str) -> WasteStream | None:
    """What the register says of a waste of a site."""
    streams = directory.register.streams
    return next((s for s in streams if s.site == site and s.waste_code == waste_code), None)


def packaging(chains: Iterable[Chain]) -> str:
    """Kinds of packages in Chinese, each once."""
    kinds = {chain.seals[0].event.package for chain in chains if chain.seals}
    return "、".join(zh for package, zh in PACKAGES_ZH.items() if package in kinds)
