"""Defects around the judgement of chains: capacities, exemptions, classes without plant limits, answers of the past, the score."""

from tests.mutant_list import Mutant

EDGES = (
    Mutant(
        "a renewal doubles what a plant may burn", "wasteledger/domain/capacity.py", "_SIDE_BY_SIDE_DAYS = 31", "_SIDE_BY_SIDE_DAYS = 1",
        "tests/domain/test_capacity.py",
    ),
    Mutant(
        "what was burned too much is forgotten at new year", "wasteledger/domain/capacity.py",
        "for (site, year), mass_g in sorted(disposed_g.items()):\n",
        "for (site, year), mass_g in sorted(disposed_g.items()):\n        if year != last:\n            continue\n",
        "tests/domain/test_capacity.py",
    ),
)  # fmt: skip
