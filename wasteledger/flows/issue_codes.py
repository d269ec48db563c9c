"""Issuing codes: numbers are drawn, label fields kept, and the issue stands in the log before a label is printed."""

from datetime import date
from typing import NamedTuple

from schemas.codes import (
    IDENTIFICATION_SERIAL_MAX,
    MANIFEST_SERIAL_MAX,
    STOCK_SERIAL_MAX,
    box_code,
    identification_code,
    manifest_number,
    stock_code,
)
from schemas.event_base import CODES_MAX
from schemas.label_fields import BoxLabel, HazardousLabel, LabelFields, MedicalLabel
from schemas.sense import check_text
from schemas.waste import is_medical
from wasteledger import clock
from wasteledger.domain.register import Directory, Site
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore

#: Most labels in one issue: a roll for a hospital.
ISSUE_LABELS_MAX = 5_000


class Wanted(NamedTuple):
    """One label to be issued.

    Attributes:
        site: the producer (or the owner of a box).
        waste_code: None for a box.
        package: bag, sharps_box or drum.
        mass_g, volume_l: of a hazardous package, which is weighed before its label is printed.
    """

    site: str
    waste_code: str | None = None
    package: str = "bag"
    mass_g: int = 0
    volume_l: int = 0


def issue_codes(
    service: Service, wanted: list[Wanted], *, day: date, stock: str, at_ms: int | None = None
) -> list[LabelFields]:
    """Draws a code for each wanted label, keeps its fields, and records the issue as events of the office.

    `day` stands on the labels; `at_ms` is when they were issued, now by default.

    Raises:
        QueryError: nothing or too much is wanted, or a number range is used up.
        NotFoundError: an unknown site, or a waste stream that its producer does not have.
    """
    if not 1 <= len(wanted) <= ISSUE_LABELS_MAX:
        message = f"{len(wanted)} labels wanted: from 1 to {ISSUE_LABELS_MAX} at once"
        raise QueryError(message)
    check_text(stock, name="stock")
    directory = service.directory().at(clock.now_ms())
    with service.database.write() as connection:
        store = DistrictStore(connection)
        fields = [_label(want, directory, store, day) for want in wanted]
        pairs = list(zip(wanted, fields, strict=True))
        store.save_labels((label.code, want.site, label.model_dump_json()) for want, label in pairs)
    by_site: dict[str, list[str]] = {}
    for want, label in pairs:
        by_site.setdefault(want.site, []).append(label.code)
    bodies = [
        {"kind": "issued", "stock": stock, "for_site": site, "codes": codes[start : start + CODES_MAX]}
        for site, codes in by_site.items()
        for start in range(0, len(codes), CODES_MAX)
    ]
    service.office(directory).record(bodies, at_ms=at_ms)
    return fields


def _label(want: Wanted, directory: Directory, store: DistrictStore, day: date) -> LabelFields:
    site = directory.sites.get(want.site)
    if site is None:
        message = f"site {want.site} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    if site.closed_on is not None and site.closed_on < day:
        instead = f": issue them to {site.successor}, its successor" if site.successor else ""
        message = f"{site.name} ({site.code}) was closed on {site.closed_on} and gets no more labels{instead}"
        raise QueryError(message)
    region = directory.register.region[:6]
    if want.waste_code is None:
        serial = _draw(store, f"box/{region}", STOCK_SERIAL_MAX)
        return BoxLabel(code=box_code(region, serial), owner=site.name)
    if not is_medical(want.waste_code):
        return _hazardous(want, site, directory, store, day)
    serial = _draw(store, f"stock/{region}", STOCK_SERIAL_MAX)
    return MedicalLabel.model_validate(
        {
            "code": stock_code(region, serial), "package": want.package, "waste_code": want.waste_code,
            "producer": site.name, "produced_on": day,
        }
    )  # fmt: skip


def _hazardous(want: Wanted, site: Site, directory: Directory, store: DistrictStore, day: date) -> HazardousLabel:
    streams = directory.register.streams
    stream = next((s for s in streams if s.site == site.code and s.waste_code == want.waste_code), None)
    if stream is None or site.uscc is None:
        message = f"{site.name} ({site.code}) has no waste stream {want.waste_code} or no credit code in the register"
        raise NotFoundError(message)
    serial = _draw(store, f"id/{site.uscc}/{want.waste_code}/{day:%Y%m%d}", IDENTIFICATION_SERIAL_MAX)
    return HazardousLabel(
        code=identification_code(site.uscc, stream.waste_code, day, serial),
        waste_name=stream.waste_name,
        waste_code=stream.waste_code,
        form=stream.form,
        hazards=stream.hazards,
        main_components=stream.main_components,
        harmful_components=stream.harmful_components,
        cautions=stream.cautions,
        producer=site.name,
        uscc=site.uscc,
        contact=site.contact,
        produced_on=day,
        mass_g=want.mass_g,
        volume_l=want.volume_l,
    )


def _draw(store: DistrictStore, name: str, last: int) -> int:
    drawn = store.draw(name, 1, last=last)
    if not drawn:
        message = f"the number range {name} is used up ({last}): no further code"
        raise QueryError(message)
    return drawn[0]


def draw_manifest(service: Service, *, year: int) -> str:
    """The next manifest number (转移联单编号) of the district's city and year; none is skipped or given twice.

    A number drawn here has no event yet; `flows.manifests.draft_manifest` draws and drafts in one transaction.
    """
    city = service.directory().register.region[:4]
    with service.database.write() as connection:
        return draw_manifest_in(DistrictStore(connection), city=city, year=year)


def draw_manifest_in(store: DistrictStore, *, city: str, year: int) -> str:
    """The same inside the caller's transaction: when that is rolled back, the number was never drawn.

    Raises:
        QueryError: the 999,999 numbers of the city and year are used up.
    """
    return manifest_number(year, city, _draw(store, manifest_counter(city=city, year=year), MANIFEST_SERIAL_MAX))


def manifest_counter(*, city: str, year: int) -> str:
    """Name of the counter of a city and year."""
    return f"manifest/{year}/{city}"
