"""Keeps the signer going beside the service: a round every second, and a clear word when it has to stop."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from schemas.errors import WasteLedgerError
from wasteledger.errors import BusyError, NotFoundError, TamperedError
from wasteledger.flows.signer import Signer
from wasteledger.store.database import DatabaseDown

#: Seconds between two rounds; a scan is under a signed checkpoint at most this long after its commit.
ROUND_S = 1.0

_log = logging.getLogger(__name__)


class SigningLoop:
    """Runs a signer in a thread of its own.

    Attributes:
        problem: why nothing new is signed; None while all is well.
    """

    def __init__(self, make_signer: Callable[[], Signer]) -> None:
        """Does nothing until `start`; the signer is made when the log has a name."""
        self.problem: str | None = None
        self._make_signer = make_signer
        self._signer: Signer | None = None
        self._stop = Event()
        self._thread = Thread(target=self.run, name="signer", daemon=True)

    def start(self) -> None:
        """Begins to sign."""
        self._thread.start()

    def stop(self) -> None:
        """Lets the round at work end, and signs once more what came in since."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Rounds until `stop`; what does not fit the promises made ends it at once."""
        while self._round() and not self._stop.wait(ROUND_S):
            pass
        if not self.problem:
            self._round()

    def _round(self) -> bool:
        """Whether to go on."""
        try:
            self._signer = self._signer or self._make_signer()
            self._signer.round()
        except TamperedError as error:
            self._say(str(error))
            return False
        except (WasteLedgerError, DatabaseDown, OSError) as error:
            if isinstance(error, BusyError | NotFoundError):
                return True  # another process on this database does it, or no district is loaded yet
            self._say(str(error))
            return True
        self.problem = None
        return True

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            _log.error("signer: %s", problem)
        self.problem = problem
