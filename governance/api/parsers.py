"""Reading request bodies: strict JSON and bounded uploads. What is wrong with them is a 4xx, said in words."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from governance.api.errors import TooLarge

FORM_ALLOWANCE = 64 * 1024  # bytes of a form beside the files: names, boundaries, other fields


class StrictJSON(BaseParser):
    """JSON in UTF-8, no key twice, no NaN, at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise TooLarge(f"found more than {limit} bytes of JSON, expected at most that")
        try:
            return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
        except RecursionError:
            raise ParseError("found JSON nested too deeply") from None
        except ValueError as problem:
            raise ParseError(f"found a body that is not JSON in UTF-8 ({problem})") from None


class BoundedForm(MultiPartParser):
    """A form with files; its announced length may not exceed what all its files together may have."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request: Request = (parser_context or {})["request"]
        limit = settings.COUNTERSIGN_UPLOAD_LIMIT + FORM_ALLOWANCE
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdecimal() and int(announced) > limit:
            raise TooLarge(f"found an upload of {announced} bytes, expected at most {limit}; split or shrink it")
        return super().parse(stream, media_type, parser_context)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
