"""The management ledgers of a site: HJ 1259-2022 tables B.1 to B.5, one record for each package (6.2).

Every row is derived from scans. A package that nobody scanned into a room is in storage from the moment its holder had it. What leaves is
dated by the taker's scan, so that the tables add up to the periodic report (`balance.py`). Batch numbers are bound to acts, across sites
and months, for ever (`batches.py`); what no longer makes a row is listed as struck out (`struck.py`).
"""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.codes import SiteKind, site_kind
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import Fact
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory, Licence
from wasteledger.reports.batches import Counter, Numbers
from wasteledger.reports.ledger_rows import (
    EntrustedRow,
    ProductionRow,
    SelfTreatmentRow,
    StorageInRow,
    StorageOutRow,
)
from wasteledger.reports.lives import Flow, Holding, Life, Movement, life_of
from wasteledger.reports.periods import Period
from wasteledger.reports.wording import (
    METHODS_ZH,
    UNIT,
    category,
    official_name,
    package_kind,
    person,
    usual_name,
)

#: Kinds of the receiving unit (接收单位类型) in table B.5.
LICENSED_ZH = "危险废物经营许可证持有单位"
EXEMPT_ZH = "危险废物利用/处置环节豁免管理单位"
ON_THE_ROAD_ZH = "在途或中转，尚未到处置单位"
UNLICENSED_ZH = "未登记有效许可证"


class Asked(NamedTuple):
    """Whose ledger, of which period, and for whose eyes.

    Attributes:
        persons: whether people are named; strangers are shown none.
    """

    site: str
    period: Period
    directory: Directory
    persons: bool = True


class Books:
    """Lives and the batch numbers of the acts in them: made once, asked by each table."""

    def __init__(self, chains: Iterable[Chain], acts: Iterable[Fact] = ()) -> None:
        """Reads the chains, and draws the numbers of the acts told of the sites and days that they touch (`batches.Numbers`)."""
        self.lives = [life_of(chain) for chain in chains]
        self.numbers = Numbers(acts)

    def produced(self, life: Life, turn: int = 0) -> str:
        """The production batch of a life's sealing; empty where it was never sealed."""
        seals = [move for move in life.movements if move.flow is Flow.PRODUCED]
        return self.numbers.text(Counter.PRODUCED, seals[turn].site, seals[turn].fact) if turn < len(seals) else ""

    def stored(self, life: Life, place: int) -> str:
        """The batch by which the holding at this place of its life came: of the act that brought it, wherever it was put afterwards."""
        holding = life.holdings[place]
        return self.numbers.text(Counter.STORED, holding.site, holding.begin)

    def taken_out(self, move: Movement) -> str:
        """The batch by which it was taken out of storage."""
        return self.numbers.text(Counter.TAKEN_OUT, move.site, move.fact)

    def treated(self, move: Movement) -> str:
        """The batch of its treatment by the site itself."""
        return self.numbers.text(Counter.OWN, move.site, move.fact)

    def entrusted(self, move: Movement) -> str:
        """The batch by which it was entrusted to another."""
        return self.numbers.text(Counter.ENTRUSTED, move.site, move.fact)


def stored_ms(holding: Holding) -> int:
    """When a package was put into storage: as scanned, else when its holder had it."""
    return holding.stored.occurred_ms if holding.stored else holding.begin_ms


def production_rows(books: Books, asked: Asked) -> list[ProductionRow]:
    """Table B.1: what was sealed at the site."""
    rows = []
    for life in books.lives:
        seals = [move for move in life.movements if move.flow is Flow.PRODUCED]
        for turn, move in enumerate(seals):
            if move.site == asked.site and asked.period.holds(move.at_ms):
                rows.append(_production_row(books, asked, life, move, turn))
    return sorted(rows, key=_by_time)


def _production_row(books: Books, asked: Asked, life: Life, move: Movement, turn: int) -> ProductionRow:
    waste = _Waste(move.site, move.waste_code, asked.directory)
    return ProductionRow(
        batch=books.produced(life, turn),
        at_ms=move.at_ms,
        usual_name=waste.usual,
        official_name=waste.official,
        category=waste.category,
        waste_code=move.waste_code,
        mass_g=move.mass_g,
        unit=UNIT,
        package_code=move.code,
        package_kind=package_kind(move.fact.event.package),
        packages=1,
        facility="",
        handler=person(move.fact, asked.directory, persons=asked.persons),
        destination=_destination(life, move, asked.directory),
        also_g=move.mass_g,
    )


