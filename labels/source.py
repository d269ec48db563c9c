"""Where the fields of a label come from: the running service, or a file."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import httpx
import yaml
from pydantic import TypeAdapter, ValidationError

from labels.errors import SourceError
from labels.pdf import LABELS_MAX
from schemas.label_fields import LabelFields

#: Seconds for the service to answer about one label; it reads one row.
FETCH_TIMEOUT_S = 10.0
#: The largest file of label fields: 2,000 labels of 1 kB.
FIELDS_BYTES_MAX = 4 * 1024 * 1024

_ONE = TypeAdapter[LabelFields](LabelFields)
_MANY = TypeAdapter[list[LabelFields]](list[LabelFields])


def fetch_fields(codes: Sequence[str], service: str) -> list[LabelFields]:
    """Fields of each code from `GET {service}/v1/labels/{code}`.

    Raises:
        SourceError: the service can not be reached, knows no such code, or answers something else.
    """
    with httpx.Client(timeout=FETCH_TIMEOUT_S) as client:
        return [_fetch_one(client, code, service.rstrip("/")) for code in codes]


def _fetch_one(client: httpx.Client, code: str, service: str) -> LabelFields:
    try:
        answer = client.get(f"{service}/v1/labels/{quote(code, safe='')}")
    except (httpx.TransportError, httpx.InvalidURL) as error:
        message = (
            f"the service at {service} can not be reached ({error}); "
            f"start it with `wasteledger serve`, or give the fields in a file with --fields"
        )
        raise SourceError(message) from None
    if answer.status_code != httpx.codes.OK:
        message = f"{code}: the service says {_problem(answer)}"
        raise SourceError(message)
    try:
        fields = _ONE.validate_json(answer.content)
    except ValidationError as error:
        message = f"{code}: the service's answer is no label: {_first(error)}; run the same version on both sides"
        raise SourceError(message) from None
    if fields.code != code:
        message = f"{code}: the service answered with the label of {fields.code}"
        raise SourceError(message)
    return fields


def _problem(answer: httpx.Response) -> str:
    # RFC 9457: title and detail are for people. Anything else between us and the service has only a status.
    try:
        body = answer.json()
    except ValueError:
        body = None
    told = [str(body[key]) for key in ("title", "detail") if body.get(key)] if isinstance(body, dict) else []
    return f"{answer.status_code}: {': '.join(told)}" if told else f"{answer.status_code} {answer.reason_phrase}"


def read_fields(path: Path) -> list[LabelFields]:
    """Fields of every label in a YAML or JSON file that holds a list.

    Raises:
        SourceError: the file can not be read, is too large, or holds something else.
    """
    try:
        if path.stat().st_size > FIELDS_BYTES_MAX:
            message = f"{path}: more than {FIELDS_BYTES_MAX} bytes; split it"
            raise SourceError(message)
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path}: {error.strerror or error}; check the name and that you may read it"
        raise SourceError(message) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        message = f"{path}: neither YAML nor JSON: {' '.join(str(error).split())}"
        raise SourceError(message) from None
    return _checked(path, content)


def _checked(path: Path, content: object) -> list[LabelFields]:
    if not isinstance(content, list) or not 1 <= len(content) <= LABELS_MAX:
        message = f"{path}: expected a list of 1 to {LABELS_MAX} labels, each with `label`, `code` and its fields"
        raise SourceError(message)
    try:
        return _MANY.validate_python(content)
    except ValidationError as error:
        message = f"{path}: {_first(error)}"
        raise SourceError(message) from None


def pick_fields(labels: Sequence[LabelFields], codes: Sequence[str]) -> list[LabelFields]:
    """The labels of `codes` in their order; all of them when no code is named.

    Raises:
        SourceError: a code that no label carries, or that two do.
    """
    by_code = {label.code: label for label in labels}
    if len(by_code) < len(labels):
        seen = [label.code for label in labels]
        double = next(code for code in seen if seen.count(code) > 1)
        message = f"{double}: the file has two labels of this code; one code is one package"
        raise SourceError(message)
    for code in codes:
        if code not in by_code:
            message = f"{code}: the file has no label of this code; add it"
            raise SourceError(message)
    return [by_code[code] for code in codes] if codes else list(labels)


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = " → ".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
