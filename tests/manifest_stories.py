"""Stories of manifests: what the tests of their fold and of their doubts have in common."""

from typing import Any

from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    CARRIER,
    INFECTIOUS,
    MANIFEST,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
    register,
)
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.manifest_apart import numbers_apart
from wasteledger.domain.manifest_doubts import ManifestDoubt, judge_manifest
from wasteledger.domain.other_doubts import fold_in
from wasteledger.domain.register import Directory
from wasteledger.domain.walk import walk

DAY_MS = 86_400_000
SHARPS = "841-002-01"
OTHER_NUMBER = "20265001000002"
DRIVER = "u-driver1"
BAGS = [BAG, BAG2, BAG3]


def district(**changes: Any) -> Directory:
    """The small district of the stories, with a driver."""
    rows = register().model_dump()
    rows["people"] = [
        {"actor": DRIVER, "name": "刘文军", "site": CARRIER, "role": "driver", "phone": "023-5550-0099"},
        {"actor": "u-clerk", "name": "徐晓红", "site": CARRIER, "role": "operator"},
        {"actor": "u-keeper", "name": "李永福", "site": TRANSFER, "role": "keeper"},
    ]
    return Directory(type(register()).model_validate(rows | changes))


def plain_days(at_ms: int, days: int) -> int:
    """Every day a working day: which days are, the calendar's own tests say."""
    return at_ms + days * DAY_MS


def draft(story: Story, *, number: str = MANIFEST, site: str = TRANSFER, at: str = "03 07:00", **fields: Any) -> str:
    fields = {
        "form": "electronic", "carriers": [CARRIER], "consignee": PLANT, "vehicle": VEHICLE, "driver": DRIVER,
        "waste_codes": [INFECTIOUS],
    } | fields  # fmt: skip
    return story.tell(site, "manifested", at=at, manifest=number, action="drafted", **fields)


def confirm(story: Story, *, at: str = "03 14:00", opinion: str = "accepted", site: str = PLANT, **fields: Any) -> str:
    return story.tell(
        site,
        "manifested",
        at=at,
        manifest=MANIFEST,
        action="confirmed",
        opinion=opinion,
        method="incineration",
        **fields,
    )


def void(story: Story, *, at: str, site: str = TRANSFER) -> str:
    return story.tell(site, "manifested", at=at, manifest=MANIFEST, action="voided", reason="计划取消")


def pooled(*codes: str) -> Story:
    """Bags of a clinic that lie at the township centre, the manifest drafted."""
    story = Story()
    for code in codes or (BAG,):
        story.issue(code)
        story.seal(code)
        story.to_transfer(code)
    draft(story)
    return story


def fold(story: Story, number: str = MANIFEST) -> Manifest:
    return fold_in(story.history(), district(), number)


def judge(
    story: Story, *, as_of: str = "03 23:00", number: str = MANIFEST, directory: Directory | None = None
) -> list[ManifestDoubt]:
    history, known = story.history(), directory or district()
    return judge_manifest(
        fold(story, number), known, ms(as_of), add_workdays=plain_days,
        waste_code_of=lambda code: walk(code, history, known).waste_code,
        apart=numbers_apart(fold(story, number), history, known),
    )  # fmt: skip


def reasons(doubts: list[ManifestDoubt]) -> list[str]:
    return [doubt.reason for doubt in doubts]
