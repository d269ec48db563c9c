"""Labels that took another one's place (`relabelled`): one package, one life, by whichever label it was scanned.

A word "the package with this old label bears that new one now" counts when

1. its signer is entitled, and concerned with the package: it sealed it, or had it, by whichever of its labels or in its box; no correction
   struck it out;
2. the new label was blank: it stands on no package that was sealed, and is no package's old one. One that somebody declared as opening
   stock is blank when the authority puts it on, or when it was issued for the site that does and not for the one that declared; never
   once the authority has confirmed the declaration;
3. nothing was done with the new label before: what was moved, packed or handed over by then was another package;
4. it is told before what bears the new label is destroyed, in its box or by itself, or proved to be earlier by its device's own numbers.

The authority's word needs neither 3 nor 4. Of several words about one new label the authority's goes first, then that of the site for which
the label was issued, then the first by the clocks; a word that does not count bars no other. A word that counts, but is not proved to be
earlier than the package left (`is_proved`), leaves it unproven.

A package bears at most `LABELS_MAX` labels after its first one: what is called the next one is a package of its own, of unknown origin.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wasteledger.domain.corrections import correction_of, parties_to
from wasteledger.domain.entitled import NOT, OFFICE, entitlement_of, told_before
from wasteledger.domain.facts import Fact, Source, by_order
from wasteledger.domain.opening import is_confirmed, with_opening_stock
from wasteledger.domain.register import Directory

#: Labels that may take each other's place on one package; a clinic that renews one every day for two weeks hides something.
LABELS_MAX = 16
#: What is done with a package; what speaks of labels, or is said of it, is not among it.
ACTS = frozenset({"packed", "unpacked", "released", "accepted", "refused", "stored", "disposed"})
_DEPARTURES = frozenset({"released", "accepted", "disposed"})

#: What entitled signers did with a label, by itself and in its boxes.
ActsOf = Callable[[str], Sequence[Fact]]


class Label(NamedTuple):
    """A label that took another one's place.

    Attributes:
        first: the code of the package, which is its first label.
        word: the fact that says so.
        number: of the label among those that followed the first one.
        left: the departure than which the word is not proved to be earlier; None where it is.
    """

    first: str
    word: Fact
    number: int
    left: Fact | None


def labels_around(
    code: str, source: Source, directory: Directory, acts_of: ActsOf, *, near_ms: int
) -> tuple[set[str], dict[str, Label]]:
    """Every code which words connect with one, and those among them that took another one's place.

    Args:
        code: a label that some word names.
        source: where facts are found.
        directory: the register.
        acts_of: what entitled signers did with a label.
        near_ms: what two honest clocks may differ by.
    """
    return _Labels(source, directory, acts_of, near_ms).read(code)


class _Labels:
    """Reads the words about labels, in an order that does not depend on which label was asked for."""

    def __init__(self, source: Source, directory: Directory, acts_of: ActsOf, near_ms: int) -> None:
        self._source, self._directory, self._acts_of, self._near_ms = source, directory, acts_of, near_ms
        self._labels: dict[str, Label] = {}
        self._parties: dict[str, set[str]] = {}
        self._replaced: set[str] = set()

    def read(self, code: str) -> tuple[set[str], dict[str, Label]]:
        codes, around = self._words_around(code)
        words = sorted(around, key=self._precedence)
        waiting: list[Fact] = []
        # A later label's word may be stamped before an earlier one's: again, as long as one more has found its package.
        while len(words) != len(waiting):
            waiting = words
            words = [word for word in waiting if not self._take(word)]
        return codes, self._labels

    def _words_around(self, code: str) -> tuple[set[str], list[Fact]]:
        words: dict[str, Fact] = {}
        known, waiting = {code}, [code]
        while waiting:
            for fact in self._source.facts_of(waiting.pop()):
                if fact.kind == "relabelled" and fact.event_id not in words:
                    words[fact.event_id] = fact
                    named = {*fact.event.codes, fact.event.new_code} - known
                    known |= named
                    waiting += named
        return known, [word for word in words.values() if self._entitlement(word)]

    def _entitlement(self, fact: Fact) -> int:
        return entitlement_of(fact, self._source, self._directory)

    def _precedence(self, word: Fact) -> tuple[bool, bool, tuple[int, int, str, int]]:
        owners = self._issued_for(word.event.new_code)
        return self._entitlement(word) != OFFICE, word.event.site not in owners, word.order

    def _issued_for(self, label: str) -> set[str]:
        facts = self._source.facts_of(label)
        return {fact.event.for_site for fact in facts if fact.kind == "issued" and self._entitlement(fact) != NOT}

    def _take(self, word: Fact) -> bool:
        """Whether a word counts, as far as is known by now; if so, its label is the package's from now on."""
        old, new = next(iter(word.event.codes)), word.event.new_code
        if new in self._labels or new in self._replaced:
            return False
        before = self._labels.get(old)
        first, number = (before.first, before.number + 1) if before else (old, 1)
        parties = self._parties_to(first)
        office = self._entitlement(word) == OFFICE
        concerned = bool(parties) if office else self._directory.acts_for(word.event.site, parties, word.occurred_ms)
        if number > LABELS_MAX or not concerned:
            return False
        if self._is_struck_out(word, old) or not self._is_blank(word, new):
            return False
        left = None
        if not office:
            acts = self._acts_of(new)
            if self._is_known_before(word, acts):
                return False
            left = None if is_proved(word, acts) else _first_told_before(word, acts)
            if left and not all(told_before(word, act) for act in acts if act.kind == "disposed"):
                return False
        self._labels[new] = Label(first, word, number, left)
        self._replaced.add(old)
        parties |= self._parties_by(new, self._source.facts_of(new))
        return True

    def _parties_to(self, first: str) -> set[str]:
        if first not in self._parties:
            self._parties[first] = self._parties_by(first, self._read(first))
        return self._parties[first]

    def _parties_by(self, label: str, facts: Sequence[Fact]) -> set[str]:
        """Those that had the package by this label, or in a box into which it was packed by this label."""
        return parties_to([*facts, *self._acts_of(label)], self._source, self._directory)

    def _read(self, code: str) -> Sequence[Fact]:
        """The facts of a code, a declaration that counts read as its sealing."""
        facts = self._source.facts_of(code)
        if code not in self._source.opened:
            return facts
        own = sorted(facts, key=by_order)
        return with_opening_stock(code, own, self._source, self._directory, near_ms=self._near_ms)

    def _is_struck_out(self, word: Fact, old: str) -> bool:
        if word.event_id not in self._source.targets:
            return False
        correction = correction_of(old, word, self._source.facts_of(old), self._source, self._directory)
        return correction is not None and correction.never_was

    def _is_blank(self, word: Fact, new: str) -> bool:
        seal = next((fact for fact in self._read(new) if fact.kind == "sealed"), None)
        if seal is None:
            return True
        if seal.event.kind == "sealed" or is_confirmed(seal, new, self._source, self._directory):
            return False
        owners = self._issued_for(new)
        return self._entitlement(word) == OFFICE or (word.event.site in owners and seal.event.site not in owners)

    def _is_known_before(self, word: Fact, acts: Sequence[Fact]) -> bool:
        """Whether something was done with the new label before it is said to have been put on, whatever clocks may differ by."""
        behind = [act for act in acts if _is_behind(act, word, acts)]
        at_ms = min([word.occurred_ms, *(act.occurred_ms for act in behind)])
        return any(act.occurred_ms < at_ms - self._near_ms for act in acts if act not in behind)


