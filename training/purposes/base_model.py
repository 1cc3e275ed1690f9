"""What a restore drill and a probe share: each asks something of one base model, on the strength of its signatures."""

from datetime import datetime
from typing import Any

from evals.checks import Signed
from evals.purposes import waivers_of
from governance.errors import Invalid
from governance.models import Attempt, Document, Job
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import policies, signoff
from governance.services.documents import freeze
from governance.services.ledger import Mutation
from training.bodies.base_models import BaseModelBody


def asked(spec: Document) -> Document:
    """Return the base model that a specification names. Raises Invalid if it names none."""
    found = docs.linked_one(spec, "base_model")
    if found is None:
        raise Invalid("spec", "it names no base model")
    return found


def body(base: Document | None) -> BaseModelBody | None:
    """Return what a base model's document says, None without one."""
    return docs.model_body(base, BaseModelBody) if base else None


def signed(base: Document | None, ledger_size: int, time: datetime) -> Signed | None:
    """Return how a base model stands, None without one."""
    return Signed(str(base), signoff.in_force(base, ledger_size, time)) if base else None


def decisions(spec: Document) -> list[int]:
    """Return the ledger entries of the signatures on the base model."""
    return sorted({one.seq for one in signoff.in_force(asked(spec)).signatures})


def limits(spec: Document, max_seconds: int) -> dict[str, Any]:
    """Return the limits a permit states: seconds of an attempt, and how many attempts the project's policy allows."""
    return {"max_seconds": max_seconds, "max_attempts": policies.max_attempts(spec.project)}


def keep(m: Mutation, job: Job, attempt: Attempt, kind: str, found: dict[str, Any], *more: dict[str, str]) -> Document:
    """Freeze what was found, beside its specification, the base model and waivers; `more` are further references.

    Whoever launched it counts as its contributor.
    """
    return freeze(
        m,
        kind=KINDS[kind],
        body=found,
        references=[
            {"role": "spec", "digest": job.spec_id},
            {"role": "base_model", "digest": asked(job.spec).digest},
            *waivers_of(attempt),
            *more,
        ],
        contributors=[job.requested_by.actor],
        by=None,
    )
