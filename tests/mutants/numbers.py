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
    Mutant(
        "anybody counts the room of a keeper", "wasteledger/domain/history.py",
        "self.counts.get(site, ()) if entitlement_of(fact, self, directory))", "self.counts.get(site, ()))",
        "tests/stories/test_rooms_counted.py",
    ),
    Mutant(
        "who counts a room again is not heard", "wasteledger/domain/checks.py",
        "for other in takes[number:])", "for other in takes[number : number + 1])",
        "tests/stories/test_rooms_counted.py",
    ),
    Mutant(
        "a keeper answers the authority by counting again", "wasteledger/domain/checks.py",
        "if (take.fact.entitlement or NOT) < (first.fact.entitlement or NOT):", "if False:",
        "tests/stories/test_rooms_counted.py",
    ),
    Mutant(
        "an empty count in another's name shows nowhere", "wasteledger/domain/devices.py",
        '(fact.kind == "counted" and not fact.event.codes)', "False",
        "tests/stories/test_rooms_counted.py",
    ),
    Mutant(
        "a box that a revoked device scanned hides what lies in it", "wasteledger/domain/declarations.py",
        "if chain.labels.isdisjoint(fact.event.codes):", "if False:",
        "tests/stories/test_a_stolen_device_and_a_box.py",
    ),
    Mutant(
        "of a finding shown twice only the first names its packages", "wasteledger/domain/findings.py",
        "if first.items != finding.items:", "if False:",
        "tests/stories/test_a_stolen_device_and_a_box.py",
    ),
    Mutant(
        "a load is confirmed before it has come", "wasteledger/domain/manifest_drafts.py",
        "if fact.latest_ms >= begin_ms", "if True",
        "tests/stories/test_written_afterwards.py",
    ),
    Mutant(
        "a confirmation is as early as it claims", "wasteledger/domain/manifest_doubts.py",
        "if (first.received_ms if dated_back else first.occurred_ms) > limit_ms:", "if first.occurred_ms > limit_ms:",
        "tests/stories/test_written_afterwards.py",
    ),
    Mutant(
        "anybody counts a roll of labels", "wasteledger/domain/label_stock.py",
        'return fact.kind != "counted" or bool(entitlement_of(fact, source, directory))', "return True",
        "tests/stories/test_rooms_counted.py",
    ),
    Mutant(
        "two parties rename what the authority has seen", "wasteledger/domain/corrections.py",
        "if self._escapes(proposal) or self._is_stood_for_before(agreed):", "if self._escapes(proposal):",
        "tests/stories/test_old_stock_renamed.py",
    ),
    Mutant(
        "a site that names its waste rightly before the authority comes is disputed", "wasteledger/domain/corrections.py",
        "return stood_for is not None and not told_before(word, stood_for)", "return stood_for is not None",
        "tests/stories/test_old_stock_renamed.py",
    ),
)  # fmt: skip
