"""Feeds as tests bring them, and base models that they speak of."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from governance.models import Document, User
from governance.services import documents
from tests.support.cast import Cast, base_model_body
from training.services import observations

EXCERPTS = Path(__file__).parents[1] / "lifecycle" / "feeds" / "excerpts"
OCTOBER, NOVEMBER = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)


def litellm(version: str) -> bytes:
    return (EXCERPTS / f"litellm-{version}.json").read_bytes()


def bring(actor: User | None, form: str, content: bytes, **options: Any) -> observations.Brought:
    return observations.bring(
        actor=actor, form=form, chunks=[content], name=options.pop("name", "feed.json"), **options
    )


def table(*entries: dict[str, Any]) -> bytes:
    """A litellm table of entries (name, date or None)."""
    return json.dumps(
        {
            one["name"]: {"litellm_provider": one.get("provider", "openai"), "deprecation_date": one["date"]}
            for one in entries
        }
    ).encode()


def hosted_body(title: str = "Hosted model", **changes: Any) -> dict[str, Any]:
    """A model whose weights are with a provider."""
    body = base_model_body(title)
    return body | {
        "name": "gpt-4o",
        "version": "2024-08-06",
        "parameters": None,
        "files": [],
        "custody": None,
        "hosted": {"provider": "OpenAI", "snapshot": "gpt-4o-2024-08-06", "region": None, "observed_on": "2026-11-01"},
    } | changes  # fmt: skip


def base(cast: Cast, **changes: Any) -> Document:
    return hosted(cast.olga, **changes)


def hosted(owner: User, **changes: Any) -> Document:
    return documents.document_submit(actor=owner, project=None, kind="training.base_model", body=hosted_body(**changes))


def spoken_of(owner: User) -> Document:
    """A hosted model whose date moved, and on which two sources disagree."""
    model = hosted(owner)
    for at, day in ((OCTOBER, "2027-03-01"), (NOVEMBER, "2027-10-01")):
        bring(owner, "litellm", table({"name": "gpt-4o-2024-08-06", "date": day}), retrieved_at=at)
    observations.observe(
        actor=owner,
        source="The vendor’s page <b>of deprecations</b>",
        rank=2,
        retrieved_at=NOVEMBER,
        model="gpt-4o-2024-08-06",
        channel="openai",
        phase="retired",
        words="Shut down on 29 February 2028. Models unused for 60 days go before.",
        date=date(2028, 2, 29),
        announced_on=date(2026, 11, 1),
        url="https://vendor.example/deprecations",
        idle_days=60,
    )
    return model
