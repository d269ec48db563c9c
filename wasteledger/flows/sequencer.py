"""The sequencer: many callers, one writing transaction at a time, and one fsync for all that were waiting.

Whoever finds the pen free writes for everybody in the queue. An idle service therefore commits at once, and a busy one fills
its batches by itself: what arrives during a commit goes into the next. There is no thread to start, to watch or to lose.
"""

import shutil
from collections import deque
from threading import Lock

from schemas.sync import BatchAnswer
from wasteledger.domain.note import NoteKey
from wasteledger.domain.receipt import sign_receipt
from wasteledger.errors import DatabaseError, DiskFullError, QueueFullError
from wasteledger.flows.accept_batch import take_in
from wasteledger.flows.read_note import Gateway, ReadNote
from wasteledger.store.database import Database, DatabaseDown
from wasteledger.store.ledger import Ledger

#: A transaction takes no further request once it holds this many events; beyond it only the wait grows (docs/decisions/0004).
BATCH_EVENTS_MAX = 256
#: Events that may wait; a caller beyond it is told to come again, and nothing of his is taken.
QUEUE_EVENTS_MAX = 8_192
#: Disk that must stay free on an embedded database: below it nothing is taken, so that what is there stays whole.
FREE_BYTES_MIN = 64 * 1024 * 1024


class _Request:
    """Notes of one caller, and what became of them."""

    def __init__(self, read: list[ReadNote]) -> None:
        self.read = read
        self.answer: BatchAnswer | None = None
        self.error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.answer is not None or self.error is not None


class Sequencer:
    """Gives events their place in the log."""

    def __init__(self, database: Database, *, origin: str, node: str, receipt_key: NoteKey | None = None) -> None:
        """Writes into the log `origin` of an opened database, under the name `node`; promises under the receipt key."""
        self._database = database
        self._node = node
        self._receipt_key = receipt_key
        self.gateway = Gateway(origin)
        self._waiting: deque[_Request] = deque()
        self._waiting_events = 0
        self._queue_lock = Lock()
        self._pen = Lock()

    def submit(self, texts: list[str]) -> BatchAnswer:
        """Takes in the notes of one caller; one verdict for each, in the same order.

        MUST: return only after every note verdicted other than `held` is durable.

        Raises:
            QueueFullError: too much is waiting; nothing of this was taken.
            DiskFullError: the disk has no room left; nothing of this was taken.
        """
        self._check_disk()
        request = _Request(self.read(texts))
        self._enqueue(request)
        while not request.is_done:
            with self._pen:
                if not request.is_done:
                    self._write(self._next_batch())
        if request.error is not None:
            raise request.error
        if request.answer is None:
            message = "the sequencer ended without an answer"
            raise RuntimeError(message)
        return request.answer.model_copy(update={"receipt": self._receipt(request.answer)})

    def _receipt(self, answer: BatchAnswer) -> str | None:
        """The signed promise (R1) for everything in the answer that stands in the log."""
        promises = [
            (str(verdict.index), verdict.event_id, verdict.leaf_hash, str(verdict.received_ms))
            for verdict in answer.verdicts
            if verdict.index is not None and verdict.leaf_hash is not None
        ]
        if self._receipt_key is None or not promises:
            return None
        return sign_receipt(promises, origin=self.gateway.origin, key=self._receipt_key).decode()

    def _check_disk(self) -> None:
        file = self._database.file
        if file and shutil.disk_usage(file.parent).free < FREE_BYTES_MIN:
            message = (
                f"less than {FREE_BYTES_MIN >> 20} MiB are free on the disk of the database: nothing was taken. Make room; "
                f"handhelds keep their scans and send them again"
            )
            raise DiskFullError(message)

    def read(self, texts: list[str]) -> list[ReadNote]:
        """Steps 1 and 2, outside the writing transaction."""
        read = self.gateway.read(texts)
        unknown = self.gateway.unknown_devices(read)
        if not unknown:
            return read
        with self._database.read() as connection:
            found = Ledger(connection).devices(unknown)
        for device_id, device in found.items():
            self.gateway.learn(device_id, device.public_key)
        return self.gateway.verify(read) if found else read

    def _enqueue(self, request: _Request) -> None:
        with self._queue_lock:
            if self._waiting_events + len(request.read) > QUEUE_EVENTS_MAX:
                message = f"{self._waiting_events} events are waiting already: send the same bytes again in a moment"
                raise QueueFullError(message)
            self._waiting.append(request)
            self._waiting_events += len(request.read)

    def _next_batch(self) -> list[_Request]:
        """What is waiting, in order of arrival; requests stay whole."""
        batch, events = [], 0
        with self._queue_lock:
            while self._waiting and events < BATCH_EVENTS_MAX:
                request = self._waiting.popleft()
                batch.append(request)
                events += len(request.read)
            self._waiting_events -= events
        return batch

    def _write(self, batch: list[_Request]) -> None:
        """One transaction for all of them. Where it fails, nothing of theirs was taken, and each is tried alone."""
        everything = [item for request in batch for item in request.read]
        try:
            with self._database.write() as connection:
                answer = take_in(Ledger(connection), everything, origin=self.gateway.origin, node=self._node)
        except BaseException as error:  # noqa: BLE001 - each caller gets his own, and raises it
            if len(batch) == 1 or isinstance(error, DatabaseDown | DatabaseError):
                for request in batch:
                    request.error = error
                return
            for request in batch:  # one caller's poison is not his neighbours' concern
                self._write([request])
        else:
            _hand_out(batch, answer)


def _hand_out(batch: list[_Request], answer: BatchAnswer) -> None:
    start = 0
    for request in batch:
        own = {item.device_id for item in request.read}
        request.answer = BatchAnswer.model_construct(
            verdicts=answer.verdicts[start : start + len(request.read)],
            tree_size=answer.tree_size,
            root=answer.root,
            server_ms=answer.server_ms,
            needed=[hole for hole in answer.needed if hole.device_id in own],
            versions=answer.versions,
            kinds=answer.kinds,
        )
        start += len(request.read)
