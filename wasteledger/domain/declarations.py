"""Declarations about a package, and what they change: voids, losses, spills, objections (design section 14).

A declaration of somebody who neither sealed the package nor holds it, nor was giver or taker of it, has no effect on it. A sealed package
leaves the cohort only by a void that its holder made, with evidence that is stored, and that a second party confirmed.
"""

from schemas.custody import Phase
from schemas.entitlement import Standing
from wasteledger.domain.chain import Chain
from wasteledger.domain.entitled import NOT, OFFICE, OWN, PIN, authority_on, entitlement_of, words_on
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX, Step

#: Kinds that are heard here before the custody table.
DECLARED = frozenset({"voided", "incident", "inspected", "corrected", "relabelled"})
#: A label on which no package lies.
_BLANK = frozenset({Phase.UNSEEN, Phase.BLANK})
#: First letters of plants, carriers and authorities: they produce nothing but what the register says.
HANDLERS = frozenset("DRA")
_ENDS = frozenset({Phase.DISPOSED, Phase.VOIDED})
_HAND_OVERS = frozenset({"released", "accepted", "refused"})
#: What an observer sees of a package itself.
_SCANS = frozenset(
    {"sealed", "packed", "unpacked", "released", "accepted", "refused", "stored", "counted", "disposed", "inspected"}
)


def hear_declaration(chain: Chain, step: Step, entitlement: int, source: Source, directory: Directory) -> bool:
    """Whether the custody table shall decide on the step; what it declares is noted on the chain."""
    fact = step.fact
    kind = fact.kind
    if entitlement == NOT:
        return _hear_stranger(chain, step, source, directory)
    if kind == "voided":
        return _void(chain, step, entitlement, source, directory)
    if kind == "inspected":
        if entitlement == OFFICE and fact.event.result == "objection":
            _dispute(chain, fact, "objection", source, directory)
        return True
    found = kind == "incident" and fact.event.incident == "found"  # whoever finds it shows at least where it is
    lost = kind == "incident" and fact.event.incident in {"loss", "theft"}
    having = {chain.state.holder, chain.state.offered_to}
    if lost and entitlement != OFFICE and not directory.acts_for(fact.event.site, having, fact.occurred_ms):
        note_not_entitled(chain, fact, source)  # who gave it on can not have lost it
        return False
    if entitlement != OFFICE and not found and not is_concerned(chain, fact, source, directory):
        note_not_entitled(chain, fact, source)
        return False
    if kind == "incident" and fact.event.incident in {"spill", "damage"}:
        _dispute(chain, fact, "spilled", source, directory)
    return True


