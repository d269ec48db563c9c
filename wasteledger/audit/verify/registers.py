"""The registers of a district, every version that the log names: who belongs to which site on which day.

A version lies in the exported folder as `registers/<digest>.json`; the digest is the SHA-256 of the file. The office wrote it into the
log when it put the version in force, so no row can be changed unseen. The first services named a register by its rows
(`digest_of_rows`), with the names of persons in them; such a file is taken too, where somebody has it.

What lies beside the log never makes the log invalid: a file that does not fit is a finding and judges nothing.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from .folder import UnreadableError, read_file
from .formats import InvalidError, fail, unbase64
from .report import Report

#: A province's register is far below this; one version, and all that are read.
REGISTER_BYTES_MAX, REGISTERS_BYTES_MAX = 16 << 20, 256 << 20
#: Versions that are read: one each week for twenty years.
VERSIONS_MAX = 1_000
#: Keys of one person over all versions that a signature is tried against.
KEYS_TRIED_MAX = 16

_NAME = re.compile(r"(?:sha256[-_:])?([0-9a-f]{64})\.json")
_REGION, _ORIGIN, _LIST = re.compile("[0-9]{6}(?:[0-9]{3})?"), re.compile("[!-~]{1,160}"), re.compile("[a-z_]{1,32}")
_ACTOR, _SITE = re.compile("u-[a-z0-9]{2,16}"), re.compile("[CHGTRDA][0-9]{12}")
_DAY = re.compile("[0-9]{4}-[01][0-9]-[0-3][0-9]")
_CHINA = timedelta(hours=8)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Person(NamedTuple):
    """Somebody who may vouch for a site, from a day and to a day where such are given, with a key where there is one."""

    site: str
    valid_from: str | None
    valid_to: str | None
    key: bytes | None

    def is_registered(self, site: str, day: str) -> bool:
        """Whether the person belongs to the site on that day, `2026-11-02`."""
        begun = self.valid_from is None or self.valid_from <= day
        return self.site == site and begun and (self.valid_to is None or day <= self.valid_to)


class Register(NamedTuple):
    """What an audit needs of a version."""

    people: dict[str, Person]
    organisations: dict[str, str]


class Version(NamedTuple):
    """A register that the log put in force: its digest, the moment it holds from (None: the beginning), and the entry."""

    digest: str
    from_ms: int | None
    entry: int


class Registers:
    """The versions in a folder, and which of them held when.

    Attributes:
        is_there: whether the folder has any; without them nobody's vouching can be checked.
        files: by digest.
        versions: as the log names them.
    """

    def __init__(self, folder: Path, report: Report) -> None:
        """Reads the versions that lie in the folder."""
        self.files: dict[str, Register] = {}
        self.versions: list[Version] = []
        self._keys: dict[str, list[bytes]] = {}
        self._odd: set[str] = set()
        place = folder / "registers"
        self.is_there = place.is_dir()
        if self.is_there:
            self._read(place, report)

    def _read(self, place: Path, report: Report) -> None:
        rest = REGISTERS_BYTES_MAX
        try:
            paths = sorted(place.iterdir())
        except OSError as error:
            raise UnreadableError(f"{place}: {error.strerror}") from None
        for number, path in enumerate(paths):
            match = _NAME.fullmatch(path.name)
            if number >= VERSIONS_MAX or rest <= 0:
                text = f"registers: more than {VERSIONS_MAX} versions or {REGISTERS_BYTES_MAX} bytes, the rest was not read"
                report.find("register", text)
                return
            if not match:
                report.find("register", f"registers/{path.name[:100]} is no register: <digest>.json")
                continue
            try:
                content = read_file(path, min(REGISTER_BYTES_MAX, rest))
                rest -= len(content)
                self._take(match[1], content)
            except (UnreadableError, InvalidError) as error:
                self._odd.add(match[1])
                report.find("register", f"registers/{path.name} was not taken: {error}")

    def _take(self, digest: str, content: bytes) -> None:
        try:
            rows = json.loads(content.decode())  # of bytes it would guess the encoding
            fits = hashlib.sha256(content).hexdigest() == digest or digest_of_rows(rows) == digest
        except (ValueError, RecursionError):
            raise fail("no readable JSON") from None
        if not fits:
            raise fail(
                "it has another digest than its name says: it was altered, or lacks what an older service counted in"
            )
        _check_form(rows)
        people = dict(_people(rows.get("people", [])))
        self.files[digest] = Register(people, dict(_organisations(rows.get("sites", []))))
        for actor, person in people.items():
            keys = self._keys.setdefault(actor, [])
            if person.key and person.key not in keys and len(keys) < KEYS_TRIED_MAX:
                keys.append(person.key)

    def keys_of(self, actor: str) -> list[bytes]:
        """The keys of a person in any version."""
        return self._keys.get(actor, [])

    def put_in_force(self, digest: str, from_ms: int | None, index: int) -> None:
        """The log names a version; the first one, and one that names no day, holds from the beginning."""
        self.versions.append(Version(digest, from_ms if self.versions else None, index))

    def at(self, moment_ms: int) -> Register | None:
        """The register that held at a moment: of those that hold from then or before the one that was put in force last."""
        for version in reversed(self.versions):
            if version.from_ms is None or version.from_ms <= moment_ms:
                return self.files.get(version.digest)
        return None

    def compare(self, report: Report) -> None:
        """Versions that the log names and the folder lacks, and the other way round."""
        if not self.is_there:
            return
        named: dict[str, int] = {}
        for version in self.versions:
            named.setdefault(version.digest, version.entry)
        for digest, index in named.items():
            if digest not in self.files and digest not in self._odd:
                report.find("register", f"the register {digest} was put in force here, and the folder lacks it", index)
        for digest in self.files:
            if digest not in named:
                report.find("register", f"registers/{digest}.json: no office ever put this version in force")
        report.facts["registers"] = len(named.keys() & self.files.keys())


def _check_form(rows: Any) -> None:
    """Raises InvalidError where it is no object of lists of rows."""
    if not isinstance(rows, dict) or not all(_LIST.fullmatch(name) for name in rows):
        raise fail("no register: an object of lists of rows")
    region, origin = rows.get("region"), rows.get("origin")
    if not (
        isinstance(region, str) and _REGION.fullmatch(region) and isinstance(origin, str) and _ORIGIN.fullmatch(origin)
    ):
        raise fail("no register: it has no region or no origin")
    for name, part in rows.items():
        if isinstance(part, list) and not all(isinstance(row, dict) for row in part):
            raise fail(f"no register: {name} has a row that is no object")


def digest_of_rows(rows: Any) -> str:
    """The digest of the first services, in hex: SHA-256 over region and origin and the JSON of each row, sorted.

    Raises:
        InvalidError: it is no register.
    """
    _check_form(rows)
    lines = [f"{rows['region']} {rows['origin']}"]
    for name, part in sorted(rows.items()):
        if isinstance(part, list):
            lines += [name, *sorted(_encoder.encode(row) for row in part)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _people(rows: Any) -> Iterator[tuple[str, Person]]:
    for row in rows if isinstance(rows, list) else []:
        actor, site, key = row.get("actor"), row.get("site"), row.get("vouch_key")
        days = (row.get("valid_from"), row.get("valid_to"))
        good = all(day is None or (isinstance(day, str) and _DAY.fullmatch(day)) for day in days)
        good = good and isinstance(actor, str) and isinstance(site, str) and (key is None or isinstance(key, str))
        if not good or not _ACTOR.fullmatch(actor) or not _SITE.fullmatch(site):
            raise fail("no register: a person without a readable actor, site, day or key")
        yield actor, Person(site, *days, None if key is None else unbase64(key, "vouch_key", 32))


def _organisations(rows: Any) -> Iterator[tuple[str, str]]:
    for row in rows if isinstance(rows, list) else []:
        code, organisation = row.get("code"), row.get("organisation")
        if not isinstance(code, str) or not _SITE.fullmatch(code) or not isinstance(organisation, str | None):
            raise fail("no register: a site without a readable code or organisation")
        if organisation:
            yield code, organisation


def china_day(moment_ms: int) -> str:
    """The day in China of a moment in UTC milliseconds, `2026-11-02`."""
    return (datetime.fromtimestamp(moment_ms // 1000, tz=UTC) + _CHINA).date().isoformat()


def day_begins_ms(day: str) -> int:
    """When a day begins in China, UTC milliseconds.

    Raises:
        InvalidError: no calendar has it.
    """
    try:
        begin = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC) - _CHINA
    except ValueError:
        raise fail("an event whose holds_from is no day") from None
    return int(begin.timestamp()) * 1000
