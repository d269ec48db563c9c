"""The house rules hold; and each rule is shown a bad sample, so that it is known to be able to fail."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tidy import rules

Rule = Callable[[str], Iterator[str]]
ROOT = rules.ROOT


def _broken(rule: Rule, paths: list[Path]) -> list[str]:
    assert paths
    return [f"{path.relative_to(ROOT)}: {found}" for path in paths for found in rule(path.read_text(encoding="utf-8"))]


def _tracked_texts() -> list[Path]:
    """Files that git tracks or would take, but no pictures and fonts."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    binary = {".ttf", ".png", ".jpg", ".woff2", ".wasm", ".gif", ".ico", ".pdf"}
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and path.suffix not in binary]


def test_only_store_speaks_sql() -> None:
    # The witness is another party's service, with a database of its own behind a file of its own.
    stores = {ROOT / "wasteledger" / "store", ROOT / "wasteledger" / "witness" / "state.py"}
    paths = [path for path in rules.python_files(*rules.ROOMS) if not stores.intersection((path, *path.parents))]
    assert _broken(rules.database_words, paths) == []


def test_only_clock_asks_what_time_it_is() -> None:
    # The verifier is a program of its own that imports nothing of ours.
    allowed = {ROOT / "wasteledger" / "clock.py", ROOT / "wasteledger" / "audit" / "verify" / "__main__.py"}
    paths = [path for path in rules.python_files(*rules.ROOMS) if path not in allowed]
    assert _broken(rules.clock_words, paths) == []


def test_no_quantity_is_a_float() -> None:
    assert _broken(rules.float_quantities, rules.python_files("schemas", "wasteledger")) == []
    domain = [*rules.python_files("wasteledger/domain"), ROOT / "schemas" / "quantities.py"]
    assert _broken(rules.float_factors, domain) == []


def test_files_and_functions_stay_short() -> None:
    assert _broken(rules.too_long, rules.python_files(*rules.ROOMS, "tests")) == []


def test_no_registry_and_no_machine_in_tracked_files() -> None:
    assert _broken(rules.machine_words, _tracked_texts()) == []


def test_requirements_are_pinned_with_hashes() -> None:
    assert _broken(rules.unpinned, sorted(ROOT.glob("requirements*.txt"))) == []


def test_every_dependency_is_described() -> None:
    document = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert list(rules.undescribed((ROOT / "pyproject.toml").read_text(encoding="utf-8"), document)) == []


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:]


def test_the_import_linter_can_fail(tmp_path: Path) -> None:
    """The same contract on a package that breaks it."""
    package = tmp_path / "rooms"
    for name, text in (("__init__", ""), ("domain", "import rooms.store\n"), ("store", "")):
        package.mkdir(exist_ok=True)
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    layers = (
        '[tool.importlinter]\nroot_packages = ["rooms"]\n[[tool.importlinter.contracts]]\nname = "x"\ntype = "layers"\n'
    )
    (tmp_path / "pyproject.toml").write_text(layers + 'layers = ["rooms.store", "rooms.domain"]\n', encoding="utf-8")
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "rooms.domain is not allowed to import rooms.store" in ran.stdout


BAD: list[tuple[Rule, str]] = [
    (rules.database_words, "from sqlalchemy import text"),
    (rules.database_words, "import sqlmodel.sql"),
    (rules.database_words, "rows = run('select idx from entry')"),
    (rules.database_words, "run(f'DELETE FROM {table}')"),
    (rules.clock_words, "import datetime\nx = datetime.datetime.now()"),
    (rules.clock_words, "x = date.today()"),
    (rules.clock_words, "x = time.perf_counter()"),
    (rules.clock_words, "from time import time_ns"),
    (rules.float_quantities, "mass_g: float = 1"),
    (rules.float_quantities, "def f(weighed_kg: float | None) -> None: ..."),
    (rules.float_quantities, "def total_mass(x: int) -> float: ..."),
    (rules.float_quantities, "class A:\n    lag_ms: float"),
    (rules.float_factors, "x = mass_g * 1.05"),
    (rules.too_long, "x = 1\n" * 501),
    (rules.too_long, "def f():\n" + "    x = 1\n" * 60),
    (rules.machine_words, "pip install --index" + "-url somewhere"),
    (rules.machine_words, "see https://files.pythonhosted" + ".org/x"),
    (rules.machine_words, "cd /" + "work/main"),
    (rules.machine_words, "open('/" + "home/wang/x')"),
    (rules.unpinned, "httpx>=1 --hash=sha256:" + "0" * 64),
    (rules.unpinned, "httpx==1.0"),
    (rules.unpinned, "httpx==1.0 \\\n    --hash=sha256:00"),
    (rules.unpinned, "--index-address https://example.org/"),
    (rules.unpinned, "httpx @ https://example.org/x.whl"),
]
GOOD: list[tuple[Rule, str]] = [
    (rules.database_words, '"""SELECT nothing FROM here."""\nx = "Choose a bag from the list"'),
    (rules.clock_words, "from wasteledger import clock\nx = clock.now_ms()"),
    (rules.float_quantities, "mass_g: int = 1\nrate: float = 0.5"),
    (rules.too_long, "x = 1\n" * 500 + ""),
    (rules.machine_words, "https://ledger.example.org/network/home/x"),
    (rules.unpinned, "# note\nhttpx[http2]==1.0 ; python_version < '4' \\\n    --hash=sha256:" + "0" * 64),
]


@pytest.mark.parametrize(("rule", "sample"), BAD, ids=lambda value: getattr(value, "__name__", str(value)[:20]))
def test_a_rule_finds_its_bad_sample(rule: Rule, sample: str) -> None:
    assert list(rule(sample))


@pytest.mark.parametrize(("rule", "sample"), GOOD, ids=lambda value: getattr(value, "__name__", str(value)[:20]))
def test_a_rule_lets_a_good_sample_pass(rule: Rule, sample: str) -> None:
    assert list(rule(sample)) == []


def test_a_docstring_may_speak_of_sql() -> None:
    assert list(rules.database_words('"""SELECT nothing FROM here."""')) == []


def test_a_dependency_without_a_line_is_found() -> None:
    pyproject = '[project]\ndependencies = ["httpx>=1", "psycopg[binary]>=3"]\noptional-dependencies = {}\n'
    document = (
        "| package | what for | why | rejected |\n|---|---|---|---|\n| httpx | a | b |  |\n| flask | a | b | c |\n"
    )
    assert list(rules.undescribed(pyproject, document)) == [
        "httpx has no line",
        "psycopg has no line",
        "flask is no dependency",
    ]
