"""OpenAI's GET /v1/models: which models there are. It names no end; a model that is gone from it can be had no more."""

from collections.abc import Iterator, Mapping
from typing import Any

from training.lifecycle.feeds.reading import Feed, Said, Unreadable, checked, kind, line, parsed, records, verbatim

WORDS = ("id", "object", "created", "owned_by")


def read(content: bytes) -> Feed:
    """Return every model that is listed."""
    found = parsed(content)
    if not isinstance(found, Mapping) or found.get("object") != "list":
        raise Unreadable("line 1", kind(found), 'an object with "object": "list"')
    if found.get("has_more"):
        raise Unreadable("has_more", "a part of the list", "the whole list")
    said = checked(_said(found.get("data")))
    if not said:
        raise Unreadable("data", "no model at all", "the list of models")
    return Feed(said)


def _said(data: Any) -> Iterator[Said]:
    for place, record in records("data", data):
        name = line(place, record, "id")
        yield Said(f"{place} ({name})", name, "openai", "serve-existing", None, "exact", None, verbatim(record, WORDS))
