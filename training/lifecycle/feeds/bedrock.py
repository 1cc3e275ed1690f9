"""Amazon Bedrock's ListFoundationModels, as the AWS command line or botocore prints it: modelLifecycle of each model.

Fields and their meaning: botocore, service model bedrock 2023-04-20, shape FoundationModelLifecycle. A model that is
LEGACY can still be used; publicExtendedAccessTime begins a dearer part of that time; after endOfLifeTime it is gone.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from training.lifecycle.feeds.reading import Feed, Said, Unreadable, checked, kind, line, parsed, records, verbatim

LIFE = "modelLifecycle"
STATES = ("ACTIVE", "LEGACY")
PHASES = {"legacyTime": "serve-new", "publicExtendedAccessTime": "extended", "endOfLifeTime": "retired"}
WORDS = ("status", "startOfLifeTime", *PHASES)


def read(content: bytes) -> Feed:
    """Return what is said of every model; of one without an end, that no end is named."""
    found = parsed(content)
    if not isinstance(found, Mapping) or "modelSummaries" not in found:
        raise Unreadable("line 1", kind(found), "an object with modelSummaries")
    return Feed(checked(_said(found)))


def _said(found: Mapping[str, Any]) -> Iterator[Said]:
    for place, record in records("modelSummaries", found["modelSummaries"]):
        name = line(place, record, "modelId")
        where = f"{place} ({name})"
        life = record.get(LIFE)
        if not isinstance(life, Mapping):
            raise Unreadable(where, f"no {LIFE}", f"{LIFE} with a status")
        if (state := line(where, life, "status")) not in STATES:
            raise Unreadable(where, f"the status {state[:40]!r}", f"one of {', '.join(STATES)}")
        region = _region(where, record)
        legacy = _day(where, life, "legacyTime")
        for key, phase in PHASES.items():
            when = _day(where, life, key)
            if when is not None or key == "endOfLifeTime":
                yield Said(
                    place=where,
                    model=name,
                    channel=f"bedrock/{region}" if region else "bedrock",
                    phase=phase,
                    date=when,
                    precision="exact",
                    announced_on=legacy if phase != "serve-new" and when and legacy and legacy <= when else None,
                    words=verbatim(life, WORDS),
                )


def _region(place: str, record: Mapping[str, Any]) -> str:
    """Return the region in arn:aws:bedrock:REGION::foundation-model/…, "" where there is none."""
    parts = line(place, record, "modelArn").split(":")
    if len(parts) < 6 or parts[0] != "arn":
        raise Unreadable(place, f"the modelArn {record['modelArn'][:60]!r}", "an Amazon Resource Name")
    return parts[3]


def _day(place: str, life: Mapping[str, Any], key: str) -> date | None:
    """Return a timestamp's day in UTC: ISO 8601 as the command line prints it, or seconds since 1970."""
    value = life.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        else:
            raise ValueError
        if moment.tzinfo is None:
            raise ValueError
    except (ValueError, OverflowError, OSError):
        raise Unreadable(place, f"{key} {str(value)[:40]!r}", "a time with its zone, or seconds since 1970") from None
    return moment.astimezone(UTC).date()
