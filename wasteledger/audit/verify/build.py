"""Builds the verifier as one file that runs on bare Python: `python -m wasteledger.audit.verify.build FILE`.

The bytes are the same each time it is built from the same sources, so that a regulator can compare what he was given.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

_NAME = "wasteledger_verify"
#: Old Pythons end with a sentence, not with a syntax error in some file.
_START = f"""import sys

if sys.version_info < (3, 11):
    sys.stderr.write("verify: needs Python 3.11 or newer, this is " + sys.version.split()[0] + "\\n")
    sys.exit(2)
from {_NAME}.__main__ import main

sys.exit(main())
"""
_TIME = (2020, 1, 1, 0, 0, 0)
#: Made "on Unix", plain files that everybody may read, wherever they are really made.
_UNIX, _MODE = 3, 0o100644


def build_zipapp(target: Path) -> None:
    """Writes the archive. Nothing is compressed: compressors differ from machine to machine, plain bytes do not."""
    sources = {f"{_NAME}/{path.name}": path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))}
    sources["__main__.py"] = _START.encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in sorted(sources.items()):
                info = zipfile.ZipInfo(name, _TIME)
                info.create_system, info.external_attr = _UNIX, _MODE << 16
                archive.writestr(info, content, zipfile.ZIP_STORED)
    target.chmod(0o755)


def main(arguments: list[str]) -> int:
    """Builds the file that is named, and says its hash; 2 when none is."""
    if len(arguments) != 1:
        print("usage: python -m wasteledger.audit.verify.build FILE", file=sys.stderr)
        return 2
    target = Path(arguments[0])
    build_zipapp(target)
    print(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
