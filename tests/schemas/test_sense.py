"""Fields that are of their form and mean nothing are refused at intake, each with its reason; old logs stay readable."""

from typing import Any, get_args

import pytest
from pydantic.fields import FieldInfo

from schemas.acts import moment_ms, read_act
from schemas.canonical import encode
from schemas.errors import ContractError
from schemas.event_base import Backfill
from schemas.events import FORMS, parse_event, parse_stored
from schemas.sense import NAMES, WORDS, check_text
from tests.schemas.samples import BOX, HASH, ITEM, OTHER, SITE, payload

AT = "2026-11-02T08:15:00.250"
SENSELESS: list[tuple[str, dict[str, Any], str]] = [
    ("stored", {"room": " "}, "room: is blank"),
    ("stored", {"room": "\u3000"}, "room: is blank"),
    ("stored", {"room": "\u200b\ufeff"}, "room: is blank"),
    ("stored", {"room": "暂存间\v1"}, r"room: holds the control character U\+000B"),
    ("stored", {"room": "库\n1"}, r"room: holds the control character U\+000A"),
    ("stored", {"note": "a\0b\n"}, r"note: holds the control character U\+0000"),
    ("stored", {"note": "  \n "}, "note: is blank"),
    ("stored", {"note": "\u202eevil"}, r"note: holds the character that can not be printed U\+202E"),
    ("disposed", {"batch": "\t"}, "batch: holds the control"),
    ("printed", {"job": "  "}, "job: is blank"),
    ("issued", {"stock": " "}, "stock: is blank"),
    ("sealed", {"unit": " "}, "unit: is blank"),
    ("opening_stock", {"room": " "}, "room: is blank"),
    ("opening_stock", {"since": ["2026-11-02", None]}, "since: 2026-11-02 is after the stock-take of 2026-11-01"),
    ("ruled", {"basis": "\x7f"}, "basis: holds the control"),
    ("manifested", {"action": "voided", "reason": " "}, "reason: is blank"),
    (
        "stored",
        {"backfill": {"happened_at": f"{AT}+08:00", "reason": "other", "paper": " "}},
        "backfill.paper: is blank",
    ),
    (
        "stored",
        {"backfill": {"happened_at": f"{AT}+15:00", "reason": "other"}},
        "backfill.happened_at: no place on Earth",
    ),
    ("stored", {"occurred_at": f"{AT}+19:59"}, "occurred_at: no place on Earth has the offset"),
    ("stored", {"occurred_at": f"{AT}-12:01"}, "occurred_at: no place on Earth has the offset"),
    ("cased", {"due_at": f"{AT}+14:30"}, "due_at: no place on Earth has the offset"),
    ("released", {"to_site": SITE}, "to_site: C500114105001 hands over to itself"),
    ("accepted", {"from_site": SITE}, "from_site: C500114105001 hands over to itself"),
    ("refused", {"from_site": SITE}, "from_site: C500114105001 hands over to itself"),
    ("accepted", {"packages_count": 0}, "packages_count: 0, but packages are named"),
    ("released", {"vehicle": "     "}, "vehicle: a blank plate names no vehicle"),
    ("manifested", {"vehicle": "12345"}, "vehicle: '12345' is no plate"),
]


@pytest.mark.parametrize(("kind", "changes", "said"), SENSELESS, ids=[said[:40] for _, _, said in SENSELESS])
def test_what_means_nothing_is_refused_with_its_reason_and_stays_readable(
    kind: str, changes: dict[str, Any], said: str
) -> None:
    sent = payload(kind, **changes)
    with pytest.raises(ContractError, match=said):
        parse_event(sent)
    assert parse_stored(sent).kind == kind
    act = read_act(encode(sent))
    assert (act.kind, act.occurred_ms) == (kind, moment_ms(sent["occurred_at"]))


def test_every_senseless_field_is_named_at_once() -> None:
    with pytest.raises(ContractError, match="room: is blank") as caught:
        parse_event(payload("stored", room=" ", note="\0", occurred_at=f"{AT}+19:00"))
    assert all(f"{name}: " in str(caught.value) for name in ("room", "note", "occurred_at"))


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("stored", {"note": "第一行\n第二行"}),
    ("stored", {"note": ""}),
    ("stored", {"room": "冷库 1（北）"}),
    ("stored", {"room": "𬭚 é ☣"}),
    ("stored", {"occurred_at": f"{AT}+14:00"}),
    ("stored", {"occurred_at": f"{AT}-12:00"}),
    ("stored", {"occurred_at": "2000-01-01T00:00:00.000+08:00"}),
    ("stored", {"occurred_at": "2099-12-31T23:59:59.999+08:00"}),
    ("stored", {"attachments": [HASH, HASH]}),
    ("accepted", {"codes": [BOX], "masses_g": [1], "packages_count": 0}),  # an empty box is carried back
    ("accepted", {"packages_count": 1}),  # two named, one counted: a difference, and the rules judge it
    ("released", {"to_site": OTHER, "vehicle": "渝H·12345"}),
]


@pytest.mark.parametrize(("kind", "changes"), GOOD, ids=lambda value: str(value)[:40])
def test_what_means_something_is_taken(kind: str, changes: dict[str, Any]) -> None:
    assert parse_event(payload(kind, **changes)).kind == kind


def test_every_free_text_of_every_kind_is_looked_at() -> None:
    """A text without a form of its own is in one of the two lists: who adds a field has to say which."""
    free = {name for form in FORMS.values() for name, field in form.model_fields.items() if _is_free(field)}
    free |= {name for name, field in Backfill.model_fields.items() if _is_free(field)}
    assert free == NAMES | WORDS


def _is_free(field: FieldInfo) -> bool:
    """A text of which nothing but the length is laid down, optional or not."""
    members = [field.annotation, *get_args(field.annotation)]
    marks = [*field.metadata, *(mark for member in members for mark in getattr(member, "__metadata__", ()))]
    texts = [member for member in members if member is str or (get_args(member) or (None,))[0] is str]
    is_plate = any(getattr(mark, "min_length", None) == 5 for mark in _flat(marks))
    return bool(texts) and not is_plate and all(type(mark).__name__ in {"MinLen", "MaxLen"} for mark in _flat(marks))


def _flat(marks: list[Any]) -> list[Any]:
    return [inner for mark in marks for inner in (mark.metadata if isinstance(mark, FieldInfo) else (mark,))]


def test_a_text_of_a_form_is_asked_the_same() -> None:
    with pytest.raises(ContractError, match=r"note: holds the control character U\+0001"):
        check_text("a\x01", name="note")
    check_text("", name="note")
    assert ITEM
