"""Who acts in the simulation: handhelds, a network that is not to be relied on, the line to the witness."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import NoteError
from schemas.signing import DeviceKey, key_id, parse_note, sign_event
from schemas.sync import Verdict
from tests.faults.oracle import Made
from tests.stories_builder import BAG, CLINIC, ORIGIN, china
from wasteledger.domain.entry import Entry
from wasteledger.domain.hello import NO_EVENT, Hello, parse_hello, sign_hello
from wasteledger.domain.merkle import leaf_hash
from wasteledger.domain.policy import Policy
from wasteledger.domain.tlog_proof import TlogProof, verify_tlog_proof
from wasteledger.witness.decide import WitnessService

#: Names of the service processes on the one database.
NODES = ("one", "two")
#: How long a message may be on its way.
DELAY_MS_MAX = 60_000
#: Which class of entry stands behind a verdict.
_CLASSES = {"new": "event", "duplicate": "event", "fork": "fork", "quarantine": "quarantine"}


class Violation(AssertionError):  # noqa: N818 - it is the word for it
    """An invariant that did not hold."""


def require(holds: object, what: str) -> None:
    """Says what did not hold."""
    if not holds:
        raise Violation(what)


class Proved(NamedTuple):
    """What a handheld keeps of a scan whose body it threw away."""

    event_id: bytes
    leaf: bytes
    proof: TlogProof


class Phone:
    """A handheld: it keeps each scan until receipt R2 proves that the log has it.

    Attributes:
        kept: scans whose bodies it still has, by number.
        told: the newest verdict on each of them.
        proved: what is left of the others.
        broken: fell into the river; it says nothing more, and what it held is gone.
    """

    def __init__(self, name: int, *, chance: random.Random) -> None:
        self.key = DeviceKey(chance.randbytes(32))
        self.name = f"handheld {name}"
        self.skew_ms = chance.randrange(-90_000, 90_000)
        self.previous = ""
        self.scans: list[Made] = []
        self.kept: dict[int, Made] = {}
        self.told: dict[int, Verdict] = {}
        self.proved: dict[int, Proved] = {}
        self.broken = False
        self._boot_id = "0" * 16
        self._booted_ms = 0
        self._seen: dict[str, Any] | None = None

    def boot(self, now_ms: int, chance: random.Random) -> None:
        """A restart: the clock that only runs forward begins at zero, and nothing else is lost."""
        self._boot_id, self._booted_ms = chance.randbytes(8).hex(), now_ms

    def scan(self, now_ms: int, room: str) -> Made:
        """Signs the next scan and keeps it."""
        made = self.sign(len(self.scans), self.previous, now_ms, room)
        self.scans.append(made)
        self.kept[made.number] = made
        self.previous = encode_base64(made.event_id)
        return made

    def sign(self, number: int, previous: str, now_ms: int, room: str) -> Made:
        """Any scan of this key; a clone has the same one."""
        seen = {"checkpoint": self._seen} if self._seen else {}
        payload: dict[str, Any] = {
            "version": 1, "device_id": self.key.device_id, "device_seq": number, "device_prev": previous,
            "occurred_at": china(now_ms + self.skew_ms), "monotonic_ms": max(0, now_ms - self._booted_ms),
            "boot_id": self._boot_id, "site": CLINIC, "actor": "u-nurse", "vouch_method": "badge", "kind": "stored",
            "codes": [BAG], "room": room,
        }  # fmt: skip
        text = sign_event(self.key, origin=ORIGIN, payload=payload | seen)
        return Made(text, parse_note(text).event_id, self.key.device_id, "scan", number)

    def hello(self, now_ms: int) -> Made:
        """Its word on how far its chain has come."""
        newest = decode_base64(self.previous) if self.scans else NO_EVENT
        uptime_ms = max(0, now_ms - self._booted_ms)
        wall_ms = now_ms + self.skew_ms
        spoken = Hello(self.key.device_id, len(self.scans), newest, wall_ms, uptime_ms, self._boot_id)
        text = sign_hello(self.key, spoken, origin=ORIGIN)
        event_id = parse_hello(text)[1].event_id
        return Made(text, event_id, self.key.device_id, "hello", len(self.scans), self._boot_id, uptime_ms)

    def blotted(self) -> Made:
        """Really signed, but with a blank in its body."""
        text = f'wasteledger-event/v1\n{ORIGIN}\n{{"kind": "stored"}}\n'.encode()
        name = f"{ORIGIN}/d/{self.key.device_id}"
        line = f"\n— {name} {encode_base64(key_id(name, self.key.public_key) + self.key.sign(text))}\n"
        return Made(text + line.encode(), parse_note(text + line.encode()).event_id, self.key.device_id, "blotted", 0)

    def to_send(self) -> list[Made]:
        """What has no verdict yet."""
        return [made for number, made in sorted(self.kept.items()) if number not in self.told]

    def hear(self, made: Made, verdict: Verdict) -> None:
        """A verdict on one of its scans: it must be about just these bytes, and the same as before."""
        if made.kind != "scan" or self.scans[made.number] != made or verdict.index is None:
            return
        require(self._leaf(made, verdict), f"{self.name}: the leaf hash of number {made.number} is not of its bytes")
        if made.number in self.kept:
            self.told[made.number] = verdict

    def _leaf(self, made: Made, verdict: Verdict) -> bytes | None:
        """The leaf, which the handheld works out from what it has."""
        entries = (Entry(_CLASSES[verdict.verdict], verdict.received_ms or 0, node, made.text) for node in NODES)
        leaves = (leaf_hash(entry.encode()) for entry in entries)
        return next((leaf for leaf in leaves if encode_base64(leaf) == verdict.leaf_hash), None)

    def check(self, number: int, proof: TlogProof, policy: Policy) -> bool:
        """Throws the body away where the proof proves what was told."""
        made, verdict = self.kept[number], self.told[number]
        leaf = self._leaf(made, verdict) or b""
        try:
            checkpoint = verify_tlog_proof(proof, leaf=leaf, policy=policy).checkpoint
        except NoteError:
            return False
        if proof.index != verdict.index:
            return False
        self.proved[number] = Proved(made.event_id, leaf, proof)
        self._seen = {"size": checkpoint.size, "root": encode_base64(checkpoint.root)}
        del self.kept[number], self.told[number]
        return True

    def forget(self, number: int) -> None:
        """The log does not stand by its verdict: the scan is to be sent again."""
        self.told.pop(number, None)


class Network:
    """Carries calls to their time; drops, doubles, delays and so reorders them.

    Attributes:
        calm: nothing is lost any more.
    """

    def __init__(self, chance: random.Random) -> None:
        self.calm = False
        self._chance = chance
        self._order = itertools.count()
        self._under_way: list[tuple[int, int, Callable[[], None]]] = []

    def carry(self, now_ms: int, call: Callable[[], None]) -> None:
        """Sends something: none, one or several of it will arrive."""
        for _ in range(1 if self.calm else self._chance.choice((0, 1, 1, 1, 1, 2))):
            due_ms = now_ms + (1 if self.calm else self._chance.choice((5, 50, 900, DELAY_MS_MAX)))
            heapq.heappush(self._under_way, (due_ms, next(self._order), call))

    def arrive(self) -> tuple[int, Callable[[], None]] | None:
        """What arrives next, and when."""
        if not self._under_way:
            return None
        due_ms, _, call = heapq.heappop(self._under_way)
        return due_ms, call


class WitnessLine(httpx.BaseTransport):
    """The way to the witness, which comes and goes; an answer may be lost on its way back.

    Attributes:
        heard: every submission that the log made, cosigned or not.
    """

    def __init__(self, witness: WitnessService, chance: random.Random) -> None:
        self.witness = witness
        self.away = False
        self.heard: list[bytes] = []
        self.losing = True
        self._chance = chance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        self.heard.append(body)
        if self.away:
            message = "nobody there"
            raise httpx.ConnectError(message, request=request)
        answer = self.witness.add_checkpoint(body)
        if self.losing and self._chance.random() < 0.1:
            message = "the answer was lost"
            raise httpx.ReadTimeout(message, request=request)
        return httpx.Response(answer.status, content=answer.body.encode())


def batches(notes: list[Made], chance: random.Random) -> Iterator[list[Made]]:
    """Notes in requests of odd sizes, sometimes in another order."""
    left = list(notes)
    if chance.random() < 0.2:
        chance.shuffle(left)
    while left:
        size = chance.choice((1, 2, 5, 20))
        yield left[:size]
        left = left[size:]
