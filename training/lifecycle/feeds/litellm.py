"""litellm's table of prices and context windows (model_prices_and_context_window.json): one date a model, no phases.

Its field is called deprecation_date, "date when the model becomes deprecated": no word of what ends then. So it is
taken for the earliest day on which the model may be gone. Entries without a date say nothing and are left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from training.lifecycle.feeds.channels import canonical
from training.lifecycle.feeds.reading import (
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
    plain,
    verbatim,
)

SAMPLE = "sample_spec"
DATE = "deprecation_date"
SOURCES = ("deprecation_source", "source")


def read(content: bytes) -> Feed:
    """Return every dated entry."""
    table = parsed(content)
    if not isinstance(table, Mapping):
        raise Unreadable("line 1", kind(table), "an object of models by name")
    said = tuple(_said(table))
    if not said:
        raise Unreadable("the feed", f"{len(table):,} models and no {DATE}", "litellm's table of models")
    return Feed(checked(said), notes=(f"{len(table) - len(said):,} of {len(table):,} entries name no date.",))


def _said(table: Mapping[str, Any]) -> Iterator[Said]:
    dated = []
    for number, (name, entry) in enumerate(table.items(), start=1):
        place = f"record {number} ({name[:120]})"
        if not isinstance(entry, Mapping):
            raise Unreadable(place, kind(entry), "an object")
        if name != SAMPLE and entry.get(DATE) is not None:
            name = plain(place, "its name", name)
            dated.append((place, name, entry, line(place, entry, "litellm_provider")))
    short = Counter((canonical(provider), _bare(name, provider)) for _, name, _, provider in dated)
    for place, name, entry, provider in dated:
        channel, model = canonical(provider), _bare(name, provider)
        yield Said(
            place=place,
            # Two entries of one name on one channel keep the names they have in the table.
            model=model if short[channel, model] == 1 else name,
            channel=channel,
            phase="retired",
            date=day(place, entry, DATE),
            precision="earliest",
            announced_on=None,
            words=verbatim(entry, (DATE,)),
            url=_url(place, entry),
        )


def _url(place: str, entry: Mapping[str, Any]) -> str:
    named = (address(optional_line(place, entry, key, longest=4000)) for key in SOURCES)
    return next(filter(None, named), "")


def _bare(name: str, provider: str) -> str:
    return name.removeprefix(f"{provider}/") or name
