"""Whether a request really comes from an admitted device: the one place where signed requests are checked (`schemas.requests`).

1. The note parses and is meant for this log; the key is admitted and not revoked; the signature verifies.
2. It asks for this method and path, with this body, and not for anything else.
3. Its clock is the service's, within `REQUEST_AGE_MS_MAX`; a device whose clock is wrong learns the difference from any `server_ms`.
4. Inside the transaction of the act: no request of this device with that time or a later one was taken before. One row for each device
   remembers that for every process, so a copy is refused for ever.
"""

from typing import NamedTuple

from schemas.errors import SignatureError
from schemas.requests import SignedRequest, body_hash, parse_request
from schemas.signing import verify_note
from wasteledger import clock
from wasteledger.errors import DeviceRequestError, ForbiddenError
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

#: How far the clock of a request may be from the service's: a slow upload over a mountain's network, and a coarse clock.
REQUEST_AGE_MS_MAX = 5 * 60 * 1000


class Asked(NamedTuple):
    """What arrived.

    Attributes:
        target: path with its query, as sent.
    """

    authorization: str
    method: str
    target: str


class DeviceCaller(NamedTuple):
    """A device that has proved itself.

    Attributes:
        site: for which it was admitted first.
        role: device or office.
    """

    device_id: str
    site: str
    role: str
    wall_ms: int


def check_request(service: Service, asked: Asked, body: bytes) -> DeviceCaller:
    """Steps 1 to 3; the caller goes on with `spend_request` in the transaction in which it acts.

    Raises:
        DeviceRequestError: who signed is not known, or it was not this that was signed.
        ForbiddenError: the device is revoked.
    """
    try:
        request, note = parse_request(asked.authorization)
    except SignatureError as error:
        raise DeviceRequestError(str(error)) from None
    origin = service.directory().register.origin
    if note.origin != origin:
        message = f"the request is meant for the log {note.origin}, this one is {origin}"
        raise DeviceRequestError(message)
    with service.database.read() as connection:
        device = Ledger(connection).devices([note.device_id]).get(note.device_id)
    if device is None:
        message = f"device {note.device_id} is not enrolled: the authority admits it with `wasteledger device enrol`"
        raise DeviceRequestError(message)
    try:
        verify_note(note, device.public_key)
    except SignatureError as error:
        raise DeviceRequestError(str(error)) from None
    if device.revoked:
        message = (
            f"device {note.device_id} is revoked: it can still hand in its events; bring anything else to the authority"
        )
        raise ForbiddenError(message)
    _check_what_was_signed(request, asked, body)
    return DeviceCaller(note.device_id, device.site, device.role, request.wall_ms)


def _check_what_was_signed(request: SignedRequest, asked: Asked, body: bytes) -> None:
    if (request.method, request.target) != (asked.method, asked.target):
        message = f"signed for {request.method} {request.target}, sent to {asked.method} {asked.target}: sign each request for its own path"
        raise DeviceRequestError(message)
    if request.body_hash != body_hash(body):
        message = f"the body has the SHA-256 {body_hash(body)}, another one was signed: send the bytes that you hashed"
        raise DeviceRequestError(message)
    now_ms = clock.now_ms()
    if abs(request.wall_ms - now_ms) > REQUEST_AGE_MS_MAX:
        message = (
            f"the request's clock says {request.wall_ms}, the service's {now_ms}: add the difference to your clock (`server_ms` of "
            f"GET /v1/health), and sign again within {REQUEST_AGE_MS_MAX // 60_000} minutes"
        )
        raise DeviceRequestError(message)


def spend_request(store: DistrictStore, caller: DeviceCaller) -> None:
    """Step 4, inside the writing transaction: a request counts once.

    Raises:
        DeviceRequestError: it was taken before, or a later one of the same device was.
    """
    before_ms = store.pass_mark(f"request/{caller.device_id}", caller.wall_ms)
    if before_ms >= caller.wall_ms:
        message = f"a request of {before_ms} was taken from this device before: sign anew, with a later clock than that"
        raise DeviceRequestError(message)
