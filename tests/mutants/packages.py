"""Defects in what a package is: by which label it is named, and in which box it lies."""

from tests.mutants.mutant import Mutant

PACKAGES = (
    Mutant(
        "what was missed beside its box burns with it", "wasteledger/domain/timeline.py",
        "and fact.event.incident not in MISSING:",
        'and kind != "relabelled":', "tests/stories/test_lost_out_of_a_box.py",
    ),
    Mutant(
        "a correction is heard by the first label alone", "wasteledger/domain/corrections.py",
        "if not names.isdisjoint(one.event.codes) or",
        "if code in one.event.codes or", "tests/stories/test_a_package_by_all_its_names.py",
    ),
    Mutant(
        "a packing that never was is counted in its box", "wasteledger/domain/load.py",
        "codes = [code for code in codes if not self.struck(code, fact)]",
        "pass", "tests/stories/test_a_package_by_all_its_names.py",
    ),
    Mutant(
        "nobody reads a new label", "wasteledger/domain/walk.py",
        "if chain.replaced and chain.seals:",
        "if False:", "tests/stories/test_labels_and_what_they_say.py",
    ),
    Mutant(
        "a right label put on at the plant hides the wrong one", "wasteledger/domain/checks.py",
        "if left and left < known.word.order and _is_mismatch(label, chain, site):",
        "if False:", "tests/stories/test_labels_and_what_they_say.py",
    ),
    Mutant(
        "who has a box has nothing in it", "wasteledger/domain/labels.py",
        "parties_to([*facts, *self._acts_of(label)], ",
        "parties_to(facts, ", "tests/stories/test_labels_and_what_they_say.py",
    ),
    Mutant(
        "a torn label that is declared spoiled voids its package", "wasteledger/domain/declarations.py",
        "if chain.replaced and _is_of_torn_label(chain, fact, source, directory):",
        "if False:", "tests/stories/test_labels_and_what_they_say.py",
    ),
    Mutant(
        "who calls a label spoiled voids no package by it", "wasteledger/domain/declarations.py",
        'fact.event.reason != "never_was" and all(word and word.occurred_ms <= said_ms for word in words)',
        "True", "tests/stories/test_labels_and_what_they_say.py",
    ),
    Mutant(
        "a slip at the box's scale is never put right", "wasteledger/domain/timeline.py",
        "found.append(BoxWeighing(step.box, step.fact, corrected_g or mass_g))",
        "found.append(BoxWeighing(step.box, step.fact, mass_g))", "tests/stories/test_boxes_on_a_scale.py",
    ),
    Mutant(
        "a bag's mass is the box's", "wasteledger/domain/timeline.py",
        "return said._replace(mass_g=of_box.mass_g if of_box else 0)",
        "return said", "tests/stories/test_boxes_on_a_scale.py",
    ),
    Mutant(
        "an estimate of a box is held like a scale's word", "wasteledger/domain/judge.py",
        'then.estimate if fact.event.mass_source == "estimated" else then.tolerance',
        "then.tolerance", "tests/stories/test_boxes_on_a_scale.py",
    ),
    Mutant(
        "a box brings back what was void", "wasteledger/domain/walk.py",
        "_GONE = frozenset({_LOST, _VOIDED})",
        "_GONE = frozenset({_LOST})", "tests/stories/test_voided_in_a_box.py",
    ),
    Mutant(
        "a void that nobody confirmed is out of its box", "wasteledger/domain/load.py",
        "if not stands or not fact.event.attachments",
        "if not fact.event.attachments", "tests/stories/test_voided_in_a_box.py",
    ),
    Mutant(
        "a label told last changes no paper", "wasteledger/flows/book_touched.py",
        "source.late |= labels  #",
        "pass  #", "tests/stories/test_a_package_by_all_its_names.py",
    ),
    Mutant(
        "a packing that was struck out is counted still", "wasteledger/flows/book_touched.py",
        "self.corrected.update(named_by(target))",
        "self.corrected.update(event.codes)", "tests/stories/test_a_package_by_all_its_names.py",
    ),
    Mutant(
        "two labels are two packages", "wasteledger/domain/load.py",
        "return [self.packages.of(code) for code in codes]",
        "return codes", "tests/stories/test_a_package_by_all_its_names.py",
    ),
    Mutant(
        "who carried a box with an earlier load is concerned with this one", "wasteledger/domain/timeline.py",
        "since = source.box_facts(box, begin_ms, begin_ms + LOAD_MS_MAX, packings=True)",
        "since = source.facts_of(box)", "tests/stories/test_a_package_by_all_its_names.py",
    ),
)  # fmt: skip
