"""Books of the log as it was at an earlier size, worked out when somebody asks, and kept for a while.

They lie in a folder of their own that ends with them, as SQLite whatever the log's database is: the books of today are not touched.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from wasteledger.domain.register import Directory
from wasteledger.errors import QueueFullError
from wasteledger.flows.books import Books
from wasteledger.store.database import Database

#: Cuts kept for the next question; a year-end is asked about page by page.
CUTS_KEPT_MAX = 4
#: Questions that wait while a cut is worked out, which takes minutes on a log of millions; more are told to come again.
CUTS_WAITING_MAX = 4


class _Cut:
    """The books of one cut.

    Attributes:
        users: questions that read in them now.
        is_kept: whether they have come up to their size.
    """

    def __init__(self, log: Database, size: int) -> None:
        self._folder = TemporaryDirectory(prefix="wasteledger-cut-")
        self.books = Books(log, folder=Path(self._folder.name), until=size)
        self.users = 0
        self.is_kept = False

    def close(self) -> None:
        self.books.close()
        self._folder.cleanup()


class Cuts:
    """The recent cuts of one log."""

    def __init__(self, log: Database) -> None:
        """Has none yet."""
        self._log = log
        self._lock = Lock()
        self._working = Lock()
        self._waiting = 0
        self._cuts: OrderedDict[tuple[int, str], _Cut] = OrderedDict()

    @contextmanager
    def opened(self, size: int, directory: Directory) -> Iterator[Books]:
        """The books of the first `size` entries, judged by a register; worked out where they are not at hand.

        Raises:
            QueueFullError: too many others wait for theirs.
        """
        cut = self._take(size, directory)
        try:
            if not cut.is_kept:
                self._work_out(cut, directory)
            yield cut.books
        finally:
            with self._lock:
                cut.users -= 1
                self._let_go(CUTS_KEPT_MAX)

    def _take(self, size: int, directory: Directory) -> _Cut:
        key = (size, directory.digest)
        with self._lock:
            cut = self._cuts.get(key) or _Cut(self._log, size)
            self._cuts[key] = cut
            self._cuts.move_to_end(key)
            cut.users += 1
            return cut

    def _work_out(self, cut: _Cut, directory: Directory) -> None:
        """One after the other: two at once would be no faster, and would take twice the room."""
        with self._lock:
            if self._waiting >= CUTS_WAITING_MAX:
                message = (
                    f"{self._waiting} questions about the past are being worked out already: ask again in a minute"
                )
                raise QueueFullError(message)
            self._waiting += 1
        try:
            with self._working:
                cut.books.keep(directory, directory.digest)
                if not cut.is_kept:
                    cut.books.rest()
                cut.is_kept = True
        finally:
            with self._lock:
                self._waiting -= 1

    def _let_go(self, kept_max: int) -> None:
        """Closes the oldest that nobody reads in, beyond so many, and those that did not come about."""
        for key, cut in list(self._cuts.items()):
            if cut.users == 0 and (len(self._cuts) > kept_max or not cut.is_kept):
                del self._cuts[key]
                cut.close()

    def close(self) -> None:
        """Gives everything back."""
        with self._lock:
            self._let_go(0)
