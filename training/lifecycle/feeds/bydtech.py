"""bydtech-model-retire's models.json: announced, retired, replacement and the vendor's page, model by model.

Every entry was checked against the page it names; the file says when it was last updated.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from training.lifecycle.feeds.channels import canonical
from training.lifecycle.feeds.reading import (
    LONGEST_URL,
    LONGEST_WORDS,
    Feed,
    Said,
    Unreadable,
    address,
    checked,
    day,
    kind,
    line,
    optional_line,
    parsed,
    records,
    verbatim,
)

STATUSES = ("deprecated", "retired")
WORDS = ("status", "deprecated_on", "retires_on", "replacement", "note")


def read(content: bytes) -> Feed:
    """Return what is said of every model, under each name it has."""
    found = parsed(content)
    if not isinstance(found, Mapping) or "models" not in found:
        raise Unreadable("line 1", kind(found), "an object with models")
    return Feed(checked(_said(found)), collected_on=day("updated", found, "updated"))


def _said(found: Mapping[str, Any]) -> Iterator[Said]:
    for place, record in records("models", found["models"]):
        name = line(place, record, "id")
        where = f"{place} ({name})"
        status = line(where, record, "status")
        if status not in STATUSES:
            raise Unreadable(where, f"the status {status[:40]!r}", f"one of {', '.join(STATUSES)}")
        aliases = record.get("aliases", [])
        if not isinstance(aliases, list) or not all(isinstance(one, str) and one for one in aliases):
            raise Unreadable(where, "aliases that are no list of names", "a list of names")
        optional_line(where, record, "note", longest=LONGEST_WORDS)
        for model in dict.fromkeys((name, *aliases)):
            yield Said(
                place=where,
                model=model,
                channel=canonical(line(where, record, "provider")),
                phase="retired",
                date=day(where, record, "retires_on"),
                precision="exact",
                announced_on=day(where, record, "deprecated_on"),
                words=verbatim(record, WORDS),
                url=address(optional_line(where, record, "source", longest=LONGEST_URL)),
            )
