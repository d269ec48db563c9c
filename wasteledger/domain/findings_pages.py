"""docs/findings.md, written from the code: what each finding means, what shows it, who acts by when, which fact closes it, the law.

    python -m wasteledger.domain.findings_pages            writes docs/findings.md
    python -m wasteledger.domain.findings_pages --check    exit 1 where it is not what the code says

Meaning, evidence, closing and law of each code stand in `data/findings.csv`; severity, actor and hours in `schemas.reasons`; limits in
`data/rules.csv`. Law is cited by standard and clause; 内部规定 where a district decides.
"""

import csv
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from schemas.reasons import CLASSES, REASONS, ActorRole, Reason, Severity
from wasteledger.domain import voids
from wasteledger.domain.booking import UNPROVEN
from wasteledger.domain.producers import BEFORE_DAYS, HISTORY_DAYS, RECENT_DAYS, SEALING_DAYS_MIN
from wasteledger.domain.register import default_rules

PAGES = Path(__file__).parents[2] / "docs" / "findings.md"

_SEVERITY_ZH = {
    Severity.BREAKS_CHAIN: "断链",
    Severity.OVERDUE: "逾期",
    Severity.DISCREPANCY: "不符",
    Severity.HYGIENE: "提示",
}
_ACTOR_ZH = {
    ActorRole.HOLDER: "持有单位",
    ActorRole.GIVER: "交出方",
    ActorRole.TAKER: "接收方",
    ActorRole.DEVICE_HOLDER: "设备所属单位",
    ActorRole.REGULATOR: "主管部门",
}
#: Findings that put their packages into a class of their own.
_OWN_CLASS = {
    "declared_lost": "declared_lost",
    "disputed": "disputed",
    "void_unconfirmed": "disputed",
    "objection": "disputed",
    "spilled": "disputed",
    "sealed_by_handler": "unsealed",
    "never_sealed": "unsealed",
    "opening_stock_unconfirmed": "unsealed",
}
#: Periods that `domain.producers` and `domain.voids` look at, by the names that the page gives them.
_PERIODS = {
    "history_days": HISTORY_DAYS,
    "sealing_days_min": SEALING_DAYS_MIN,
    "recent_days": RECENT_DAYS,
    "before_days": BEFORE_DAYS,
    "compared_days": RECENT_DAYS + BEFORE_DAYS,
    "void_history_days": voids.HISTORY_DAYS,
    "void_packages_min": voids.PACKAGES_MIN,
}
#: Columns that only a judgement by numbers fills; `{name}` stands for a limit in force or one of the periods.
_METHOD_COLUMNS = frozenset({"method_zh", "method_en"})


class FindingPage(NamedTuple):
    """What `data/findings.csv` says of one code."""

    code: str
    meaning_zh: str
    meaning_en: str
    evidence_zh: str
    closed_by_zh: str
    law: str
    method_zh: str = ""
    method_en: str = ""


def load_pages() -> list[FindingPage]:
    """One row for each code, in order of precedence.

    Raises:
        ValueError: a code lacks its row, has two, or a cell is empty; the message names them.
    """
    text = files("wasteledger").joinpath("data/findings.csv").read_text(encoding="utf-8")
    rows = [FindingPage(**row) for row in csv.DictReader(text.splitlines())]
    check_pages(rows)
    by_code = {row.code: row for row in rows}
    return [by_code[code] for code in REASONS]


def check_pages(rows: Sequence[FindingPage]) -> None:
    """Raises ValueError unless there is exactly one full row for every code."""
    codes = [row.code for row in rows]
    problems = [f"{code}: no row" for code in REASONS if code not in codes]
    problems += [f"{code}: no such finding code" for code in codes if code not in REASONS]
    problems += [f"{code}: {codes.count(code)} rows" for code in dict.fromkeys(codes) if codes.count(code) > 1]
    problems += [
        f"{row.code}: {name} is empty"
        for row in rows
        for name, cell in row._asdict().items()
        if not cell and name not in _METHOD_COLUMNS
    ]
    if problems:
        message = f"data/findings.csv: {'; '.join(problems)}"
        raise ValueError(message)


def effect_on_rate(reason: Reason) -> str:
    """What a finding does to the rate, by the same table that classifies packages (`domain.booking.classify`)."""
    if reason.code in _OWN_CLASS:
        return f"相关包装列为“{CLASSES[_OWN_CLASS[reason.code]][0]}”，不计为安全处置。"
    if reason.severity is Severity.BREAKS_CHAIN:
        return "相关包装不计为安全处置：列为“断链”，已处置的列为“已处置（不能证明）”。"
    if reason.severity is Severity.OVERDUE:
        return "补上这一步之前，相关包装不计为安全处置。"
    if reason.code in UNPROVEN:
        return "已处置的相关包装列为“已处置（不能证明）”，不计为安全处置。"
    return "不影响处置率。"


def answer_within(reason: Reason) -> str:
    """By when somebody acts, in words."""
    if reason.answer_h:
        return f"发现后 {reason.answer_h} 小时内" + (f"（规则 `{reason.answer_rule}`）" if reason.answer_rule else "")
    return "时限已过，立即办理"


def render_pages() -> str:
    """The whole of docs/findings.md."""
    pages = load_pages()
    head = [
        "# 异常（findings）",
        "",
        "本页由 `python -m wasteledger.domain.findings_pages` 从程序生成，请勿手改。",
        "按优先次序排列；终端显示一次扫描的第一条，监管端显示全部。",
        "断链和逾期只能由事实消除，签字不能；不符和提示可以凭说明和至少一份凭证销号。",
        "",
        "| 次序 | 代码 | 名称 | 程度 |",
        "|---|---|---|---|",
    ]
    for place, page in enumerate(pages, start=1):
        reason = REASONS[page.code]
        head.append(f"| {place} | [`{page.code}`](#{page.code}) | {reason.zh} | {_SEVERITY_ZH[reason.severity]} |")
    return "\n".join([*head, *(line for page in pages for line in _section(page))]) + "\n"


def _section(page: FindingPage) -> list[str]:
    reason = REASONS[page.code]
    lines = [
        "",
        f'<a id="{page.code}"></a>',
        "",
        f"## {reason.zh} `{page.code}`",
        "",
        page.meaning_zh,
        "",
        f"*{page.meaning_en}*",
        "",
        f"- **程度**：{_SEVERITY_ZH[reason.severity]}（{reason.severity}）。{effect_on_rate(reason)}",
        f"- **证据**：{page.evidence_zh}",
        f"- **谁办理**：{_ACTOR_ZH[reason.actor]}，{answer_within(reason)}。",
        f"- **如何消除**：{page.closed_by_zh}",
        f"- **依据**：{page.law}",
    ]
    if page.method_zh:
        limits = {**_PERIODS, **{rule.key: rule.value for rule in default_rules()}}
        zh, en = page.method_zh.format(**limits), page.method_en.format(**limits)
        lines += ["", f"**判定方法**：{zh}", "", f"*{en}*"]
    return lines


def main(arguments: list[str], *, path: Path = PAGES) -> int:
    """Writes or, with `--check`, compares; returns the exit status."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m wasteledger.domain.findings_pages [--check]\n")
        return 2
    text = render_pages()
    if not arguments:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{path} differs from the code: run `python -m wasteledger.domain.findings_pages`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
