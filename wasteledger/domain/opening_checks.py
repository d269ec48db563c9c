"""What the walk notes of a declaration of opening stock: at the package whose life it begins, and at one that it changes nothing of."""

from schemas.codes import item_waste_code
from wasteledger.domain.admissions import Admissions
from wasteledger.domain.chain import Chain
from wasteledger.domain.checks import check_beginning, is_plausible
from wasteledger.domain.entitled import OFFICE, entitlement_of
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.opening import (
    as_sealing,
    counted_part,
    foremost,
    is_confirmed,
    is_opening_stock,
    is_refused,
    is_told_first,
)
from wasteledger.domain.register import DAY_MS, Directory


def check_opening_stock(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """A package of opening stock begins its life here: confirmed or not, told in time or late, by a known site, of a known waste."""
    event, then = fact.event, directory.at(fact.occurred_ms)
    code = next(iter(event.codes))
    if not is_confirmed(fact, code, source, directory):
        chain.ghost = True
        chain.doubt("opening_stock_unconfirmed", fact, site=event.site)
    began_ms = began(event.site, source.admissions)
    if fact.received_ms > began_ms + then.limit("opening_stock_days", event.site) * DAY_MS:
        chain.doubt("opening_stock_late", fact, site=event.site)
    check_beginning(chain, fact, source, then)
    if not is_plausible(chain.mass_g, "drum", then):  # what kind of package it is, nobody said
        chain.doubt("implausible_mass", fact, site=event.site)
    printed = item_waste_code(chain.code)
    if printed and printed != chain.waste_code:
        chain.doubt("label_mismatch", fact, site=event.site)


def note_without_effect(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """A declaration that changes nothing says why: a second one of its site, or a package that was known.

    One that was refused is answered for, and one that says the same once more says nothing.
    """
    code = next((code for code in fact.event.codes if code in chain.labels), chain.code)
    if is_refused(fact, code, source, directory):
        return
    counted = counted_part(fact, source, directory)
    if counted is not None and counted.event_id == fact.event_id:
        chain.doubt("opening_stock_known", fact, site=fact.event.site)
        _keep_declared(chain, code, fact, source, directory)
    elif counted is None or _said(counted) != _said(fact):
        chain.doubt("opening_stock_again", fact, site=fact.event.site)


def _keep_declared(chain: Chain, code: str, fact: Fact, source: Source, directory: Directory) -> None:
    """What was declared stays in the denominator: the package had moved, or was sealed by a word that came afterwards."""
    known = [step.fact for step in chain.steps if not step.box]
    if foremost(code, known, source, directory) is not fact:
        return
    for other in known:
        entitlement = entitlement_of(other, source, directory)
        if other.kind == "relabelled" and other.event.new_code == code and entitlement == OFFICE:
            return  # the authority says which package bears this label
        sealed = other.kind == "sealed" and code in other.event.codes and entitlement
        if sealed and (is_opening_stock(other) or is_told_first(other, fact)):
            return  # it has confirmed another site's declaration; or there was nothing left to declare
    chain.declared = as_sealing(fact, code, begun_ms=fact.occurred_ms)
    chain.declared_waits = not is_confirmed(fact, code, source, directory)


def _said(fact: Fact) -> tuple[object, ...]:
    event = fact.event
    return event.as_of, event.part_no, event.parts_count, event.codes, event.waste_codes, event.masses_g


def began(site: str, admissions: Admissions) -> int:
    """When a site began to work in the ledger: its first device was admitted; UTC milliseconds."""
    moments = [
        known.enrolled_ms if known.sites[0] == site else known.later[site]
        for known in admissions.values()
        if site in known.sites
    ]
    return min(moments, default=0)
