"""Every way in which the simulated district misbehaves or lies, and what reconciliation must make of it.

`expected` must be found, once it can be known; `allowed` are true consequences that may be found as well. Where it hangs on the place or
the time which of the expected codes it is, whoever does the fault says so. A kind with no expected code is honest: an irregular thing
handled as the law asks, which must raise nothing. A *lie* is told by somebody who signs what is not so, or what
he may not say (design section 14); a scenario gives all lies one rate by `lies`, and all other faults by `all`.
"""

from typing import NamedTuple


class FaultKind(NamedTuple):
    """One kind of fault.

    Attributes:
        subject: what its rate is a share of: item, hop, box, batch, manifest, device, site, roll; or collusion, which is an item's too.
        zh: for people.
        meanwhile: allowed only until the act that settles it has arrived.
    """

    name: str
    subject: str
    zh: str
    expected: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    meanwhile: tuple[str, ...] = ()
    is_lie: bool = False


#: Who sealed by a badge has not shown that it took the package.
NOT_TAKEN = ("sealing_unconfirmed", "not_entitled")
#: What stands on a shelf although somebody says that it does not.
_SHELF = ("overdue_pickup", "overdue_storage")
#: A load that did not come in whole leaves its manifest open.
OUTSTANDING = ("manifest_mismatch", "manifest_overdue", "manifest_not_confirmed")

