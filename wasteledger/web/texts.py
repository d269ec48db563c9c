"""Every word on the pages, Chinese and English side by side. Titles of findings and classes stand in `schemas.reasons`."""

from typing import Any, Literal

from schemas.quantities import format_kg
from schemas.reasons import CLASSES, REASONS, ActorRole
from schemas.waste import MEDICAL_CATEGORIES, waste_name
from wasteledger.web.texts_duty import DUTY_TEXTS

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
#: From here on a span is told in days.
DAYS_FROM_MS = 3 * DAY_MS

#: key → (Chinese, English); `{name}` is filled in by the caller.
TEXTS: dict[str, tuple[str, str]] = {
    # frame
    "product": ("一物一码", "WasteLedger"),
    "tagline": ("医疗废物与危险废物全程账本", "Ledger of medical and hazardous waste"),
    "nav.overview": ("总览", "Overview"),
    "nav.findings": ("异常", "Findings"),
    "nav.items": ("包装", "Packages"),
    "nav.main": ("主导航", "Main navigation"),
    "skip": ("跳到正文", "Skip to content"),
    "search.label": ("按编码查询", "Look up a code"),
    "search.hint": ("包装编码或地点编码", "Code of a package or site"),
    "search.go": ("查询", "Look up"),
    "login": ("登录", "Log in"),
    "logout": ("退出", "Log out"),
    "other_language": ("English", "中文"),
    "foot": (
        "本页的每个数字都由账本中的签名记录推算得出，没有任何一个是填报的。",
        "Every number here is derived from signed records in the ledger; none was typed in.",
    ),
    # question
    "region": ("区域", "Region"),
    "from": ("封装日期自", "Sealed from"),
    "to": ("至", "to"),
    "show": ("查看", "Show"),
    "as_of": ("截至", "As of"),
    "past": ("按当时已知情况回答，截至", "Answered from what was known then, as of"),
    "log": ("账本 {size} 条", "Ledger: {size} entries"),
    "root": ("根", "root"),
    "china_time": ("北京时间", "China time"),
    # first page
    "rate.title": ("处置率是多少", "What is the rate"),
    "rate.proved": ("已证明处置率", "Proved rate"),
    "rate.proved_why": (
        "本期封装的废物中，全程交接完整、能证明已安全处置的重量占比。",
        "Share, by mass, of what was sealed in the period whose whole chain proves safe disposal.",
    ),
    "rate.due": ("到期处置率", "Due rate"),
    "rate.due_why": (
        "同上，但不计仍在法定期限内、尚未到期的包装。",
        "The same, leaving out packages still inside their time limits.",
    ),
    "rate.by_mass": ("按重量", "by mass"),
    "rate.proved_count": ("已证明 · 按件数", "Proved, by count"),
    "rate.due_count": ("到期 · 按件数", "Due, by count"),
    "rate.inferred": ("已证明中凭未开箱推定的占比", "Of the proved, resting on unopened boxes"),
    "rate.voided": ("凭据作废，不计入", "Voided with evidence, left out"),
    "rate.opening_waiting": ("期初库存待确认", "Opening stock that waits for the authority"),
    "official.title": ("官方口径", "Official figures"),
    "official.why": (
        "医疗废物与其他危险废物分开计算；只看处置单位是否处置，不看交接链，口径以正式文件为准",
        "medical and other hazardous waste apart; they ask only whether a plant disposed of it, not how it came there",
    ),
    "official.formula": ("公式", "formula"),
    "official.cohort": ("统计范围", "cohort"),
    "official.beside": ("在范围内、未计入分子", "in the cohort, not in the numerator"),
    "official.left_out": ("不在范围内", "not in the cohort"),
    "official.nothing": ("无", "nothing"),
    "official.late": (
        "期后补报 {count} 件（{kg} kg）：封装于本期，期满后才报送，各项比率已随之改变",
        "{count} packages ({kg} kg) were handed in after the period; every rate above counts them",
    ),
    "taken.title": ("作废与核减", "Voided and corrected down"),
    "taken.why": ("退出分母的包装和调低的重量，按单位", "what left the denominator, and mass that shrank, by site"),
    "taken.site": ("单位", "site"),
    "taken.voided": ("作废件数", "voided"),
    "taken.lowered": ("核减件数", "corrected down"),
    "taken.share_count": ("占封装 · 按件", "of what it sealed, by count"),
    "taken.share_mass": ("占封装 · 按重量", "by mass"),
    "taken.more": ("另有 {count} 个单位", "{count} more sites"),
    "unsealed.title": ("来源不明的包装", "Packages of unknown origin"),
    "unsealed.why": (
        "未封装、由承运或处置单位封装，或待确认；计入分母，不计入分子；按首次出现的单位",
        "never sealed, sealed by who carries or burns, or not confirmed; they count, and are never proved; by the site of first sight",
    ),
    "unsealed.unknown": ("重量未知件数", "of unknown mass"),
    "missing.title": ("缺了什么", "What is missing"),
    "missing.none": ("没有异常：每一环都有记录。", "Nothing: every link is on record."),
    "missing.total": ("共 {count} 项异常", "{count} findings in all"),
    "more_codes": ("另有 {count} 类", "{count} more kinds"),
    "act.title": ("该谁行动", "Who has to act"),
    "act.none": ("目前无人欠办。", "Nobody owes anything."),
    "act.total": ("共 {count} 个单位", "{count} sites in all"),
    "classes.title": ("本期封装的包装现在怎样", "What became of the packages sealed in the period"),
    "classes.sum": ("合计（本期封装）", "Total sealed in the period"),
    "classes.share": ("重量占比", "share of mass"),
    "towns.title": ("按乡镇街道", "By township"),
    "wastes.title": ("按废物类别", "By waste category"),
    "lowest_first": ("到期率低的在前", "lowest due rate first"),
    "empty.title": ("这段时间、这个区域没有封装过包装。", "Nothing was sealed here in this period."),
    "empty.hint": ("请放宽日期或改选区域。", "Widen the dates or choose another region."),
    # tables
    "count": ("件数", "packages"),
    "count_unit": ("{count} 件", "{count} pkg"),
    "mass": ("重量", "mass"),
    "mass.unknown": ("重量未知", "mass unknown"),
    "mass.unknown_count": ("另 {count} 件重量未知", "and {count} of unknown mass"),
    "waste.unknown": ("类别未知", "waste unknown"),
    "class": ("状态", "Class"),
    "township": ("乡镇街道", "township"),
    "waste": ("废物类别", "waste"),
    "site": ("单位", "site"),
    "code": ("编码", "code"),
    "producer": ("产生单位", "producer"),
    "sealed_at": ("封装时间", "sealed"),
    "holder": ("现持有", "held by"),
    "doubts": ("异常", "Findings"),
    "evidence": ("证据", "evidence"),
    "proved_mass": ("已证明·重量", "proved, mass"),
    "proved_count": ("已证明·件数", "proved, count"),
    "due_mass": ("到期·重量", "due, mass"),
    "due_count": ("到期·件数", "due, count"),
    "all": ("全部", "All"),
    "filter": ("筛选", "Filter"),
    "rows": ("共 {count} 项", "{count} rows"),
    "page_of": ("第 {page} / {pages} 页", "page {page} of {pages}"),
    "previous": ("上一页", "previous"),
    "next": ("下一页", "next"),
    "nothing": ("没有符合条件的记录。", "Nothing matches."),
    "class.due": ("已到期（除“在途”外全部）", "due (all but those on their way)"),
    "class.voided": ("已凭据作废，不计入", "voided with evidence, not counted"),
    "class.label_only": ("未封装", "never sealed"),
    # findings
    "findings.title": ("异常清单", "Findings"),
    "who_acts": ("应由谁办理", "Who must act"),
    "by_when": ("期限", "by"),
    "overdue_by": ("已逾期 {span}", "{span} overdue"),
    "left": ("还剩 {span}", "{span} left"),
    "span.days": ("{n} 天", "{n} d"),
    "span.hours": ("{n} 小时", "{n} h"),
    "span.minutes": ("{n} 分钟", "{n} min"),
    "items_of": ("涉及包装", "packages"),
    "more_items": ("展开其余 {count} 件", "{count} more"),
    "device_only": ("设备记录，不涉及包装", "device record, no package"),
    "severity.breaks_chain": ("断链", "breaks the chain"),
    "severity.overdue": ("逾期", "overdue"),
    "severity.discrepancy": ("不符", "discrepancy"),
    "severity.hygiene": ("提示", "hygiene"),
    "severity.why.breaks_chain": ("不计为安全处置", "never counted as safely disposed"),
    "severity.why.overdue": ("补上之前不计为安全处置", "not safe until it is done"),
    "severity.why.discrepancy": ("两项记录不一致", "two records disagree"),
    "severity.why.hygiene": ("不影响处置率", "no effect on the rate"),
    # items
    "items.title": ("包装清单", "Packages"),
    "late": ("期后补报", "handed in late"),
    "late_why": ("封装于本期，期满后才报送", "sealed in the period, handed in after it"),
    "inferred_only": ("仅凭未开箱推定的", "resting on unopened boxes"),
    "disposed_only": ("已记录处置的", "recorded as disposed"),
    # one item
    "item.chain": ("全程", "Chain"),
    "item.label": ("标签 PDF", "Label (PDF)"),
    "item.produced_by": ("产生单位", "Producer"),
    "item.now": ("现在", "Now"),
    "item.steps": ("{count} 步", "{count} steps"),
    "item.evidence_class": ("证据", "Evidence"),
    "item.other_doubts": ("不属于某一步的异常", "Findings outside the steps"),
    "item.end": ("链条到此结束，没有下一步。", "The chain ends here."),
    "verified": ("逐件核验", "verified"),
    "verified_why": ("扫描的是这件包装本身", "the package itself was scanned"),
    "inferred": ("随箱推定", "inferred"),
    "inferred_why": ("扫描的是它所在的周转箱，未开箱", "its unopened box was scanned"),
    "expected": ("下一步", "Next step"),
    "expected.missing": ("缺失的一步", "Missing step"),
    "expected.who": ("应由 {site} 在 {due} 前完成", "{site} must make it by {due}"),
    "expected.basis": ("依据", "basis"),
    "expected.not_vouched": ("等待补签", "to be vouched for"),
    "expected.manifest_overdue": ("联单货物等待到达", "a manifest's load to arrive"),
    "expected.manifest_not_confirmed": ("联单等待确认", "a manifest to be confirmed"),
    "expected.overdue_pickup": ("等待收运", "to be collected"),
    "expected.overdue_storage": ("等待转运", "to be sent on"),
    "expected.in_limbo": ("等待接收方确认", "to be accepted"),
    "expected.arrived_not_disposed": ("等待处置", "to be disposed"),
    "expected.refused_not_rerouted": ("等待退回或改送", "to be returned or redirected"),
    "expected.overdue_delivery": ("等待送达", "to be delivered"),
    "doubt.acts": ("由 {site} 说明或办理", "for {site} to explain or mend"),
    "doubt.authority": ("主管部门（{site}）", "the authority (on {site})"),
    # fields of a step
    "field.manifest": ("转移联单", "manifest"),
    "field.vehicle": ("车辆", "vehicle"),
    "field.box": ("周转箱", "box"),
    "field.room": ("库房", "room"),
    "field.batch": ("批次", "batch"),
    "field.method": ("方式", "method"),
    "field.stock": ("标签卷", "stock"),
    "field.reason": ("原因", "reason"),
    "field.incident": ("事由", "incident"),
    "field.result": ("结果", "result"),
    "field.package": ("包装", "package"),
    "field.packages_count": ("清点件数", "packages counted"),
    "field.note": ("备注", "note"),
    "field.vouch_method": ("确认方式", "vouched by"),
    "field.person": ("经办", "person"),
    "field.device": ("设备", "device"),
    "field.event": ("事件", "event"),
    "field.index": ("账本序号", "ledger entry"),
    "field.unit": ("科室", "ward"),
    "field.new_code": ("新编码", "new code"),
    "field.mass_source": ("重量来源", "weighed by"),
    "field.photos": ("照片、凭证", "photos and papers"),
    "photos.none": ("无", "none"),
    "field.mass": ("重量", "mass"),
    "field.box_mass": ("整箱重量", "whole box"),
    # kinds of event
    "kind.issued": ("发码", "issued"),
    "kind.sealed": ("封装", "sealed"),
    "kind.opening_stock": ("期初库存申报", "declared as opening stock"),
    "kind.packed": ("装箱", "packed"),
    "kind.unpacked": ("开箱", "unpacked"),
    "kind.released": ("交出", "released"),
    "kind.accepted": ("接收", "accepted"),
    "kind.refused": ("拒收", "refused"),
    "kind.stored": ("入库", "stored"),
    "kind.counted": ("盘点", "counted"),
    "kind.disposed": ("处置", "disposed"),
    "kind.inspected": ("检查", "inspected"),
    "kind.incident": ("事件申报", "incident"),
    "kind.voided": ("作废", "voided"),
    "kind.corrected": ("更正", "corrected"),
    "kind.washed": ("清洗消毒", "washed"),
    "kind.printed": ("打印", "printed"),
    "kind.vouched": ("补签", "vouched for"),
    "kind.relabelled": ("换签", "relabelled"),
    "kind.trusted": ("设备信任", "trusted"),
    "not_entitled": ("无权记录，不起作用", "not entitled, no effect"),
    "field.strength": ("交接凭证", "evidence of the hop"),
    "strength.5": ("双方设备", "both devices"),
    "strength.4": ("工牌加密码", "badge and PIN"),
    "strength.3": ("工牌", "badge"),
    "strength.2": ("纸质", "paper"),
    "strength.1": ("外系统", "foreign system"),
    "strength.0": ("无人", "nobody"),
    "package.bag": ("包装袋", "bag"),
    "package.sharps_box": ("利器盒", "sharps box"),
    "package.drum": ("桶", "drum"),
    "vouch.badge": ("工牌", "badge"),
    "vouch.pin": ("口令", "PIN"),
    "vouch.own_device": ("本人设备", "own device"),
    "vouch.paper": ("纸质签字", "paper"),
    "vouch.none": ("无人确认", "nobody"),
    "value.incineration": ("焚烧", "incineration"),
    "value.steam": ("高温蒸汽", "steam"),
    "value.microwave": ("微波", "microwave"),
    "value.chemical": ("化学消毒", "chemical"),
    "value.landfill": ("填埋", "landfill"),
    "value.recovery": ("利用", "recovery"),
    "value.damaged": ("破损", "damaged"),
    "value.mislabelled": ("标签不符", "mislabelled"),
    "value.not_permitted": ("不在许可内", "not permitted"),
    "value.mass_differs": ("重量不符", "mass differs"),
    "value.count_differs": ("件数不符", "count differs"),
    "value.other": ("其他", "other"),
    "value.in_order": ("正常", "in order"),
    "value.objection": ("有异议", "objection"),
    "value.spill": ("泄漏", "spill"),
    "value.damage": ("破损", "damage"),
    "value.loss": ("丢失", "loss"),
    "value.theft": ("被盗", "theft"),
    "value.found": ("找回", "found"),
    "value.spoiled": ("标签损坏", "spoiled"),
    "value.unused": ("未使用", "unused"),
    "value.never_was": ("并无此物", "never was"),
    "value.did_not_occur": ("未曾发生", "did not occur"),
    "value.wrong_mass": ("重量有误", "wrong mass"),
    "value.wrong_waste": ("废物类别有误", "wrong waste"),
    "value.lost": ("脱落", "lost"),
    "value.unreadable": ("无法识读", "unreadable"),
    "value.printer_fault": ("打印机故障", "printer fault"),
    "value.scale": ("电子秤", "scale"),
    "value.typed": ("手工录入", "typed in"),
    "value.copied": ("抄录，未另称重", "copied, not weighed again"),
    "value.estimated": ("估计", "estimated"),
    "value.unsaid": ("未注明", "not said"),
    "site.C": ("村卫生室、诊所", "clinic"),
    "site.H": ("医院", "hospital"),
    "site.G": ("产生单位", "generator"),
    "site.T": ("中转点", "transfer point"),
    "site.R": ("承运人", "carrier"),
    "site.D": ("处置单位", "plant"),
    "site.A": ("主管部门", "authority"),
    "phase.unseen": ("未见", "unseen"),
    "phase.blank": ("空白标签", "blank label"),
    "phase.held": ("在 {site}", "held by {site}"),
    "phase.offered": ("{site} 已交出，等待 {taker} 接收", "released by {site}, awaiting {taker}"),
    "phase.refused": ("被拒收，仍由 {site} 负责", "refused, still with {site}"),
    "phase.disposed": ("已由 {site} 处置", "disposed by {site}"),
    "phase.lost": ("已申报丢失，最后由 {site} 持有", "declared lost, last held by {site}"),
    "phase.voided": ("已作废", "voided"),
    # log in
    "login.title": ("登录", "Log in"),
    "login.name": ("账号", "Name"),
    "login.password": ("密码", "Password"),
    "login.why": (
        "登录后可查看经办人姓名并打印标签。",
        "Logged in, you also see the names of persons and print labels.",
    ),
    "login.guarded": ("本系统须登录后查看。", "Log in to read these pages."),
    "login.wrong": ("账号或密码不正确。", "Name and password do not belong together."),
    "login.limited": (
        "该账号尝试次数过多，请 {minutes} 分钟后再试。",
        "Too many attempts for this name: try again in {minutes} minutes.",
    ),
    "login.stale": ("页面已过期，请重新登录。", "This page was too old: log in again."),
    "login.forgotten": (
        "忘记密码：请管理员运行 wasteledger account 重新发放。",
        "Forgotten: have an administrator run `wasteledger account` to give a new one.",
    ),
    # errors
    "error.back": ("回到总览", "Back to the overview"),
    "error.not_found": ("没有找到", "Not found"),
    "error.not_found.hint": (
        "账本里没有这一条。请核对编码，或从清单中打开。",
        "The ledger knows nothing of it. Check the code, or open it from a list.",
    ),
    "error.no_district": ("还没有载入辖区", "No district is loaded"),
    "error.no_district.hint": (
        "请在服务器上运行 wasteledger load district.yaml 载入辖区文件，或运行 make demo 查看演示。",
        "Run `wasteledger load district.yaml` on the server, or `make demo` for a demonstration.",
    ),
    "error.bad_query": ("这个问题无法回答", "This question can not be answered"),
    "error.bad_query.hint": (
        "请检查日期（如 2026-11-02）、区域与筛选条件，改正后再查。",
        "Check the dates (as 2026-11-02), the region and the filters, then ask again.",
    ),
    "error.bad_code": ("编码没有通过校验", "The code fails its check"),
    "error.bad_code.hint": (
        "请对照标签逐位核对后重新输入；空格、连字符和小写不影响。",
        "Compare it with the label character by character; blanks, hyphens and lower case do not matter.",
    ),
    "error.forbidden": ("需要登录", "Log in first"),
    "error.forbidden.hint": ("登录后才能查看。", "Only for those who have logged in."),
    "error.other": ("出错了", "Something went wrong"),
    "error.other.hint": ("请稍后再试；若持续出现，请联系管理员。", "Try again; if it stays, tell an administrator."),
}