def _destination(life: Life, move: Movement, directory: Directory) -> str:
    """去向: still in storage, treated by the producer itself, or entrusted; or what else became of it there."""
    held = next((holding for holding in life.holdings if holding.begin is move.fact), None)
    if held is None or held.end is None:
        return "贮存"
    if held.ended is Flow.OWN:
        return "自行利用/处置"
    if held.end.kind == "voided":
        return "作废"
    return f"委外：{directory.site_name(held.other)}" if held.ended is Flow.ENTRUSTED else "见差异说明"


def storage_in_rows(books: Books, asked: Asked) -> list[StorageInRow]:
    """Table B.2: what came into the site's storage, its own production and what it received."""
    rows = []
    for life in books.lives:
        for place, holding in enumerate(life.holdings):
            if holding.site == asked.site and asked.period.holds(stored_ms(holding)):
                rows.append(_storage_in_row(books, asked, life, place))
    return sorted(rows, key=_by_time)


def _storage_in_row(books: Books, asked: Asked, life: Life, place: int) -> StorageInRow:
    holding, chain, directory = life.holdings[place], life.chain, asked.directory
    producer = _producer(life)
    waste = _Waste(producer, chain.waste_code, directory)
    return StorageInRow(
        batch=books.stored(life, place),
        at_ms=stored_ms(holding),
        package_code=chain.code,
        package_kind=_package(life),
        packages=1,
        usual_name=waste.usual,
        official_name=waste.official,
        category=waste.category,
        waste_code=chain.waste_code,
        mass_g=chain.mass_g,
        unit=UNIT,
        facility=holding.stored.event.room if holding.stored else "",
        facility_kind="",
        bringer=person(_bringer(holding), directory, persons=asked.persons),
        keeper=person(holding.stored or holding.begin, directory, persons=asked.persons),
        produced_batch=books.produced(life),
        producer=directory.site_name(producer) if producer else "",
        also_g=chain.mass_g,
    )


def _bringer(holding: Holding) -> Fact | None:
    """Who carried it in: the giver by its release; within the site whoever sealed it."""
    return holding.brought if holding.began is Flow.RECEIVED else holding.begin


def storage_out_rows(books: Books, asked: Asked) -> list[StorageOutRow]:
    """Table B.3: what left the site's storage, to its own treatment or to another."""
    return [_storage_out_row(books, asked, life, move) for life, move in _out(books, asked, Flow.ENTRUSTED, Flow.OWN)]


def _storage_out_row(books: Books, asked: Asked, life: Life, move: Movement) -> StorageOutRow:
    place, holding = _holding_before(life, move)
    waste = _Waste(_producer(life), move.waste_code, asked.directory)
    own = move.flow is Flow.OWN
    return StorageOutRow(
        batch=books.taken_out(move),
        at_ms=move.at_ms,
        package_code=move.code,
        package_kind=_package(life),
        packages=1,
        usual_name=waste.usual,
        official_name=waste.official,
        category=waste.category,
        waste_code=move.waste_code,
        mass_g=move.mass_g,
        unit=UNIT,
        facility=holding.stored.event.room if holding and holding.stored else "",
        facility_kind="",
        keeper=person(_hander(holding, move), asked.directory, persons=asked.persons),
        bringer=person(_fetcher(holding, move), asked.directory, persons=asked.persons),
        stored_batch=books.stored(life, place) if holding else "",
        destination="自行利用/处置" if own else f"委外：{asked.directory.site_name(move.other)}",
        also_g=move.mass_g,
    )


def _hander(holding: Holding | None, move: Movement) -> Fact | None:
    """Who gave it out: by the site's own release; by its own treatment."""
    if move.flow is Flow.OWN:
        return move.fact
    return holding.released if holding else None


def _fetcher(holding: Holding | None, move: Movement) -> Fact | None:
    """Who carried it away: the taker by its acceptance from this site; by its own treatment."""
    if move.flow is Flow.OWN:
        return move.fact
    return holding.taken if holding else None


def self_treatment_rows(books: Books, asked: Asked) -> list[SelfTreatmentRow]:
    """Table B.4: what the site treated itself."""
    return [_treatment_row(books, asked, life, move) for life, move in _out(books, asked, Flow.OWN)]


