"""From when a page is asked, as it stands in its address."""

from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Query

from wasteledger.flows.moments import Past, parse_size

_FIELD_MAX = 200
_Text = Annotated[str, Query(max_length=_FIELD_MAX)]


class PagePast(NamedTuple):
    """A day, or a size of the log; empty: now."""

    as_of: str
    at_size: str

    @property
    def asked(self) -> dict[str, Any]:
        """The same for a question."""
        return Past(self.as_of or None, parse_size(self.at_size) if self.at_size else None)._asdict()

    @property
    def given(self) -> dict[str, str]:
        """What stands in the address."""
        return {name: value for name, value in self._asdict().items() if value}

    def link(self, path: str) -> str:
        """The address of a page as of the same moment."""
        return f"{path}?{urlencode(self.given)}" if self.given else path


def _past(as_of: _Text = "", at_size: _Text = "") -> PagePast:
    return PagePast(as_of, at_size)


#: For a page that can be asked about the past.
FromWhen = Annotated[PagePast, Depends(_past)]
