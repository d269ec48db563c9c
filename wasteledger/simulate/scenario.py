"""What a simulation is told: the district, how much waste, and the rate of each kind of fault."""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from schemas.event_base import CODES_MAX
from wasteledger.domain.register import Register
from wasteledger.errors import QueryError, RegisterError
from wasteledger.flows.load_register import parse_register, read_register
from wasteledger.simulate.fault_kinds import DRAWN, LIES

#: Two years: longer histories are made by running several.
DAYS_MAX = 732
SEED_MAX = 2**32 - 1
FILE_BYTES_MAX = 64 * 1024
#: The district that is simulated where a scenario names none.
DISTRICT = "data/qianjiang.yaml"

Rate = Annotated[float, Field(ge=0, le=1)]


class Scenario(BaseModel):
    """One scenario.

    Attributes:
        register: district file, seen from the scenario's own folder; the demonstration district where there is none.
        packages_per_day: packages that the whole district makes on a working day, about.
        codes_per_event: most codes in one scan event; 1 where each package is scanned on its own, which makes a log three times as long.
        faults: rate by kind (`fault_kinds.DRAWN`); a share of the items, hops, boxes, batches, manifests, devices, sites or
            rolls that it could befall. `all` is the rate of every fault that is no lie, and `lies` that of every lie, where they have none
            of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Field(max_length=60)] = ""
    register_file: Annotated[str, Field(alias="register", max_length=200)] = ""
    packages_per_day: Annotated[int, Field(ge=30, le=20_000)] = 750
    codes_per_event: Annotated[int, Field(ge=1, le=CODES_MAX)] = CODES_MAX
    faults: dict[str, Rate] = {}

    @field_validator("faults")
    @classmethod
    def _known(cls, faults: dict[str, float]) -> dict[str, float]:
        unknown = sorted(faults.keys() - set(DRAWN) - {"all", "lies"})
        if unknown:
            message = f"no kind of fault {', '.join(unknown)}: known are all, lies, {', '.join(DRAWN)}"
            raise ValueError(message)
        every = {True: faults.get("lies", 0), False: faults.get("all", 0)}
        return {name: rate for name in DRAWN if (rate := faults.get(name, every[name in LIES]))}

    def rate(self, kind: str) -> float:
        """The rate of a kind; 0 where the scenario does not name it."""
        return self.faults.get(kind, 0)


@dataclass(frozen=True)
class Run:
    """One run of a scenario: how many days from which one, and with which seed."""

    scenario: Scenario
    register: Register
    days: int
    seed: int
    begin: date


def read_scenario(path: Path | None) -> tuple[Scenario, Register]:
    """A scenario with its district; without a file the faultless one on the demonstration district.

    Raises:
        QueryError: unreadable, or a field that does not hold; the message names it.
        RegisterError: its district file does not hold together.
    """
    scenario = parse_scenario(_load(path), name=str(path)) if path else Scenario()
    if path and scenario.register_file:
        return scenario, read_register(path.parent / scenario.register_file)
    if scenario.register_file:
        message = f"register {scenario.register_file}: a scenario without a file can not name one"
        raise RegisterError(message)
    text = files("wasteledger").joinpath(DISTRICT).read_text(encoding="utf-8")
    return scenario, parse_register(yaml.safe_load(text), name=DISTRICT)


def parse_scenario(content: Any, *, name: str) -> Scenario:
    """A scenario from plain values; `all: RATE` and `lies: RATE` may stand at the top or among the faults.

    Raises:
        QueryError: naming each field that does not hold.
    """
    if isinstance(content, dict):
        every = {key: content[key] for key in ("all", "lies") if key in content}
        content = {key: value for key, value in content.items() if key not in every}
        if every:
            content["faults"] = every | (content.get("faults") or {})
    try:
        return Scenario.model_validate(content or {})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:10])
        message = f"{name}: {problems}"
        raise QueryError(message) from None


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            message = f"{path} is larger than {FILE_BYTES_MAX} bytes"
            raise QueryError(message)
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path} can not be read: {error.strerror}"
        raise QueryError(message) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path} is no YAML: {error}"
        raise QueryError(message) from None