def is_concerned(chain: Chain, fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether the site of a fact, or one merged into it, sealed the package, holds it, is offered it, or was giver or taker of it.

    Who says of a hand-over that it never was is one of its sides, though it may be gone from the chain by then.
    """
    parties = {chain.state.holder, chain.state.offered_to, *chain.parties_before(fact)}
    if fact.kind == "corrected":
        told = (other for code in fact.event.codes for other in source.facts_of(code))
        target = next((other for other in told if other.event_id == fact.event.target_event_id), None)
        if target and entitlement_of(target, source, directory):
            parties |= {target.event.site, target.event.to_site, target.event.from_site} - {""}
    return directory.acts_for(fact.event.site, parties, fact.occurred_ms)


def is_heard_twice(chain: Chain, fork: Fact, source: Source, directory: Directory) -> bool:
    """Whether a second event of one number makes the package doubtful: of an act anybody's, of a declaration a party's.

    Once the office trusts the device up to that number, the event counts that came first.
    """
    admission = source.admissions.get(fork.event.device_id)
    if admission is not None and fork.event.device_seq <= admission.trusted_seq:
        return False
    return fork.kind not in DECLARED or is_concerned(chain, fork, source, directory)


def note_not_entitled(chain: Chain, fact: Fact, source: Source) -> None:
    """A device said what it may not say: a finding on that device."""
    admission = source.admissions.get(fact.event.device_id)
    if admission is not None and admission.is_untrusted(fact):
        if fact.event.device_seq < admission.broken_from:
            # A revoked device has findings of its own, which name the box alone.
            if chain.labels.isdisjoint(fact.event.codes):
                chain.doubt("revoked_device", fact, site=_told_by(fact, source), at_ms=fact.received_ms)
        elif fact.event.site in admission.sites:
            chain.doubt("untrusted_device", fact, site=fact.event.site)
        return
    chain.doubt("not_entitled", fact, site=_told_by(fact, source))


def _told_by(fact: Fact, source: Source) -> str:
    """Whose device it is that speaks in another's name: that site has to explain it."""
    admission = source.admissions.get(fact.event.device_id)
    return admission.sites[0] if admission and admission.sites else fact.event.site


def _hear_stranger(chain: Chain, step: Step, source: Source, directory: Directory) -> bool:
    """An act without entitlement changes nothing; a sealing stays, unproven, until the site itself or the authority stands for it."""
    fact, phase = step.fact, chain.state.phase
    note_not_entitled(chain, fact, source)
    if fact.kind == "sealed":
        if is_confirmed(chain, fact, source, directory):
            return True
        if source.standing_of(fact) is Standing.OTHER and _is_sealed_rightly(chain, fact, source, directory):
            return False  # a stranger's word does not make two of somebody's package
        chain.doubt("sealing_unconfirmed", fact, site=fact.event.site)
        return True
    if phase in _ENDS and fact.kind in _SCANS and not step.box and chain.seals:
        chain.doubt("seen_after_end", *((chain.since,) if chain.since else ()), fact, site=_told_by(fact, source))
    return False


def _is_sealed_rightly(chain: Chain, fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether somebody who may say so sealed the package for the site that a fact names, before it or after it."""
    return any(
        step.fact.kind == "sealed"
        and step.fact is not fact
        and step.fact.event.site == fact.event.site
        and not (step.correction and step.correction.never_was)
        and entitlement_of(step.fact, source, directory)
        for step in chain.steps
    )


def check_sealer(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """By a badge a device seals only what its own site takes, or the organisation that it belongs to; else it is a stranger's word."""
    if is_sealed_for_nobody(chain, fact, source, directory):
        note_not_entitled(chain, fact, source)
        chain.doubt("sealing_unconfirmed", fact, site=fact.event.site)


def is_sealed_for_nobody(chain: Chain, fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether somebody sealed by a badge what he never took.

    A photograph of a badge is as good as the badge: whoever seals by it has to answer for the package.
    """
    entitlement, admission = entitlement_of(fact, source, directory), source.admissions.get(fact.event.device_id)
    if not NOT < entitlement < PIN or admission is None or is_confirmed(chain, fact, source, directory):
        return False
    sites = {site for site in admission.sites if admission.has(site, fact.received_ms)}
    if directory.organisation(fact.event.site) in {directory.organisation(site) for site in sites}:
        return False
    for step in chain.steps:
        event = step.fact.event
        took = step.fact.kind in _HAND_OVERS and any(
            directory.acts_for(side, sites, step.fact.occurred_ms)
            for side in (event.site, event.to_site or event.from_site)
        )
        if took and entitlement_of(step.fact, source, directory):
            return False
    return True


def is_confirmed(chain: Chain, fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether the site itself, or the authority, stands for an act that was made in the site's name."""
    return any(
        entitlement_of(answer, source, directory) == OFFICE
        or (entitlement_of(answer, source, directory) == OWN and answer.event.site == fact.event.site)
        for answer in words_on(fact, chain.names, source)
    )


def _void(chain: Chain, step: Step, entitlement: int, source: Source, directory: Directory) -> bool:
    fact, phase = step.fact, chain.state.phase
    if phase in _BLANK:
        whose = _whose_label(chain, source, directory, otherwise=fact.event.site)
        if entitlement == OFFICE or directory.acts_for(fact.event.site, {whose}, fact.occurred_ms):
            return True
        note_not_entitled(chain, fact, source)
        return False
    if chain.replaced and _is_of_torn_label(chain, fact, source, directory):
        return False
    if phase in _ENDS:
        return True
    if entitlement != OFFICE and not directory.acts_for(fact.event.site, {chain.state.holder}, fact.occurred_ms):
        note_not_entitled(chain, fact, source)
        return False
    chain.void = fact
    if not fact.event.attachments or source.evidence_missing(fact):
        chain.doubt("void_without_evidence", fact, site=fact.event.site)
        chain.disputed = True
    elif not _is_void_confirmed(chain, fact, source, directory):
        chain.doubt("void_unconfirmed", fact, site=fact.event.site)
        chain.disputed = True
    else:
        chain.state = chain.state._replace(phase=Phase.VOIDED, box=None)
        chain.awaited = chain.storage = None
    return False


def _is_of_torn_label(chain: Chain, fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether a party declares a label spoiled that another one has taken the place of: it says nothing of the package."""
    torn = {old: label.word for label in chain.replaced.values() for old in label.word.event.codes}
    words = [torn.get(code) for code in fact.event.codes if code in chain.labels]
    said_ms = fact.occurred_ms + CLOCK_DIFFERENCE_MS_MAX
    about_label = fact.event.reason != "never_was" and all(word and word.occurred_ms <= said_ms for word in words)
    return about_label and is_concerned(chain, fact, source, directory)


def _whose_label(chain: Chain, source: Source, directory: Directory, *, otherwise: str) -> str:
    """Who may void a label: for whom it is issued, whenever that is told; of one that nobody issued, who seals it; else whoever has it."""
    known = [step.fact for step in chain.steps if step.fact.kind in {"issued", "sealed"}]
    rightly = [fact for fact in known if entitlement_of(fact, source, directory)]
    issued = (fact.event.for_site for fact in rightly if fact.kind == "issued")
    return next(issued, next((fact.event.site for fact in rightly if fact.kind == "sealed"), otherwise)) or otherwise


def _is_void_confirmed(chain: Chain, fact: Fact, source: Source, directory: Directory) -> bool:
    """By the authority, whose own void needs no second party; by a counterparty where the rule says so."""
    if authority_on(fact, chain.names, source, directory) or entitlement_of(fact, source, directory) == OFFICE:
        return True
    if not directory.at(fact.occurred_ms).limit("void_confirm_site", fact.event.site):
        return False
    organisation = directory.at(fact.occurred_ms).organisation
    others = {site for site in chain.parties_before(fact) if organisation(site) != organisation(fact.event.site)}
    return any(
        answer.event.site in others and entitlement_of(answer, source, directory) == OWN
        for answer in words_on(fact, chain.names, source)
    )


def _dispute(chain: Chain, fact: Fact, reason: str, source: Source, directory: Directory) -> None:
    """Disputed until the authority has answered: by its word on this event, or by finding all in order later."""
    if authority_on(fact, chain.names, source, directory):
        return
    for step in chain.steps:
        later = step.fact
        in_order = later.kind == "inspected" and later.event.result == "in_order" and later.order > fact.order
        if in_order and entitlement_of(later, source, directory) == OFFICE:
            return
    chain.doubt(reason, fact, site=chain.state.holder or fact.event.site)
    chain.disputed = True


def is_ghost(fact: Fact, directory: Directory) -> bool:
    """Whether a plant or a carrier sealed what is none of its own registered waste streams."""
    event = fact.event
    if event.site[0] not in HANDLERS:
        return False
    streams = directory.at(fact.occurred_ms).register.streams
    return not any(stream.site == event.site and stream.waste_code == event.waste_code for stream in streams)
