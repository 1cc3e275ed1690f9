"""llm-sunset's snapshot.json (records of deprecations.info): shutdown date, deprecation date and the vendor's page.

Its deprecation_date is the day of the announcement, but of some old entries it lies after the shutdown: it is then the
day on which the collection first saw the page. That is no announcement, so it stays in the words alone.
"""

from collections.abc import Iterator
from datetime import date

from training.lifecycle.feeds.channels import canonical
from training.lifecycle.feeds.reading import (
    LONGEST_URL,
    Feed,
    Said,
    address,
    checked,
    day,
    line,
    optional_line,
    parsed,
    records,
    verbatim,
)

WORDS = ("deprecation_date", "shutdown_date", "replacement_models")


def read(content: bytes) -> Feed:
    """Return what is said of every model."""
    collected: list[date] = []
    late: list[str] = []
    said = checked(_said(content, collected, late))
    notes = (
        (f"The deprecation date of {len(late)} entries lies after their shutdown; it is kept in their words alone.",)
        if late
        else ()
    )
    return Feed(said, collected_on=max(collected, default=None), notes=notes)


def _said(content: bytes, collected: list[date], late: list[str]) -> Iterator[Said]:
    for place, record in records("the list", parsed(content)):
        name = line(place, record, "model_id")
        where = f"{place} ({name})"
        ends, announced = day(where, record, "shutdown_date"), day(where, record, "deprecation_date")
        if observed := day(where, record, "last_observed"):
            collected.append(observed)
        if ends is not None and announced is not None and announced > ends:
            late.append(name)
            announced = None
        yield Said(
            place=where,
            model=name,
            channel=canonical(line(where, record, "provider")),
            phase="retired",
            date=ends,
            precision="exact",
            announced_on=announced,
            words=verbatim(record, WORDS),
            url=address(optional_line(where, record, "url", longest=LONGEST_URL)),
        )
