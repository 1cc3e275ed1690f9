"""What would fall if the sign-off of a document were revoked: read before it is done."""

from dataclasses import dataclass, field

from django.db import connection

from governance.job_states import JobState
from governance.models import Document, Job, Reference, SignoffRequest, User
from governance.proof.answers.inforce import InForce, Standing
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.selectors.inbox import visible_requests
from governance.selectors.people import projects_of

MATTERS = frozenset({Standing.IN_FORCE, Standing.PENDING, Standing.UNGOVERNED})
"""The standings of documents that something can still be done with."""


@dataclass(frozen=True)
class Resting:
    """A document that rests on the one to be revoked, and its standing."""

    document: Document
    standing: InForce


@dataclass
class Consequences:
    """Who and what a revocation would touch, as far as the reader may see it.

    `resting`: documents that rest on it and could still be used: nothing new may be done with them. `releases`: those
    of them that put something into use, and would be blocked. `stopped` are jobs that run and would be stopped,
    `refused` those that wait and would be refused. `requests` wait for signatures on the document or on what rests on
    it. `hidden` counts what lies in projects the
    reader does not see.
    """

    resting: list[Resting] = field(default_factory=list)
    releases: list[Resting] = field(default_factory=list)
    stopped: list[Job] = field(default_factory=list)
    refused: list[Job] = field(default_factory=list)
    requests: list[SignoffRequest] = field(default_factory=list)
    hidden: int = 0

    @property
    def any(self) -> bool:
        """Whether anything would happen beyond the document itself."""
        return bool(self.resting or self.releases or self.stopped or self.refused or self.requests or self.hidden)


def of(user: User, document: Document) -> Consequences:
    """Return what revoking a document's sign-off would bring about. A constant number of queries."""
    above = _resting_on(document)
    rows = list(Document.objects.filter(pk__in=above).select_related("project", "series"))
    standing = select.in_force_many([document, *rows])
    seen = set(docs.visible(user).filter(pk__in=above).values_list("pk", flat=True))
    touched = [d for d in rows if standing[d.digest].standing in MATTERS]
    live = [state.value for state in JobState if state.live]
    jobs = list(
        Job.objects.filter(spec__in=[document.digest, *above], state__in=live)
        .select_related("spec", "project", "requested_by")
        .order_by("created_at")
    )
    mine = [job for job in jobs if job.project in set(projects_of(user))]
    waiting = {
        standing[d.digest].request
        for d in [document, *rows]
        if standing[d.digest].standing is Standing.PENDING and standing[d.digest].request
    }
    requests = list(visible_requests(user).filter(pk__in=waiting).select_related("project", "requested_by"))
    resting = [Resting(d, standing[d.digest]) for d in touched if d.digest in seen]
    return Consequences(
        resting=[one for one in resting if not KINDS[one.document.kind].releases],
        releases=[one for one in resting if KINDS[one.document.kind].releases],
        stopped=[job for job in mine if job.state == JobState.RUNNING.value],
        refused=[job for job in mine if job.state != JobState.RUNNING.value],
        requests=requests,
        hidden=sum(d.digest not in seen for d in touched) + len(jobs) - len(mine) + len(waiting) - len(requests),
    )


def _resting_on(document: Document) -> list[str]:
    """Return the digests of everything that refers to a document, directly or through others, by one query."""
    table = connection.ops.quote_name(Reference._meta.db_table)
    query = f"""
        WITH RECURSIVE above (digest) AS (
            SELECT source_id FROM {table} WHERE target_id = %s
            UNION
            SELECT link.source_id FROM {table} AS link JOIN above ON link.target_id = above.digest
        )
        SELECT digest FROM above
    """  # noqa: S608  (the table's name is ours)
    with connection.cursor() as cursor:
        cursor.execute(query, [document.digest])
        return [digest for (digest,) in cursor.fetchall()]
