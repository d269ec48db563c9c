"""Whether each signer was entitled to say what he signed, and whether a hand-over had two parties.

1. While the log is read, each event leaves what the judgement needs: site, kind, number, who vouched, words of the office.
2. At the end the devices have their final standing: their sites; untrusted behind a revocation, a wrong link or a fork, up to the number
   that an office in good standing has named.
3. Vouching is judged by the register in force at the moment of the act.
4. What the table does not allow is a finding for each device and kind, with its count: a flood of one hides no other.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import ed25519
from .devices import Device
from .entitlement import (
    BADGE,
    KINDS,
    NOBODY,
    OFFICE,
    OTHER,
    OWN,
    PAPER,
    PIN,
    PLAIN,
    SEALING,
    THIRD,
    UNDO,
    UNTRUSTED,
    effect_of,
    is_entitled,
    may_be_vouched,
)
from .entries import SITE, Event, canonical, count_of, hash_of, occurred_ms, text_of
from .formats import fail, unbase64
from .registers import Person, Register, Registers, china_day, day_begins_ms
from .report import Report

#: The version of events whose fields this verifier knows; what an event of another one says, nobody here can judge.
VERSION, NEWER = 1, "?"
#: Sites that a finding names; of more it says so.
SITES_NAMED_MAX = 3
#: The rule that a `ruled` event names when it puts a whole register in force.
_REGISTER = "register"
_UNKNOWN = "events of kinds or versions that this verifier does not know"
_HEADER = "wasteledger-vouch/v1"
_ACTOR, _METHOD = re.compile("u-[a-z0-9]{2,16}"), re.compile("[a-z_]{1,32}")
_DEVICE, _DAY = re.compile("[a-z2-7]{16}"), re.compile("20[0-9]{2}-[01][0-9]-[0-3][0-9]")
_DIGEST = re.compile("sha256:([0-9a-f]{64})")
#: What counts as a person's word at another party's device: on paper, by badge, by badge and PIN. "Nobody" does not.
_METHODS = ("paper", "badge", "pin")
_NOBODY = "none"
#: Where a hand-over names its other side: a badge is read on that side's device, a third party's proves nothing.
_COUNTERPART = {"released": "to_site", "accepted": "from_site", "refused": "from_site"}


class Vouch(NamedTuple):
    """A person's word for an act: who, how, and when the act was.

    Attributes:
        counterpart: the other side of a hand-over, empty for any other act.
        is_signed: whether it carries a signature by badge and PIN.
        on_paper: whether the act was first on paper, and entered later.
        key: the key that made it, of those that any register gives this person.
    """

    actor: str
    method: str
    counterpart: str
    moment_ms: int
    is_signed: bool = False
    key: bytes | None = None
    on_paper: bool = False

    def is_forged(self, person: Person) -> bool:
        """Whether the signature is not the person's; one whose key no register has can not be judged."""
        return self.is_signed and person.key is not None and self.key != person.key


@dataclass(slots=True)
class Said:
    """What is kept of an event for the checks at the end."""

    index: int
    received_ms: int
    occurred_ms: int
    device_id: str
    checkpoint: tuple[int, bytes] | None
    counter: tuple[str, int, bytes] | None
    kind: str
    site: str
    number: int
    event_id: bytes
    vouch: Vouch | None


class Side(NamedTuple):
    """One party's half of a hand-over that waits for the other half."""

    said: Said
    is_giver: bool


@dataclass(slots=True)
class Refused:
    """What one device said of one kind and may not say."""

    said: Said
    standing: str
    count: int = 0
    sites: list[str] = field(default_factory=list)

    def add(self, site: str) -> None:
        """One more, on behalf of that site."""
        self.count += 1
        if site not in self.sites and len(self.sites) <= SITES_NAMED_MAX:
            self.sites.append(site)


