"""Small true months: who is in the district, what happened there, and the service that has it in its ledger."""

from typing import Any

from schemas.codes import stock_code
from tests.stories_builder import (
    CLINIC,
    COLLECTOR,
    HOSPITAL,
    OFFICE,
    OTHER_CLINIC,
    OTHER_PLANT,
    PHOTO,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
    register,
)
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import Fact
from wasteledger.domain.reconcile import walk_all
from wasteledger.domain.register import Directory, Register
from wasteledger.flows.service import Service
from wasteledger.reports.ledgers import Asked
from wasteledger.reports.periods import Period, month_period
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

GARAGE = "G500114004001"
OIL = "900-214-08"
SHARPS = "841-002-01"
INFECTIOUS = "841-001-01"
NOVEMBER = month_period(2026, 11)
DECEMBER = month_period(2026, 12)
AS_OF = ms("30 20:00")
#: Bags of the clinic, the other clinic, the hospital; and drums of the garage.
BAGS = [stock_code("500114", serial) for serial in range(11, 31)]


def rich_register(**changes: Any) -> Register:
    """The district of the stories with people, plans, a garage and licences of a known size."""
    plain = register().model_dump()
    sites = [*plain["sites"], {"code": GARAGE, "name": "正阳汽修厂"}]
    licence = {"valid_from": "2026-01-01", "activity": "dispose", "holder": PLANT, "waste": ("HW01",)}
    fields = plain | {
        "sites": sites,
        "people": [
            {"actor": f"u-{CLINIC.lower()}", "name": "陈秀英", "site": CLINIC, "role": "clinic"},
            {"actor": f"u-{COLLECTOR.lower()}", "name": "吴春梅", "site": COLLECTOR, "role": "collector"},
            {"actor": f"u-{PLANT.lower()}", "name": "胡玉珍", "site": PLANT, "role": "operator"},
        ],
        "streams": [
            {
                "site": GARAGE, "waste_code": OIL, "waste_name": "废机油", "form": "液态", "hazards": ("T", "I"),
                "main_components": "矿物油", "harmful_components": "多环芳烃", "cautions": "远离火源",
            },
        ],
        "licences": [
            *(row for row in plain["licences"] if row["activity"] == "carry"),
            licence | {"number": "处1", "valid_to": "2027-12-31", "capacity_t": 1},
        ],
        "plans": [
            {
                "site": CLINIC, "year": 2026, "filed_on": "2026-03-20", "category": "registered",
                "wastes": ({"waste_code": INFECTIOUS, "mass_kg": 8, "plant": PLANT},),
            },
            {
                "site": HOSPITAL, "year": 2026, "filed_on": "2026-04-07", "category": "simplified",
                "wastes": ({"waste_code": SHARPS, "mass_kg": 100, "plant": PLANT},),
            },
        ],
    }  # fmt: skip
    return Register.model_validate(fields | changes)


DIRECTORY = Directory(rich_register())


def true_month() -> Story:
    """A month in which everything went as it should: two clinics by the centre, a hospital directly, and some bags wait."""
    story = Story()
    _first_weeks(story)
    _last_day(story)
    return story


def _first_weeks(story: Story) -> None:
    story.issue(*BAGS, at="01 08:00")
    for number, site in enumerate((CLINIC, CLINIC, OTHER_CLINIC)):
        story.seal(BAGS[number], at="02 08:00", after_ms=number * 60_000, site=site, mass_g=1001 + number)
    first = BAGS[:3]
    story.hop(first[:2], CLINIC, COLLECTOR, at="02 14:00")
    story.hop(first[2], OTHER_CLINIC, COLLECTOR, at="02 15:00")
    story.hop(first, COLLECTOR, TRANSFER, at="02 16:00")
    story.tell(TRANSFER, "stored", at="02 16:30", codes=first, room="暂存间1")
    story.seal(BAGS[3], at="03 07:00", site=TRANSFER, mass_g=2_500)
    story.to_plant(BAGS[:4])
    story.dispose(BAGS[:4])
    story.seal(BAGS[4], at="10 09:00", site=HOSPITAL, mass_g=3_333, waste_code=SHARPS, package="sharps_box")
    story.hop(BAGS[4], HOSPITAL, PLANT, at="11 09:00", manifest="20265001000007", vehicle=VEHICLE)
    story.dispose(BAGS[4], at="11 12:00")


def _last_day(story: Story) -> None:
    story.seal(BAGS[5], at="30 09:00", site=CLINIC, mass_g=700)
    story.seal(BAGS[6], at="30 09:30", site=CLINIC, mass_g=800)
    story.hop(BAGS[6], CLINIC, COLLECTOR, at="30 10:00")
    story.hop(BAGS[6], COLLECTOR, TRANSFER, at="30 11:00")


def troubled_month() -> Story:
    """The same clinic and centre with a loss, a hop that nobody recorded, an unlicensed plant and a voided bag."""
    story = Story()
    _first_weeks(story)
    story.seal(BAGS[7], at="12 08:00", site=CLINIC, mass_g=500)
    story.seal(BAGS[8], at="12 08:10", site=CLINIC, mass_g=600)
    story.seal(BAGS[9], at="12 08:20", site=CLINIC, mass_g=900)
    void = story.tell(CLINIC, "voided", at="12 08:40", codes=[BAGS[9]], reason="spoiled", attachments=[PHOTO])
    story.tell(OFFICE, "evidenced", at="12 08:45", attachments=[PHOTO], size_bytes=1200, media="image/jpeg")
    story.tell(OFFICE, "vouched", at="12 08:50", codes=[BAGS[9]], target_event_id=void)
    story.tell(CLINIC, "incident", at="12 09:00", codes=[BAGS[7]], incident="loss")
    story.tell(TRANSFER, "stored", at="12 18:00", codes=[BAGS[8]], room="暂存间1")
    story.seal(BAGS[10], at="13 08:00", site=GARAGE, mass_g=180_000, waste_code=OIL, package="drum")
    story.hop(BAGS[10], GARAGE, PLANT, at="13 10:00", manifest="20265001000008", vehicle=VEHICLE)
    story.tell(PLANT, "disposed", at="14 10:00", codes=[BAGS[10]], batch="再生1", method="recovery")
    story.seal(BAGS[11], at="15 08:00", site=CLINIC, mass_g=5_000)
    story.hop(BAGS[11], CLINIC, OTHER_PLANT, at="15 09:00", manifest="20265001000009", vehicle=VEHICLE)
    story.dispose(BAGS[11], at="15 10:00", site=OTHER_PLANT)
    _last_day(story)
    return story


def chains_of(story: Story, directory: Directory = DIRECTORY, *, as_of_ms: int = AS_OF) -> list[Chain]:
    """All chains of a story."""
    return walk_all(story.history(), directory, as_of_ms=as_of_ms)


def acts_of(story: Story) -> list[Fact]:
    """Every act of a story, for the batch numbers of its ledgers."""
    return [fact for facts in story.history().by_device.values() for fact in facts.values()]


def asked_of(site: str, period: Period = NOVEMBER, *, persons: bool = True) -> Asked:
    return Asked(site, period, DIRECTORY, persons)


def put_into(service: Service, story: Story, register: Register | None = None) -> None:
    """Writes a story's entries and register into a service's database."""
    with service.database.write() as connection:
        DistrictStore(connection).save_register(register or rich_register())
        ledger = Ledger(connection)
        for content in story.entries:
            ledger.append(content, received_ms=0)
        ledger.flush()
