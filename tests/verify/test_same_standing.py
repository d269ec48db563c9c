"""Who may say what, judged twice: by the service's fold over a log and by the offline audit, each with its own code."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.canonical import encode_base64
from tests.stories_builder import BAG, BOX, CLINIC, COLLECTOR, NURSE, OFFICE, PLANT, TRANSFER, Story, Teller, china, ms
from tests.verify.exports import POLICY, export
from tests.verify.speakers import changed, keep, put_in_force, speak
from wasteledger.audit.verify.audit import Audit, Options
from wasteledger.audit.verify.folder import LogFolder
from wasteledger.audit.verify.formats import parse_policy
from wasteledger.domain.entitled import entitlement_of
from wasteledger.domain.register import Directory, Register

SITES = [CLINIC, COLLECTOR, TRANSFER, PLANT]
KINDS: dict[str, dict[str, Any]] = {
    "stored": {"codes": [BAG], "room": "库"},
    "disposed": {"codes": [BAG], "batch": "炉1", "method": "incineration"},
    "counted": {"codes": [BAG], "room": "库", "complete": False},
    "voided": {"codes": [BAG], "reason": "spoiled"},
    "inspected": {"codes": [BAG], "result": "in_order"},
    "opening_stock": {
        "codes": [BAG], "as_of": "2026-11-01", "waste_codes": ["841-001-01"], "masses_g": [1000], "part_no": 1, "parts_count": 1,
    },
    "issued": {"codes": [BAG], "stock": "卷1", "for_site": CLINIC},
    "licensed": {
        "holder": PLANT, "licence": "处1", "waste_codes": ["841-001-01"], "valid_from": "2026-01-01", "valid_to": "2026-12-31",
    },
}  # fmt: skip

sites = st.sampled_from(SITES)
steps = st.one_of(
    st.tuples(
        st.just("says"),
        st.sampled_from([*SITES, OFFICE]),
        st.sampled_from([*SITES, OFFICE]),
        st.sampled_from(sorted(KINDS)),
    ),
    st.tuples(st.just("also of"), sites, sites),
    st.tuples(st.just("revoked"), sites),
    st.tuples(st.just("trusted"), sites, st.integers(0, 6)),
    st.tuples(st.just("copied"), sites),
    st.tuples(st.just("rewritten"), sites),
)


def told_by(chosen: list[tuple[Any, ...]]) -> Story:
    """A log in which the steps happened one minute apart."""
    told = Story()
    for site in SITES:
        told.teller(site)
    for minute, (what, site, *more) in enumerate(chosen):
        at_ms = ms("02 08:00") + minute * 60_000
        teller = told.teller(site)
        if what == "says":
            note = teller.note(more[1], occurred_ms=at_ms, **KINDS[more[1]] | {"site": more[0]})
        elif what == "also of":
            named = Teller(more[0])
            named.key = teller.key
            note = told.office.enrolment(named, occurred_ms=at_ms)
        elif what == "revoked":
            note = told.office.note("revoked", occurred_ms=at_ms, device=teller.key.device_id, reason="lost")
        elif what == "trusted":
            note = told.office.note("trusted", occurred_ms=at_ms, device=teller.key.device_id, last_seq=more[0])
        elif what == "copied" and teller.number:
            note = Teller(site).note("washed", occurred_ms=at_ms, codes=[BOX], device_seq=teller.number - 1)
            told.write(note, received_ms=at_ms, entry_class="fork")
            continue
        else:
            teller.previous = encode_base64(b"\x07" * 32)
            continue
        told.write(note, received_ms=at_ms)
    return told


#: Who may vouch: the nurse until the 2nd, the keeper from the 3rd on, the operator and the driver always.
DAYS: dict[str, dict[str, str]] = {NURSE: {"valid_to": "2026-11-02"}, "u-keeper": {"valid_from": "2026-11-03"}}
PEOPLE = [person | DAYS.get(person["actor"], {}) for person in changed()["people"]]
VERSION = changed(people=PEOPLE)
DIRECTORY = Directory(Register.model_validate_json(json.dumps(VERSION)))
actors = st.sampled_from([NURSE, "u-keeper", "u-operator", "u-collector", "u-ghost"])
methods = st.sampled_from(["badge", "pin", "paper", "none", "own_device"])
ON_BEHALF: dict[str, dict[str, Any]] = KINDS | {
    "sealed": {"codes": [BAG], "waste_code": "841-001-01", "package": "bag", "mass_g": 1000, "mass_source": "scale"},
    "released": {"codes": [BAG]}, "accepted": {"codes": [BAG]}, "refused": {"codes": [BAG], "reason": "other"},
}  # fmt: skip
PAPER = {"backfill": {"happened_at": china(ms("02 07:00")), "reason": "no_signal", "paper": "单1"}}
papers = st.sampled_from([{}, PAPER])
words = st.tuples(sites, sites, st.sampled_from(sorted(ON_BEHALF)), sites, actors, methods, papers)


@given(chosen=st.lists(words, min_size=1, max_size=25))
@example(chosen=[(CLINIC, COLLECTOR, "accepted", CLINIC, "u-collector", "badge", PAPER)])
@settings(max_examples=60, deadline=None)
def test_a_badge_is_good_to_both_or_to_neither(chosen: list[tuple[Any, ...]]) -> None:
    told = told_by([])
    put_in_force(told, VERSION)
    for number, (device, site, kind, other, actor, method, paper) in enumerate(chosen):
        side = {"released": {"to_site": other}, "accepted": {"from_site": other}, "refused": {"from_site": other}}
        vouch = {"site": site, "vouched_by": actor, "vouch_method": method}
        fields = ON_BEHALF[kind] | side.get(kind, {}) | vouch | paper
        itself = other == site and bool(side.get(kind))  # an older service took it
        speak(told, device, kind, at="02 08:00", after_ms=number * 5_400_000, absurd=itself, **fields)
    history = told.history()
    facts = [fact for known in history.by_device.values() for fact in known.values()]
    service = {fact.index for fact in facts if not entitlement_of(fact, history, DIRECTORY)}
    with TemporaryDirectory() as folder:
        run = Audit(LogFolder(keep(export(Path(folder), told.entries), VERSION)), parse_policy(POLICY), Options())
        assert not run.run().invalid
    assert run.signers is not None
    assert run.signers.refused_at == service


@given(chosen=st.lists(steps, max_size=25))
@example(chosen=[("says", COLLECTOR, CLINIC, "counted"), ("also of", COLLECTOR, CLINIC)])
@example(chosen=[("says", OFFICE, CLINIC, "inspected")])
@settings(max_examples=60, deadline=None)
def test_a_signer_is_entitled_to_both_or_to_neither(chosen: list[tuple[Any, ...]]) -> None:
    told = told_by(chosen)
    history = told.history()
    facts = [fact for known in history.by_device.values() for fact in known.values()]
    service = {fact.index for fact in facts if not entitlement_of(fact, history, DIRECTORY)}
    with TemporaryDirectory() as folder:
        run = Audit(LogFolder(export(Path(folder), told.entries)), parse_policy(POLICY), Options())
        report = run.run()
    assert not report.invalid
    assert run.signers is not None
    assert run.signers.refused_at == service
