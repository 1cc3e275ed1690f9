"""Fallback plans at work: drills of them, and measuring the successor by the plan's own evaluation set."""

from datetime import date
from typing import Any, Final

from evals.services import arms
from governance import notice_kinds
from governance.access import COMPLIANCE_OFFICER, OWNER, ROLES
from governance.errors import Finding, Invalid, Refused
from governance.models import Document, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import signoff
from governance.services import notices
from governance.services.announcements.commitments import falls_due_about
from governance.services.documents import check_body, freeze
from governance.services.ledger import mutation
from training.bodies.base_models import BaseModelBody
from training.bodies.continuity import DRILL, FALLBACK
from training.selectors.fallbacks import DRILL_DUE

ACTION: Final = "fallback.drill"


def drill(*, actor: User, plan: Document, **said: Any) -> Document:
    """Freeze what came of practising a plan: `date` (YYYY-MM-DD), `outcome` and `finding`.

    Raises:
        Denied, NotFound: the person may not record drills here.
        Invalid: the document is no plan, or a field is wrong.
        Refused: the plan is not in force, so there is nothing to practise.
    """
    _plan(plan)
    body = check_body(KINDS[DRILL], said)
    with mutation(actor=actor, action=ACTION, project=plan.project, subjects=[plan.digest]) as m:
        standing = signoff.in_force(plan, m.size, m.time)
        if not standing.ok:
            raise Refused(
                Finding(
                    "fallback_plan",
                    f"{plan} is {standing.standing.value}",
                    "a fallback plan that is in force",
                    "Have the plan signed, then practise it.",
                    f"{ROLES[OWNER]}, {ROLES[COMPLIANCE_OFFICER]}",
                )
            )
        agreed = standing.since.date() if standing.since is not None else m.time.date()
        if not agreed <= date.fromisoformat(body["date"]) <= m.time.date():
            raise Invalid("date", f"found {body['date']}, expected a day from {agreed}, when it was agreed, to today")
        made = freeze(
            m,
            kind=KINDS[DRILL],
            body=body,
            references=[{"role": "plan", "digest": plan.digest}],
            contributors=[actor.actor],
            by=actor,
        )
        if body["outcome"] == "passed":
            notices.settle(falls_due_about(DRILL_DUE, plan.digest), [notice_kinds.FALLS_DUE], at=m.time)
        return made


def measure_successor(*, actor: User, plan: Document) -> Document:
    """Freeze the specification that measures the plan's successor, as a baseline under the plan's own thresholds.

    Raises:
        Denied, NotFound: the person may not write specifications here.
        Invalid: the plan names no successor, or no thresholds to measure it by; or the successor is hosted.
    """
    _plan(plan)
    successor, thresholds = docs.linked_one(plan, "successor"), docs.linked_one(plan, "thresholds")
    if successor is None or thresholds is None:
        missing = "successor" if successor is None else "acceptance thresholds"
        raise Invalid("plan", f"it names no {missing}; add them in its next version")
    body: BaseModelBody = docs.model_body(successor, BaseModelBody)
    if body.hosted is not None:
        raise Invalid(
            "plan", "its successor is hosted, so no files answer: measure it as an endpoint, under another arm"
        )
    return arms.specify(
        actor=actor, thresholds=thresholds, arm="base", subject=successor, note=f"Successor in {plan}"[:2000]
    )


def _plan(document: Document) -> None:
    if document.kind != FALLBACK or document.project is None:
        raise Invalid("plan", f"found a {KINDS[document.kind].label}, expected a {KINDS[FALLBACK].label}")
