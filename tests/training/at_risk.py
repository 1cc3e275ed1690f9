"""What the tests of retirement risk share: the story, a hosted model with dates, and services on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from governance.models import Document
from tests.support.story import Story
from tests.training import continuity
from tests.training.observations.feeds import hosted_body
from training.lifecycle.model import STAGES
from training.services import deployments, observations

NAME = "gpt-4o-2024-08-06"


def hosted(story: Story, *, signed: bool = True, **more: Any) -> Document:
    """Put a hosted base model on the shelf."""
    made = story.submit("owner", "hosted", "training.base_model", hosted_body() | more)
    if signed:
        story.sign("hosted", requester="owner", signers=("officer",))
    return made


def says(story: Story, days: int | None, phase: str = "retired", ago: int = 1, **more: Any) -> None:
    """Have a source say that the hosted model ends in so many days (None: that it names no day any more)."""
    now = datetime.now(UTC)
    observations.observe(
        actor=story.people["owner"], source=more.pop("source", "Vendor's page"), rank=2,
        retrieved_at=now - timedelta(hours=ago), model=NAME, channel=more.pop("channel", "openai"), phase=phase,
        words="as the page has it", date=(now + timedelta(days=days)).date() if days is not None else None, **more,
    )  # fmt: skip


def serves(story: Story, service: str = "Chat", **more: str) -> Document:
    """Register a service, on the hosted model unless told otherwise."""
    on = {} if {"release", "run_record", "stated_base"} & set(more) else {"base_model": story["hosted"].digest}
    row = continuity.row(service=service, **on, **more)
    (made,) = deployments.register(actor=story.people["engineer"], project=story.project, row=row).documents
    return made


def estimated(story: Story, days: int = 5) -> Document:
    """Have it signed that each stage takes about so many days."""
    points = {"low": str(max(days - 1, 0)), "likely": str(days), "high": str(days + 2)}
    body = {"title": "Estimate", "basis": "We asked everybody.", "stages": [{"stage": s} | points for s in STAGES]}
    made = continuity.submit(story, "owner", "training.requalification_estimate", body, shelf=True)
    story.made["estimate"] = made
    story.sign("estimate", requester="owner", signers=("officer",))
    return made
