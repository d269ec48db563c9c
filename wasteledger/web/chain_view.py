"""What an item's page shows: its steps in order, the doubts where they arise, and the step that is missing."""

from collections import defaultdict
from typing import NamedTuple

from schemas.acts import Act
from schemas.custody import ItemState
from schemas.quantities import format_kg
from schemas.reasons import CLASSES, REASONS, Severity
from wasteledger.domain.chain import Chain, Doubt
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import Step
from wasteledger.web.texts import Words
from wasteledger.web.view import Due, anchor, china_time, due, short_id

#: Fields of events shown as they are, and those whose value is a word of the contract.
_PLAIN = ("manifest", "vehicle", "box", "room", "batch", "stock", "packages_count")
_WORDS = ("method", "reason", "incident", "result")


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
    """

    kind: str
    title: str
    time: str
    giver: str
    taker: str
    inferred: bool
    fields: list[tuple[str, str]]
    person: str
    vouched: str
    device: str
    event_id: str
    event_short: str
    anchor: str
    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    doubts: list[DoubtView]


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
    kg: str
    now: str
    steps: list[StepView]
    expected: ExpectedView | None
    ended: bool
    inferred: bool
    others: list[DoubtView]


def item_view(  # noqa: PLR0913 - the chain, what it refers to, and who reads it
    chain: Chain, item_class: str | None, directory: Directory, *, as_of_ms: int, persons: bool, t: Words
) -> ItemView:
    """An item's page; `persons` says whether the reader may see who acted."""
    here, others = _placed_doubts(chain, directory, t)
    name = item_class or ("voided" if chain.seals else "label_only")
    sealed = chain.seals[0].event if chain.seals else None
    return ItemView(
        code=chain.code,
        code_groups=[chain.code[start : start + 4] for start in range(0, len(chain.code), 4)],
        item_class=name if name in CLASSES else "none",
        class_title=t.item_class(name),
        waste=t.waste(chain.waste_code) if chain.waste_code else "—",
        waste_code=chain.waste_code,
        package=t(f"package.{sealed.package}") if sealed else "—",
        producer=directory.site_name(sealed.site) if sealed else "—",
        kg=format_kg(chain.mass_g),
        now=_now(chain.state, directory, t),
        steps=[_step(chain, step, directory, here, persons=persons, t=t) for step in chain.steps],
        expected=_expected(chain, directory, here, as_of_ms, t),
        ended=chain.ended,
        inferred=chain.inferred,
        others=others,
    )


def _placed_doubts(chain: Chain, directory: Directory, t: Words) -> tuple[dict[str, list[DoubtView]], list[DoubtView]]:
    """Doubts by the event they arise from, under "" those of the missing step, and those that belong to no step."""
    steps = {step.fact.event_id for step in chain.steps}
    here: dict[str, list[DoubtView]] = defaultdict(list)
    others = []
    for doubt in chain.doubts:
        shown = _doubt(doubt, directory, t)
        if shown.severity is Severity.OVERDUE and chain.expected:
            here[""].append(shown)
        elif doubt.evidence[-1].event_id in steps:
            here[doubt.evidence[-1].event_id].append(shown)
        else:
            others.append(shown)
    return here, others


def _doubt(doubt: Doubt, directory: Directory, t: Words) -> DoubtView:
    acts = t("doubt.acts", site=directory.site_name(doubt.site))
    return DoubtView(t.reason(doubt.reason), REASONS[doubt.reason].severity, acts)


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
        person=_person(event, directory) if persons else "",
        vouched=t(f"vouch.{event.vouch_method}"),
        device=event.device_id,
        event_id=fact.event_id,
        event_short=short_id(fact.event_id),
        anchor=anchor(fact.event_id),
        index=fact.index,
        doubts=doubts.get(fact.event_id, []),
    )


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
    for name in (*_PLAIN, *_WORDS):
        value = getattr(event, name)
        if value:
            fields.append((t(f"field.{name}"), t.value(value) if name in _WORDS else str(value)))
    if step.inferred and not event.box:
        boxes = "、".join(code for code in event.codes if code in _boxes_of(chain))
        fields.append((t("field.box"), boxes))
    if event.note:
        fields.append((t("field.note"), event.note))
    return fields


def _boxes_of(chain: Chain) -> set[str]:
    return {step.fact.event.box for step in chain.steps if step.fact.event.kind == "packed"}


def _mass(chain: Chain, event: Act) -> tuple[str, int] | None:
    """The mass this event gives the item, else the one it gives the box the item lay in."""
    if event.mass_g:
        return "mass", event.mass_g
    if chain.code in event.codes:
        mass_g = event.mass_of(chain.code)
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
