"""Planning the measurement of further arms, and reading what arms answered.

What other systems answered, hosted models and models of other runs each become a frozen specification of an evaluation
under a plan that is there; measuring it takes the gate, a permit and a runner like any other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import documents as kinds
from evals.selectors.arm_answers import Answers as Opened
from evals.selectors.arms import Arm, Arms
from evals.services.failures import READ
from governance import access
from governance.errors import Invalid
from governance.models import Document, Reference, User
from governance.selectors import documents as docs
from governance.services import files
from governance.services.documents import document_submit
from governance.services.ledger import refusals_recorded


@dataclass(frozen=True)
class Answers:
    """A file of recorded answers: its name, its bytes in chunks, and where they come from (a `Recording`'s fields)."""

    name: str
    chunks: Iterable[bytes]
    recording: Mapping[str, Any]


def specify(
    *,
    actor: User,
    thresholds: Document,
    arm: str,
    answers: Answers | None = None,
    endpoint: Mapping[str, Any] | None = None,
    subject: Document | None = None,
    note: str = "",
) -> Document:
    """Freeze the specification that measures an arm under the plan of `thresholds`; one of the three answers.

    Recorded answers are stored, and held against the cases before anything is frozen.

    Raises:
        Denied, NotFound: the person may not write specifications here.
        Invalid: the thresholds are none, what answers does not fit the arm, or a recording does not fit the cases.
    """
    if thresholds.kind != kinds.THRESHOLDS or thresholds.project is None:
        raise Invalid("thresholds", f"found a {thresholds.kind}, expected acceptance thresholds")
    plan = {"thresholds": thresholds} | {
        role: found for role in ("evaluation_set", "rubric") if (found := docs.linked_one(thresholds, role)) is not None
    }
    body: dict[str, Any] = {"arm": arm, "attempt_index": _attempts(thresholds, arm) + 1, "note": note}
    if answers is not None:
        entry = files.upload(actor=actor, project=thresholds.project, chunks=answers.chunks, name=answers.name)
        body |= {"recorded": entry.model_dump(mode="json"), "recording": dict(answers.recording)}
    if endpoint is not None:
        body["endpoint"] = dict(endpoint)
    if subject is not None:
        plan["subject"] = subject
    return document_submit(
        actor=actor,
        project=thresholds.project,
        kind=kinds.SPEC,
        body=body,
        references=[{"role": role, "digest": document.digest} for role, document in plan.items()],
    )


def opened(*, actor: User, arms: Arms, chosen: Sequence[Arm]) -> Opened:
    """Return what chosen arms of a plan said, to be looked through case by case. Changes nothing.

    Raises:
        Denied, NotFound: the cases are kept from a role of theirs, or the project is; recorded on the ledger.
    """
    project, subjects = arms.thresholds.project, [arms.evaluation_set.digest]
    with refusals_recorded(actor=actor, action=READ, project=project, subjects=subjects):
        access.require(actor, READ, project)
        return Opened(actor, arms, chosen)


def _attempts(thresholds: Document, arm: str) -> int:
    """Return how many specifications of that arm there are under these thresholds."""
    rows = Reference.objects.filter(target=thresholds, role="thresholds", source__kind=kinds.SPEC)
    return sum(docs.envelope(row.source).body["arm"] == arm for row in rows.select_related("source"))
