"""What a story tells can be in a log: intake would take each of its events, or the story says that none does."""

from typing import Any

import pytest

from schemas.errors import ContractError
from tests.stories_builder import BAG, BOX, CLINIC, MANIFEST, TRANSFER, Story


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("voided", {"codes": [BAG], "reason": "damaged"}),
        ("unpacked", {"codes": [], "box": BOX, "complete": True}),
        ("unpacked", {"codes": [BOX], "box": BOX, "complete": True}),
        ("released", {"codes": [BAG], "to_site": TRANSFER, "manifest": f"{MANIFEST[:-1]}0"}),
        ("released", {"codes": [BAG], "to_site": CLINIC}),
    ],
)
def test_a_story_tells_nothing_that_intake_sets_apart(kind: str, fields: dict[str, Any]) -> None:
    story = Story()
    with pytest.raises(ContractError):
        story.tell(CLINIC, kind, at="02 09:00", **fields)
    told = len(story.entries)
    story.tell(CLINIC, kind, at="02 09:01", absurd=True, **fields)
    assert len(story.entries) == told + 1
