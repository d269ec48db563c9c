"""Questions about manifests: one with its contents, lists of them, their numbers as typed; as of a day or a size of the log too."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from schemas.codes import CodeKind, read_typed
from wasteledger.domain.booked_manifests import BookedManifest
from wasteledger.domain.chain import Chain
from wasteledger.domain.manifest import Manifest, Phase
from wasteledger.domain.manifest_contents import ContentRow, inside_in, manifest_contents
from wasteledger.domain.other_doubts import fold_in
from wasteledger.domain.register import Directory, Site
from wasteledger.domain.walk import walk
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.book_source import BookSource
from wasteledger.flows.moments import NOW, Look, Past, looking
from wasteledger.flows.service import Service

#: Most manifests in one list; older ones are asked for by site or phase.
LIST_MAX = 500


def load_manifest(service: Service, typed: str) -> Manifest:
    """A manifest by its number, as printed or typed.

    Raises:
        CodeError, QueryError: no number of a manifest.
        NotFoundError: nothing in the ledger names it.
    """
    number, directory = parse_number(typed), service.directory()
    with service.books().opened() as (_, source):
        return find_manifest(source, directory, number)


def find_manifest(source: BookSource, directory: Directory, number: str) -> Manifest:
    """A manifest with its boxes opened and agreed corrections heeded.

    Raises:
        NotFoundError: nothing in the ledger names it.
    """
    manifest = fold_in(source, directory, number)
    if not manifest.facts:
        message = f"{number} is a well-formed manifest number, but nothing in this ledger names it"
        raise NotFoundError(message)
    return manifest


def contents_in(source: BookSource, directory: Directory, manifest: Manifest) -> list[ContentRow]:
    """The rows of a manifest."""
    source.prefetch(manifest.loaded | manifest.accepted | manifest.refused)
    inside = inside_in(source, directory)
    return manifest_contents(manifest, lambda code: package_of(code, source, directory), directory, inside)


def package_of(code: str, source: BookSource, directory: Directory) -> Chain:
    """The chain of the package that a label stands on, where the label took another one's place too."""
    chain = walk(code, source, directory)
    while chain.relabelled_from:
        chain = walk(chain.relabelled_from, source, directory)
    return chain


class FiledManifest(NamedTuple):
    """A manifest with what is on it, read at one moment."""

    manifest: Manifest
    contents: list[ContentRow]


def open_manifests(look: Look, typed: Iterable[str]) -> list[FiledManifest]:
    """Manifests by their numbers, as printed or typed, with what is on them, as they were at the moment of the question.

    Raises:
        CodeError, QueryError: no number of a manifest.
        NotFoundError: nothing in the ledger names it.
    """
    numbers, directory = [parse_number(one) for one in typed], look.directory
    with look.books.opened() as (_, source):
        found = [find_manifest(source, directory, number) for number in numbers]
        return [FiledManifest(manifest, contents_in(source, directory, manifest)) for manifest in found]


class ManifestList(NamedTuple):
    """Manifests, the newest number first.

    Attributes:
        left_off: how many more there are.
        directory: the register of the moment of the question, to show them by.
    """

    manifests: list[BookedManifest]
    left_off: int
    directory: Directory


def list_manifests(
    service: Service,
    *,
    phase: str | None = None,
    site: str | None = None,
    month: str | None = None,
    past: Past = NOW,
) -> ManifestList:
    """Manifests in a phase, with a site as consignor, carrier or consignee, or handed over in a month, as they were then (`looking`).

    Raises:
        QueryError: no such phase, or no month, or as `looking` does.
        NotFoundError: no such site.
    """
    with looking(service, **past._asdict()) as look:
        check_list(look.directory, phase=phase, site=site, month=month)
        with look.books.opened() as (rows, _):
            found, count = rows.manifests(phase=phase or "", site=site or "", month=month or "", limit=LIST_MAX)
        return ManifestList(found, count - len(found), look.directory)


def check_list(directory: Directory, *, phase: str | None, site: str | None, month: str | None) -> None:
    """Refuses a question for a list that nothing can fulfil, as `list_manifests` says."""
    if phase and phase not in set(Phase):
        message = f"phase {phase!r}: one of {', '.join(Phase)}"
        raise QueryError(message)
    if month:
        parse_month(month)
    if site:
        known_site(directory, site, "site")


def parse_month(typed: str) -> str:
    """A month, as 2026-11.

    Raises:
        QueryError: it is none.
    """
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", typed):
        message = f"month {typed!r}: write it as 2026-11"
        raise QueryError(message)
    return typed


def parse_number(typed: str) -> str:
    """A manifest number, as printed or typed.

    Raises:
        CodeError: no code of ours.
        QueryError: the code of something else.
    """
    code = read_typed(typed)
    if code.kind is not CodeKind.MANIFEST:
        message = f"{code.text} is the code of a {code.kind}, not the number of a manifest (14 digits)"
        raise QueryError(message)
    return code.text


def known_site(directory: Directory, code: str, name: str) -> Site:
    """A site of the register; `name` is the field that asks for it.

    Raises:
        NotFoundError: no such site.
    """
    site = directory.sites.get(code)
    if site is None:
        message = f"{name} {code!r} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    return site
