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
    Mutant(
        "two parties agree on sixty tonnes", "wasteledger/domain/checks.py",
        "if not is_plausible(chain.mass_g, event.package, then):", "if not is_plausible(event.mass_g, event.package, then):",
        "tests/stories/test_sixty_tonnes.py",
    ),
    Mutant(
        "old stock weighs what it likes", "wasteledger/domain/opening_checks.py",
        'if not is_plausible(chain.mass_g, "drum", then):', "if False:", "tests/stories/test_sixty_tonnes.py",
    ),
    Mutant(
        "a word after the fire moves it into another year", "wasteledger/domain/reconcile.py",
        "ended_ms = chain.since.occurred_ms", "ended_ms = chain.steps[-1].fact.occurred_ms",
        "tests/stories/test_capacity_of_a_year.py",
    ),
)  # fmt: skip
