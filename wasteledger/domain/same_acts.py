"""One act that was scanned twice: by a second tap, or by two devices of a site."""

from collections.abc import Iterator

from wasteledger.domain.chain import Chain
from wasteledger.domain.checks import check_mass
from wasteledger.domain.facts import Source
from wasteledger.domain.register import Directory
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX, Step
from wasteledger.domain.told_again import SECOND_TAP_MS_MAX


def same_acts(chain: Chain, step: Step) -> Iterator[Step]:
    """The same act scanned before by the same site, within what clocks differ: it is one act."""
    fact = step.fact
    for other in chain.steps:
        if other is step:
            return
        # What nobody may say is one act too, however often it is said; said rightly afterwards it is another one.
        same = other.fact.move == fact.move and other.box == step.box and (other.entitled or not step.entitled)
        if same and fact.occurred_ms - other.fact.occurred_ms <= CLOCK_DIFFERENCE_MS_MAX:
            first, second = other.fact.event, fact.event
            # Two devices that seal one code are two packages, whatever they weigh.
            if fact.kind != "sealed" or (
                (first.device_id, first.waste_code, first.mass_g)
                == (second.device_id, second.waste_code, second.mass_g)
            ):
                yield other


def sealed_by_second_tap(chain: Chain, step: Step, directory: Directory) -> Iterator[Step]:
    """The sealing just before by the same device, while its scale still swung."""
    second = step.fact
    for other in chain.steps:
        if other is step:
            return
        first = other.fact
        if (
            first.kind == second.kind == "sealed"
            and (first.event.device_id, first.event.waste_code) == (second.event.device_id, second.event.waste_code)
            and 0 <= second.occurred_ms - first.occurred_ms <= SECOND_TAP_MS_MAX
            and directory.tolerance.allows(before_g=first.event.mass_g, after_g=second.event.mass_g)
        ):
            yield other


def weigh_again(chain: Chain, step: Step, again: list[Step], source: Source, directory: Directory) -> None:
    """The same act with another mass is a weighing of its own; of two taps at one sealing the greater mass counts."""
    event, first = step.fact.event, again[0].fact.event
    if event.kind == "sealed" and chain.mass_g == first.mass_g:
        chain.mass_g = max(chain.mass_g, event.mass_g)
    mass_g = chain.mass_in(step.fact.event)
    if mass_g is not None and all(chain.mass_in(other.fact.event) != mass_g for other in again):
        check_mass(chain, step, source, directory, again=True)
