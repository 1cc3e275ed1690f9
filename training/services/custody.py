"""Restore drills as people ask for them. The worker has them made (`training.purposes.restore`)."""

from typing import Final

from django.urls import reverse

from governance import notice_kinds
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import Document, Job, Project, User
from governance.selectors import duties
from governance.services import jobs, notices
from governance.services.announcements.words import where
from governance.services.documents import document_submit
from governance.services.ledger import Mutation, admit
from training.bodies.custody import RestoreSpecBody
from training.kinds.custody import RESTORE_SPEC

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


def tell_failed(m: Mutation, job: Job, record: Document) -> None:
    """Tell that a base model could not be restored: owners, compliance officers, and who had the drill made."""
    notices.notify(
        m,
        [job.requested_by, *answering(job.project)],
        notice_kinds.CUSTODY,
        about=f"drill:{record.digest}",
        subject=f"Could not be restored: {job.spec}",
        text=f"A restore drill {where(job.project)} failed: the backup of a base model would not do. Its record says "
        "what was found, file by file.",
        link=reverse("document", args=[record.digest]),
    )


def answering(project: Project | None) -> list[User]:
    """Return who answers for a project: its owners and compliance officers."""
    return [user for people in duties.holders((OWNER, COMPLIANCE_OFFICER), project).values() for user in people]
