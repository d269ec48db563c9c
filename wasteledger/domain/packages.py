"""Which package a label is on: its code is its first label's, whichever of them was scanned."""

from collections.abc import Sequence

from wasteledger.domain.facts import Source
from wasteledger.domain.labels import Label
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import labels_of


class Packages:
    """Packages by their labels; what words connect is read once."""

    def __init__(self, source: Source, directory: Directory) -> None:
        """Reads nothing yet."""
        self._source, self.directory = source, directory
        self._labels: dict[str, dict[str, Label]] = {}

    def of(self, code: str) -> str:
        """The code of the package that a label is on."""
        if code not in self._source.relabelled:
            return code  # nearly always
        label = labels_of(code, self._source, self.directory, self._labels).get(code)
        return label.first if label else code

    def names(self, package: str) -> Sequence[str]:
        """Every code that a package has borne."""
        if package not in self._source.relabelled:
            return (package,)
        labels = labels_of(package, self._source, self.directory, self._labels)
        return [package, *(new for new, label in labels.items() if label.first == package)]