_FAULTS = (
    FaultKind(
        "lost_bag", "item", "在保管中丢失，无人申报", ("overdue_pickup", "overdue_delivery", "overdue_storage"), ("stock_imbalance",)
    ),
    FaultKind(
        "stolen_on_road", "item", "交出后失踪，接收方从未扫码", ("in_limbo",), ("overdue_pickup", "overdue_delivery")
    ),
    FaultKind("skipped_collector", "item", "收运员未扫码，中转点直接接收", ("one_sided_hop",)),
    FaultKind(
        "jumped", "item", "卫生室与处置单位之间全无扫码", ("missing_link",),
        ("late_step", "manifest_mismatch", "count_difference"), ("overdue_pickup",),
    ),
    FaultKind("unreleased", "item", "交出方从未扫码", ("one_sided_hop",)),
    FaultKind("wrong_giver", "item", "接收时选错交出方", ("wrong_giver",)),
    FaultKind("wrong_destination", "item", "交出时选错接收方", ("wrong_destination",)),
    FaultKind("never_sealed", "item", "空白标签随包流转", ("never_sealed",)),
    FaultKind("unknown_code", "item", "使用从未发放的编码", ("unknown_code",)),
    FaultKind("cloned_label", "item", "同一编码用于两处两包", ("duplicate_code",)),
    FaultKind("scanned_after_end", "item", "处置后又被扫到", ("seen_after_end",)),
    FaultKind("late_pickup", "item", "漏收，下一趟才收走", ("late_step",), ("overdue_pickup",)),
    FaultKind("late_storage", "item", "在中转点滞留超期", ("late_step",), ("overdue_storage",)),
    FaultKind("lost_weight", "item", "两次称重之间被取走三分之一", ("weight_difference",)),
    FaultKind("impossible_time", "item", "接收数小时后才补扫交出", ("impossible_time",), ("late_step",)),
    FaultKind("refused_rerouted", "item", "拒收后退回并重新送交"),
    FaultKind("refused_forgotten", "item", "拒收后无人处理", ("refused_not_rerouted",), ("overdue_delivery",)),
    FaultKind("void_without_evidence", "item", "封装后无凭证作废", ("void_without_evidence", "overdue_pickup", "overdue_storage")),
    FaultKind(
        "voided_with_evidence", "item", "封装后有凭证作废", (), (), ("void_without_evidence", "void_unconfirmed", *_SHELF)
    ),
    FaultKind("correction_agreed", "item", "重量更正，对方同意", (), (), ("disputed", "weight_difference")),
    FaultKind("correction_refused", "item", "重量更正，对方拒绝", ("correction_refused",)),
    FaultKind("correction_open", "item", "重量更正，无人答复", ("disputed",)),
    FaultKind("declared_lost", "item", "申报丢失", ("declared_lost",)),
    FaultKind("lost_and_found", "item", "申报丢失后找回", (), ("late_step", *_SHELF), ("declared_lost",)),
    FaultKind("unlisted_waste", "item", "填了名录中没有的废物代码", ("unlisted_waste_code",)),
    FaultKind("seen_elsewhere", "item", "同时在几十公里外被扫到", ("impossible_travel", "objection")),
    FaultKind("reprint", "item", "无原因补打标签", ("reprint_without_reason",)),
    FaultKind("wrong_scale", "hop", "清点件数与扫码件数不同", ("count_difference",)),
    FaultKind("same_person", "hop", "一人代双方签字", ("same_person_both_sides",)),
    FaultKind("unvouched", "hop", "无人值守点无人补签", ("not_vouched",), ("weak_evidence",)),
    FaultKind("box_heavier", "box", "整箱重量明显偏大", ("box_difference",)),
    FaultKind("box_miscounted", "box", "开箱清点少一包", ("box_difference",), ("arrived_not_disposed", "stock_imbalance")),
    FaultKind("disposed_not_received", "box", "未接收即处置", ("disposed_not_received",), ("late_step", *OUTSTANDING), ("in_limbo",)),
    FaultKind("late_at_plant", "box", "到厂后超期才处置", ("late_step",), ("arrived_not_disposed",)),
    FaultKind("unwashed_box", "box", "周转箱未消毒再用", ("box_not_washed",)),
    FaultKind("no_manifest", "manifest", "没有转移联单", ("manifest_missing",)),
    FaultKind("undrafted_manifest", "manifest", "联单号从未填报", ("manifest_unknown",)),
    FaultKind("manifest_twice", "manifest", "两家移出人共用一单", ("manifest_mixed",)),
    FaultKind("wrong_vehicle", "manifest", "车辆未登记", ("unlicensed_vehicle",), ("manifest_mismatch",)),
    FaultKind("other_vehicle", "manifest", "换了一辆登记车辆", ("manifest_mismatch",)),
    FaultKind("strange_driver", "manifest", "驾驶员未登记", ("unlicensed_driver",)),
    FaultKind("void_used", "manifest", "使用已作废的联单", ("manifest_void_used",)),
    FaultKind("unlicensed_plant", "manifest", "送到无证单位处置", ("unlicensed_plant",)),
    FaultKind("unlicensed_carrier", "manifest", "无证承运人", ("unlicensed_carrier",)),
    FaultKind("unconfirmed_manifest", "manifest", "接收后从未确认联单", ("manifest_not_confirmed",)),
    FaultKind("paper_backfill", "manifest", "纸质联单按期补录"),
    # Entered too late, paper proves nothing.
    FaultKind("paper_backfill_late", "manifest", "纸质联单逾期补录", ("late_backfill", "weak_evidence"), (), ("one_sided_hop",)),
    FaultKind("wrong_clock", "device", "设备时钟错数小时", ("clock_skew",)),
    FaultKind("back_dated", "device", "设备十二天后才同步", ("back_dated",)),
    FaultKind("device_gap", "device", "一条记录永远没有上传", ("device_gap",)),
    # Its number stands in a note that nobody can read, so the chain of readable ones has a gap.
    FaultKind("unreadable", "device", "设备升级后上传了本版本读不懂的记录", ("quarantined_event",), ("device_gap",)),
    FaultKind("newer_handheld", "device", "设备升级后多说一项本版本不认识的内容", ("newer_event",)),
    FaultKind("packs_unheard", "device", "装箱的手持机断网，箱子运走后才报送", ("late_packing",)),
    FaultKind("device_fork", "device", "设备被复制", ("device_fork",)),
    FaultKind("stock_told_late", "site", "启用一个多月后才申报期初库存", ("opening_stock_late",), (), ("opening_stock_unconfirmed",)),
    FaultKind("silent_producer", "site", "二十天不记录", ("silent_producer",), ("under_reporting",)),
    # No fault of its own: what lies in a box beside a package that the books do not know.
    FaultKind("companion", "", "与来历不明的包装同箱", (), ("box_difference",)),
    # Nor this: honest opening stock, which waits until the office has seen it.
    FaultKind("opening_stock", "site", "启用前已在库的包：申报期初库存，主管部门确认", (), (), ("opening_stock_unconfirmed",)),
    # Nor this: what a site took back, rightly or not, may be unusually much.
    FaultKind("many_voids", "", "作废或核减较多", (), ("unusual_voids",)),
    FaultKind("label_stock", "roll", "空白标签缺失", ("label_stock_unaccounted",)),
)  # fmt: skip


