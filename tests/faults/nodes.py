"""A service process of the simulation, which can end at named points, and starts again on what is on the disk."""

from collections.abc import Callable
from typing import Any

from wasteledger.flows.service import Service
from wasteledger.flows.signer import Signer
from wasteledger.settings import Settings

#: Where a process may end: around each commit, and between the steps of the signer.
_CALLS = ("_commit", "write", "swap", "write_checkpoint", "_drop_partials")
POINTS = tuple(f"{when} {call}" for call in _CALLS for when in ("before", "after"))


class CrashError(BaseException):
    """The process ended here: nothing in it can catch that and go on."""


class Node:
    """One process.

    Attributes:
        plan: the point at which it ends next.
        commits: how many transactions it has committed.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self.settings = settings.model_copy(update={"node": name})
        self.plan: str | None = None
        self.commits = 0
        self._service: Service | None = None
        self._signer: Signer | None = None

    @property
    def service(self) -> Service:
        """The process's service."""
        assert self._service is not None, "the process does not run"
        return self._service

    def start(self) -> None:
        """A new process; nothing of the one before is left but what it had written."""
        self.stop()
        self._service = Service(self.settings)
        self._interrupt(self._service.database, "_commit")

    def stop(self) -> None:
        """Ends it between two requests."""
        if self._service:
            self._service.close()
        self._service = self._signer = None

    def signer(self) -> Signer:
        """The process's signer."""
        if self._signer is None:
            signer = self.service.signer()
            self._interrupt(signer._state, "swap")
            self._interrupt(signer, "_drop_partials")
            for call in ("write", "write_checkpoint"):
                if not hasattr(vars(signer._published).get(call), "inner"):
                    self._interrupt(signer._published, call)
            self._signer = signer
        return self._signer

    def _interrupt(self, target: Any, call: str) -> None:
        """Lets the process end before or after a call, where that is planned."""
        inner: Callable[..., Any] = getattr(target, call)

        def interrupted(*arguments: Any) -> Any:
            self._reach(f"before {call}")
            result = inner(*arguments)
            self.commits += call == "_commit"
            self._reach(f"after {call}")
            return result

        interrupted.inner = inner  # type: ignore[attr-defined]
        setattr(target, call, interrupted)

    def _reach(self, point: str) -> None:
        if self.plan == point:
            self.plan = None
            raise CrashError(point)
