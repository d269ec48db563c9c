"""Every finding code, in order of precedence: what it means, how grave it is, who acts, by when.

A handheld shows the first reason of a scan, a regulator sees them all. Codes are for ever: they stand in exports and in
closed cases. Chinese titles are what screens show.
"""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """What a finding does to the rate."""

    BREAKS_CHAIN = "breaks_chain"  # its items are never counted as safely disposed
    OVERDUE = "overdue"  # a step is late; its items are not safe until it is made
    DISCREPANCY = "discrepancy"  # two facts disagree
    HYGIENE = "hygiene"  # worth mending, no effect on the rate


class ActorRole(StrEnum):
    """Who has to act, seen from the item."""

    HOLDER = "holder"
    GIVER = "giver"
    TAKER = "taker"
    DEVICE_HOLDER = "device_holder"
    REGULATOR = "regulator"


class Reason(NamedTuple):
    """One finding code.

    Attributes:
        answer_h: hours to act after the fact that raised it; for an overdue step after its limit.
        answer_rule: the rule that says these hours, where a region may say others.
    """

    code: str
    severity: Severity
    zh: str
    en: str
    actor: ActorRole
    answer_h: int
    answer_rule: str = ""


_B, _O, _D, _H = Severity
_ROWS = (
    Reason("duplicate_code", _B, "一码多用", "one code used for two packages", ActorRole.REGULATOR, 24),
    Reason("seen_after_end", _B, "终结后再现", "seen again after its life ended", ActorRole.REGULATOR, 24),
    Reason("device_fork", _B, "设备记录分叉", "a device made two histories", ActorRole.REGULATOR, 24),
    Reason("impossible_travel", _B, "行程不可能", "seen at two places too far apart for the time between", ActorRole.REGULATOR, 24),
    Reason("never_sealed", _B, "未封装即流转", "moved without having been sealed", ActorRole.HOLDER, 24),
    Reason("sealed_by_handler", _B, "运输或处置单位自行封装", "sealed by a plant or carrier, not its own waste", ActorRole.REGULATOR, 24),
    Reason("sealing_unconfirmed", _B, "代封未确认", "sealed in another site's name and not confirmed", ActorRole.HOLDER, 72),
    Reason("opening_stock_unconfirmed", _B, "期初库存未确认", "opening stock, not confirmed", ActorRole.REGULATOR, 72),
    Reason("missing_link", _B, "交接断链", "a hop is missing from the chain", ActorRole.HOLDER, 24),
    Reason("wrong_giver", _B, "交出方不符", "accepted from another party than the one that held it", ActorRole.TAKER, 24),
    Reason("wrong_destination", _B, "接收方不符", "accepted by another party than the one named", ActorRole.TAKER, 24),
    Reason("one_sided_hop", _B, "单方交接", "only one side recorded the hand-over", ActorRole.HOLDER, 24),
    Reason("one_party_hop", _B, "单方代签", "one party stood for both sides of a hand-over", ActorRole.TAKER, 72),
    Reason("impossible_time", _B, "时间顺序不可能", "accepted before it was released", ActorRole.TAKER, 24),
    Reason("disposed_not_received", _B, "未接收即处置", "disposed by a plant that never accepted it", ActorRole.HOLDER, 24),
    Reason("one_organisation", _B, "全程仅一个单位参与", "one organisation alone took part in the whole chain", ActorRole.REGULATOR, 72),
    Reason("producer_absent", _B, "产生单位未参与", "the producer itself did not take part", ActorRole.HOLDER, 72),
    Reason("weak_evidence", _B, "交接凭证不足", "a hand-over is shown more weakly than the rule for it asks", ActorRole.HOLDER, 72),
    Reason("manifest_missing", _B, "缺少转移联单", "carried without a manifest", ActorRole.GIVER, 24),
    Reason("manifest_not_valid", _B, "联单不符合规定", "the manifest of a hand-over does not satisfy the law", ActorRole.GIVER, 24),
    Reason("unlicensed_plant", _B, "处置单位超许可", "disposed without a licence for this waste on that day", ActorRole.REGULATOR, 24),
    Reason("method_not_permitted", _B, "处置方式不符", "disposed of by a method that is not permitted", ActorRole.REGULATOR, 24),
    Reason("void_without_evidence", _B, "作废无凭证", "voided after sealing without evidence", ActorRole.HOLDER, 24),
    Reason("box_difference", _D, "周转箱不符", "a box differs from what was packed", ActorRole.TAKER, 24),
    Reason("late_packing", _D, "装箱或换签晚于离场", "packed or relabelled, as far as is proved, after it had left", ActorRole.HOLDER, 24),
    Reason("in_two_boxes", _D, "同时在两箱", "packed into a second box and never taken out of the first", ActorRole.HOLDER, 24),
    Reason("overdue_pickup", _O, "超期未收运", "not collected from the producer in time", ActorRole.HOLDER, 0),
    Reason("overdue_storage", _O, "超期暂存", "stored longer than the law allows", ActorRole.HOLDER, 0),
    Reason("in_limbo", _O, "交出未接收", "handed over, not accepted", ActorRole.TAKER, 0),
    Reason("arrived_not_disposed", _O, "到厂未处置", "at the plant, not disposed in time", ActorRole.HOLDER, 0),
    Reason("refused_not_rerouted", _O, "拒收未处理", "refused, neither returned nor redirected", ActorRole.HOLDER, 0),
    Reason("overdue_delivery", _O, "在途超时", "on the road longer than planned", ActorRole.HOLDER, 0),
    Reason("not_vouched", _O, "无人值守未补签", "an act at an unattended place that nobody has stood for", ActorRole.HOLDER, 0),
    Reason("manifest_overdue", _O, "联单超时未到达", "a manifest's load has not arrived in time", ActorRole.TAKER, 0),
    Reason("manifest_not_confirmed", _O, "联单未确认", "acceptance not confirmed within the legal time", ActorRole.TAKER, 0),
    Reason("declared_lost", _D, "申报丢失", "declared lost or stolen, not found yet", ActorRole.REGULATOR, 24),
    Reason("void_unconfirmed", _D, "作废待确认", "a void after sealing, not confirmed", ActorRole.REGULATOR, 72, "void_confirm_h"),
    Reason("void_after_end", _D, "处置后作废", "voided after it was disposed of, which changes nothing", ActorRole.HOLDER, 24),
    Reason("opening_stock_again", _D, "重复申报期初库存", "opening stock declared once more", ActorRole.HOLDER, 72),
    Reason("opening_stock_known", _D, "已在账的包装申报为期初库存", "opening stock that the ledger knew", ActorRole.HOLDER, 72),
    Reason("opening_stock_late", _D, "逾期申报期初库存", "opening stock declared late", ActorRole.REGULATOR, 72),
    Reason("objection", _D, "检查异议", "an inspector objected, and nobody has answered", ActorRole.HOLDER, 72),
    Reason("spilled", _D, "泄漏或破损", "a spill or damage was declared, and nobody has answered", ActorRole.HOLDER, 24),
    Reason("stock_imbalance", _D, "库存不平", "a stock-take did not find what should be there", ActorRole.HOLDER, 24),
    Reason("correction_refused", _D, "更正被拒绝", "the other party refused a correction", ActorRole.REGULATOR, 72),
    Reason("manifest_unknown", _D, "联单号未填报", "a manifest number that nobody has drawn up", ActorRole.GIVER, 24),
    Reason("manifest_void_used", _D, "使用已作废联单", "a voided manifest was used", ActorRole.GIVER, 24),
    Reason("manifest_mixed", _D, "一单多移出人", "one manifest for several consignors", ActorRole.GIVER, 24),
    Reason("manifest_mismatch", _D, "与联单不符", "carrier, vehicle, consignee or waste differ from the manifest", ActorRole.TAKER, 24),
    Reason("weight_difference", _D, "重量不符", "weighings differ beyond tolerance", ActorRole.TAKER, 24),
    Reason("implausible_mass", _D, "重量不合理", "no package of this kind weighs so much or so little", ActorRole.HOLDER, 24),
    Reason("copied_weight", _D, "复称重量雷同", "weighed again to the very gram", ActorRole.TAKER, 72),
    Reason("label_mismatch", _D, "标签与封装不符", "the label names another producer or waste", ActorRole.HOLDER, 24),
    Reason("disposed_twice", _D, "重复处置", "one package was disposed of twice", ActorRole.HOLDER, 24),
    Reason("count_difference", _D, "件数不符", "packages counted differ from packages named", ActorRole.TAKER, 24),
    Reason("disputed", _D, "更正待确认", "a correction waits for the other party", ActorRole.TAKER, 72),
    Reason("unknown_code", _D, "未发放的编码", "a code that was never issued", ActorRole.HOLDER, 24),
    Reason("unlicensed_carrier", _D, "承运人无许可", "carrier without a licence for this waste on that day", ActorRole.REGULATOR, 24),
    Reason("unlicensed_vehicle", _D, "车辆未登记", "vehicle not registered for this carrier", ActorRole.REGULATOR, 24),
    Reason("unlicensed_driver", _D, "驾驶员未登记", "driver not registered for this carrier", ActorRole.REGULATOR, 24),
    Reason("unknown_site", _D, "登记簿外单位", "a site that the register does not know", ActorRole.REGULATOR, 72),
    Reason("capacity_exceeded", _D, "超处置能力", "a plant disposed of more than its licence allows in a year", ActorRole.HOLDER, 72),
    Reason("silent_producer", _D, "产废单位静默", "a producer has recorded nothing for far longer than it used to", ActorRole.HOLDER, 72),
    Reason("under_reporting", _D, "疑似少报", "a producer records far less than its own history and beds suggest", ActorRole.HOLDER, 72),
    Reason("unusual_voids", _D, "作废或核减偏多", "a site voids or corrects down an unusual share of its packages", ActorRole.HOLDER, 72),
    Reason("label_stock_unaccounted", _D, "标签库存不符", "blank labels are not accounted for", ActorRole.HOLDER, 72),
    Reason("device_gap", _D, "设备记录缺号", "a device skipped a number: a scan is missing", ActorRole.DEVICE_HOLDER, 48),
    Reason("not_entitled", _D, "无权记录", "a device recorded what it may not say", ActorRole.DEVICE_HOLDER, 24),
    Reason("untrusted_device", _D, "不可信设备的记录", "recorded behind a broken link of its device's chain", ActorRole.REGULATOR, 24),
    Reason("time_outside_bracket", _D, "时间越界", "a claimed moment outside the proved bracket", ActorRole.DEVICE_HOLDER, 72),
    Reason("revoked_device", _D, "停用设备上传", "a revoked device handed in a scan", ActorRole.REGULATOR, 24),
    Reason("quarantined_event", _D, "隔离的记录", "signed, but not a readable event", ActorRole.DEVICE_HOLDER, 72),
    Reason("newer_event", _H, "更高版本的记录", "an event of a newer version, kept and not yet understood", ActorRole.REGULATOR, 240),
    Reason("clock_skew", _H, "设备时钟偏差", "a device clock was ahead of the service", ActorRole.DEVICE_HOLDER, 72),
    Reason("back_dated", _H, "补录", "arrived long after it happened", ActorRole.DEVICE_HOLDER, 72),
    Reason("late_backfill", _H, "逾期补录", "paper entered later than the law allows", ActorRole.GIVER, 72),
    Reason("late_confirmation", _H, "联单逾期确认", "a manifest confirmed after the legal time", ActorRole.TAKER, 72),
    Reason("own_device_unused", _H, "有设备未使用", "its own device was not used", ActorRole.HOLDER, 72),
    Reason("retroactive_register", _H, "按追溯登记判定", "judged by a later entry of the register", ActorRole.REGULATOR, 240),
    Reason("box_not_washed", _H, "周转箱未消毒", "a box was used again without having been washed", ActorRole.HOLDER, 24),
    Reason("reprint_without_reason", _H, "无原因补打标签", "a label printed again without a reason", ActorRole.HOLDER, 72),
    Reason("late_step", _H, "逾期完成", "a step was made after its time limit", ActorRole.HOLDER, 72),
    Reason("same_person_both_sides", _H, "双方同一人", "one person stood for both sides of a hand-over", ActorRole.REGULATOR, 72),
    Reason("unlisted_waste_code", _H, "名录外代码", "waste code not in the loaded catalogue", ActorRole.HOLDER, 240),
)  # fmt: skip

REASONS = {reason.code: reason for reason in _ROWS}
#: Lower comes first.
PRECEDENCE = {reason.code: place for place, reason in enumerate(_ROWS)}
#: Classes an item of the cohort may be in (design section 6), with screen titles; they add up to the cohort.
CLASSES = {
    "safely_disposed": ("安全处置（已证明）", "safely disposed, proved"),
    "on_its_way": ("在途（期限内）", "on its way, in time"),
    "overdue": ("超期", "overdue"),
    "chain_broken": ("断链", "chain broken"),
    "disputed": ("争议中", "disputed"),
    "declared_lost": ("已申报丢失", "declared lost"),
    "disposed_not_provably": ("已处置（不能证明）", "disposed, not provably"),
    "self_disposed": ("自行处置（持证）", "disposed of by its own producer, licensed"),
    "unsealed": (
        "来源不明（未封装、重量未知，或待确认）",
        "of unknown origin: never sealed, its mass unknown, or not confirmed",
    ),
}
