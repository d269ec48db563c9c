"""Builds the verifier as one file that runs on bare Python: `python -m wasteledger.audit.verify.build FILE`.

The bytes are the same each time it is built from the same sources, so that a regulator can compare what he was given.
"""

import sys
import zipfile
from pathlib import Path

_NAME = "wasteledger_verify"
_START = f"import sys\nfrom {_NAME}.__main__ import main\n\nsys.exit(main())\n"
_TIME = (2020, 1, 1, 0, 0, 0)


def build(target: Path) -> None:
    """Writes the archive."""
    sources = {f"{_NAME}/{path.name}": path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))}
    sources["__main__.py"] = _START.encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(sources.items()):
                archive.writestr(zipfile.ZipInfo(name, _TIME), content, zipfile.ZIP_DEFLATED)
    target.chmod(0o755)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
