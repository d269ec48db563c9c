"""Which event may follow which, and the pure `decide(state, event)`.

A scan is a fact: `decide` never refuses one. It says what the item is afterwards and which reasons the fact gives
to doubt the chain. The same table runs on handhelds (shared vectors in `vectors/custody.json`).

    phase      meaning                                     holder
    unseen     nothing known                               nobody
    blank      label issued, not yet used                  nobody
    held       in somebody's hands                         the holder
    offered    released to a named party, not accepted     the giver, until accepted
    refused    the named taker refused it                  the giver, who must return or redirect
    disposed   destroyed: the end                          the plant
    lost       loss or theft declared                      the last holder
    voided     label or item declared void: the end        nobody
"""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from schemas.acts import Act


class Phase(StrEnum):
    """Where an item is in its life."""

    UNSEEN = "unseen"
    BLANK = "blank"
    HELD = "held"
    OFFERED = "offered"
    REFUSED = "refused"
    DISPOSED = "disposed"
    LOST = "lost"
    VOIDED = "voided"


class ItemState(NamedTuple):
    """What one item is after the events so far.

    Attributes:
        holder: site code of the party that holds it.
        offered_to: site code of the taker named in the last release.
        box: code of the box it lies in.
        lives_count: how often it was sealed; more than one is a code used twice.
    """

    phase: Phase = Phase.UNSEEN
    holder: str | None = None
    offered_to: str | None = None
    box: str | None = None
    lives_count: int = 0


class Decision(NamedTuple):
    """The state afterwards, and the reasons to doubt, in the order of `reasons.PRECEDENCE`."""

    state: ItemState
    reasons: tuple[str, ...]


class Move(NamedTuple):
    """What of an event the table looks at."""

    kind: str
    site: str
    to_site: str = ""
    from_site: str = ""
    box: str = ""
    incident: str = ""


def move_of(event: Act) -> Move:
    """The move that an event makes."""
    # Past the named constructor: this is done for every event of a log.
    return tuple.__new__(Move, (event.kind, event.site, event.to_site, event.from_site, event.box, event.incident))


#: How a life begins and ends: (phase, kind) → (phase afterwards, reason). What is not here is custody, below.
LIFE: dict[tuple[Phase, str], tuple[Phase, str | None]] = {
    (Phase.UNSEEN, "issued"): (Phase.BLANK, None),
    (Phase.UNSEEN, "sealed"): (Phase.HELD, "unknown_code"),
    (Phase.UNSEEN, "voided"): (Phase.VOIDED, "unknown_code"),
    (Phase.BLANK, "issued"): (Phase.BLANK, "duplicate_code"),
    (Phase.BLANK, "counted"): (Phase.BLANK, None),  # a roll of labels was counted
    (Phase.BLANK, "sealed"): (Phase.HELD, None),
    (Phase.BLANK, "voided"): (Phase.VOIDED, None),
    (Phase.HELD, "sealed"): (Phase.HELD, "duplicate_code"),
    (Phase.OFFERED, "sealed"): (Phase.OFFERED, "duplicate_code"),
    (Phase.REFUSED, "sealed"): (Phase.REFUSED, "duplicate_code"),
    (Phase.LOST, "sealed"): (Phase.LOST, "duplicate_code"),
    (Phase.DISPOSED, "sealed"): (Phase.DISPOSED, "duplicate_code"),
    (Phase.VOIDED, "sealed"): (Phase.VOIDED, "duplicate_code"),
    (Phase.HELD, "issued"): (Phase.HELD, "duplicate_code"),
    (Phase.OFFERED, "issued"): (Phase.OFFERED, "duplicate_code"),
    (Phase.REFUSED, "issued"): (Phase.REFUSED, "duplicate_code"),
    (Phase.LOST, "issued"): (Phase.LOST, "duplicate_code"),
    (Phase.DISPOSED, "issued"): (Phase.DISPOSED, "duplicate_code"),
}
#: Kinds that say nothing of who holds the item.
_NEUTRAL = frozenset(
    {"inspected", "corrected", "relabelled", "washed", "printed", "vouched", "evidenced", "opening_stock"}
)
_ENDS = frozenset({Phase.DISPOSED, Phase.VOIDED})


#: What shows a package, and not only its label: on a label that was void before anybody sealed it, that is one that nobody sealed.
_MOVES = frozenset({"packed", "unpacked", "released", "accepted", "refused", "stored", "disposed"})


#: Decisions kept at hand: a district's packages go the same ways again and again.
DECISIONS_KEPT = 100_000


def decide(state: ItemState, event: Act) -> Decision:
    """What `event` makes of an item in `state`; see `decide_move`."""
    return decide_move(state, move_of(event))


