"""Waivers for the governed installation of these tests: a policy with a soft check that is red, and papers about it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance.models import Document
from governance.proof.formats.fields import rfc3339
from governance.services import documents, signoff
from tests.support import papers
from tests.support.governed import Site

RED = "base_model_life"  # the story's base model has no retirement date on record


def soften(site: Site, **weights: str) -> Document:
    """Have the next version of the policy signed, under which the red check is soft (or as given)."""
    body = papers.policy()
    body["checks"] |= weights or {RED: "soft"}
    site.story.made["policy 2"] = documents.document_submit(
        actor=site.story.people["officer2"],
        project=None,
        kind="governance.policy",
        body=body,
        base=site.story.made.get("policy 2", site.story["policy"]),
    )
    site.story.sign("policy 2", requester="officer2", signers=("owner", "officer"))
    return site.story["policy 2"]


def body(*checks: str, days: int = 7, **changes: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "title": "Until the vendor names a date",
        "checks": list(checks or (RED,)),
        "reason": "The vendor answers next week; the queue grows meanwhile.",
        "risk": "The model may be lost within a year; the owner bears it.",
        "measures": "A second base model is being tried.",
        "expires_at": rfc3339(now + timedelta(days=days)),
        "retrospective_due": rfc3339(now + timedelta(days=days + 14)),
    } | changes


def waiver(
    site: Site,
    spec: Document,
    *checks: str,
    signers: tuple[str, ...] = ("officer", "officer2"),
    by: str = "expert",
    **more: Any,
) -> Document:
    """Freeze a waiver for a specification and have it signed by these."""
    made = documents.document_submit(
        actor=site.story.people[by],
        project=site.story.project,
        kind="governance.waiver",
        body=body(*checks, **more),
        references=[{"role": "spec", "digest": spec.digest}],
    )
    site.story.made["waiver"] = made
    if signers:
        site.story.sign("waiver", requester=by, signers=signers)
    return made


def retrospective(site: Site, about: Document, *, sign: bool = True) -> Document:
    """Freeze a retrospective on a waiver, and have it signed."""
    site.story.made["retrospective"] = documents.document_submit(
        actor=site.engineer,
        project=site.story.project,
        kind="governance.retrospective",
        body={
            "title": "Looking back",
            "what_happened": "The vendor named a date.",
            "was_right": "yes",
            "why": "Nothing was lost.",
            "actions": [],
        },
        references=[{"role": "waiver", "digest": about.digest}],
    )
    if sign:
        site.story.sign("retrospective", requester="engineer", signers=("officer",))
    return site.story["retrospective"]


def ask(site: Site, document: Document, by: str = "expert") -> Any:
    return signoff.request_open(actor=site.story.people[by], documents=[document])
