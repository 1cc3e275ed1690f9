"""What the tests of dependants share: the story as far as its release, and papers of deployments and plans."""

from typing import Any

from governance.models import Document
from governance.selectors import documents as docs
from governance.services import documents, signoff
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.support import papers
from tests.support.story import PASSWORD, Story

SINCE = "2026-01-10"


def row(**more: str) -> dict[str, str]:
    """Return a row of a table of deployments."""
    return {
        "service": "Coding queue",
        "environment": "production",
        "criticality": "high",
        "max_outage_hours": "24",
        "since": SINCE,
        "owner": "Coding desk",
    } | more


def plan_body(**more: Any) -> dict[str, Any]:
    """Return the body of a fallback plan."""
    return {
        "title": "When the small model goes",
        "route": "retrain",
        "steps": "Tune the successor on the same rows; release it.",
        "owner": "Head of coding",
        "trigger_date": "2027-01-31",
        "drill_days": 90,
    } | more


def successor(story: Story) -> Document:
    """Freeze another base model and have it signed."""
    body = papers.base_model(story.bytes("other weights")) | {"title": "Larger model", "name": "larger"}
    story.submit("owner", "successor", "training.base_model", body)
    story.sign("successor", requester="owner", signers=("officer",))
    return story["successor"]


def fallback(story: Story, *, signed: bool = True, **more: Any) -> Document:
    """Freeze a fallback plan for the story's base model; with `signed`, it is in force."""
    if "successor" not in story.made:
        successor(story)
    links = {"base_model": "base", "successor": "successor", "thresholds": "thresholds"}
    plan = story.submit("engineer", "plan", "training.fallback_plan", plan_body(**more), **links)
    if signed:
        story.sign("plan", requester="engineer", signers=("officer",))
    return plan


def submit(story: Story, who: str, kind: str, body: dict[str, Any], shelf: bool = False, **links: str) -> Document:
    """Freeze a document whose references are digests."""
    return documents.document_submit(
        actor=story.people[who],
        project=None if shelf else story.project,
        kind=kind,
        body=body,
        references=[{"role": role, "digest": digest} for role, digest in links.items()],
    )


def revoke(story: Story, name: str) -> None:
    """Revoke the sign-off of one of the story's documents."""
    signoff.revoke(actor=story.people["officer"], document=story[name], reason="It was wrong", proof=Proof(PASSWORD))


def forged(like: Document, seq: int = 1_000_000, **body: Any) -> Document:
    """Insert a document by SQL, as the database's owner: all is as it should be, but no leaf tells of it."""
    known = docs.envelope(like)
    made = known.model_copy(update={"number": like.number + 1, "previous": like.digest, "body": known.body | body})
    row = Document(
        digest=made.digest, kind=like.kind, version=like.version, series=like.series, number=like.number + 1,
        project=like.project, title=like.title, content=made.to_bytes(), created_by=None,
        created_at=like.created_at, seq=seq,
    )  # fmt: skip
    with tampering.owner():
        row.save()
    return row
