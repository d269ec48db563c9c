"""Reports as documents: which tables stand in them, under which titles, and what a reader must know."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from wasteledger.domain.register import Site
from wasteledger.reports.assessment import MET, NOT_MET, PERSON, AssessmentLine
from wasteledger.reports.balance import Balance, balance_line, gap_line
from wasteledger.reports.filing import CATEGORIES_ZH, Category, FilingLine
from wasteledger.reports.ledgers import (
    Asked,
    Books,
    entrusted_rows,
    production_rows,
    self_treatment_rows,
    storage_in_rows,
    storage_out_rows,
)
from wasteledger.reports.licences import EXPIRY_DAYS, LicenceLine, OutsideLine
from wasteledger.reports.medical import RegisterRow
from wasteledger.reports.periods import Period
from wasteledger.reports.plans import PlanLine, PlanStateLine
from wasteledger.reports.stock import StockDay, TakeResult, stock_line, take_line
from wasteledger.reports.struck import struck_rows
from wasteledger.reports.tables import Document, Table, kilograms, make_table, tonnes
from wasteledger.reports.wording import called

_EMPTY_NOTE = "空白栏（设施编码、贮存设施类型、境外单位、出口核准等）：账本和登记中没有此项，请补填；不适用的留空。"
_TIME_NOTE = (
    "移出以接收方扫码为准；没有扫码入库的包装，自持有之时起计入贮存。重量为封装时称量，经双方同意更正的按更正数。"
)
_BATCH_NOTE = (
    "批次编码属于一次操作：按单位和首次上报的日期、依进入账本的先后编号，一经编定不再改变，也不再用于其他操作；一次交接的各件同号，以"
    "容器/包装编码区分。迟到的记录取下一个号；更正、作废的编码保留并列于“作废编码”。无人记录的交接没有编码。"
)
_GRADE_NOTE = (
    "评估项目和分值为数据文件 assessment_indicators.csv 的内容，未取得正式文本核对；A、B、C 等级的分级界限未知，本表不计算等级。"
    "“达标”仅指账本能够证明的部分，仍需人工核查的见末栏。"
)


class Made(NamedTuple):
    """When a report was made, and from how many entries of the ledger."""

    tree_size: int
    today: date


def _head(site: Site | None, period: Period, made: Made) -> tuple[str, ...]:
    who = f"单位：{site.name}（{site.code}）" if site else "单位：全区"
    running = "（未满，截至制表时）" if period.after > made.today else ""
    return (f"{who}    所属期：{period.zh}{running}    制表：{made.today}    依据账本前 {made.tree_size} 条记录",)


def _asked_head(asked: Asked, made: Made) -> tuple[str, ...]:
    return _head(asked.directory.sites[asked.site], asked.period, made)


def ledger_document(books: Books, asked: Asked, made: Made) -> Document:
    """Tables B.1 to B.5 of a site and period."""
    tables: tuple[Table, ...] = (
        make_table(
            "B.1", name="B.1 产生", title="表B.1 危险废物产生环节记录表", rows=production_rows(books, asked), summed=True
        ),
        make_table(
            "B.2", name="B.2 入库", title="表B.2 危险废物入库环节记录表", rows=storage_in_rows(books, asked), summed=True
        ),
        make_table(
            "B.3", name="B.3 出库", title="表B.3 危险废物出库环节记录表", rows=storage_out_rows(books, asked), summed=True
        ),
        make_table(
            "B.4", name="B.4 自行利用处置", title="表B.4 危险废物自行利用/处置环节记录表",
            rows=self_treatment_rows(books, asked), summed=True,
        ),
        make_table(
            "B.5", name="B.5 委外利用处置", title="表B.5 危险废物委外利用/处置记录表", rows=entrusted_rows(books, asked), summed=True
        ),
    )  # fmt: skip
    struck = struck_rows(books, asked)
    if struck:
        title = "作废或改期的批次编码（编码不再使用）"
        tables = (*tables, make_table("struck", name="作废编码", title=title, rows=struck))
    notes = (
        "依据 HJ 1259-2022《危险废物管理计划和管理台账制定技术导则》附录B（资料性），每个容器或包装一条记录（6.2）。", _TIME_NOTE,
        _BATCH_NOTE, _EMPTY_NOTE, "台账原则上存档5年以上（6.4）。标“附”的栏为表外附加。",
    )  # fmt: skip
    return Document("ledger", "危险废物管理台账", _asked_head(asked, made), tables, notes)


def balance_document(
    balance: Balance, category: Category, filings: Sequence[FilingLine], asked: Asked, made: Made
) -> Document:
    """Table C of a site and period, what explains its differences, and what has to be filed when."""
    number = {"month": "C.1 月报", "quarter": "C.2 季报", "year": "C.3 年报"}[asked.period.kind]
    rows = [balance_line(row, called(asked.site, row.waste_code, asked.directory)) for row in balance.rows]
    tables = (
        make_table("C", name=number, title=f"表{number}：危险废物产生、贮存、利用、处置情况", rows=rows, summed=True),
        make_table(
            "gaps",
            name="差异说明",
            title="差异说明：每一件与记录不符的包装",
            rows=[gap_line(gap) for gap in balance.gaps],
        ),
        make_table("filing", name="申报期限", title="申报内容和期限（HJ 1259-2022 5.2.2、7.2）", rows=filings),
    )
    return Document(
        "balance",
        f"危险废物申报报表（{number[4:]}）",
        _asked_head(asked, made),
        tables,
        _balance_notes(balance, category, filings),
    )


def _balance_notes(balance: Balance, category: Category, filings: Sequence[FilingLine]) -> tuple[str, ...]:
    closes = (
        "平衡：各类废物均满足 上期末 + 产生 + 接收 − 自行 − 委外 = 本期末。"
        if balance.closes
        else "不平衡：本期末按实际在手的包装计，与应有数不符，逐件列于差异说明。"
    )
    unexplained = [
        f"注意：{waste} 尚有 {amount.count} 件 {kilograms(amount.mass_g)} kg 差异未能说明，请运行 `wasteledger fsck` 并报告。"
        for waste, amount in balance.unexplained.items()
    ]
    no_filings = () if filings else ("申报期限只列产废单位：账本中没有本单位自产的废物。",)
    return (
        closes,
        *unexplained,
        *no_filings,
        f"管理类别（推算）：{CATEGORIES_ZH[category.key]}；年产生量 {tonnes(category.yearly_g)} t；{category.basis}。",
        "市级主管部门可另行确定管理类别（4.2.2）。",
        _TIME_NOTE,
    )


def plan_document(
    lines: Sequence[PlanLine], states: Sequence[PlanStateLine], site: Site | None, period: Period, made: Made
) -> Document:
    """The plans of a year against what was done, and who has filed none."""
    tables = (
        make_table("plan", name="计划与实际", title=f"管理计划与实际（{period.year}年1月至所属期末）", rows=lines),
        make_table("planless", name="计划备案", title="管理计划备案情况（每年3月31日前）", rows=states),
    )
    late = sum(line.state.startswith("逾期未备案") for line in states)
    notes = (
        f"逾期未备案 {late} 家，共 {len(states)} 家。",
        "实际产生按封装记录，实际移出按接收方扫码；产生、移出占计划的百分比向下取整到0.01%。",
        "管理类别由记录和许可证推算（4.2.1、4.2.3），市级主管部门可另行确定（4.2.2）。",
    )
    return Document("plan", "危险废物管理计划执行情况", _head(site, period, made), tables, notes)


def licence_document(
    rows: Sequence[LicenceLine], outside: Sequence[OutsideLine], site: Site | None, period: Period, made: Made
) -> Document:
    """Licences against what was done."""
    soon = [row for row in rows if 0 <= row.days_left <= EXPIRY_DAYS]
    tables = (
        make_table("capacity", name="许可证", title="经营许可证：规模和期限", rows=rows),
        make_table("capacity", name="即将到期", title=f"{EXPIRY_DAYS} 天内到期", rows=soon),
        make_table("outside", name="超许可接收", title="接收了许可证以外的废物", rows=outside, summed=True),
    )
    notes = (
        "本年已处置按处置记录，计入当日有效且包含该类废物的第一张许可证。",
        "剩余天数自今日起算；已过期的为负数。",
        "没有封装记录的包装类别不明，不能判断是否超许可，不列入“超许可接收”，见异常 never_sealed。",
    )
    return Document("licences", "经营许可证执行情况", _head(site, period, made), tables, notes)


def assessment_document(lines: Sequence[AssessmentLine], asked: Asked, made: Made) -> Document:
    """The assessment sheet of a site."""
    results = {result: sum(line.result == result for line in lines) for result in (MET, NOT_MET, PERSON)}
    points = sum(line.points or 0 for line in lines)
    tables = (
        make_table("assessment", name="评估表", title="危险废物规范化环境管理评估表（自动填报部分）", rows=lines),
    )
    notes = (
        "，".join(f"{result} {count} 项" for result, count in results.items()) + "。",
        f"账本证明得分合计 {points} 分（不含需人工核查的项目）。",
        _GRADE_NOTE,
        "依据：环办固体〔2021〕20号《“十四五”全国危险废物规范化环境管理评估工作方案》。",
    )
    return Document("assessment", "危险废物规范化环境管理评估表", _asked_head(asked, made), tables, notes)


def register_document(rows: Sequence[RegisterRow], asked: Asked, made: Made) -> Document:
    """The register of medical waste of an institution and period."""
    tables = (make_table("register", name="医疗废物登记", title="医疗废物登记表", rows=rows, summed=True),)
    notes = (
        "依据《医疗废物管理条例》第十二条：来源、种类、重量或者数量、交接时间、处置方法、最终去向、经办人签名；至少保存3年。",
        "签名为扫码时的身份确认，括号内为确认方式；“未扫码”表示该方没有留下交接记录。",
    )
    return Document("register", "医疗废物登记表", _asked_head(asked, made), tables, notes)


def stock_document(days: Sequence[StockDay], takes: Sequence[TakeResult], asked: Asked, made: Made) -> Document:
    """The stock of a site by room, waste and day, and its stock-takes."""
    lines = [stock_line(row, called(asked.site, row.waste_code, asked.directory)) for row in days]
    found = [take_line(result) for result in takes]
    tables = (
        make_table("stock", name="库存日报", title="库存日报：按暂存间、废物类别和日期", rows=lines),
        make_table("stock_takes", name="盘点", title="盘点结果：与交接链逐件核对", rows=found, summed=True),
    )
    missing = sum(line.missing_count for line in found)
    verdict = f"盘点 {len(found)} 次，缺少 {missing} 件。" if found else "本期没有完整的盘点记录。"
    notes = (
        verdict, "日初 + 入库 + 移入 − 出库 − 移出 = 日末，逐间、逐类、逐日成立；每件的所在由其自身的扫码记录得出。",
        "已申报丢失的包装自申报起不在库，寻回后重新入库。箱内的包装随箱清点。",
    )  # fmt: skip
    return Document("stock", "贮存库存日报与盘点", _asked_head(asked, made), tables, notes)
