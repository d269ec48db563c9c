"""The verifier's own table of who may say what, held against the vectors that the service is held against."""

import pytest

from schemas.codes import SiteKind
from schemas.entitlement import may_be_vouched as service_lets_vouch
from schemas.events import KINDS as SERVICE_KINDS
from tests.schemas.vectors import vectors
from wasteledger.audit.verify.entitlement import (
    KINDS,
    OTHER,
    PAPER,
    THIRD,
    UNDO,
    effect_of,
    is_entitled,
    may_be_vouched,
)

VECTORS = vectors("entitlement")


def test_every_case_of_the_vectors() -> None:
    wrong = []
    for case in VECTORS["cases"]:
        kind, standing, vouched, site, entitled = case.split()
        if is_entitled(kind, standing, site=site, vouched=vouched.strip("-")) != (entitled == "yes"):
            wrong.append(case)
    assert wrong == []
    assert len(VECTORS["cases"]) > 1000


def test_every_claim_of_the_vectors() -> None:
    wrong = []
    for case in VECTORS["claims"]:
        kind, claim, vouched, site, entitled = case.split()
        found = is_entitled(kind, OTHER, site=site, vouched=vouched.strip("-"), claim=claim)
        if found != (entitled == "yes"):
            wrong.append(case)
    assert wrong == []
    assert {case.split()[1] for case in VECTORS["claims"]} == {THIRD, PAPER, UNDO}


@pytest.mark.parametrize("kind", sorted(VECTORS["effects"]))
def test_the_effect_of_every_kind(kind: str) -> None:
    assert effect_of(kind) == VECTORS["effects"][kind]


def test_both_tables_know_the_same_kinds() -> None:
    assert KINDS == SERVICE_KINDS


@pytest.mark.parametrize("site", [f"{kind.value}500114105001" for kind in SiteKind])
def test_the_same_badges_count(site: str) -> None:
    for by in ("", "badge", "pin"):
        assert [may_be_vouched(kind, site, by) for kind in sorted(KINDS)] == [
            service_lets_vouch(kind, site, by) for kind in sorted(KINDS)
        ]
