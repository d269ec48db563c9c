"""Breaks the product on purpose, one way at a time, in a copy, and reports whether a test notices: `make mutants`.

Each mutant is a defect that somebody made somewhere once. A mutant that survives is a hole in the tests.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.chains import CHAINS
from tests.mutants.ledger import LEDGER
from tests.mutants.mutant import Mutant
from tests.mutants.numbers import NUMBERS
from tests.mutants.packages import PACKAGES
from tests.mutants.stories import STORIES
from tests.mutants.words import WORDS

MUTANTS = (*LEDGER, *WORDS, *CHAINS, *NUMBERS, *PACKAGES, *STORIES)
ROOT = Path(__file__).parents[2]
COPIED = ("schemas", "scanner", "labels", "wasteledger", "tests", "pyproject.toml", "README.md", "docs", "Makefile")
RUN_S_MAX = 300


def main() -> int:
    """Applies each mutant; exit 1 when one survives or can not be applied, or when the tests fail on the product as it is."""
    wanted = sys.argv[1:]
    chosen = [mutant for mutant in MUTANTS if not wanted or any(word in mutant.name for word in wanted)]
    bad = 0
    for mutant in (_control(chosen), *chosen):
        outcome = _try(mutant)
        good = "SURVIVED" if mutant.old == mutant.new else "killed"
        bad += outcome != good
        print(f"{outcome:10}{mutant.name}", flush=True)  # noqa: T201 - this is its report
    print(f"{len(chosen)} mutants, {bad} not as they should be")  # noqa: T201 - this is its report
    return 1 if bad else 0


def _control(mutants: list[Mutant]) -> Mutant:
    """Nothing broken: the same tests must pass, or what they notice is no defect."""
    files = {word for mutant in mutants for word in mutant.tests.partition(" -k ")[0].split()}
    return Mutant("nothing: this one must survive", "pyproject.toml", "[project]", "[project]", " ".join(sorted(files)))


def _try(mutant: Mutant) -> str:
    with tempfile.TemporaryDirectory(prefix="wasteledger-mutant-") as name:
        copy = Path(name) / "project"
        _copy_tree(copy)
        path = copy / mutant.path
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.old) < 1:
            return "NOT FOUND"
        path.write_text(text.replace(mutant.old, mutant.new, 1), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests.split()]
        # Programs that a test starts must be the broken ones too, not those that are installed.
        variables = os.environ | {"PYTHONPATH": str(copy)}
        try:
            done = subprocess.run(command, cwd=copy, env=variables, capture_output=True, check=False, timeout=RUN_S_MAX)
        except subprocess.TimeoutExpired:
            return "killed"  # it hangs, which nobody overlooks
        return {0: "SURVIVED", 1: "killed"}.get(done.returncode, "NO TESTS")


def _copy_tree(copy: Path) -> None:
    copy.mkdir()
    for part in COPIED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)


if __name__ == "__main__":
    sys.exit(main())
