"""The contract as the first service knew it that keeps what it does not know: 2026-11. Written down once, never changed.

Everything before was checked when it was taken in, or set apart. Of an event that goes beyond this, nobody can be sure: see `growth`.
"""

_OF_EVERY_KIND = (
    "version device_id device_seq device_prev occurred_at monotonic_ms boot_id site actor vouched_by vouch_method "
    "vouch_signature position checkpoint counter_event backfill attachments note"
)
#: Fields by kind, beside those of every kind.
_OWN = {
    "issued": "codes kind stock for_site",
    "sealed": "codes kind waste_code package mass_g mass_source unit",
    "packed": "codes kind box",
    "unpacked": "codes kind box complete",
    "released": "codes kind to_site manifest vehicle masses_g mass_source",
    "accepted": "codes kind from_site manifest vehicle masses_g mass_source packages_count",
    "refused": "codes kind from_site reason onward manifest",
    "stored": "codes kind room",
    "counted": "codes kind room box stock count_name complete",
    "disposed": "codes kind batch method",
    "inspected": "codes kind result",
    "incident": "codes kind incident",
    "voided": "codes kind reason",
    "corrected": "codes kind target_event_id reason mass_g waste_code agrees_with refuses",
    "relabelled": "codes kind new_code reason",
    "washed": "codes kind",
    "printed": "codes kind job copy_no reason",
    "vouched": "codes kind target_event_id",
    "manifested": "kind manifest action form carriers consignee vehicle driver waste_codes planned_on method opinion difference reason",
    "evidenced": "kind size_bytes media device",
    "enrolled": "kind device public_key for_site role prior_device",
    "revoked": "kind device reason",
    "trusted": "kind device last_seq",
    "licensed": "kind holder licence waste_codes valid_from valid_to",
    "ruled": "kind rule value basis holds_from decision",
    "cased": "kind case action finding code items owner due_at level",
}

#: All fields of each kind.
FIRST_FIELDS: dict[str, frozenset[str]] = {
    kind: frozenset(f"{_OF_EVERY_KIND} {own}".split()) for kind, own in _OWN.items()
}
#: All fields of each field that has fields of its own.
FIRST_PARTS: dict[str, frozenset[str]] = {
    "position": frozenset({"latitude_udeg", "longitude_udeg", "accuracy_m"}),
    "checkpoint": frozenset({"size", "root"}),
    "counter_event": frozenset({"device_id", "device_seq", "event_id"}),
    "backfill": frozenset({"happened_at", "reason", "paper"}),
}