def _lie(  # noqa: PLR0913, PLR0917 - a row of the table
    name: str, subject: str, zh: str, expected: tuple[str, ...] = (), allowed: tuple[str, ...] = (), meanwhile: tuple[str, ...] = ()
) -> FaultKind:  # fmt: skip
    return FaultKind(name, subject, zh, expected, allowed, meanwhile, is_lie=True)


#: What an untrusted device said proves nothing: its sealings and its side of a hand-over are missing.
_UNTRUSTED = ("sealing_unconfirmed", "one_sided_hop")

_LIES = (
    # Who may say what.
    _lie("impostor", "item", "卫生室的手持机以各方名义签完全程，包已被倒掉", ("not_entitled", "in_limbo"), ("overdue_pickup",)),
    _lie("impostor_seal", "item", "收运员冒卫生室之名封装", ("sealing_unconfirmed",), ("not_entitled",)),
    _lie("badge_borrowed", "item", "收运员用外单位人员的工牌代签", ("not_entitled",), ("one_sided_hop",)),
    _lie("seal_stranger", "item", "收运员封装时报登记簿里没有的人", ("sealing_unconfirmed",), ("not_entitled",)),
    _lie("badge_expired", "item", "收运员用已离职人员的工牌代签", ("not_entitled",), ("one_sided_hop",)),
    # Until the collector has taken it, a stranger sealed it.
    _lie("device_unused", "item", "有自己的手持机，却在收运员的手持机上凭工牌封装", ("own_device_unused",), NOT_TAKEN),
    # A badge that was read on the company's own device is the company's word: nobody else took part.
    _lie("one_company_badge", "item", "收运处置同属一个公司，产生单位只有工牌", ("one_organisation",)),
    # A clock that is stopped or begun anew is the same clock.
    _lie("lost_daily", "item", "天天申报丢失又找回，想让贮存期限停表", ("late_step",), (), ("declared_lost", "overdue_pickup")),
    _lie("to_and_fro", "item", "交给收运员当天又退回，想让贮存期限重新计时", ("late_step",), (), ("overdue_pickup",)),
    _lie("company_relay", "item", "一个公司的两家车队倒手，想让在途期限重新计时", ("late_step",), (), ("overdue_delivery",)),
    _lie("to_nowhere", "item", "交给登记簿里没有的单位，从此不见", ("unknown_site", "in_limbo"), ("overdue_pickup",)),
    _lie("badge_by_centre", "item", "公司的车与炉，产生单位只有工牌，经中转点绕一圈", ("producer_absent",)),
    _lie("found_by_other", "item", "申报丢失后由外单位“找回”", ("missing_link",), ("declared_lost", "late_step")),
    # Nothing leaves the denominator, and no mass shrinks, on one party's word.
    _lie("early_void", "item", "倒掉后作废，凭证是编造的", ("void_without_evidence", "overdue_pickup", "overdue_storage")),
    _lie(
        "lonely_void", "item", "倒掉后作废，有凭证而无第二方确认", ("void_unconfirmed", "overdue_pickup", "overdue_storage"), (),
        ("void_without_evidence",),
    ),
    _lie("foreign_void", "item", "邻近单位作废别人的包", ("not_entitled",)),
    _lie("foreign_correction", "item", "邻近单位更正别人的重量", ("not_entitled",)),
    _lie("mass_shrunk", "item", "重量改小，由从未经手的单位同意", ("disputed", "not_entitled")),
    _lie("mass_halved", "item", "重量改小，对方同意而主管部门未同意", ("disputed",)),
    # Claimed time is bounded by proved time.
    _lie(
        "back_dated_packing", "item", "失窃的包倒填时间装进已运走的箱", ("time_outside_bracket",),
        ("late_packing", "disposed_not_received", "late_step", "box_difference", "stock_imbalance", "manifest_mismatch"),
        ("overdue_storage",),
    ),
    # Containment, numbers, disposal.
    _lie("in_two_boxes", "item", "同一包装进两箱", ("in_two_boxes",)),
    _lie("heavy_bag", "item", "一袋报称几百公斤", ("implausible_mass", "weight_difference")),
    _lie("zero_weight", "item", "到中转点称得零克", ("weight_difference",), ("box_difference",)),
    _lie("slow_theft", "item", "每次少一点，每次都在允差内", ("weight_difference",)),
    _lie("label_mismatch", "item", "桶上标签与封装的代码不同", ("label_mismatch",)),
    _lie("burned_twice", "item", "同一包处置两次", ("disposed_twice",)),
    _lie("void_after_end", "item", "处置后又作废", ("void_after_end",)),
    _lie("spill_silenced", "item", "申报泄漏后无人答复", ("spilled",)),
    _lie("objection_silenced", "item", "检查异议无人答复", ("objection",)),
    _lie("one_company_person", "hop", "同一公司的车与炉由一人代双方签字", ("one_party_hop",)),
    _lie("copied_weights", "hop", "复称重量照抄，一克不差", ("copied_weight",)),
    _lie("ghost_bag", "batch", "处置或运输单位自行封装并焚烧", ("sealed_by_handler",)),
    _lie(
        "ghost_stock", "batch", "处置单位把来历不明的包申报为期初库存并焚烧", ("opening_stock_unconfirmed", "opening_stock_again")
    ),
    _lie("sold_at_gate", "box", "处置单位收下整箱后卖掉", ("arrived_not_disposed", "stock_imbalance")),
    _lie("wrong_method", "batch", "感染性废物填埋", ("method_not_permitted",)),
    _lie("never_arrives", "manifest", "整车装走后再没有到厂", ("manifest_overdue", "overdue_delivery")),
    _lie("second_trip", "manifest", "一份联单跑两趟", ("manifest_not_valid",), ("manifest_mismatch",)),
    _lie("late_draft", "manifest", "运走后才填联单", ("manifest_not_valid",)),
    _lie("late_confirmed", "manifest", "联单逾期确认", ("late_confirmation",), (), ("manifest_not_confirmed",)),
    # Devices.
    _lie("stolen_handheld", "device", "停用的失窃手持机继续签字", ("revoked_device",)),
    _lie("revoked_device", "device", "已停用的手持机又用了一天", ("revoked_device",), _UNTRUSTED),
    _lie(
        "rewritten_chain", "device", "设备记录从某号起被改写", ("device_fork", "untrusted_device"),
        (*_UNTRUSTED, "untrusted_device", "device_fork"),
    ),
    _lie("clock_set_back", "device", "一次开机之内把时钟拨回数小时", ("time_outside_bracket",)),
    _lie("late_hello", "device", "时钟错数小时，三天后才校时", ("clock_skew",)),
    _lie("dead_clock", "device", "时钟停在2000年，从未校时", ("clock_skew",)),
    _lie("stock_known", "site", "中转点把已在账的包申报为期初库存", ("opening_stock_known",)),
    _lie("stock_swallowed", "site", "期初库存未获确认，说成是一个小包的新标签", ("opening_stock_unconfirmed", "overdue_storage")),
    _lie("voids_much", "site", "凭证与确认俱全，但作废的包太多", ("unusual_voids",)),
    _lie("over_capacity", "site", "处置单位超核准规模焚烧", ("capacity_exceeded",)),
    _lie("under_reporting", "site", "只记录三分之一的废物", ("under_reporting",)),
    # Honest: what looks like a lie and is none.
    _lie("relabelled", "item", "标签损坏，换贴新标签"),
    _lie("wrong_waste_corrected", "item", "类别写错，次日更正"),
    # Signed and weighed by everybody as the law asks, and dumped: scans alone can not show it.
    _lie("collusion", "collusion", "全链串通"),
)  # fmt: skip
_KINDS = (*_FAULTS, *_LIES)

#: Every kind by its name.
FAULTS = {kind.name: kind for kind in _KINDS}
#: Kinds that have a rate.
DRAWN = tuple(kind.name for kind in _KINDS if kind.subject)
#: Those of them that are lies.
LIES = tuple(kind.name for kind in _LIES)
#: Kinds by what their rate is a share of.
BY_SUBJECT = {
    subject: tuple(kind.name for kind in _KINDS if kind.subject == subject)
    for subject in dict.fromkeys(kind.subject for kind in _KINDS)
}