@lru_cache(maxsize=DECISIONS_KEPT)
def decide_move(state: ItemState, event: Move) -> Decision:
    """What `event` makes of an item in `state`.

    1. A neutral kind changes nothing.
    2. Life: issued, sealed and voided by the table. A void after sealing ends nothing by itself: it waits for evidence and a second party.
    3. After the end every act is a doubt, except the same plant scanning the same end again. A label that was void and never sealed, seen
       moving, is a package that nobody sealed.
    4. An incident declares loss, or that it was found: by the last holder, or by the one it was offered to, who has still to accept it;
       anybody else's find shows a missing hop, whether or not it was declared lost.
    5. Custody: who acts is compared with who holds. Packed into a second box, it left the first one unseen.
    """
    if event.kind in _NEUTRAL:
        return Decision(state, ())
    life = LIFE.get((state.phase, event.kind))
    if life:
        return _live(state, event, *life)
    if event.kind == "voided":
        return Decision(state, ("void_after_end",) if state.phase is Phase.DISPOSED else ())
    void = state.phase is Phase.VOIDED and not state.lives_count and event.kind in _MOVES
    if state.phase in _ENDS and not void:
        again = state.phase is Phase.DISPOSED and event.kind == "disposed" and event.site == state.holder
        return Decision(state, () if again else ("seen_after_end",))
    if event.kind == "incident":
        return _suffer(state, event)
    if event.site in {event.to_site, event.from_site}:
        return Decision(state, ())  # a hand-over to oneself is none
    reasons: tuple[str, ...] = ()
    if void or state.phase in {Phase.UNSEEN, Phase.BLANK}:
        giver = event.from_site if event.kind in {"accepted", "refused"} else event.site
        state = state._replace(phase=Phase.HELD, holder=giver)
        reasons = ("seen_after_end", "never_sealed") if void else ("never_sealed",)
    after = _hold(state, event)
    return Decision(after.state, reasons + after.reasons)


def _live(state: ItemState, event: Move, phase: Phase, reason: str | None) -> Decision:
    if event.kind == "sealed":
        state = state._replace(lives_count=state.lives_count + 1)
        if phase is Phase.HELD and state.phase is not Phase.HELD:
            state = state._replace(holder=event.site)
    return Decision(state._replace(phase=phase), (reason,) if reason else ())


def _suffer(state: ItemState, event: Move) -> Decision:
    if event.incident in {"loss", "theft"}:
        return Decision(state._replace(phase=Phase.LOST), ())
    if event.incident != "found" or state.phase in {Phase.UNSEEN, Phase.BLANK}:
        return Decision(state, ())
    if event.site not in {state.holder, state.offered_to}:
        return Decision(state, ("missing_link",))
    if state.phase is not Phase.LOST:
        return Decision(state, ())  # it is where it is known to be
    if event.site == state.offered_to:
        return Decision(state._replace(phase=Phase.OFFERED), ())
    return Decision(state._replace(phase=Phase.HELD, offered_to=None), ())


def _hold(state: ItemState, event: Move) -> Decision:
    if event.kind == "accepted":
        return _accept(state, event)
    if event.kind == "refused":
        return _refuse(state, event)
    state, reasons = _acting(state, event)
    if event.kind == "released":
        return Decision(state._replace(phase=Phase.OFFERED, offered_to=event.to_site), reasons)
    if event.kind == "packed":
        if state.box is not None and state.box != event.box:
            reasons = (*reasons, "in_two_boxes")
        return Decision(state._replace(box=event.box), reasons)
    if event.kind == "unpacked":
        left = not event.box or event.box == state.box  # another box was emptied: it lies where it lay
        return Decision(state._replace(box=None) if left else state, reasons)
    if event.kind == "disposed":
        return Decision(state._replace(phase=Phase.DISPOSED, box=None), reasons)
    return Decision(state, reasons)


def _accept(state: ItemState, event: Move) -> Decision:
    """A hop ends. The giver it names is held against the holder, the taker against the party named in the release."""
    known_giver = event.from_site == state.holder
    if event.site == state.holder and state.phase is Phase.HELD:
        return Decision(state, ())  # the same taker scans the same package again
    if state.phase is Phase.OFFERED or (state.phase is Phase.LOST and event.site == state.offered_to):
        known_taker = event.site == state.offered_to
        if known_giver and known_taker:
            reason = None
        elif known_taker:
            reason = "wrong_giver"
        elif known_giver:
            reason = "wrong_destination"
        else:
            reason = _unnamed(state, event.from_site)
    else:
        reason = "one_sided_hop" if known_giver else "missing_link"
    held = state._replace(phase=Phase.HELD, holder=event.site, offered_to=None)
    return Decision(held, (reason,) if reason else ())


def _refuse(state: ItemState, event: Move) -> Decision:
    """The package stays with the giver; a giver that is not the holder shows a hop that was not recorded.

    Only the party it was offered to can refuse it, or one that this party brought it to: anybody else's refusal says nothing, and
    nobody can refuse what lies with its holder and was offered to nobody.
    """
    if state.phase is Phase.OFFERED and state.offered_to not in {event.site, event.from_site}:
        return Decision(state, ())
    if state.phase is Phase.HELD and event.from_site == state.holder:
        return Decision(state, ())
    refused = state._replace(phase=Phase.REFUSED, holder=event.from_site, offered_to=None)
    if event.from_site == state.holder:
        return Decision(refused, ())
    reason = _unnamed(state, event.from_site) if state.phase is Phase.OFFERED else "missing_link"
    return Decision(refused, (reason,))


def _unnamed(state: ItemState, giver: str | None) -> str:
    """The named taker handed on what it never accepted, or a party nobody named did."""
    return "one_sided_hop" if giver == state.offered_to else "missing_link"


def _acting(state: ItemState, event: Move) -> tuple[ItemState, tuple[str, ...]]:
    """Somebody acts on an item: the holder may; anybody else shows a hop that was not recorded."""
    if event.site == state.holder:
        kept = state.phase if state.phase in {Phase.OFFERED, Phase.REFUSED} and event.kind != "disposed" else Phase.HELD
        return state._replace(phase=kept, offered_to=state.offered_to if kept is Phase.OFFERED else None), ()
    if event.kind == "disposed":
        reason = "disposed_not_received"
    elif state.phase is Phase.OFFERED and event.site == state.offered_to:
        reason = "one_sided_hop"
    else:
        reason = "missing_link"
    return state._replace(phase=Phase.HELD, holder=event.site, offered_to=None), (reason,)