def is_proved(word: Fact, acts: Sequence[Fact]) -> bool:
    """Whether the package is proved to have left its place, or to have been destroyed, after the word was said.

    Proved: told before every scan of its leaving, or of a lower number on the device that handed it over.
    """
    departures = [act for act in acts if act.kind in _DEPARTURES]
    site = word.event.site
    own = [act for act in departures if site in {act.event.site, act.event.from_site}]
    return all(told_before(word, act) or _is_behind(act, word, acts) for act in own or departures)


def _first_told_before(word: Fact, acts: Sequence[Fact]) -> Fact | None:
    departures = [act for act in acts if act.kind in _DEPARTURES and not told_before(word, act)]
    return min(departures, key=by_order, default=None)


def _is_behind(act: Fact, word: Fact, acts: Sequence[Fact]) -> bool:
    """Whether the device that says a word did something after it, by its own numbers: itself, or by giving to the one that took over."""
    event, said = act.event, word.event
    given = [act]
    if act.kind == "accepted" and event.from_site == said.site:
        hop = said.site, event.site
        given = [other for other in acts if other.kind == "released" and (other.event.site, other.event.to_site) == hop]
    return bool(given) and all(
        other.event.device_id == said.device_id and other.event.device_seq > said.device_seq for other in given
    )
