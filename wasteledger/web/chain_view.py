"""What an item's page shows: its steps in order, the doubts where they arise, and the step that is missing."""

from collections import defaultdict
from typing import NamedTuple

from schemas.acts import Act
from schemas.canonical import decode_base64
from schemas.custody import ItemState
from schemas.quantities import format_kg
from schemas.reasons import CLASSES, Severity
from wasteledger.domain.chain import Chain
from wasteledger.domain.entitled import NOT, OWN, PAPER
from wasteledger.domain.facts import Fact
from wasteledger.domain.register import Directory
from wasteledger.domain.step import Step
from wasteledger.flows.questions import FoundItem, known_mass_g
from wasteledger.web.texts import Words
from wasteledger.web.view import Due, Reference, anchor, china_time, due, short_id

#: Fields of events shown as they are, and those whose value is a word of the contract.
_PLAIN = ("unit", "new_code", "manifest", "vehicle", "box", "room", "batch", "stock", "packages_count")
_WORDS = ("method", "reason", "incident", "result")
#: Acts that weigh, and may leave unsaid how.
_WEIGHED = frozenset({"released", "accepted"})


class DoubtView(NamedTuple):
    """A finding at the step it arises from."""

    title: str
    severity: Severity
    acts: str


class StepView(NamedTuple):
    """One step of a chain.

    Attributes:
        giver, taker: who → whom; no taker when the step concerns one party only.
        fields: (label, value) of what was recorded.
        person: who acted; empty for readers who are not logged in.
        entitled: whether its signer may say it; what is not changes nothing.
        photos: photos and papers that the act names, each opening its file for readers who are logged in.
        strength: of the evidence of a hand-over, in words, where both sides are there; empty for other steps.
    """

    kind: str
    title: str
    time: str
    giver: str
    taker: str
    inferred: bool
    fields: list[tuple[str, str]]
    photos: list[Reference]
    person: str
    vouched: str
    device: str
    event_id: str
    event_short: str
    anchor: str
    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    doubts: list[DoubtView]
    entitled: bool
    strength: str


class ExpectedView(NamedTuple):
    """The step that has to come next."""

    title: str
    who: str
    basis: str
    due: Due
    doubts: list[DoubtView]


class ItemView(NamedTuple):
    """An item's page."""

    code: str
    code_groups: list[str]
    item_class: str
    class_title: str
    waste: str
    waste_code: str
    package: str
    producer: str
    mass: str
    now: str
    steps: list[StepView]
    expected: ExpectedView | None
    ended: bool
    inferred: bool
    others: list[DoubtView]


def item_view(found: FoundItem, directory: Directory, *, as_of_ms: int, persons: bool, t: Words) -> ItemView:
    """An item's page; `persons` says whether the reader may see who acted."""
    chain, item_class = found.chain, found.item_class
    here, others = _placed_findings(found, directory, t)
    name = item_class or ("voided" if chain.seals else "label_only")
    sealed = chain.seals[0].event if chain.seals else None
    return ItemView(
        code=chain.code,
        code_groups=[chain.code[start : start + 4] for start in range(0, len(chain.code), 4)],
        item_class=name if name in CLASSES else "none",
        class_title=t.item_class(name),
        waste=t.waste(chain.waste_code) if chain.waste_code else "—",
        waste_code=chain.waste_code,
        package=t(f"package.{sealed.package}") if sealed and sealed.package else "",
        producer=directory.site_name(sealed.site) if sealed else "—",
        mass=t.mass(known_mass_g(chain)) if chain.seals or item_class else "",
        now=_now(chain.state, directory, t),
        steps=[_step(chain, step, directory, here, persons=persons, t=t) for step in chain.steps],
        expected=_expected(chain, directory, here, as_of_ms, t),
        ended=chain.ended,
        inferred=chain.inferred,
        others=others,
    )


def _placed_findings(
    found: FoundItem, directory: Directory, t: Words
) -> tuple[dict[str, list[DoubtView]], list[DoubtView]]:
    """Findings by the event they arise from, under "" those of the missing step, and those that belong to no step.

    Those of manifests and devices stand among them, at the newest step of the item that shows them.
    """
    steps = [step.fact.event_id for step in found.chain.steps]
    here: dict[str, list[DoubtView]] = defaultdict(list)
    others = []
    for finding in found.findings:
        acts = t("doubt.acts", site=t.who_acts(finding.code, directory.site_name(finding.site)))
        shown = DoubtView(t.reason(finding.code), finding.severity, acts)
        arises = next((event_id for event_id in reversed(finding.evidence) if event_id in steps), None)
        if finding.severity is Severity.OVERDUE and found.chain.expected:
            here[""].append(shown)
        elif arises:
            here[arises].append(shown)
        else:
            others.append(shown)
    return here, others


def strength_text(strength: int, t: Words) -> str:
    """The strength of a hand-over's evidence in words, from both devices (5) to nobody (0)."""
    return t(f"strength.{strength}")


