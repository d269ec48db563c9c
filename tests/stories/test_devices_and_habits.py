"""What devices hand in that is not in order, and what a site does unusually often: each told once, to the end."""

from datetime import date, timedelta

import pytest

from schemas.codes import stock_code
from schemas.signing import sign_event
from tests.domain.lie_stories import cabin_gives, company_burns
from tests.stories.telling import PHOTO, Telling
from tests.stories_builder import (
    BAG,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    MANIFEST,
    OFFICE,
    ORIGIN,
    TRANSFER,
    ms,
    register,
)
from wasteledger.domain.register import Directory, Register

HOUR_MS = 60 * 60 * 1000
BAGS = tuple(stock_code("500114", serial) for serial in range(31, 171))


def sealed(*, at: str = "02 08:00", delay_ms: int = 60_000) -> Telling:
    day = Telling()
    day.issue(BAG)
    day.seal(BAG, at=at, delay_ms=delay_ms)
    return day


def test_a_copied_handheld_tells_another_story() -> None:
    """收运队的手持机被复制，同一个号交来两条记录：从那号起不可信，那一袋不能证明。"""
    day = sealed()
    day.collector_takes(BAG)
    teller = day.teller(COLLECTOR)
    teller.number -= 1
    note = teller.note("stored", occurred_ms=ms("02 15:00"), codes=[BAG], room="库1")
    day.write(note, received_ms=ms("02 15:01"), entry_class="fork")
    end = day.ends(at="02 20:00")
    assert end.findings == {"device_fork": COLLECTOR, "untrusted_device": COLLECTOR}
    assert end.classes == {BAG: "chain_broken"}


def test_a_rewritten_past_proves_nothing() -> None:
    """手持机前面的记录被改写过，后面的接不上：后面的都不算。"""
    day = sealed()
    day.teller(CLINIC).previous = "A" * 43 + "="
    day.collector_takes(BAG)
    end = day.ends(at="02 20:00")
    assert end.findings == {"device_fork": CLINIC, "one_sided_hop": CLINIC, "untrusted_device": CLINIC}
    assert end.classes == {BAG: "chain_broken"}


def test_a_number_is_missing() -> None:
    """设备跳了一个号：有一条记录没有交来。"""
    day = sealed()
    day.teller(CLINIC).note("stored", occurred_ms=ms("02 09:00"), codes=[BAG], room="库1")
    day.collector_takes(BAG)
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"device_gap": CLINIC})


def test_signed_and_not_readable() -> None:
    """签了名，但读不懂：留着，标出来。"""
    day = sealed()
    note = sign_event(day.teller(CLINIC).key, origin=ORIGIN, payload={"kind": "teleported"})
    day.write(note, received_ms=ms("02 09:00"), entry_class="quarantine")
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"quarantined_event": CLINIC})


def test_said_by_a_newer_device() -> None:
    """新版手持机多说了一项：留着，升级后生效。"""
    day = sealed()
    day.tell(CLINIC, "stored", at="02 09:00", codes=[BAG], room="库1", shelf="上层")
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"newer_event": CLINIC})


def test_handed_in_after_eleven_days() -> None:
    """十一天后才联网交来：算，但要说明。"""
    day = sealed(delay_ms=265 * HOUR_MS)
    end = day.ends(at="03 00:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {"back_dated": CLINIC})


def test_only_a_badge_where_one_company_drives_and_burns() -> None:
    """公司的车、公司的炉，产生单位只有一张工牌，中间停了镇中转点：产生单位等于没有参与。"""
    day = Telling()
    cabin_gives(day, BAG, COMPANY_LORRY, at="02 14:00")
    day.hop(BAG, COMPANY_LORRY, TRANSFER, at="02 16:00")
    day.draft(
        MANIFEST, TRANSFER, at="03 08:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT, vehicle=COMPANY_VEHICLE
    )
    day.hop(BAG, TRANSFER, COMPANY_LORRY, at="03 08:00", manifest=MANIFEST, vehicle=COMPANY_VEHICLE)
    company_burns(day, BAG)
    end = day.ends(at="03 20:00")
    assert set(end.findings) == {"producer_absent"}
    assert end.classes == {BAG: "disposed_not_provably"}


def voided(day: Telling, *, photo: bool) -> str:
    if photo:
        day.tell(OFFICE, "evidenced", at="02 08:30", attachments=[PHOTO], size_bytes=1200, media="image/jpeg")
    return day.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was", attachments=[PHOTO])


@pytest.mark.parametrize(
    ("photo", "confirmed_by", "findings"),
    [
        (True, "", {"void_unconfirmed"}),
        (True, COLLECTOR, {"void_unconfirmed"}),  # it never had the package
        (False, OFFICE, {"void_without_evidence"}),  # named and never stored
        (True, OFFICE, set()),
    ],
)
def test_a_package_leaves_the_cohort_by_two_words_and_a_picture(
    photo: bool, confirmed_by: str, findings: set[str]
) -> None:
    """作废要凭证存了、第二方确认了，才出分母；缺一样就有争议，仍在分母里。"""
    day = sealed()
    event_id = voided(day, photo=photo)
    if confirmed_by:
        day.tell(confirmed_by, "vouched", at="02 10:00", codes=[BAG], target_event_id=event_id)
    end = day.ends(at="02 20:00")
    assert set(end.findings) == findings
    assert end.classes == ({BAG: "disputed"} if findings else {})


def test_a_site_voids_more_than_others() -> None:
    """七袋里作废了六袋，袋袋有凭证、有确认：都不在分母里了，而这个比例本身是一条异常。"""
    day = Telling()
    day.issue(*BAGS[:7])
    day.tell(OFFICE, "evidenced", at="01 08:30", attachments=[PHOTO], size_bytes=1200, media="image/jpeg")
    for number, bag in enumerate(BAGS[:7]):
        day.seal(bag, at=f"02 08:{number:02d}")
    for number, bag in enumerate(BAGS[:7]):
        if number:
            event_id = day.tell(
                CLINIC, "voided", at=f"02 09:{number:02d}", codes=[bag], reason="never_was", attachments=[PHOTO]
            )
            day.tell(OFFICE, "vouched", at=f"02 10:{number:02d}", codes=[bag], target_event_id=event_id)
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAGS[0]: "on_its_way"}, {"unusual_voids": CLINIC})


def test_a_site_records_less_and_less() -> None:
    """十二周天天封装，此后四周只有从前的四分之一：疑似少报。"""
    day = Telling()
    day.issue(*BAGS)
    first = date(2026, 11, 2)
    for number, bag in enumerate(BAGS[:112]):
        mass_g = 1000 if number < 84 else 250
        day.seal(bag, at=f"{first + timedelta(days=number)} 08:00", mass_g=mass_g)
    assert day.ends(at="2027-02-22 00:00").findings["under_reporting"] == CLINIC


def test_opening_stock_is_declared_in_the_first_days() -> None:
    """单位启用五天以后才申报期初库存（本区限三天）：标明逾期。"""
    changed = register().model_dump()
    changed["rules"] = [{"key": "opening_stock_days", "value": 3, "basis": "本区规定"}]
    for at, findings in (("02 09:00", set()), ("06 09:00", {"opening_stock_late"})):
        day = Telling()
        day.directory = Directory(Register.model_validate(changed))
        day.issue(BAG, site=TRANSFER)
        declared = day.declare_stock(BAG, at=at)
        day.confirm(declared, BAG, at="06 10:00")
        assert set(day.ends(at="06 12:00").findings) - {"overdue_storage"} == findings
