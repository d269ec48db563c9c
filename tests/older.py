"""A service of yesterday: the same code, knowing less. Taking the patch back is its upgrade."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schemas import acts, growth
from wasteledger.flows import accept_batch
from wasteledger.flows.books import Books


@contextmanager
def older_service(without: dict[str, frozenset[str] | None]) -> Iterator[None]:
    """Inside the block the service does not know these kinds (None) or fields of kinds."""
    known = {
        kind: fields - (without.get(kind) or frozenset())
        for kind, fields in growth.KNOWN.items()
        if kind not in without or without[kind] is not None
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(growth, "KNOWN", known)
        patched.setattr(accept_batch, "KINDS_UNDERSTOOD", sorted(known))
        _read_as(growth.checked(), patched)
        yield


@contextmanager
def upgraded_service(since: dict[str, frozenset[str] | None]) -> Iterator[None]:
    """Inside the block these kinds and fields came after the first contract, as those of tomorrow will."""
    first = {
        kind: fields - (since.get(kind) or frozenset())
        for kind, fields in growth.FIRST_FIELDS.items()
        if kind not in since or since[kind] is not None
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(growth, "FIRST_FIELDS", first)
        _read_as(growth.checked(), patched)
        yield


def _read_as(checked: growth.Checked, patched: pytest.MonkeyPatch) -> None:
    # Books make the contract's name once; a service of another day is another process.
    now = property(lambda _: growth.contract_digest(), lambda _, _made: None)
    patched.setattr(Books, "_contract", now, raising=False)
    patched.setattr(acts, "_FIELDS", checked.fields)
    patched.setattr(acts, "_PARTS", checked.parts)
    patched.setattr(acts, "_FLAT_FIELDS", checked.flat)
