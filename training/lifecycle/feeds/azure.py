"""Azure's list of models: Cognitive Services "Models - List" (2023-05-01 and later), or the list of a resource.

The first has value[].model.deprecation {fineTune, inference} as ISO 8601 and skus[].deprecationDate; the second has
data[].deprecation {fine_tune, inference} in seconds since 1970. Azure takes a model away in two steps: first nothing
new can be tuned on it, then nothing is served. What its interface calls deprecated is what its pages call retired.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from training.lifecycle.feeds.reading import (
    Feed,
    Said,
    Unreadable,
    checked,
    kind,
    line,
    optional_line,
    parsed,
    records,
    verbatim,
)

CHANNEL = "azure"
PHASES = {"train-new": ("fineTune", "fine_tune"), "retired": ("inference",)}


def read(content: bytes) -> Feed:
    """Return what is said of every model, and of every kind of deployment that has a date of its own."""
    found = parsed(content)
    if not isinstance(found, Mapping) or not ({"value", "data"} & set(found)):
        raise Unreadable("line 1", kind(found), "an object with value or data")
    said = _listed(found["value"]) if "value" in found else _of_resource(found["data"])
    # A model stands in the list once for each kind of account; where these say the same, it is one thing said.
    once: dict[tuple[str, str, str, bool, date | None, str], Said] = {}
    for one in said:
        once.setdefault((*one.thing, one.date, one.words), one)
    return Feed(checked(once.values()))


def _listed(value: Any) -> Iterator[Said]:
    for place, record in records("value", value):
        model = record.get("model")
        if not isinstance(model, Mapping):
            raise Unreadable(place, "no model", "an object with model")
        name = "-".join(filter(None, (line(place, model, "name"), optional_line(place, model, "version"))))
        where = f"{place} ({name})"
        yield from _phases(where, name, model, model.get("deprecation"), "lifecycleStatus")
        skus = model.get("skus") or []
        for at, sku in records(f"{where}, skus", skus):
            if (when := _day(at, sku, "deprecationDate")) is not None:
                words = verbatim(sku, ("name", "deprecationDate"))
                channel = f"{CHANNEL}/{line(at, sku, 'name')}"
                yield Said(at, name, channel, "serve-existing", when, "exact", None, words)


def _of_resource(data: Any) -> Iterator[Said]:
    for place, record in records("data", data):
        name = line(place, record, "id")
        yield from _phases(f"{place} ({name})", name, record, record.get("deprecation"), "lifecycle_status")


def _phases(place: str, name: str, model: Mapping[str, Any], dates: Any, status: str) -> Iterator[Said]:
    if dates is not None and not isinstance(dates, Mapping):
        raise Unreadable(place, f"deprecation is {kind(dates)}", "an object with dates")
    known = dates or {}
    words = "; ".join(filter(None, (verbatim(model, (status,)), verbatim(known, sorted(known)) if known else "")))
    for phase, keys in PHASES.items():
        when = next((found for key in keys if (found := _day(place, known, key)) is not None), None)
        if when is not None or phase == "retired":
            yield Said(place, name, CHANNEL, phase, when, "exact", None, words)


def _day(place: str, record: Mapping[str, Any], key: str) -> date | None:
    value = record.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # Azure's times are in UTC
        elif isinstance(value, int) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        else:
            raise ValueError
    except (ValueError, OverflowError, OSError):
        raise Unreadable(place, f"{key} {str(value)[:40]!r}", "a time such as 2027-03-31T00:00:00Z") from None
    return moment.astimezone(UTC).date()