TEXTS |= DUTY_TEXTS


def text(key: str, language: Language, **values: Any) -> str:
    """The text of a key, its blanks filled in; a key without a text shows itself."""
    pair = TEXTS.get(key, (key, key))
    return pair[LANGUAGES.index(language)].format(**values)


class Words:
    """The texts in one language, as templates call them: `t("region")`."""

    def __init__(self, language: Language) -> None:
        """Speaks `language`."""
        self.language: Language = language
        self.other: Language = "en" if language == "zh" else "zh"

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key."""
        return text(key, self.language, **values)

    def _pick(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en[:1].upper() + en[1:]

    def value(self, value: object) -> str:
        """A word out of an event, such as a method; free text shows itself."""
        return text(f"value.{value}", self.language).removeprefix("value.")

    def reason(self, code: str) -> str:
        """Title of a finding."""
        reason = REASONS[code]
        return self._pick(reason.zh, reason.en)

    def who_acts(self, code: str, site: str) -> str:
        """Who has to act on a finding: the site that it is about, or the authority, where it is the authority's to settle."""
        return self("doubt.authority", site=site) if REASONS[code].actor is ActorRole.REGULATOR else site

    def item_class(self, name: str) -> str:
        """Title of a class of items, or of a group of them that lists know."""
        return self._pick(*CLASSES[name]) if name in CLASSES else self(f"class.{name}")

    def waste(self, code: str) -> str:
        """Short name of a waste; the catalogue is Chinese, medical categories have both."""
        return (
            self._pick(*MEDICAL_CATEGORIES[code])
            if code in MEDICAL_CATEGORIES
            else waste_name(code) or self("waste.unknown")
        )

    def kg(self, mass_g: int | None) -> str:
        """A mass under a heading that says kg; what nobody weighed has none."""
        return format_kg(mass_g) if mass_g else self("mass.unknown")

    def mass(self, mass_g: int | None) -> str:
        """A mass with its unit."""
        return f"{format_kg(mass_g)} kg" if mass_g else self("mass.unknown")

    def mass_unknown(self, count: int) -> str:
        """That a sum leaves out the mass of so many packages; empty for none."""
        return self("mass.unknown_count", count=count) if count else ""

    def span(self, duration_ms: int) -> str:
        """A duration as people say it, rounded down."""
        span_ms = abs(duration_ms)
        if span_ms >= DAYS_FROM_MS:
            return self("span.days", n=span_ms // DAY_MS)
        if span_ms >= HOUR_MS:
            return self("span.hours", n=span_ms // HOUR_MS)
        return self("span.minutes", n=span_ms // MINUTE_MS)
