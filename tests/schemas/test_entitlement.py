"""Who may say what: the shared vectors, and what must hold for whatever kinds there will be."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import SiteKind
from schemas.entitlement import RIGHTS, Claim, Effect, Standing, effect_of, is_entitled, may_be_vouched
from schemas.events import KINDS
from tests.schemas.vectors import vectors

VECTORS = vectors("entitlement")
SITES = [f"{kind.value}500114105001" for kind in SiteKind]
VOUCHED = ("-", "badge", "pin")
OFFICE_ONLY = {"issued", "enrolled", "revoked", "trusted", "licensed", "ruled", "cased"}

kinds = st.sampled_from(sorted(KINDS)) | st.text(max_size=12)
sites = st.sampled_from(SITES)
words = st.sampled_from(["", "badge", "pin"])


def test_every_case_of_the_vectors() -> None:
    wrong = []
    for case in VECTORS["cases"]:
        kind, standing, vouched, site, entitled = case.split()
        found = is_entitled(kind, Standing(standing), site=site, vouched=vouched.strip("-"))
        if found != (entitled == "yes"):
            wrong.append(case)
    assert wrong == []


def test_the_vectors_leave_nothing_out() -> None:
    there = {(*case.split()[:3], case.split()[3][0]) for case in VECTORS["cases"]}
    assert there >= set(product(KINDS, Standing, VOUCHED, SiteKind))
    assert len(there) == len(VECTORS["cases"])
    assert set(VECTORS["effects"]) - {"teleported"} == KINDS == set(RIGHTS)


def test_every_claim_of_the_vectors() -> None:
    wrong = []
    for case in VECTORS["claims"]:
        kind, claim, vouched, site, entitled = case.split()
        found = is_entitled(kind, Standing.OTHER, site=site, vouched=vouched.strip("-"), claim=Claim(claim))
        if found != (entitled == "yes"):
            wrong.append(case)
    assert wrong == []
    assert {case.split()[1] for case in VECTORS["claims"]} == set(Claim) - {Claim.PLAIN}


@pytest.mark.parametrize("kind", sorted(VECTORS["effects"]))
def test_the_effect_of_every_kind_is_given(kind: str) -> None:
    assert effect_of(kind) is Effect(VECTORS["effects"][kind])


@given(kind=kinds, site=sites, vouched=words)
def test_who_is_not_trusted_may_say_nothing(kind: str, site: str, vouched: str) -> None:
    assert not is_entitled(kind, Standing.UNTRUSTED, site=site, vouched=vouched)


@given(kind=st.text(max_size=12), standing=st.sampled_from(Standing), site=sites, vouched=words)
def test_an_unknown_kind_entitles_nobody(kind: str, standing: Standing, site: str, vouched: str) -> None:
    assert kind in KINDS or not is_entitled(kind, standing, site=site, vouched=vouched)


@given(kind=st.sampled_from(sorted(OFFICE_ONLY)), standing=st.sampled_from(Standing), site=sites, vouched=words)
def test_nothing_but_an_office_says_what_offices_say(kind: str, standing: Standing, site: str, vouched: str) -> None:
    assert is_entitled(kind, standing, site=site, vouched=vouched) == (standing is Standing.OFFICE)


@given(kind=kinds, site=sites, vouched=words)
def test_a_stranger_says_something_only_where_somebody_vouched(kind: str, site: str, vouched: str) -> None:
    assert not is_entitled(kind, Standing.OTHER, site=site)
    assert is_entitled(kind, Standing.OTHER, site=site, vouched=vouched) == may_be_vouched(kind, site, vouched)


@given(kind=kinds, site=sites)
def test_a_badge_says_no_more_than_a_badge_and_pin(kind: str, site: str) -> None:
    assert may_be_vouched(kind, site, "badge") <= may_be_vouched(kind, site)
    assert not may_be_vouched(kind, site, "")


def test_a_badge_alone_stands_for_nothing_but_hand_overs_and_sealings() -> None:
    clinic = "C500114105001"
    assert {kind for kind in KINDS if may_be_vouched(kind, clinic, "badge")} == {
        "sealed",
        "released",
        "accepted",
        "refused",
    }


@given(kind=kinds, standing=st.sampled_from([Standing.OWN, Standing.OFFICE]), site=sites)
def test_vouching_adds_nothing_to_ones_own_device(kind: str, standing: Standing, site: str) -> None:
    told = {is_entitled(kind, standing, site=site, vouched=vouched) for vouched in ("", "badge", "pin")}
    assert len(told) == 1


def test_a_plant_takes_over_and_burns_with_its_own_device_only() -> None:
    plant = "D500114004001"
    assert [kind for kind in ("accepted", "refused", "disposed") if may_be_vouched(kind, plant)] == []
    assert is_entitled("disposed", Standing.OWN, site=plant)
