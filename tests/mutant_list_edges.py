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
    Mutant(
        "medicines are held to the plant's hours", "wasteledger/domain/deadlines.py", "or waste_code in _LIKE_OTHERS:", "or False:",
        "tests/stories/test_what_the_law_lets_off.py",
    ),
    Mutant(
        "a small clinic's oil travels without a manifest", "wasteledger/domain/checks.py",
        "    if waste_code and not is_medical(waste_code):\n        return False\n", "", "tests/stories/test_what_the_law_lets_off.py",
    ),
    Mutant(
        "any vehicle carries a small clinic's waste without a manifest", "wasteledger/domain/checks.py",
        " and plate not in directory.unfit_vehicles", "", "tests/stories/test_what_the_law_lets_off.py",
    ),
    Mutant(
        "anybody's vehicle carries a small clinic's waste without a manifest", "wasteledger/domain/checks.py",
        "directory.carrier_of.get(plate) in {giver, taker} and", "True and", "tests/stories/test_what_the_law_lets_off.py",
    ),
)  # fmt: skip
