"""Reading jobs, and asking the gate without launching anything."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from governance.errors import Invalid, NotFound
from governance.gates import Verdict
from governance.job_states import JobState
from governance.models import Document, Job, User
from governance.registry import Purpose, purpose_of
from governance.selectors import ledger
from governance.selectors.people import projects_of


def purpose(spec: Document) -> Purpose:
    """Return what launching this document would do. Invalid when it cannot be launched."""
    found = purpose_of(spec)
    if found is None:
        raise Invalid(
            "spec", f"a document of kind {spec.kind} is not something to launch; give a run or evaluation spec"
        )
    return found


def gate(*, user: User, spec: Document, evidence: Mapping[str, Any] | None = None) -> Verdict:
    """Return what the gate would say if this person launched the spec now. Changes nothing.

    Without `evidence` the bytes are hashed anew (at disk speed).
    """
    found = purpose(spec)
    prepared = found.prepare(spec) if evidence is None else evidence
    return found.gate(spec, user, prepared, ledger.size(), timezone.now())


def visible(user: User) -> "QuerySet[Job]":
    """Return the jobs of the projects somebody may see, newest first."""
    return Job.objects.filter(project__in=projects_of(user)).select_related("project", "spec", "requested_by", "output")


def get(user: User, job_id: str) -> Job:
    """Return a job somebody may see. NotFound otherwise."""
    try:
        key = uuid.UUID(str(job_id))
    except ValueError:
        raise NotFound("there is no such job") from None
    found = visible(user).filter(pk=key).first()
    if found is None:
        raise NotFound("there is no such job")
    return found


def standing_job(spec: Document) -> Job | None:
    """Return the job that stands in the way of launching this spec anew: a live one, or one that succeeded.

    Where a purpose repeats only a live one does.
    """
    found = purpose_of(spec)
    done = [] if found is not None and found.repeats else [JobState.SUCCEEDED.value]
    taken = [s.value for s in JobState if s.live] + done
    return Job.objects.filter(spec=spec, state__in=taken).first()
