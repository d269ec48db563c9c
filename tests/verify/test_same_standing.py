"""Who may say what, judged twice: by the service's fold over a log and by the offline audit, each with its own code."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.canonical import encode_base64
from schemas.entitlement import is_entitled
from tests.stories_builder import BAG, CLINIC, COLLECTOR, OFFICE, PLANT, TRANSFER, Story, Teller, ms
from tests.verify.exports import POLICY, export
from wasteledger.audit.verify.audit import Audit, Options
from wasteledger.audit.verify.folder import LogFolder
from wasteledger.audit.verify.formats import parse_policy

SITES = [CLINIC, COLLECTOR, TRANSFER, PLANT]
KINDS: dict[str, dict[str, Any]] = {
    "stored": {"codes": [BAG], "room": "库"},
    "disposed": {"codes": [BAG], "batch": "炉1", "method": "incineration"},
    "counted": {"codes": [BAG], "room": "库", "complete": False},
    "voided": {"codes": [BAG], "reason": "spoiled"},
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
            note = Teller(site).note("washed", occurred_ms=at_ms, codes=[BAG], device_seq=teller.number - 1)
            told.write(note, received_ms=at_ms, entry_class="fork")
            continue
        else:
            teller.previous = encode_base64(b"\x07" * 32)
            continue
        told.write(note, received_ms=at_ms)
    return told


@given(chosen=st.lists(steps, max_size=25))
@settings(max_examples=150, deadline=None)
def test_a_signer_is_entitled_to_both_or_to_neither(chosen: list[tuple[Any, ...]]) -> None:
    told = told_by(chosen)
    history = told.history()
    facts = [fact for known in history.by_device.values() for fact in known.values()]
    service = {
        fact.index
        for fact in facts
        if not is_entitled(fact.kind, history.standing_of(fact), site=fact.event.site, vouched=False)
    }
    with TemporaryDirectory() as folder:
        run = Audit(LogFolder(export(Path(folder), told.entries)), parse_policy(POLICY), Options())
        report = run.run()
    assert not report.invalid
    assert run.signers is not None
    assert run.signers.refused_at == service
