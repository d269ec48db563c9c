"""Cases as people and programs are shown them."""

from datetime import datetime, timedelta
from typing import Any

from schemas.reasons import REASONS
from wasteledger.domain.cases import LEVELS_ZH, STATUS_ZH, CaseAct
from wasteledger.domain.legal_days import CHINA
from wasteledger.domain.register import Directory
from wasteledger.flows.case_book import JudgedCase
from wasteledger.flows.moments import parse_day


def due_of_day(typed: str | None) -> int | None:
    """The end of a day in China, UTC milliseconds; None where none was named.

    Raises:
        QueryError: no day.
    """
    if not typed:
        return None
    day = parse_day(typed, name="due")
    end = datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=1)
    return int(end.timestamp()) * 1000


def case_json(row: JudgedCase, directory: Directory, *, persons: bool) -> dict[str, Any]:
    """A case as plain values for JSON; who did what and what was said only for those who may see `persons`."""
    case, judgement = row
    return {
        "case": case.number,
        "status": judgement.status,
        "status_zh": STATUS_ZH[judgement.status],
        "settled": judgement.settled,
        "overdue": judgement.overdue,
        "finding": case.finding,
        "code": case.code,
        "code_zh": REASONS[case.code].zh if case.code in REASONS else case.code,
        "subject": case.subject,
        "items": list(case.items),
        "evidence": list(case.evidence),
        "owner": case.owner,
        "owner_name": directory.site_name(case.owner),
        "due_ms": case.due_ms,
        "level": case.level,
        "level_zh": LEVELS_ZH[case.level],
        "only_facts_close_it": case.hard,
        "acts": [_act_json(act, directory, persons=persons) for act in case.acts],
    }


def _act_json(act: CaseAct, directory: Directory, *, persons: bool) -> dict[str, Any]:
    shown = {
        "at_ms": act.at_ms,
        "action": act.action,
        "site": act.site,
        "site_name": directory.site_name(act.site),
        "owner": act.owner or None,
        "due_ms": act.due_ms,
        "level": act.level or None,
        "attachments": [] if act.action == "opened" else list(act.attachments),
        "event_id": act.event_id,
    }
    return shown | ({"actor": act.actor, "vouch_method": act.vouch_method, "note": act.note} if persons else {})
