"""Cases: the fold in any order of delivery, three levels of escalation, and what closes a case."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reasons import REASONS, Severity
from tests.stories_builder import BAG, BAG2, CLINIC, OFFICE, PHOTO, PLANT, TRANSFER, Story, china, ms
from wasteledger.domain.cases import Case, CaseStatus, fold_case, judge_case, may_close, same_matter
from wasteledger.domain.facts import Fact
from wasteledger.domain.findings import Finding, make_finding

NUMBER = "DB-202611-0001"
DUE = ms("08 00:00")


def case_act(story: Story, action: str, at: str, **fields: Any) -> str:
    return story.tell(OFFICE, "cased", at=at, case=NUMBER, action=action, **fields)


def finding_of(code: str = "missing_link", **changes: Any) -> Finding:
    fields: dict[str, Any] = {
        "items": [BAG, BAG2],
        "evidence": ["fact 1", "fact 2"],
        "site": CLINIC,
        "at_ms": ms("04 00:00"),
    }
    return make_finding(code, **(fields | changes))


def opened(story: Story, code: str = "missing_link", **fields: Any) -> None:
    found = finding_of(code)
    body = {
        "owner": CLINIC,
        "due_at": china(DUE),
        "level": 1,
        "items": list(found.items),
        "attachments": [PHOTO],
    } | fields
    case_act(story, "opened", "05 08:00", finding=found.finding_id, code=code, **body)


def facts_of(story: Story) -> list[Fact]:
    return list(story.history().by_case[NUMBER])


def folded(story: Story) -> Case:
    case = fold_case(NUMBER, facts_of(story))
    assert case is not None
    return case


def busy() -> Story:
    """Opened, answered, sent back, escalated twice, closed, reopened and closed again."""
    story = Story()
    opened(story)
    case_act(story, "answered", "06 08:00", note="已核查", attachments=[PHOTO], due_at=china(ms("09 00:00")))
    case_act(story, "assigned", "06 09:00", owner=PLANT, due_at=china(ms("10 00:00")))
    case_act(story, "escalated", "10 01:00", owner=TRANSFER, level=2, due_at=china(ms("12 01:00")))
    case_act(story, "escalated", "12 02:00", owner=OFFICE, level=3, due_at=china(ms("14 02:00")))
    case_act(story, "closed", "13 08:00", note="已补扫")
    case_act(story, "reopened", "15 08:00", note="再次发现", due_at=china(ms("17 08:00")))
    case_act(story, "closed", "16 08:00", note="已补扫")
    return story


def test_an_opened_case_has_its_finding_owner_day_and_level() -> None:
    story = Story()
    opened(story)
    case = folded(story)
    assert (case.finding, case.code, case.items) == (
        finding_of().finding_id,
        "missing_link",
        tuple(sorted((BAG, BAG2))),
    )
    assert (case.owner, case.due_ms, case.level, case.status) == (CLINIC, DUE, 1, CaseStatus.OPEN)
    assert case.evidence == (PHOTO,)
    assert case.attachments == ()  # what shows the finding is no answer to it


def test_a_case_tells_everything_that_was_done_in_order_with_who_and_evidence() -> None:
    case = folded(busy())
    assert [act.action for act in case.acts] == [
        "opened", "answered", "assigned", "escalated", "escalated", "closed", "reopened", "closed",
    ]  # fmt: skip
    assert case.acts[1].attachments == (PHOTO,)
    assert (case.acts[1].actor, case.acts[1].note, case.acts[1].at_ms) == (
        f"u-{OFFICE.lower()}",
        "已核查",
        ms("06 08:00"),
    )
    assert (case.status, case.owner, case.level, case.due_ms) == (CaseStatus.CLOSED, OFFICE, 3, ms("17 08:00"))


@given(seed=st.integers(0, 2**32), doubled=st.integers(0, 8))
def test_a_case_is_the_same_in_every_order_of_delivery_and_with_doubles(seed: int, doubled: int) -> None:
    facts = facts_of(busy())
    chance = random.Random(seed)
    delivered = facts + chance.sample(facts, doubled)
    chance.shuffle(delivered)
    assert fold_case(NUMBER, delivered) == fold_case(NUMBER, facts)


def test_a_case_that_nobody_opened_is_none_and_facts_of_other_cases_do_not_count() -> None:
    story = Story()
    case_act(story, "answered", "06 08:00", note="谁的？")
    assert fold_case(NUMBER, facts_of(story)) is None
    opened(story)
    assert fold_case("DB-202611-0002", facts_of(story)) is None


def test_a_closed_case_hears_only_of_its_reopening() -> None:
    story = Story()
    opened(story)
    case_act(story, "closed", "06 08:00", note="已补扫")
    case_act(story, "assigned", "06 09:00", owner=PLANT, due_at=china(ms("30 00:00")))
    assert (folded(story).status, folded(story).owner, folded(story).due_ms) == (CaseStatus.CLOSED, CLINIC, DUE)
    case_act(story, "reopened", "07 08:00", note="再次发现", due_at=china(ms("09 08:00")))
    assert (folded(story).status, folded(story).due_ms) == (CaseStatus.REOPENED, ms("09 08:00"))


def test_a_second_opening_or_a_lower_level_changes_nothing() -> None:
    story = Story()
    opened(story)
    case_act(story, "escalated", "08 01:00", owner=TRANSFER, level=2, due_at=china(ms("10 01:00")))
    opened(story, code="one_sided_hop", owner=PLANT)
    case_act(story, "escalated", "09 01:00", owner=TRANSFER, level=1, due_at=china(ms("10 01:00")))
    assert (folded(story).code, folded(story).owner, folded(story).level) == ("missing_link", TRANSFER, 2)


def test_an_overdue_case_goes_up_level_by_level_and_stays_at_the_last() -> None:
    story = Story()
    opened(story)
    in_time = judge_case(folded(story), finding_still_there=True, as_of_ms=DUE)
    assert (in_time.overdue, in_time.next_level) == (False, None)
    assert judge_case(folded(story), finding_still_there=True, as_of_ms=DUE + 1).next_level == 2
    case_act(story, "escalated", "08 01:00", owner=TRANSFER, level=2, due_at=china(ms("10 01:00")))
    assert judge_case(folded(story), finding_still_there=True, as_of_ms=DUE + 2).next_level is None
    assert judge_case(folded(story), finding_still_there=True, as_of_ms=ms("10 01:01")).next_level == 3
    case_act(story, "escalated", "10 02:00", owner=OFFICE, level=3, due_at=china(ms("12 02:00")))
    last = judge_case(folded(story), finding_still_there=True, as_of_ms=ms("13 00:00"))
    assert (last.overdue, last.next_level) == (True, None)


def test_nobody_is_chased_for_what_the_facts_have_settled() -> None:
    story = Story()
    opened(story)
    judged = judge_case(folded(story), finding_still_there=False, as_of_ms=ms("30 00:00"))
    assert (judged.settled, judged.overdue, judged.next_level) == (True, False, None)


def test_an_answer_alone_does_not_stop_the_clock() -> None:
    story = Story()
    opened(story)
    case_act(story, "answered", "06 08:00", note="正在核查")
    judged = judge_case(folded(story), finding_still_there=True, as_of_ms=DUE + 1)
    assert (judged.status, judged.overdue, judged.next_level) == (CaseStatus.ANSWERED, True, 2)


@pytest.mark.parametrize(
    "code", sorted(code for code, row in REASONS.items() if row.severity in {Severity.BREAKS_CHAIN, Severity.OVERDUE})
)
def test_no_signature_closes_what_breaks_a_chain_or_is_overdue(code: str) -> None:
    story = Story()
    opened(story, code)
    refused = may_close(folded(story), finding_still_there=True, note="领导已签字", evidence_count=10)
    assert refused is not None
    assert "only the missing fact closes it" in refused
    assert may_close(folded(story), finding_still_there=False, note="已补扫", evidence_count=0) is None


@pytest.mark.parametrize(
    "code", sorted(code for code, row in REASONS.items() if row.severity in {Severity.DISCREPANCY, Severity.HYGIENE})
)
def test_a_discrepancy_is_closed_by_a_note_and_evidence_or_by_facts(code: str) -> None:
    story = Story()
    opened(story, code)
    case = folded(story)
    assert (may_close(case, finding_still_there=True, note="已说明", evidence_count=0) or "").startswith("attachments:")
    assert (may_close(case, finding_still_there=True, note="  ", evidence_count=1) or "").startswith("note:")
    assert may_close(case, finding_still_there=True, note="已说明", evidence_count=1) is None
    assert may_close(case, finding_still_there=False, note="已说明", evidence_count=0) is None


def test_a_closed_case_is_not_closed_twice() -> None:
    refused = may_close(folded(busy()), finding_still_there=False, note="再办结", evidence_count=1)
    assert refused == f"case {NUMBER} is closed already"


def test_facts_reopen_a_closed_case_that_breaks_a_chain_and_leave_a_discrepancy_closed() -> None:
    for code, reopened in (("missing_link", True), ("overdue_pickup", True), ("device_gap", False)):
        story = Story()
        opened(story, code)
        case_act(story, "closed", "06 08:00", note="已说明", attachments=[PHOTO])
        judged = judge_case(folded(story), finding_still_there=True, as_of_ms=ms("07 00:00"))
        assert judged.to_reopen is reopened
        assert judged.status == ("reopened" if reopened else "closed")
        assert judge_case(folded(story), finding_still_there=False, as_of_ms=ms("07 00:00")).status == "closed"


def test_evidence_given_before_a_reopening_does_not_count_after_it() -> None:
    story = Story()
    opened(story, "device_gap")
    case_act(story, "answered", "06 08:00", note="见附件", attachments=[PHOTO])
    assert folded(story).attachments == (PHOTO,)
    case_act(story, "closed", "06 09:00", note="已说明")
    case_act(story, "reopened", "07 08:00", note="附件不清", due_at=china(ms("09 08:00")))
    assert folded(story).attachments == ()


def test_a_finding_whose_evidence_grew_is_the_same_matter_and_one_at_another_hop_is_not() -> None:
    story = Story()
    opened(story, "duplicate_code")
    case = folded(story)
    grown = finding_of("duplicate_code", evidence=[PHOTO, "fact 3"])
    assert grown.finding_id != case.finding
    assert same_matter(case, grown)
    assert same_matter(case, finding_of("duplicate_code"))  # the very one
    assert not same_matter(case, finding_of("missing_link", evidence=[PHOTO]))
    assert not same_matter(case, finding_of("duplicate_code", evidence=["fact 3"]))
    assert not same_matter(case, finding_of("duplicate_code", evidence=[PHOTO], items=["M50011400000009X"]))


def test_a_finding_without_packages_is_known_by_what_it_is_about() -> None:
    story = Story()
    opened(story, "device_gap", items=None, note="abcdefghijklmnop № 3–5")
    case = folded(story)
    assert same_matter(case, finding_of("device_gap", items=[], evidence=[PHOTO, "x"], detail="abcdefghijklmnop № 4–5"))
    assert not same_matter(case, finding_of("device_gap", items=[], evidence=[PHOTO], detail="zzzzzzzzzzzzzzzz № 3–5"))


def test_silence_that_goes_on_into_another_week_is_the_same_matter_at_the_same_site_only() -> None:
    story = Story()
    opened(story, "silent_producer", items=None, attachments=[], note=f"{CLINIC} 已 9 天")
    case = folded(story)
    silent = {"items": [], "evidence": [], "detail": "已 16 天"}
    assert same_matter(case, finding_of("silent_producer", **silent))
    assert not same_matter(case, finding_of("silent_producer", **silent, site=PLANT))
    assert not same_matter(case, finding_of("under_reporting", **silent))
