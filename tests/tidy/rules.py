"""The house rules as programs: each takes text and returns what is wrong, one sentence for each place."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "scanner", "labels", "wasteledger")
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60

_SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX|TRIGGER)"
    r"|DROP\s+(TABLE|INDEX)|PRAGMA\s+\w+)\b",
    re.IGNORECASE | re.DOTALL,
)
_DATABASE_PACKAGES = {"sqlalchemy", "sqlmodel", "alembic", "psycopg", "sqlite3"}
_CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "perf_counter"), ("time", "perf_counter_ns"),
    ("time", "monotonic"), ("time", "monotonic_ns"), ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip
_QUANTITY = re.compile(r"(.*_)?(g|kg|ms|mg|udeg|permille)$|.*mass.*|.*weight.*|.*_count$")
#: Put together here, so that this file does not break the rule it checks.
_HOSTS = "|".join(
    ("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "npmjs" + r"\.org", "index" + "-url")
)
_MACHINE = "|".join(("/" + "work/", "/" + "home/[a-z]", "/" + "Users/[A-Za-z]", "/" + "root/"))


def python_files(*rooms: str) -> list[Path]:
    """Every Python file of the rooms."""
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py") if "__pycache__" not in path.parts)


def database_words(source: str) -> Iterator[str]:
    """SQL text, and imports of packages that speak it."""
    tree = ast.parse(source)
    docstrings = {id(docstring) for docstring in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        for name in names:
            if name.split(".")[0] in _DATABASE_PACKAGES:
                yield f"line {getattr(node, 'lineno', 0)}: imports {name}"
        text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
        if isinstance(text, str) and _SQL.match(text):
            yield f"line {getattr(node, 'lineno', 0)}: SQL text {text[:40]!r}"


def _docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def clock_words(source: str) -> Iterator[str]:
    """Questions about the time, asked of the system."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if (owner, node.attr) in _CLOCKS:
                yield f"line {node.lineno}: asks {owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for alias in node.names:
                if ("time", alias.name) in _CLOCKS:
                    yield f"line {node.lineno}: imports time.{alias.name}"


def float_quantities(source: str) -> Iterator[str]:
    """A mass, a time or a count that is annotated as a float."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign):
            name, annotation = ast.unparse(node.target), node.annotation
        elif isinstance(node, ast.arg) and node.annotation:
            name, annotation = node.arg, node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns:
            name, annotation = node.name, node.returns
        else:
            continue
        if "float" in ast.unparse(annotation) and _QUANTITY.fullmatch(name.split(".")[-1]):
            yield f"line {node.lineno}: {name} is a float"


def float_factors(source: str) -> Iterator[str]:
    """A float number in arithmetic."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp):
            for side in (node.left, node.right):
                if isinstance(side, ast.Constant) and isinstance(side.value, float):
                    yield f"line {node.lineno}: reckons with {side.value}"


def too_long(source: str) -> Iterator[str]:
    """A file or a function that got fat."""
    lines = len(source.splitlines())
    if lines > FILE_LINES_MAX:
        yield f"{lines} lines, {FILE_LINES_MAX} are allowed"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"line {node.lineno}: {node.name} has {length} lines, {FUNCTION_LINES_MAX} are allowed"


def machine_words(text: str) -> Iterator[str]:
    """Names of package registries, and paths that exist on one machine only."""
    for number, line in enumerate(text.splitlines(), start=1):
        found = re.search(rf"({_HOSTS})|(?<![\w.:/])({_MACHINE})", line)
        if found:
            yield f"line {number}: {found[0]}"


def unpinned(text: str) -> Iterator[str]:
    """Lines of a requirements file that install anything but one version with its hashes."""
    blocks = re.split(r"\n(?=\S)", text.replace("\\\n", " "))
    for block in blocks:
        line = block.strip()
        if not line or line.startswith("#"):
            continue
        if "://" in line or line.startswith("-"):
            yield f"{line[:60]}: an address or an option"
        elif not re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+", line):
            yield f"{line[:60]}: no pinned version"
        elif not re.search(r"--hash=sha256:[0-9a-f]{64}\b", line):
            yield f"{line[:60]}: no hash"


def dependency_names(pyproject: str) -> set[str]:
    """Every package that pyproject.toml asks for."""
    project = tomllib.loads(pyproject)["project"]
    wanted = [*project["dependencies"], *(name for part in project["optional-dependencies"].values() for name in part)]
    return {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in wanted}


def undescribed(pyproject: str, document: str) -> Iterator[str]:
    """Dependencies without a full line in the document, and lines for what is no dependency."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in document.splitlines() if line.startswith("|")
    ]
    full = {row[0] for row in rows if len(row) == 4 and all(row)} - {"package", "---"}
    yield from (f"{name} has no line" for name in sorted(dependency_names(pyproject) - full))
    yield from (f"{name} is no dependency" for name in sorted(full - dependency_names(pyproject)))
