"""Defects in numbers and in the papers that hold them: drafts, masses, stock-takes, capacity."""

from tests.mutants.mutant import Mutant

NUMBERS = (
    Mutant(
        "what is drafted behind the load holds", "wasteledger/domain/manifest_drafts.py",
        "if not timely or draft in timely or draft", "if True or draft",
        "tests/stories/test_written_afterwards.py",
    ),
    Mutant(
        "what was refused at the gate had left", "wasteledger/domain/manifest_drafts.py",
        "if not refused or fact.order > max(refused)]", "if True]", "tests/stories/test_written_afterwards.py",
    ),
)  # fmt: skip
