"""Asking for the quality checks. The worker has them run (`evals.assessments`)."""

from collections.abc import Sequence

from evals import documents as kinds
from governance.errors import Invalid
from governance.models import Document, Job, Project, User
from governance.services import jobs
from governance.services.documents import document_submit
from governance.services.ledger import admit

MOST = 300
"""characters of a title"""


def request(
    *,
    actor: User,
    project: Project,
    datasets: Sequence[Document],
    evaluation_set: Document,
    rubric: Document,
    production_sample: Document | None = None,
) -> Job:
    """Freeze what is to be checked against which cases, and put it before the worker.

    With a production sample the cases are held against it, too.

    The findings are the checks', never the caller's: nobody can write a quality report by hand.

    Raises:
        Denied, NotFound: as the access table says; asked before anything is read.
        Refused: the gate is closed: bytes are not those that were registered.
    """
    admit(actor=actor, action="quality.assess", project=project, subjects=[d.digest for d in datasets])
    if not datasets:
        raise Invalid("datasets", "found none, expected at least one")
    references = [{"role": "dataset", "digest": d.digest} for d in datasets]
    references += [
        {"role": "evaluation_set", "digest": evaluation_set.digest},
        {"role": "rubric", "digest": rubric.digest},
    ]
    if production_sample is not None:
        references.append({"role": "production_sample", "digest": production_sample.digest})
    title = f"Quality of {', '.join(d.title for d in datasets)}"
    spec = document_submit(
        actor=actor,
        project=project,
        kind=kinds.QUALITY_SPEC,
        body={"title": title if len(title) <= MOST else f"{title[: MOST - 1]}…"},
        references=references,
    )
    return jobs.launch(actor=actor, spec=spec)
