"""The rows of HJ 1259-2022 tables B.1 to B.5; what each field is called on paper stands in `data/ledger_columns.csv`.

Masses are whole grams, moments UTC milliseconds; `also_g` is the same mass, shown in kilograms beside the tonnes of the standard.
What the ledger and the register can not know (codes of facilities, exports) is empty, to be filled in by a person.
"""

from typing import NamedTuple


class ProductionRow(NamedTuple):
    """Table B.1, 产生环节."""

    batch: str
    at_ms: int
    usual_name: str
    official_name: str
    category: str
    waste_code: str
    mass_g: int
    unit: str
    package_code: str
    package_kind: str
    packages: int
    facility: str
    handler: str
    destination: str
    also_g: int


class StorageInRow(NamedTuple):
    """Table B.2, 入库环节."""

    batch: str
    at_ms: int
    package_code: str
    package_kind: str
    packages: int
    usual_name: str
    official_name: str
    category: str
    waste_code: str
    mass_g: int
    unit: str
    facility: str
    facility_kind: str
    bringer: str
    keeper: str
    produced_batch: str
    producer: str
    also_g: int


class StorageOutRow(NamedTuple):
    """Table B.3, 出库环节."""

    batch: str
    at_ms: int
    package_code: str
    package_kind: str
    packages: int
    usual_name: str
    official_name: str
    category: str
    waste_code: str
    mass_g: int
    unit: str
    facility: str
    facility_kind: str
    keeper: str
    bringer: str
    stored_batch: str
    destination: str
    also_g: int


class SelfTreatmentRow(NamedTuple):
    """Table B.4, 自行利用/处置环节."""

    batch: str
    at_ms: int
    package_code: str
    package_kind: str
    packages: int
    usual_name: str
    official_name: str
    category: str
    waste_code: str
    mass_g: int
    unit: str
    facility: str
    method: str
    done_ms: int
    handler: str
    source_batch: str
    treatment_batch: str
    also_g: int


class EntrustedRow(NamedTuple):
    """Table B.5, 委外利用/处置."""

    batch: str
    at_ms: int
    package_code: str
    package_kind: str
    packages: int
    usual_name: str
    official_name: str
    category: str
    waste_code: str
    mass_g: int
    unit: str
    method: str
    receiver_kind: str
    licence_holder: str
    licence: str
    exempt_unit: str
    foreign_unit: str
    export_permit: str
    source_batch: str
    taken_by: str
    also_g: int
