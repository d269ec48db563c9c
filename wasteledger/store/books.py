"""Rows of the books: written by whoever keeps them, read by whoever asks."""

from collections.abc import Container, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from wasteledger.domain.booked_manifests import BookedManifest
from wasteledger.domain.booking import COPY_MARK, BookedDoubt, BookedItem
from wasteledger.domain.register import CHINA_MS, DAY_MS
from wasteledger.store.books_db import BOOKS_VERSION, BooksState, execute_many, query, query_named

_ITEM_COLUMNS = (
    "code, site, waste_code, sealed_ms, sealed_day, packages, mass_g, item_class, phase, holder, inferred, reasons, due_ms, last_ms, "
    "stays, roll, method, corrected_down_g, told_day, opening"
)
_ITEM_UPSERT = (
    f"INSERT INTO books_item ({_ITEM_COLUMNS}) VALUES ({', '.join('?' * len(BookedItem._fields))}) ON CONFLICT (code) DO UPDATE SET "  # noqa: S608 - names of our own
    + ", ".join(f"{name} = excluded.{name}" for name in _ITEM_COLUMNS.replace(" ", "").split(",")[1:])
)


_DOUBT_COLUMNS = ", ".join(BookedDoubt._fields)
_SELECT_DOUBT = f"SELECT {_DOUBT_COLUMNS} FROM books_doubt"  # noqa: S608 - names of our own
_SELECT_ITEM = f"SELECT {_ITEM_COLUMNS} FROM books_item"  # noqa: S608 - the same

_MANIFEST_COLUMNS = ", ".join(BookedManifest._fields)
_MANIFEST_UPSERT = (
    f"INSERT INTO books_manifest ({_MANIFEST_COLUMNS}) VALUES ({', '.join('?' * len(BookedManifest._fields))}) "  # noqa: S608 - the same
    "ON CONFLICT (number) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in BookedManifest._fields[1:])
)


