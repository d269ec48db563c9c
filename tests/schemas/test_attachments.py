"""A photo lies outside the log; its digest lies in the event."""

from schemas.canonical import sha256_base64
from schemas.events import parse_event
from schemas.signing import parse_note
from tests.stories_builder import BAG, CLINIC, Teller, ms

PHOTO = b"\xff\xd8 a burst bag, photographed"


def test_a_photo_that_was_swapped_is_not_the_one_in_the_event() -> None:
    """Attack 19: one changed byte, and the picture is another one."""
    note = Teller(CLINIC).note(
        "stored", occurred_ms=ms("02 08:00"), codes=[BAG], room="库", attachments=[sha256_base64(PHOTO)]
    )
    event = parse_event(parse_note(note).payload())
    assert sha256_base64(PHOTO) in event.attachments
    for place in range(len(PHOTO)):
        swapped = PHOTO[:place] + bytes([PHOTO[place] ^ 1]) + PHOTO[place + 1 :]
        assert sha256_base64(swapped) not in event.attachments
