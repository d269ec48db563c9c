"""Whatever authentic devices say, in whatever portions it comes, the books go on, and say what the whole history says."""

import os
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.absurd_logs import Nonsense
from tests.store.agreement import District, told_by_chance
from tests.stories_builder import register
from wasteledger.domain.register import Register

#: Logs of one run; `make absurd` asks for many more.
LOGS = int(os.environ.get("WASTELEDGER_ABSURD_LOGS", "40"))
#: As few packages as there are in a log of nonsense show copied weights; paper needs its photograph.
_RULES = [
    {"key": "copied_packages_min", "value": 2, "basis": "so few"},
    {"key": "paper_photo", "value": 1, "basis": "so strict"},
]
DISTRICT = District(Register.model_validate(register().model_dump() | {"rules": _RULES}))


@settings(max_examples=LOGS, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32))
def test_nonsense_comes_to_the_same_in_the_books(seed: int) -> None:
    chance = Random(seed)
    entries = Nonsense(chance).entries(chance.randrange(10, 60))
    told_by_chance(entries, chance, DISTRICT)