class BookRows:
    """The books as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        """Uses the caller's transaction."""
        self._connection = connection

    def state(self) -> BooksState:
        """How far they are kept; from the beginning where there are none."""
        rows = query(self._connection, "SELECT size, last_leaf, register_digest FROM books_state")
        return BooksState(rows[0][0], bytes(rows[0][1]), rows[0][2]) if rows else BooksState()

    def save_state(self, state: BooksState) -> None:
        """Says how far they are kept."""
        statement = (
            "INSERT INTO books_state (id, version, size, last_leaf, register_digest) VALUES (1, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, size = excluded.size, last_leaf = excluded.last_leaf, "
            "register_digest = excluded.register_digest"
        )
        execute_many(self._connection, statement, [(BOOKS_VERSION, *state)])

    def traced(self, codes: Iterable[str]) -> dict[str, bytes]:
        """Where the facts of these codes stand, as they were saved."""
        statement = "SELECT code, facts FROM books_traced WHERE code IN ({names})"
        return {code: bytes(facts) for code, facts in query_named(self._connection, statement, sorted(codes))}

    def save_traced(self, rows: Sequence[tuple[str, bytes]]) -> None:
        """Keeps where the facts of codes stand; in order of their keys, so that pages are written once."""
        statement = "INSERT INTO books_traced (code, facts) VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET facts = excluded.facts"
        execute_many(self._connection, statement, sorted(rows))

    def save_items(self, rows: Sequence[BookedItem], *, new: Container[str] = ()) -> None:
        """Keeps what was judged of items, in order of their keys; a row of one package too many goes, of which `new` codes have none."""
        codes = {row.code for row in rows}
        gone = self._further(code for code in codes if COPY_MARK not in code and code not in new) - codes
        execute_many(self._connection, "DELETE FROM books_item WHERE code = ?", [(code,) for code in gone])
        execute_many(self._connection, _ITEM_UPSERT, sorted(rows, key=itemgetter(0)))

    def _further(self, codes: Iterable[str]) -> set[str]:
        """The rows that there are of the second and further packages on these codes."""
        found: set[str] = set()
        number, wanted = 2, sorted(codes)
        while wanted:
            names = [f"{code}{COPY_MARK}{number}" for code in wanted]
            statement = "SELECT code FROM books_item WHERE code IN ({names})"
            there = {row[0] for row in query_named(self._connection, statement, names)}
            found |= there
            number, wanted = number + 1, [code for code, name in zip(wanted, names, strict=True) if name in there]
        return found

    def save_manifests(self, rows: Sequence[BookedManifest]) -> None:
        """Keeps what manifests came to."""
        execute_many(self._connection, _MANIFEST_UPSERT, rows)

    def manifest_laws(self, numbers: Iterable[str]) -> dict[str, str]:
        """What is kept of the law of these manifests, as text."""
        statement = "SELECT number, law FROM books_manifest WHERE number IN ({names})"
        return {row[0]: row[1] for row in query_named(self._connection, statement, sorted(numbers))}

    def manifests(  # noqa: PLR0913 - what a list may be asked for
        self, *, phase: str = "", site: str = "", month: str = "", late_ms: int = 0, limit: int, offset: int = 0
    ) -> tuple[list[BookedManifest], int]:
        """Manifests, the newest number first, as many as asked for; and how many there are.

        An empty condition asks nothing: phase, a party, the month; `late_ms`: those whose next step was due before that moment.
        """
        where, values = _manifests_where(phase, site, month, late_ms)
        count = query(self._connection, f"SELECT count(*) FROM books_manifest WHERE {where}", values)[0][0]  # noqa: S608 - conditions of our own
        statement = (
            f"SELECT {_MANIFEST_COLUMNS} FROM books_manifest WHERE {where} ORDER BY number DESC LIMIT ? OFFSET ?"  # noqa: S608 - the same
        )
        found = query(self._connection, statement, [*values, limit, offset])
        return [BookedManifest._make(row) for row in found], int(count)

    def manifest_months(self) -> list[str]:
        """The months in which manifests begin, the newest first."""
        found = query(self._connection, "SELECT DISTINCT month FROM books_manifest ORDER BY month DESC")
        return [row[0] for row in found]

    def manifests_by_phase(self, *, site: str = "", month: str = "") -> dict[str, int]:
        """How many manifests are in each phase."""
        where, values = _manifests_where("", site, month, 0)
        statement = f"SELECT phase, count(*) FROM books_manifest WHERE {where} GROUP BY phase"  # noqa: S608 - conditions of our own
        return {row[0]: int(row[1]) for row in query(self._connection, statement, values)}

    def highest_drafted(self) -> list[str]:
        """The highest number of a manifest that was drafted, of each year and city (the first eight digits)."""
        statement = "SELECT max(number) FROM books_manifest WHERE drafted = 1 GROUP BY substr(number, 1, 8)"
        return [row[0] for row in query(self._connection, statement)]

    def replace_doubts(self, subjects: Iterable[str], doubts: Sequence[BookedDoubt]) -> None:
        """Puts these doubts in place of all that the books have about these subjects."""
        execute_many(self._connection, "DELETE FROM books_doubt WHERE subject = ?", [(code,) for code in subjects])
        statement = f"INSERT INTO books_doubt ({_DOUBT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - names of our own
        execute_many(self._connection, statement, doubts)

    def subjects_with_doubts(self, codes: Iterable[str]) -> set[str]:
        """Which of these subjects have a doubt in the books."""
        statement = "SELECT DISTINCT subject FROM books_doubt WHERE subject IN ({names})"
        return {row[0] for row in query_named(self._connection, statement, sorted(codes))}

    def devices(self) -> list[tuple[str, str]]:
        """Each device's book, as JSON."""
        return [(row[0], row[1]) for row in query(self._connection, "SELECT device, content FROM books_device")]

    def save_devices(self, rows: Sequence[tuple[str, str]]) -> None:
        """Keeps devices' books."""
        statement = "INSERT INTO books_device (device, content) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET content = excluded.content"
        execute_many(self._connection, statement, rows)

    def boots(self) -> list[tuple[str, str, str]]:
        """What is known of when each boot of each device began: device, boot, JSON of its anchors."""
        return [
            (row[0], row[1], row[2])
            for row in query(self._connection, "SELECT device, boot_id, anchors FROM books_boot")
        ]

    def save_boots(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Keeps when boots began."""
        statement = (
            "INSERT INTO books_boot (device, boot_id, anchors) VALUES (?, ?, ?) "
            "ON CONFLICT (device, boot_id) DO UPDATE SET anchors = excluded.anchors"
        )
        execute_many(self._connection, statement, rows)

    def held(self) -> list[tuple[int, ...]]:
        """Times that do not follow from an event and its clocks alone: (index, occurred, earliest, latest, outside)."""
        statement = "SELECT idx, occurred_ms, earliest_ms, latest_ms, outside FROM books_held"
        return [tuple(int(value) for value in row) for row in query(self._connection, statement)]

    def save_held(self, rows: Sequence[tuple[int, ...]]) -> None:
        """Keeps such times."""
        statement = (
            "INSERT INTO books_held (idx, occurred_ms, earliest_ms, latest_ms, outside) VALUES (?, ?, ?, ?, ?) ON CONFLICT (idx) "
            "DO UPDATE SET occurred_ms = excluded.occurred_ms, earliest_ms = excluded.earliest_ms, latest_ms = excluded.latest_ms, "
            "outside = excluded.outside"
        )
        execute_many(self._connection, statement, rows)

    def begun(self, device: str, boot_id: str) -> int | None:
        """The lowest number that a device gave in one boot."""
        statement = "SELECT first_seq FROM books_begun WHERE device = ? AND boot_id = ?"
        return next((row[0] for row in query(self._connection, statement, (device, boot_id))), None)

    def save_begun(self, rows: Sequence[tuple[str, str, int]]) -> None:
        """Takes in the lowest numbers that arrived of boots."""
        statement = (
            "INSERT INTO books_begun (device, boot_id, first_seq) VALUES (?, ?, ?) "
            "ON CONFLICT (device, boot_id) DO UPDATE SET first_seq = excluded.first_seq WHERE excluded.first_seq < books_begun.first_seq"
        )
        execute_many(self._connection, statement, rows)

    def rare(self) -> list[int]:
        """Indexes of the entries that are kept in memory: corrections, vouchings, stock-takes, forks."""
        return [row[0] for row in query(self._connection, "SELECT idx FROM books_rare ORDER BY idx")]

    def save_rare(self, indexes: Iterable[int]) -> None:
        """Adds to them what is not among them."""
        statement = "INSERT INTO books_rare (idx) VALUES (?) ON CONFLICT DO NOTHING"
        execute_many(self._connection, statement, [(index,) for index in indexes])

    def held_by(self, site: str) -> list[str]:
        """Codes of the items that a site holds, or is waited for to act on."""
        statement = "SELECT code FROM books_item WHERE holder = ? AND due_ms IS NOT NULL"
        return [row[0] for row in query(self._connection, statement, (site,))]

    def moved_since(self, moment_ms: int) -> list[str]:
        """Codes of the items whose newest step is not older."""
        return [
            row[0] for row in query(self._connection, "SELECT code FROM books_item WHERE last_ms >= ?", (moment_ms,))
        ]

    def sealed_by_day(self, from_day: str, values: Sequence[str]) -> list[tuple[str, str, int]]:
        """Site, day and grams of what was sealed since a day, opening stock apart, where the site's code lies between two bounds."""
        statement = (
            "SELECT site, sealed_day, sum(mass_g) FROM books_item WHERE sealed_day >= ? AND opening = 0 AND substr(site, 2) >= ? "
            "AND substr(site, 2) < ? GROUP BY site, sealed_day"
        )
        return [(row[0], row[1], int(row[2])) for row in query(self._connection, statement, (from_day, *values))]

    def withdrawn(self, first_day: str, last_day: str, values: Sequence[str]) -> list[BookedItem]:
        """Items sealed between two days and voided or corrected down since, where the site's code lies between two bounds."""
        condition = (
            "sealed_day IS NOT NULL AND (item_class IS NULL OR corrected_down_g > 0) AND sealed_day BETWEEN ? AND ? "
            "AND substr(site, 2) >= ? AND substr(site, 2) < ?"
        )
        return self.items(condition, (first_day, last_day, *values))

    def sealed_amounts(self, first_day: str, last_day: str, values: Sequence[str]) -> list[tuple[str, int, int]]:
        """Site, packages and grams as first sealed between two days, where the site's code lies between two bounds."""
        statement = (
            "SELECT site, sum(packages), sum(mass_g + corrected_down_g) FROM books_item WHERE sealed_day BETWEEN ? AND ? "
            "AND substr(site, 2) >= ? AND substr(site, 2) < ? GROUP BY site"
        )
        found = query(self._connection, statement, (first_day, last_day, *values))
        return [(row[0], int(row[1]), int(row[2])) for row in found]

    def disposed_by_day(self, values: Sequence[str]) -> list[tuple[str, int, int]]:
        """Site, day (in China, since 1970) and grams of what was disposed of, where the site's code lies between two bounds."""
        statement = (
            "SELECT holder, (last_ms + ?) / ? AS day, sum(mass_g) FROM books_item WHERE phase = 'disposed' "
            "AND substr(holder, 2) >= ? AND substr(holder, 2) < ? GROUP BY holder, day"
        )
        found = query(self._connection, statement, (CHINA_MS, DAY_MS, *values))
        return [(row[0], int(row[1]), int(row[2])) for row in found]

    def phases(self, codes: Iterable[str]) -> dict[str, str]:
        """The phase of each of these items, as far as they are known."""
        statement = "SELECT code, phase FROM books_item WHERE code IN ({names})"
        return {row[0]: row[1] for row in query_named(self._connection, statement, sorted(codes))}

    def items(self, where: str, values: Sequence[Any]) -> list[BookedItem]:
        """Items that fulfil a condition of the form `column = ? AND …`."""
        return [BookedItem._make(row) for row in query(self._connection, f"{_SELECT_ITEM} WHERE {where}", values)]

    def amounts(self, values: Sequence[Any]) -> list[tuple[str, int, int, int, int]]:
        """Packages and grams by class, whether disposed and whether inferred.

        `values`: the moment of the question, first and last day, and the bounds of the region's code.
        """
        statement = (
            "SELECT CASE WHEN item_class = 'on_its_way' AND due_ms < ? THEN 'overdue' ELSE item_class END AS class_now, "
            "CASE WHEN phase = 'disposed' THEN 1 ELSE 0 END AS gone, inferred, sum(packages), sum(mass_g) FROM books_item "
            "WHERE sealed_day BETWEEN ? AND ? AND substr(site, 2) >= ? AND substr(site, 2) < ? AND item_class IS NOT NULL "
            "GROUP BY class_now, gone, inferred"
        )
        return [
            (row[0], row[1], row[2], int(row[3]), int(row[4])) for row in query(self._connection, statement, values)
        ]

    def item(self, code: str) -> BookedItem | None:
        """One item."""
        found = self.items("code = ?", (code,))
        return found[0] if found else None

    def doubts_of(self, subjects: Iterable[str]) -> list[BookedDoubt]:
        """All doubts about these subjects, and all steps that are waited for."""
        statement = f"{_SELECT_DOUBT} WHERE subject IN ({{names}})"
        return [BookedDoubt._make(row) for row in query_named(self._connection, statement, sorted(set(subjects)))]

    def doubts(self, where: str, values: Sequence[Any]) -> list[BookedDoubt]:
        """Doubts that fulfil a condition."""
        return [BookedDoubt._make(row) for row in query(self._connection, f"{_SELECT_DOUBT} WHERE {where}", values)]


def _manifests_where(phase: str, site: str, month: str, late_ms: int) -> tuple[str, list[Any]]:
    """The condition of a list of manifests, with its values."""
    asked: list[tuple[str, Any]] = [
        ("phase = ?", phase),
        ("month = ?", month),
        ("parties LIKE ?", f"% {site} %" if site else ""),
        ("number IN (SELECT subject FROM books_doubt WHERE rule <> '' AND at_ms < ?)", late_ms),
    ]
    given = [(condition, value) for condition, value in asked if value]
    return " AND ".join(["1 = 1", *(condition for condition, _ in given)]), [value for _, value in given]
