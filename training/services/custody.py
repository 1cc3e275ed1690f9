"""Restore drills as people ask for them. The worker has them made (`training.drills`)."""

from typing import Final

from governance.models import Document, Job, Project, User
from governance.services import jobs
from governance.services.documents import document_submit
from governance.services.ledger import admit
from training.custody.bodies import RestoreSpecBody
from training.custody_kinds import RESTORE_SPEC

ACTION: Final = "custody.drill"


def drill(*, actor: User, project: Project, base: Document, body: RestoreSpecBody) -> Job:
    """Freeze a restore drill of a base model, on behalf of a project, and put it before the worker.

    Raises:
        Denied: the access table lets the person make none there.
        Refused: the gate is closed: the base model is not in force or hosted, or the operator lists no such backup.
    """
    admit(actor=actor, action=ACTION, project=project, subjects=[base.digest])
    spec = document_submit(
        actor=actor,
        project=project,
        kind=RESTORE_SPEC,
        body=body.model_dump(mode="json"),
        references=[{"role": "base_model", "digest": base.digest}],
    )
    return jobs.launch(actor=actor, spec=spec)