def _strength(chain: Chain, step: Step, t: Words) -> str:
    """How well a hand-over is shown: as its weaker side is; said at the acceptance that completes it."""
    taken = step.fact
    if taken.kind != "accepted":
        return ""
    given = None
    for other in chain.steps:
        if other is step:
            break
        event = other.fact.event
        if event.kind == "released" and (event.site, event.to_site) == (taken.event.from_site, taken.event.site):
            given = other.fact
    return strength_text(min(_side(given), _side(taken)), t) if given else ""


def _side(fact: Fact) -> int:
    """The strength of one side: paper that was entered later is paper; where nobody stood by there is nobody."""
    if fact.event.backfill:
        return PAPER
    return NOT if fact.event.vouch_method == "none" else min(OWN, fact.entitlement or NOT)


def _now(state: ItemState, directory: Directory, t: Words) -> str:
    site = directory.site_name(state.holder) if state.holder else "—"
    taker = directory.site_name(state.offered_to) if state.offered_to else "—"
    return t(f"phase.{state.phase.value}", site=site, taker=taker)


def _step(  # noqa: PLR0913 - a step, its surroundings and its reader
    chain: Chain, step: Step, directory: Directory, doubts: dict[str, list[DoubtView]], *, persons: bool, t: Words
) -> StepView:
    fact, event = step.fact, step.fact.event
    giver, taker = _parties(event)
    return StepView(
        kind=event.kind,
        title=t(f"kind.{event.kind}"),
        time=china_time(fact.occurred_ms),
        giver=directory.site_name(giver),
        taker=directory.site_name(taker) if taker else "",
        inferred=step.inferred,
        fields=_fields(chain, step, t),
        photos=[_photo(digest, persons=persons) for digest in event.attachments],
        person=_person(event, directory) if persons else "",
        vouched=t(f"vouch.{event.vouch_method}"),
        device=event.device_id,
        event_id=fact.event_id,
        event_short=short_id(fact.event_id),
        anchor=anchor(fact.event_id),
        index=fact.index,
        doubts=doubts.get(fact.event_id, []),
        entitled=step.entitled,
        strength=_strength(chain, step, t),
    )


def _photo(digest: str, *, persons: bool) -> Reference:
    """A photo or paper by its hash; it may show persons."""
    href = f"/v1/evidence/{decode_base64(digest).hex()}" if persons else None
    return Reference(short_id(digest), href, digest)


def _parties(event: Act) -> tuple[str, str | None]:
    """Who → whom. A refusal goes back: from the taker that refuses to the giver that keeps the package."""
    if event.kind == "issued":
        return event.site, event.for_site
    if event.kind == "released":
        return event.site, event.to_site
    if event.kind == "accepted":
        return event.from_site, event.site
    if event.kind == "refused":
        return event.site, event.from_site
    return event.site, None


def _person(event: Act, directory: Directory) -> str:
    actor = event.vouched_by or event.actor
    person = directory.people.get(actor)
    return f"{person.name}（{actor}）" if person else actor


def _fields(chain: Chain, step: Step, t: Words) -> list[tuple[str, str]]:
    event = step.fact.event
    mass = _mass(chain, event)
    fields = [(t(f"field.{mass[0]}"), f"{format_kg(mass[1])} kg")] if mass else []
    if mass and (event.mass_source or event.kind in _WEIGHED):
        fields.append((t("field.mass_source"), t.value(event.mass_source or "unsaid")))
    for name in (*_PLAIN, *_WORDS):
        value = getattr(event, name)
        if value:
            fields.append((t(f"field.{name}"), t.value(value) if name in _WORDS else str(value)))
    if step.inferred and not event.box:
        boxes = "、".join(code for code in event.codes if code in _boxes_of(chain))
        fields.append((t("field.box"), boxes))
    if event.kind == "relabelled" and not event.attachments:
        fields.append((t("field.photos"), t("photos.none")))
    if event.note:
        fields.append((t("field.note"), event.note))
    return fields


def _boxes_of(chain: Chain) -> set[str]:
    return {step.fact.event.box for step in chain.steps if step.fact.event.kind == "packed"}


def _mass(chain: Chain, event: Act) -> tuple[str, int] | None:
    """The mass this event gives the item, else the one it gives the box the item lay in."""
    if event.mass_g:
        return "mass", event.mass_g
    if not chain.labels.isdisjoint(event.codes):
        mass_g = chain.mass_in(event)
        return None if mass_g is None else ("mass", mass_g)
    box = next((code for code in event.codes if code in _boxes_of(chain)), None)
    mass_g = event.mass_of(box) if box else None
    return None if mass_g is None else ("box_mass", mass_g)


def _expected(
    chain: Chain, directory: Directory, doubts: dict[str, list[DoubtView]], as_of_ms: int, t: Words
) -> ExpectedView | None:
    step = chain.expected
    if step is None or not chain.seals:
        return None
    limit = due(step.due_ms, as_of_ms, t)
    who = t("expected.who", site=directory.site_name(step.site), due=limit.at)
    rule = directory.rule(step.rule, step.site)
    return ExpectedView(t(f"expected.{step.reason}"), who, rule.basis, limit, doubts.get("", []))
