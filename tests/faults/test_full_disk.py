"""A disk that is really full: a small file system of the test's own, filled to the last byte, and emptied again."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.full_disk import STORIES

#: A little more than the service wants to stay free.
SIZE_MIB = 72
_MOUNT = 'mount -t tmpfs -o "size=$1m" wasteledger-test "$2"'


def _in_a_namespace(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a script that alone sees what it mounts on the folder."""
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(SIZE_MIB), str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("story", STORIES)
def test_a_full_disk_is_said_costs_nothing_and_is_got_over(story: str, tmp_path: Path) -> None:
    tried = _in_a_namespace(tmp_path, _MOUNT)
    if tried.returncode:
        pytest.skip(f"no file system may be mounted here: {tried.stderr.strip()}")
    program = f'{_MOUNT} && exec "$3" -m tests.faults.full_disk "$4" "$2"'
    done = _in_a_namespace(tmp_path, program, sys.executable, story)
    assert done.returncode == 0, done.stderr
