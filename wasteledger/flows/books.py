"""Keeping the books: following the log by a cursor, judging again only what new entries touch.

For each portion of the log, in one transaction of the books:

1. open its entries, file each fact under what it names, take it into its device's book;
2. gather what it touches: the items it names, what lies in the boxes it names, what is in a room that was counted;
3. fold the manifests it touches; one whose law has changed touches all its items (`flows/book_manifests.py`);
4. walk those items again, with their companions in weighed boxes (`domain/judge.py`);
5. write their rows, their doubts, and how far the books are kept.

A full run is the same with an empty beginning and large portions, and gives the same books.
"""

import gc
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import orjson

from schemas.canonical import INTEGER_MAX, encode_base64
from schemas.growth import contract_digest
from wasteledger.domain.admissions import Admission, break_chain, take_office_event
from wasteledger.domain.booked_manifests import book_manifest
from wasteledger.domain.booking import BookedDoubt, book_doubts, book_item
from wasteledger.domain.chain import Chain
from wasteledger.domain.devices import DeviceBook, Run, is_said_of_no_package
from wasteledger.domain.facts import Fact, ReadEntry, read_entry, read_fact
from wasteledger.domain.hello import Hello
from wasteledger.domain.judge import judge
from wasteledger.domain.merkle import EMPTY_ROOT, leaf_hash
from wasteledger.domain.other_doubts import emptied_around, manifest_doubts, washing_doubts, washing_subject
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.domain.times import NO_BOOT, TRUSTED_CLOCK_MS_MAX, Bound, hold_chain, hold_from
from wasteledger.flows.book_lists import NewLists
from wasteledger.flows.book_manifests import ManifestFolds, numbers_after, numbers_before
from wasteledger.flows.book_rare import is_rare, shelve_fork, shelve_rare
from wasteledger.flows.book_source import BookSource, named_by
from wasteledger.flows.book_touched import PLAIN, Touched, beside, stretch
from wasteledger.store.books import BookRows
from wasteledger.store.books_db import BooksDatabase, BooksState
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger
from wasteledger.store.ledger_cut import ledger_of

#: Entries of one portion: three weeks of a district, which most packages live through.
PORTION_ENTRIES = 120_000
#: What so many entries leave in memory is in no circles, and is let go of one by one: nobody need look through it for circles again.
FROZEN_ENTRIES_MIN = 10_000
_NO_NUMBER = INTEGER_MAX + 1
#: What an office says of devices.
_OF_DEVICES = frozenset({"enrolled", "revoked", "trusted"})


