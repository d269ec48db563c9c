"""A small vocabulary to tell what happened to waste, and what the ledger must say of it.

Every act is really signed and written into a log. `Telling.ends` asks the ledger three times: with the log as it was received, with
the same log delivered in another order, and from books kept in portions; the answers must be one.
"""

import hashlib
import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from schemas.canonical import encode_base64
from tests.store.logs import fill
from tests.stories_builder import (
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    MANIFEST,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    as_received,
    ms,
    register,
)
from wasteledger.domain.hello import Hello, sign_hello
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question, Reconciliation, reconcile
from wasteledger.domain.register import Directory
from wasteledger.domain.walk import walk
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

PHOTO = encode_base64(hashlib.sha256(b"a photograph").digest())
UNDER_THE_MANIFEST: dict[str, Any] = {"manifest": MANIFEST, "vehicle": VEHICLE}


@cache
def _empty_database() -> bytes:
    """Made once: its tables take longer than most stories."""
    with tempfile.TemporaryDirectory(prefix="wasteledger-story-") as folder:
        path = Path(folder) / "wasteledger.db"
        Database(f"sqlite:///{path}").close()
        return path.read_bytes()


class Telling(Story):
    """A story in the words of those who handle waste. Times are `day hour:minute` of November 2026.

    `directory`: the district, where it is another one than that of the other stories.
    """

    directory = Directory(register())

    def clinic_seals(self, *bags: str, at: str = "02 08:00", mass_g: int = 1000) -> None:
        """The clinic closes, labels and weighs bags; the labels came on a roll."""
        for bag in bags:
            self.issue(bag)
            self.seal(bag, at=at, mass_g=mass_g)

    def collector_takes(self, *bags: str, at: str = "02 14:00", **how: Any) -> None:
        """Clinic → collector, both scan."""
        self.hop(list(bags), CLINIC, COLLECTOR, at=at, **how)

    def collector_brings_to_centre(self, *bags: str, at: str = "02 16:00", **how: Any) -> None:
        """Collector → township centre, both scan."""
        self.hop(list(bags), COLLECTOR, TRANSFER, at=at, **how)

    def centre_packs(self, *bags: str, at: str = "02 17:00") -> None:
        """Small into big."""
        self.tell(TRANSFER, "packed", at=at, codes=list(bags), box=BOX)

    def lorry_takes(self, *load: str, at: str = "03 08:00", carrier: str = CARRIER, **how: Any) -> None:
        """Centre → carrier, under the centre's manifest."""
        self.hop(list(load), TRANSFER, carrier, at=at, **(UNDER_THE_MANIFEST | how))

    def lorry_brings_to_plant(self, *load: str, at: str = "03 11:00", carrier: str = CARRIER, **how: Any) -> None:
        """Carrier → plant."""
        self.hop(list(load), carrier, PLANT, at=at, **(UNDER_THE_MANIFEST | how))

    def plant_burns(self, *load: str, at: str = "03 15:00") -> None:
        """Fed into the furnace; a box is washed afterwards."""
        self.dispose(list(load), at=at)
        boxes = [code for code in load if code == BOX]
        if boxes:
            self.tell(PLANT, "washed", at=at, after_ms=60 * 60_000, codes=boxes)

    def plant_confirms(self, *, at: str = "04 09:00") -> None:
        """The plant confirms the manifest."""
        self.tell(PLANT, "manifested", at=at, manifest=MANIFEST, action="confirmed", opinion="accepted")

    def comes_to_centre(self, *bags: str) -> None:
        """Clinic → collector → township centre, in an afternoon."""
        self.collector_takes(*bags)
        self.collector_brings_to_centre(*bags)

    def goes_into_the_fire(self, *load: str) -> None:
        """Centre → carrier → plant → furnace, on the next day, and the manifest is confirmed."""
        self.lorry_takes(*load)
        self.lorry_brings_to_plant(*load)
        self.plant_burns(*load)
        self.plant_confirms()

    def on_the_collectors_handheld(self, kind: str, *, at: str, **fields: Any) -> str:
        """The clinic acts, on the device that the collector brought along."""
        note = self.teller(COLLECTOR).note(kind, occurred_ms=ms(at), site=CLINIC, **fields)
        return self.write(note, received_ms=ms(at) + 60_000)

    def device_says_hello(
        self, site: str, *, at: str, boot_began: str = "", wall_ms: int = 0, waiting_count: int = 0
    ) -> None:
        """A device is connected at `at` and tells its clocks: since when it runs, and what its wall clock shows.

        Without them its clocks are right, and its events are of that boot. `waiting_count`: of events that it has made and not handed in.
        """
        teller = self.teller(site)
        monotonic_ms = ms(at) - ms(boot_began) if boot_began else ms(at) % 2**40
        number = teller.number + waiting_count
        hello = Hello(teller.key.device_id, number, bytes(32), wall_ms or ms(at), monotonic_ms, "0123456789abcdef")
        self.write_raw(sign_hello(teller.key, hello, origin=teller.origin), received_ms=ms(at))

    def expects(self, bag: str) -> str:
        """Who has to act next on a bag, and what it is called when he does not."""
        expected = walk(bag, self.history(), self.directory).expected
        return f"{expected.site} {expected.reason}" if expected else "nothing"

    def ends(self, *, at: str = "05 00:00") -> "Ending":
        """What the ledger says, whatever the order of delivery."""
        first = self.reconcile(as_of=at, directory=self.directory)
        # No log takes an event of a device before its enrolment.
        admissions = [content for content in self.entries if b'"kind":"enrolled"' in content]
        others = [content for content in self.entries if content not in admissions]
        random.Random(7).shuffle(others)
        shuffled = admissions + others
        history = History()
        for content in shuffled:
            history.add(content)
        again = self.reconcile(as_of=at, history=history, directory=self.directory)
        assert (again.items, again.findings) == (first.items, first.findings), (
            "the order of delivery changed the answer"
        )
        self._books_say(ms(at))
        return Ending(first)

    def _books_say(self, as_of_ms: int) -> None:
        """The books, kept a few entries at a time, say what the whole history says; of the log as intake can have received it."""
        directory, asked = self.directory, Question("500114", "2026-11-01", "2026-11-30", as_of_ms)
        entries, history = as_received(self.entries), History()
        for content in entries:
            history.add(content)
        plain = reconcile(history, directory, **asked._asdict())
        with tempfile.TemporaryDirectory(prefix="wasteledger-story-") as folder:
            path = Path(folder) / "wasteledger.db"
            path.write_bytes(_empty_database())
            database = Database(f"sqlite:///{path}")
            fill(database, entries)
            books = Books(database)
            books.keep(directory, directory.digest, portion=3)
            kept = answer(books, asked, directory)
            books.close()
            database.close()
        assert (kept.items, kept.findings) == (plain.items, plain.findings), "the books say something else"


class Ending:
    """What the ledger says at the end."""

    def __init__(self, answer: Reconciliation) -> None:
        self.answer = answer

    @property
    def classes(self) -> dict[str, str]:
        """The class of each bag."""
        return {row.code: row.item_class for row in self.answer.items}

    @property
    def findings(self) -> dict[str, str]:
        """Each finding's code, with the site that has to act."""
        return {finding.code: finding.site for finding in self.answer.findings}

    @property
    def proved_share(self) -> float | None:
        """The proved rate by weight."""
        return self.answer.district.rates()["rate_proved_mass"]
