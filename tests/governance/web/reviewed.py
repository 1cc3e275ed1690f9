"""A plan in its second version before its signers: something changed, something is asked, cases are to be reviewed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance import registry
from governance.models import Comment, Delegation, Document, SignoffRequest
from governance.services import comments, delegation, documents, signoff
from governance.services.reauthentication import Proof
from tests.evals.engine.builders import rubric_dict
from tests.governance.web import world as made
from tests.governance.web.world import PASSWORD, World

SAMPLE = 4


@dataclass
class Reviewed:
    """The world, what waits in it, and what was said about it."""

    world: World
    request: SignoffRequest
    rubric: Document
    evaluation_set: Document
    question: Comment
    delegation: Delegation


def policy(sample: int = SAMPLE, **changes: Any) -> dict[str, Any]:
    """Return a policy under which evaluation sets are signed on a sample of their cases."""
    rule = {"roles": {"owner": 1, "compliance_officer": 1}, "validity_days": 365, "request_days": 30} | changes
    rules = {name: rule for name, kind in registry.KINDS.items() if kind.signed}
    rules["evals.evaluation_set"] = rule | {"sample": sample}
    return made.policy_body(rules=rules)


def build(**changes: Any) -> Reviewed:
    """Agree the first plan, then put new versions of rubric and cases before their signers under a stricter policy."""
    world = made.build()
    made.sign(world.request, world.second_owner, "owner")
    made.sign(world.request, world.officer, "compliance_officer")
    stricter = documents.document_submit(
        actor=world.owner, project=None, kind="governance.policy", base=world.policy, body=policy(**changes)
    )
    made.agree([stricter], world.owner, world.second_owner, world.officer)
    rubric = documents.document_submit(
        actor=world.engineer,
        project=world.project,
        kind="evals.rubric",
        base=world.rubric,
        body=rubric_dict(title="Chapter or escalate", prompt={"system": "Reply in JSON only.", "template": "{input}"}),
    )
    cases = documents.document_submit(
        actor=world.engineer,
        project=world.project,
        kind="evals.evaluation_set",
        base=world.evaluation_set,
        body=made.set_body(cases=320),
    )
    request = signoff.request_open(actor=world.engineer, documents=[rubric, cases])
    question = comments.comment_make(
        actor=world.auditor, document=rubric, kind="question", place="prompt", text="Why JSON only?"
    )
    now = timezone.now()
    given = delegation.give(
        actor=world.second_officer,
        to=world.officer,
        role="compliance_officer",
        project=world.project,
        starts_at=now,
        ends_at=now + timedelta(days=10),
        reason="On leave",
        proof=Proof(PASSWORD),
    )
    return Reviewed(world, request, rubric, cases, question, given)