class Books:
    """The books of one log, as this process keeps them."""

    def __init__(self, database: Database, *, folder: Path | None = None, until: int | None = None) -> None:
        """Opens the books; nothing is read before they are asked for.

        `folder`: books of their own there, not the log's; `until`: they know the first entries of the log alone.
        """
        self._log = database
        self._until = until
        self.database = BooksDatabase(database.url, folder)
        self._lock = RLock()
        self._contract = contract_digest()
        self._directory: Directory
        self._forget_all()

    def _forget_all(self) -> None:
        self.source = BookSource()
        self.devices: dict[str, DeviceBook] = {}
        self.size = 0
        self._begin_portion()

    def _begin_portion(self) -> None:
        self._touched = Touched(self.source)
        self._lists = NewLists()
        self._devices_touched: set[str] = set()
        self._boots: set[tuple[str, str]] = set()
        self._begun: dict[tuple[str, str], int] = {}
        self._held: set[int] = set()
        self._rare: list[int] = []

    def keep(
        self, directory: Directory, digest: str, *, portion: int = PORTION_ENTRIES, until: int | None = None
    ) -> int:
        """Brings the books up to the end of the log, or up to `until`, judged by this register; returns the size they are kept to.

        Where another version of the contract kept them, they are kept anew: what that one did not know may have an effect now.
        """
        digest = f"{digest} {self._contract}"
        with self._lock:
            # A portion makes facts by the ten thousand, none of them in circles: looking for circles would take a third of the time.
            collecting, begin = gc.isenabled(), self.size
            gc.disable()
            try:
                while self._keep_portion(directory, digest, portion, until):
                    pass
            finally:
                if abs(self.size - begin) > FROZEN_ENTRIES_MIN:
                    gc.freeze()
                if collecting:
                    gc.enable()
            return self.size

    def _keep_portion(self, directory: Directory, digest: str, portion: int, until: int | None) -> bool:
        """Takes in the next portion; whether there may be more."""
        self._directory = directory
        with self._log.read() as log, self.database.write() as books:
            rows, ledger = BookRows(books), ledger_of(log, self._until)
            state = rows.state()
            if state.size and not self._same_log(state, ledger, digest):
                self.database.throw_away(books)
                state = BooksState()
                self._forget_all()
            end = ledger.size if until is None else min(until, ledger.size)
            if state.size >= end and state.size == self.size:
                return False
            self.source.attach(rows, ledger)
            if state.size != self.size:
                self._forget_all()
                self.source.attach(rows, ledger)
                self._remember(rows, ledger, state.size)
            last_leaf = state.last_leaf
            clocks = self.source.clocks
            for index, content in ledger.contents(state.size, min(end, state.size + portion)):
                fact = read_fact(index, content, clocks)
                if fact:
                    said_ms = clocks.floor_ms(fact.event, fact.received_ms)
                    if not self._file_next(fact, said_ms, directory):
                        self._file(fact, content, said_ms, directory)
                else:
                    self._take(read_entry(index, content), directory)
                last_leaf = content
                self.size = index + 1
            if self.size == state.size:
                return False
            self._write(rows, directory)
            rows.save_state(BooksState(self.size, leaf_hash(last_leaf), digest))
            self.source.attach(None, None)
            self.source.forget()
            return self.size < end

    def _same_log(self, state: BooksState, ledger: Ledger, digest: str) -> bool:
        """Whether the books were kept from this log, by this register."""
        last = ledger.entry(state.size - 1)
        return state.register_digest == digest and last is not None and leaf_hash(last) == state.last_leaf

    def _remember(self, rows: BookRows, ledger: Ledger, size: int) -> None:
        """What is kept in memory from the beginning of the log: rare facts, clocks, devices."""
        for device, boot_id, anchors in rows.boots():
            self.source.clocks.put_back(device, boot_id, json.loads(anchors))
        self.source.held = {index: tuple(times) for index, *times in rows.held()}
        for _, content in rows.devices():
            fields = json.loads(content)
            fields["runs"] = [Run(**(run | {"first_codes": tuple(run["first_codes"])})) for run in fields["runs"]]
            revoked = fields["admission"].pop("revoked")
            fields["admission"] = Admission(**fields["admission"], revoked=tuple(revoked) if revoked else None)
            self._know(DeviceBook(**fields))
        for index, stored in ledger.entries_at(rows.rare()):
            entry = read_entry(index, stored)
            fact = self.source.dated(entry)
            if entry.entry_class == "fork":
                shelve_fork(fact, self.source)
            else:
                shelve_rare(fact, self.source)
        self.size = size

    def _take(self, entry: ReadEntry, directory: Directory) -> None:
        """Takes in an entry that is no event: a hello, a fork, a quarantined note."""
        if entry.hello:
            self._hear(entry.hello, entry, directory)
        elif entry.entry_class == "quarantine":
            if entry.device_id in self.devices:
                self._device(entry.device_id).note_unreadable(entry.event_id, entry.received_ms)
        elif entry.event:
            fact = entry.fact(self.source.clocks)
            self._device(fact.event.device_id).note("device_fork", fact)
            if break_chain(fact.event.device_id, fact.event.device_seq, self.source.admissions):
                self._weigh(fact.event.device_id)
            shelve_fork(fact, self.source)
            self._rare.append(fact.index)
            self._touched.add_items(code for code in fact.event.codes if not is_box(code))

    def _device(self, device: str) -> DeviceBook:
        self._devices_touched.add(device)
        if device not in self.devices:
            self._know(DeviceBook(device))
        return self.devices[device]

    def _know(self, book: DeviceBook) -> None:
        self.devices[book.device_id] = book
        self.source.admissions[book.device_id] = book.admission

    def _weigh(self, device: str) -> None:
        """The standing of a device has changed: what its events touch is judged again."""
        self.source.admissions.rights.clear()
        forks = (fact for facts in self.source.forks.values() for fact in facts if fact.event.device_id == device)
        self._touched.add_items(code for fork in forks for code in fork.event.codes if not is_box(code))
        for fact in self.source.facts_of_device(device, self.devices[device].newest, end=self.size + 1):
            fact.standing = fact.entitlement = None
            self.source.date_anew(fact, ())  # corrections and stock-takes are at hand elsewhere too
            self._touched.add_again(fact)
            if is_said_of_no_package(fact):
                self.devices[device].note_right(fact, self.source, self._directory)
            elif fact.kind == "opening_stock":
                self._touched.add_openings(fact.event.site)

    def _file_next(self, fact: Fact, said_ms: int, directory: Directory) -> bool:
        """Files an event that speaks of packages alone and is its device's next one in every way; whether it is, as nearly all are.

        `said_ms`: when a hello said that its number was still to come.
        """
        event, source = fact.event, self.source
        source.facts[fact.index] = fact
        self._lists.note(fact)
        if fact.kind not in PLAIN or event.attachments:
            return False
        book = self.devices.get(event.device_id)
        if book is None or not book.take_next(fact, said_ms, directory):
            return False
        self._devices_touched.add(event.device_id)
        source.file(fact)
        self._touched.add(fact)
        return True

    def _file(self, fact: Fact, content: bytes, said_ms: int, directory: Directory) -> None:  # noqa: C901 - all of a fact, once
        """Files every other event."""
        event, kind, source = fact.event, fact.kind, self.source
        book = self._device(event.device_id)
        number, bound = self._place(book, fact, said_ms)
        if kind == "enrolled":
            root = EMPTY_ROOT if event.device == event.device_id else leaf_hash(content)
            self._device(event.device).admit(event.for_site, encode_base64(root), fact.received_ms)
        broken_from = book.admission.broken_from
        book.take(fact, directory)
        if number < 0:
            book.runs[-1].take_bound(bound)
        if book.admission.broken_from != broken_from:
            self._weigh(event.device_id)
        if kind in _OF_DEVICES:
            self._device(event.device)
            self._weigh(take_office_event(fact, self.source.admissions) or event.device)
        if number >= 0 or book.last_boot != event.boot_id:
            book.last_boot = event.boot_id
            boot = (event.device_id, event.boot_id)
            if event.device_seq < self._begun.get(boot, _NO_NUMBER):  # its lowest number: a hello may come behind it
                self._begun[boot] = event.device_seq
        source.file(fact)
        if number >= 0:
            self._hold(book, number, directory)
        if is_said_of_no_package(fact):
            book.note_right(fact, source, directory)
        if is_rare(fact):
            shelve_rare(fact, self.source)
            self._rare.append(fact.index)
            if kind == "opening_stock":
                self._touched.add_openings(event.site)
        self._touched.add(fact)

    def _place(self, book: DeviceBook, fact: Fact, said_ms: int) -> tuple[int, Bound]:
        """From which number on times change because of an event, -1 for none; and what holds for the next one."""
        event, runs, bound = fact.event, book.runs, Bound(book.floor_ms)
        occurred_ms, began_ms = fact.occurred_ms, fact.occurred_ms - event.monotonic_ms
        if runs and runs[-1].last < event.device_seq and book.received_ms <= fact.received_ms:
            book.received_ms, bound = fact.received_ms, runs[-1].bound(book.floor_ms)
        else:
            number = book.dated_from(fact)
            if number >= 0:
                return number, bound
        zero_ms = bound.zero_ms if bound.boot == event.boot_id else 0
        steady = began_ms >= zero_ms - TRUSTED_CLOCK_MS_MAX and occurred_ms == fact.wall_ms
        last = occurred_ms >= max(bound.lower_ms, said_ms, bound.after_ms)
        if last and steady and not event.checkpoint and not event.backfill:  # nearly always: it happened when it claims
            return -1, Bound(occurred_ms, event.boot_id, max(zero_ms, began_ms))
        (held,) = hold_chain([fact], bound, self.source.clocks, self.source.received_at)
        fact.hold(held)
        self._keep_time(fact)
        return -1, held.bound

    def _hear(self, hello: Hello, entry: ReadEntry, directory: Directory) -> None:
        """A hello: how far its device has come, and when its boot began."""
        book = self._device(hello.device_id)
        book.announce(hello.next_seq, entry.received_ms, entry.event_id)
        boot = hello.device_id, hello.boot_id
        begun = [number for number in (self._begun.get(boot), self.source.begun(*boot)) if number is not None]
        moved = bool(begun) and self.source.clocks.moves(hello, entry.received_ms)
        if moved:  # read while the old clocks hold: what is dated otherwise afterwards is judged again
            downwards = self.source.facts_of_device(book.device_id, book.newest, end=self.size + 1)
            any(fact.event.device_seq <= min(begun) for fact in downwards)
        self.source.clocks.learn(hello, entry.received_ms)
        self._boots |= {boot, (hello.device_id, NO_BOOT)}
        if moved:
            self._hold(book, min(begun), directory)

    def _hold(self, book: DeviceBook, number: int, directory: Directory) -> None:
        """Times of a device's events from a number on, each inside its bracket; what changes is judged again."""
        source, bounds = self.source, {}
        downwards = source.facts_of_device(book.device_id, book.newest, end=self.size + 1)
        for held in hold_from(number, downwards, book.floor_ms, source.clocks, source.received_at):
            fact, before_ms = held.fact, held.fact.occurred_ms
            bounds[fact.event.device_seq] = held.bound
            if fact.hold(held):
                self._touched.add_again(fact, before_ms)
                source.date_anew(fact, named_by(fact))
            self._keep_time(fact)
            # Of each boot one event is shown: with that one mended, it may be the next one.
            book.judge_clock(fact, directory)
        book.bound(bounds)
        self._devices_touched.add(book.device_id)

    def _keep_time(self, fact: Fact) -> None:
        """A time that does not follow from the event and its clocks alone is kept, and one that was kept before."""
        held, claimed_ms = self.source.held, self.source.clocks.claim(fact.event, fact.received_ms, fact.wall_ms)[0]
        times = (fact.occurred_ms, fact.earliest_ms, fact.latest_ms, fact.outside)
        if fact.index in held or times != (claimed_ms, claimed_ms, claimed_ms, False):
            held[fact.index] = times
            self._held.add(fact.index)

    def _write(self, rows: BookRows, directory: Directory) -> None:
        """Judges what was touched and writes it down."""
        source, touched = self.source, self._touched
        changed = source.settle()
        source.late |= touched.corrected
        touched.gather(rows, directory)
        folds = ManifestFolds(source, directory)
        begin = rows.state().size
        again = touched.packed_before(begin)
        numbers = numbers_before(again, touched.boxes, touched.packed, source, directory)
        more = folds.take(touched.manifests | numbers) - touched.items.keys()
        source.prefetch(more)
        waiting: Collection[str] = [*touched.items, *more]
        chains: dict[str, Chain] = {}
        while waiting:
            judged = judge(waiting, source, directory)
            chains |= judged
            waiting = folds.take(numbers_after(judged, source, directory, begin)) | (
                beside(judged, again, source, directory) - chains.keys()
            )
            source.prefetch(waiting)
        rows.save_traced([(code, places.tobytes()) for code, places in changed.items()])
        new = source.first_named
        rows.save_items([row for chain in chains.values() for row in book_item(chain, directory.region)], new=new)
        subjects, doubts = self._judge_others(chains, folds, rows, directory)
        for chain in chains.values():
            if chain.doubts or chain.expected or chain.unvouched:
                doubts += book_doubts(chain)
        rows.replace_doubts(rows.subjects_with_doubts([*(chains.keys() - new), *subjects]), doubts)
        books = [self.devices[device] for device in self._devices_touched]
        rows.save_devices([(book.device_id, orjson.dumps(book).decode()) for book in books])
        rows.save_begun([(*boot, number) for boot, number in self._begun.items()])
        rows.save_boots([(*boot, json.dumps(self.source.clocks.known(*boot))) for boot in sorted(self._boots)])
        rows.save_held([(index, *map(int, self.source.held[index])) for index in sorted(self._held)])
        rows.save_rare({*self._rare, *(packed.index for packed in self.source.doubled.values())})
        self._begin_portion()

    def _judge_others(
        self, chains: dict[str, Chain], folds: ManifestFolds, rows: BookRows, directory: Directory
    ) -> tuple[set[str], list[BookedDoubt]]:
        """Judges the manifests and emptied boxes that are touched; returns what they are called, and their doubts."""
        folded = [manifest for _, manifest in sorted(folds.folded.items())]

        def waste_code_of(code: str) -> str:
            chain = chains.get(code)
            booked = None if chain else rows.item(code)
            return chain.waste_code if chain else booked.waste_code if booked else ""

        source = self.source
        doubts = [doubt for one in folded for doubt in manifest_doubts(one, source, directory, waste_code_of)]
        self._lists.keep(source, rows)
        rows.save_manifests([book_manifest(m, source.manifest_law(m.number, directory)) for m in folded if m.facts])
        subjects = set(folds.folded)
        for box, moments in self._touched.packed.items():
            for moment_ms in moments:
                stretch(self._touched.boxes, box, moment_ms)
        for box, (begin_ms, end_ms) in self._touched.boxes.items():
            for emptied in emptied_around(box, begin_ms, end_ms, self.source):
                subjects.add(washing_subject(box, emptied))
                doubts += washing_doubts(box, emptied, self.source, directory)
        return subjects, doubts

    @contextmanager
    def opened(self) -> Iterator[tuple[BookRows, BookSource]]:
        """The books to read in, all from one moment, and the facts behind them."""
        with self._lock, self._log.read() as log, self.database.read() as books:
            self.source.attach(BookRows(books), ledger_of(log, self._until))
            yield BookRows(books), self.source
            self.source.attach(None, None)

    def rest(self) -> None:
        """Lets go of the facts that were read on the way; they are read again when somebody asks."""
        with self._lock:
            self.source.facts.clear()
            self.source.attach(None, None)
            self.source.places.clear()

    def close(self) -> None:
        """Gives the database back."""
        self.database.close()
