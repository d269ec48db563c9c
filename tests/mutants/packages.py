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
)  # fmt: skip