def _treatment_row(books: Books, asked: Asked, life: Life, move: Movement) -> SelfTreatmentRow:
    _, holding = _holding_before(life, move)
    waste = _Waste(_producer(life), move.waste_code, asked.directory)
    event = move.fact.event
    return SelfTreatmentRow(
        batch=books.treated(move),
        at_ms=move.at_ms,
        package_code=move.code,
        package_kind=_package(life),
        packages=1,
        usual_name=waste.usual,
        official_name=waste.official,
        category=waste.category,
        waste_code=move.waste_code,
        mass_g=move.mass_g,
        unit=UNIT,
        facility="",
        method=METHODS_ZH.get(event.method, event.method),
        done_ms=move.fact.occurred_ms,
        handler=person(move.fact, asked.directory, persons=asked.persons),
        source_batch=books.taken_out(move) if holding else books.produced(life),
        treatment_batch=event.batch,
        also_g=move.mass_g,
    )


def entrusted_rows(books: Books, asked: Asked) -> list[EntrustedRow]:
    """Table B.5: what the site entrusted to others."""
    return [_entrusted_row(books, asked, life, move) for life, move in _out(books, asked, Flow.ENTRUSTED)]


def _entrusted_row(books: Books, asked: Asked, life: Life, move: Movement) -> EntrustedRow:
    directory = asked.directory
    waste = _Waste(_producer(life), move.waste_code, directory)
    receiver = _receiver(life, move)
    licence = _licence(receiver, move, directory)
    kind = _receiver_kind(receiver, licence)
    name = directory.site_name(receiver) if receiver else ""
    disposed = life.disposed
    return EntrustedRow(
        batch=books.entrusted(move),
        at_ms=move.at_ms,
        package_code=move.code,
        package_kind=_package(life),
        packages=1,
        usual_name=waste.usual,
        official_name=waste.official,
        category=waste.category,
        waste_code=move.waste_code,
        mass_g=move.mass_g,
        unit=UNIT,
        method=METHODS_ZH.get(disposed.event.method, disposed.event.method) if disposed else "",
        receiver_kind=kind,
        licence_holder=name if kind in {LICENSED_ZH, UNLICENSED_ZH} else "",
        licence=licence.number if licence else "",
        exempt_unit=name if kind == EXEMPT_ZH else "",
        foreign_unit="",
        export_permit="",
        source_batch=books.taken_out(move),
        taken_by=directory.site_name(move.other),
        also_g=move.mass_g,
    )


def _receiver(life: Life, move: Movement) -> str:
    """Who disposed of it, else the newest plant that it has come to; empty as long as it is on its way there."""
    if life.disposed:
        return life.disposed.event.site
    plants = [
        holding.site
        for holding in life.holdings
        if holding.begin_ms >= move.at_ms and site_kind(holding.site) is SiteKind.PLANT
    ]
    return plants[-1] if plants else ""


def _licence(receiver: str, move: Movement, directory: Directory) -> Licence | None:
    """The receiver's licence to dispose of this waste on the day it left."""
    day = china_day(move.at_ms).date()
    return next(
        (
            licence
            for licence in directory.register.licences
            if licence.holder == receiver and licence.activity == "dispose" and licence.covers(move.waste_code, day)
        ),
        None,
    )


def _receiver_kind(receiver: str, licence: Licence | None) -> str:
    if not receiver:
        return ON_THE_ROAD_ZH
    if licence:
        return LICENSED_ZH
    # Rural places without central disposal may dispose of their own (医疗废物管理条例 art. 21); a plant needs a licence.
    return UNLICENSED_ZH if site_kind(receiver) is SiteKind.PLANT else EXEMPT_ZH


def _out(books: Books, asked: Asked, *flows: Flow) -> list[tuple[Life, Movement]]:
    """What left the site in the period, in order of time."""
    found = [
        (life, move)
        for life in books.lives
        for move in life.movements
        if move.flow in flows and move.site == asked.site and asked.period.holds(move.at_ms)
    ]
    return sorted(found, key=lambda pair: (pair[1].at_ms, pair[1].code))


def _holding_before(life: Life, move: Movement) -> tuple[int, Holding | None]:
    """The holding that a movement ended; none where a site acted on what it never held."""
    for place, holding in enumerate(life.holdings):
        if holding.end is move.fact and holding.site == move.site:
            return place, holding
    return -1, None


def _producer(life: Life) -> str:
    sealed = life.sealed
    return sealed.site if sealed else ""


def _package(life: Life) -> str:
    sealed = life.sealed
    return package_kind(sealed.fact.event.package) if sealed else ""


def _by_time(row: ProductionRow | StorageInRow) -> tuple[int, str]:
    return row.at_ms, row.package_code


class _Waste:
    """The four names of a waste."""

    def __init__(self, producer: str, waste_code: str, directory: Directory) -> None:
        self.usual = usual_name(producer, waste_code, directory)
        self.official = official_name(waste_code)
        self.category = category(waste_code)
