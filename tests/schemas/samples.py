"""One good payload of every kind of event."""

from typing import Any, get_args

from schemas.canonical import encode_base64
from schemas.codes import box_code, stock_code
from schemas.events import AnyItemEvent

HASH = encode_base64(bytes(32))
DEVICE = "a" * 16
ITEM, ITEM2 = stock_code("500114", 1), stock_code("500114", 2)
BOX = box_code("500114", 1)
SITE, OTHER = "C500114105001", "R500114001001"
COMMON: dict[str, Any] = {
    "version": 1, "device_id": DEVICE, "device_seq": 0, "device_prev": HASH, "monotonic_ms": 0, "site": SITE,
    "occurred_at": "2026-11-02T08:15:00.250+08:00", "boot_id": "0123456789abcdef", "actor": "u-a1", "vouch_method": "badge",
}  # fmt: skip
_ITEMS = {"codes": [ITEM, ITEM2]}

FIELDS: dict[str, dict[str, Any]] = {
    "issued": _ITEMS | {"stock": "roll 1", "for_site": SITE},
    "sealed": {"codes": [ITEM], "waste_code": "841-001-01", "package": "bag", "mass_g": 1250, "mass_source": "scale"},
    "packed": _ITEMS | {"box": BOX},
    "unpacked": _ITEMS | {"box": BOX, "complete": True},
    "released": {"codes": [ITEM, BOX], "to_site": OTHER, "manifest": "20265001000001", "masses_g": [1250, None]},
    "accepted": _ITEMS | {"from_site": OTHER, "vehicle": "渝H2B101", "masses_g": [1, 2], "packages_count": 2},
    "refused": _ITEMS | {"from_site": OTHER, "reason": "damaged"},
    "stored": _ITEMS | {"room": "冷库1"},
    "counted": _ITEMS | {"room": "冷库1", "complete": False},
    "disposed": _ITEMS | {"batch": "炉1", "method": "incineration"},
    "inspected": _ITEMS | {"result": "in_order"},
    "incident": _ITEMS | {"incident": "spill"},
    "voided": _ITEMS | {"reason": "spoiled"},
    "corrected": _ITEMS | {"target_event_id": HASH, "reason": "wrong_mass", "mass_g": 900},
    "relabelled": {"codes": [ITEM], "new_code": "91130200699229617X9002140820261102001", "reason": "damaged"},
    "washed": {"codes": [BOX]},
    "printed": _ITEMS | {"job": "打印1", "copy_no": 2, "reason": "damaged"},
    "opening_stock": _ITEMS | {
        "as_of": "2026-11-01", "waste_codes": ["841-001-01", "900-249-08"], "masses_g": [1250, 180_000], "room": "冷库1",
        "since": ["2026-10-20", None], "part_no": 1, "parts_count": 1,
    },
    "vouched": _ITEMS | {"target_event_id": HASH},
    "manifested": {
        "manifest": "20265001000001", "action": "drafted", "form": "electronic", "carriers": [OTHER],
        "consignee": "D500114004001", "waste_codes": ["841-001-01"],
    },
    "enrolled": {"device": DEVICE, "public_key": HASH, "for_site": SITE, "role": "device"},
    "revoked": {"device": DEVICE, "reason": "lost"},
    "trusted": {"device": DEVICE, "last_seq": 7, "note": "查看了设备"},
    "evidenced": {"attachments": [HASH], "size_bytes": 1200, "media": "image/jpeg", "device": DEVICE},
    "licensed": {
        "holder": OTHER, "licence": "运1", "waste_codes": ["841-001-01"],
        "valid_from": "2026-01-01", "valid_to": "2026-12-31",
    },
    "ruled": {"rule": "clinic_storage_h", "value": 48, "basis": "条例 第十七条"},
    "cased": {
        "case": "督办1", "action": "opened", "finding": "0123456789ab", "code": "missing_link", "owner": SITE,
        "due_at": "2026-11-03T08:15:00.000+08:00", "level": 1,
    },
}  # fmt: skip

ITEM_KINDS = [event.model_fields["kind"].annotation.__args__[0] for event in get_args(AnyItemEvent)]


def payload(kind: str, **changes: Any) -> dict[str, Any]:
    """A good payload with some fields changed; a field changed to None is left out."""
    made = COMMON | {"kind": kind} | FIELDS[kind] | changes
    return {name: value for name, value in made.items() if value is not None}
