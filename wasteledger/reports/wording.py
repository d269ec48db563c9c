"""How packages, wastes, methods and people are called in reports."""

from schemas.codes import SiteKind
from schemas.waste import MEDICAL_CATEGORIES, waste_kind
from wasteledger.domain.facts import Fact
from wasteledger.domain.manifest_contents import PACKAGES_ZH
from wasteledger.domain.register import Directory

UNIT = "吨"
METHODS_ZH = {
    "incineration": "焚烧", "steam": "高温蒸汽", "microwave": "微波消毒", "chemical": "化学消毒", "landfill": "填埋", "recovery": "利用",
}  # fmt: skip
#: The methods that are recovery (利用); all others are disposal (处置).
RECOVERY = frozenset({"recovery"})
SITE_KINDS_ZH = {
    SiteKind.CLINIC: "卫生室", SiteKind.HOSPITAL: "医院", SiteKind.GENERATOR: "产废单位", SiteKind.TRANSFER_POINT: "中转点",
    SiteKind.CARRIER: "承运单位", SiteKind.PLANT: "处置单位", SiteKind.AUTHORITY: "主管部门",
}  # fmt: skip
#: How somebody stood for an act (the weakness of a signature is shown beside the name).
VOUCHED_ZH = {"badge": "工牌", "pin": "口令", "own_device": "本人设备", "paper": "纸质", "none": "无人签认"}
NEVER_SEALED_ZH = "未封装（类别不明）"


def usual_name(producer: str, waste_code: str, directory: Directory) -> str:
    """行业俗称/单位内部名称: the producer's own waste stream, else the medical category; empty where neither says one."""
    for stream in directory.register.streams:
        if stream.site == producer and stream.waste_code == waste_code:
            return stream.waste_name
    return MEDICAL_CATEGORIES[waste_code][0] if waste_code in MEDICAL_CATEGORIES else ""


def official_name(waste_code: str) -> str:
    """国家危险废物名录名称; empty where no loaded edition lists the code."""
    kind = waste_kind(waste_code)
    return kind.name if kind else ""


def short_name(waste_code: str) -> str:
    """The medical category, else the catalogue's name, for a column of names."""
    if not waste_code:
        return NEVER_SEALED_ZH
    return MEDICAL_CATEGORIES[waste_code][0] if waste_code in MEDICAL_CATEGORIES else official_name(waste_code)


def called(site: str, waste_code: str, directory: Directory) -> str:
    """A waste in a table of one site: as the site calls it, else `short_name`."""
    return usual_name(site, waste_code, directory) or short_name(waste_code)


def category(waste_code: str) -> str:
    """The class, as `HW01`: the last two digits of a code (名录 art. 5)."""
    return f"HW{waste_code[-2:]}" if waste_code else ""


def package_kind(package: str) -> str:
    """容器/包装类型."""
    return PACKAGES_ZH.get(package, package)


def person(fact: Fact | None, directory: Directory, *, persons: bool) -> str:
    """Who stood for an act: by name where the register knows it, else the pseudonym; nobody for strangers (decision 1)."""
    if fact is None or not persons:
        return ""
    actor = fact.event.vouched_by or fact.event.actor
    known = directory.people.get(actor)
    return known.name if known else actor


def signature(fact: Fact | None, directory: Directory, *, persons: bool) -> str:
    """The same with how it was vouched for."""
    if fact is None:
        return ""
    how = VOUCHED_ZH.get(fact.event.vouch_method, fact.event.vouch_method)
    return f"{person(fact, directory, persons=persons)}（{how}）"
