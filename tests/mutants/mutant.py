"""One defect that is put into the product: what somebody made somewhere once."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One way to break one file.

    Attributes:
        tests: those that must notice.
    """

    name: str
    path: str
    old: str
    new: str
    tests: str