class Signers:
    """The question who may say what, for one log.

    Attributes:
        refused_at: the entries whose signer was not entitled, once `judge` has run.
    """

    def __init__(self, devices: dict[str, Device], registers: Registers, origin: str) -> None:
        """Begins with nothing said; `devices` is as the log admits them, entry by entry."""
        self.refused_at: set[int] = set()
        self._devices = devices
        self._registers = registers
        self._origin = origin
        self._said: list[Said] = []
        self._trust: list[tuple[Said, str, int]] = []
        self._rulings: list[tuple[Said, str, int | None]] = []
        self._targets: dict[bytes, list[Said]] = {}
        self._taken_back: dict[int, bytes] = {}
        self._by_id: dict[bytes, Said] = {}
        self._sides: dict[tuple[str, str, str], Side] = {}
        self._by_one_device: list[tuple[Said, Said]] = []
        self._trusted: dict[str, int] = {}
        self._broken: dict[str, int | None] = {}
        self._unchecked: set[int] = set()

    def take(self, said: Said, event: Event, payload: dict[str, Any]) -> None:
        """Step 1.

        Raises:
            InvalidError: a field is of another type than the contract gives it.
        """
        kind = said.kind
        if kind == "trusted":
            self._trust.append((said, text_of(payload, "device", _DEVICE), count_of(payload, "last_seq")))
        elif kind == "ruled" and payload.get("rule") == _REGISTER:
            held = payload.get("holds_from")
            from_ms = None if held is None else day_begins_ms(text_of(payload, "holds_from", _DAY))
            self._rulings.append((said, text_of(payload, "basis", _DIGEST).removeprefix("sha256:"), from_ms))
        elif kind == "vouched":
            target = hash_of(payload, "target_event_id")
            if payload.get("vouch_method") != _NOBODY:
                self._targets.setdefault(target, []).append(said)
        elif kind == "corrected":
            self._take_back(said, payload)
        elif kind == "released":
            self._hand_over(said, event.names, said.site, text_of(payload, "to_site", SITE))
        elif kind == "accepted":
            self._hand_over(said, event.names, text_of(payload, "from_site", SITE), said.site)
        self._said.append(said)

    def _take_back(self, said: Said, payload: dict[str, Any]) -> None:
        """Files the word that an act never was, where somebody vouches for it."""
        answers = payload.get("agrees_with") is not None or payload.get("refuses") is not None
        if said.vouch is not None and payload.get("reason") == "did_not_occur" and not answers:
            self._taken_back[said.index] = hash_of(payload, "target_event_id")

    def vouch_of(self, event: Event, payload: dict[str, Any]) -> Vouch | None:
        """Who vouches for an event, with his signature looked at: its key is judged when the register of the day is known.

        Raises:
            InvalidError: a field is of another type than the contract gives it.
        """
        if payload.get("vouched_by") is None:
            return None
        actor, method = text_of(payload, "vouched_by", _ACTOR), text_of(payload, "vouch_method", _METHOD)
        backfill, signature = payload.get("backfill"), payload.get("vouch_signature")
        moment_ms = event.occurred_ms
        if backfill is not None:
            if not isinstance(backfill, dict):
                raise fail("an event whose backfill is no object")
            moment_ms = occurred_ms(backfill, "happened_at")
        name = _COUNTERPART.get(event.kind)
        other = text_of(payload, name, SITE) if name else ""
        vouch = Vouch(actor, method, other, moment_ms, on_paper=backfill is not None)
        if signature is None:
            return vouch
        if not isinstance(signature, str):
            raise fail("an event whose vouch_signature is no text")
        signed = unbase64(signature, "vouch_signature", ed25519.SIGNATURE_BYTES)
        keys = self._registers.keys_of(actor)
        text = self._vouch_text(payload) if keys else b""
        key = next((key for key in keys if ed25519.verify(key, text, signed)), None)
        return vouch._replace(is_signed=True, key=key)

    def _vouch_text(self, payload: dict[str, Any]) -> bytes:
        body = canonical({name: value for name, value in payload.items() if name != "vouch_signature"})
        return f"{_HEADER}\n{self._origin}\n".encode() + body + b"\n"

    def _hand_over(self, said: Said, codes: list[str], giver: str, taker: str) -> None:
        """Files one side of a hand-over, whichever comes first; the two sides of one device are kept for the end."""
        for code in codes:
            place, is_giver = (code, giver, taker), said.kind == "released"
            other = self._sides.get(place)
            if other is None or other.is_giver == is_giver:
                self._sides[place] = Side(said, is_giver)
                continue
            del self._sides[place]
            if other.said.device_id == said.device_id:
                self._by_one_device.append((other.said, said))

    def judge(self, report: Report) -> None:
        """Steps 2 to 4."""
        self._weigh_devices()
        for said, digest, from_ms in self._rulings:
            if self._standing(said) == OFFICE:
                self._registers.put_in_force(digest, from_ms, said.index)
        self._registers.compare(report)
        self._find_not_entitled(report)
        self._find_one_device_hops(report)
        self._find_bad_signatures(report)
        if self._unchecked:
            why = "the register of their day" if self._registers.is_there else "a register"
            report.facts["vouching"] = f"{len(self._unchecked)} vouched acts not checked: {why} is not in this folder"

    def _weigh_devices(self) -> None:
        """Where each chain breaks, and how far an office trusts it all the same, in the order of its words."""
        self._broken = {name: device.broken_from() for name, device in self._devices.items()}
        for said, device, last_seq in self._trust:
            if self._standing(said) == OFFICE:
                self._trusted[device] = max(last_seq, self._trusted.get(device, -1))

    def _standing(self, said: Said) -> str:
        """What the device is to the site that its event names."""
        device = self._devices[said.device_id]
        if said.number > self._trusted.get(said.device_id, -1):
            broken, revoked = self._broken[said.device_id], device.revoked_index
            if (broken is not None and said.number >= broken) or (revoked is not None and said.index > revoked):
                return UNTRUSTED
        if not device.has(said.site, said.received_ms):
            return OTHER
        return OFFICE if device.role == "office" else OWN

    def _in_a_name(self, said: Said) -> bool:
        """What the office says in a party's name: a manifest for one without a device, an answer in a case, what it saw at their place."""
        in_a_name = {"manifested", "cased", "inspected", "counted"}
        return said.kind in in_a_name and self._devices[said.device_id].role == "office"

    def _vouched(self, said: Said) -> str:
        """How a person registered at the site on the day vouched; where no register tells, his word is taken and counted."""
        vouch = said.vouch
        if vouch is None or vouch.method not in _METHODS:
            return NOBODY
        by_pin = vouch.method == "pin" and vouch.is_signed
        register = self._registers.at(vouch.moment_ms)
        if register is None:
            self._unchecked.add(said.index)
            return PIN if by_pin else BADGE
        person = register.people.get(vouch.actor)
        if person is None or (vouch.method == "pin" and vouch.is_forged(person)):
            return NOBODY
        if not person.is_registered(said.site, china_day(vouch.moment_ms)):
            return NOBODY
        return PIN if by_pin and person.key is not None else BADGE

    def _claim(self, said: Said) -> str:
        """What a vouched event on another party's device says beside its kind."""
        vouch = said.vouch
        if vouch and vouch.counterpart and not self._devices[said.device_id].has(vouch.counterpart, said.received_ms):
            return THIRD
        if self._takes_back(said):
            return UNDO
        return PAPER if vouch and vouch.on_paper else PLAIN

    def _takes_back(self, said: Said) -> bool:
        """Whether it takes back, on the device that made it, what was made by a badge there."""
        target = self._taken_back.get(said.index)
        if target is None:
            return False
        if not self._by_id:
            self._by_id = {told.event_id: told for told in self._said}
        told = self._by_id.get(target)
        here = told is not None and (told.device_id, told.site) == (said.device_id, said.site)
        return here and not (told and told.vouch and told.vouch.method == "pin")

    def _is_vouched(self, said: Said) -> bool:
        """Whether a person of the site stands for it by what such an event takes."""
        vouched = self._vouched(said)
        return bool(vouched) and may_be_vouched(said.kind, said.site, vouched, self._claim(said))

    def _stood_for(self, said: Said) -> bool:
        """Whether the site itself stands for another's act after it, or for a sealing the authority."""
        for word in self._targets.get(said.event_id, ()):
            standing = self._standing(word)
            by_site = standing == OWN and word.site == said.site
            by_office = standing == OFFICE and effect_of(said.kind) == SEALING
            if (by_site or by_office) and may_be_vouched(said.kind, said.site):
                return True
        return False

    def _find_not_entitled(self, report: Report) -> None:
        found: dict[tuple[str, str], Refused] = {}
        for said in self._said:
            standing = self._standing(said)
            if standing in {OWN, OFFICE}:
                good = is_entitled(said.kind, standing, site=said.site)
            elif standing == OTHER:
                good = self._in_a_name(said) or self._is_vouched(said) or self._stood_for(said)
            else:
                good = False
            if not good:
                self.refused_at.add(said.index)
                kind = said.kind if said.kind in KINDS else _UNKNOWN
                found.setdefault((said.device_id, kind), Refused(said, standing)).add(said.site)
        for (name, kind), refused in found.items():
            report.find("not_entitled", self._told(kind, refused), refused.said.index, name)

    def _told(self, kind: str, refused: Refused) -> str:
        device, said = self._devices[refused.said.device_id], refused.said
        sites = ", ".join(refused.sites[:SITES_NAMED_MAX]) + (
            " and others" if len(refused.sites) > SITES_NAMED_MAX else ""
        )
        own = ", ".join(device.sites[:SITES_NAMED_MAX])
        if refused.standing == UNTRUSTED:
            why = "it was revoked, or its chain is broken there, and no office has said that it is to be trusted so far"
        elif kind == _UNKNOWN:
            why = "nobody may, as far as this verifier knows: is there a newer one?"
        elif refused.standing == OTHER and said.vouch is not None and may_be_vouched(kind, said.site):
            why = f"no site of its own, and the word of {said.vouch.actor} for it does not hold"
        elif refused.standing == OTHER:
            why = "no site of its own, and nobody stood for it who may"
        else:
            why = "such a device may not say that"
        return f"{said.device_id} of {own} signed {refused.count} {kind} for {sites}: {why}"

    def _find_one_device_hops(self, report: Report) -> None:
        """A hand-over between two parties that one device made, while nobody vouched; inside one organisation it takes two devices."""
        found: dict[str, tuple[Said, Said]] = {}
        counts: Counter[str] = Counter()
        for first, second in self._by_one_device:
            register = self._registers.at(first.occurred_ms)
            stood_for = any(self._is_vouched(side) or self._stood_for(side) for side in (first, second))
            if not stood_for or _is_one_organisation(register, first.site, second.site):
                counts[first.device_id] += 1
                found.setdefault(first.device_id, (first, second))
        for name, (first, second) in found.items():
            giver, taker = (first, second) if first.kind == "released" else (second, first)
            text = (
                f"{name} made both sides of {counts[name]} hand-overs of a package, first of one from {giver.site} to {taker.site}: "
                f"nobody vouched, or both are one organisation"
            )
            report.find("one_device_hop", text, first.index, name)

    def _find_bad_signatures(self, report: Report) -> None:
        """Signatures that are not by the badge and PIN which the register of the day knows."""
        found: dict[str, Said] = {}
        counts: Counter[str] = Counter()
        for said in self._said:
            vouch = said.vouch
            if vouch is None or not vouch.is_signed:
                continue
            register = self._registers.at(vouch.moment_ms)
            if register is None:
                self._unchecked.add(said.index)
                continue
            person = register.people.get(vouch.actor)
            if person is not None and vouch.is_forged(person):
                counts[said.device_id] += 1
                found.setdefault(said.device_id, said)
        for name, said in found.items():
            actor = said.vouch.actor if said.vouch else ""
            text = f"{name} handed in {counts[name]} signatures by badge and PIN that do not hold, first one of {actor}"
            report.find("vouch_signature", text, said.index, name)


def _is_one_organisation(register: Register | None, one: str, two: str) -> bool:
    """Whether two sites belong to one legal person; a site without one is its own."""
    return register is not None and register.organisations.get(one, one) == register.organisations.get(two, two)
