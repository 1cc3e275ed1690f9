"""An inventory held against what is known here: computed whenever it is looked at, from documents and ledger."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache

from governance import events, store
from governance.errors import NotFound
from governance.models import Document, Project, User
from governance.proof.fields import moment
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors import register as runs
from training.bodies.inventories import INVENTORY, InventoryBody
from training.inventory.matching import RUN, SERVICE, Known, Reconciliation, reconcile
from training.inventory.reading import Row, read
from training.selectors.deployed import Deployed, deployments


@dataclass(frozen=True)
class Held:
    """An inventory, its body, and how it agrees with what the ledger held at a size."""

    document: Document
    body: InventoryBody
    result: Reconciliation
    ledger_size: int


def of(user: User, digest: str) -> Held:
    """Return an inventory that somebody may see with its reconciliation. NotFound: there is none."""
    document = docs.get(user, digest)
    if document.kind != INVENTORY:
        raise NotFound("there is no such inventory")
    return held(document)


def listed(user: User) -> list[Document]:
    """Return the inventories that somebody may see, the newest first."""
    rows = docs.visible(user).filter(kind=INVENTORY).select_related("project", "series", "created_by")
    return list(rows.order_by("-seq"))


def held(document: Document) -> Held:
    """Return an inventory's reconciliation as of now. Raises as reading documents and stored files does."""
    body = docs.model_body(document, InventoryBody)
    size = ledger.size()
    covers = (_midnight(body.covers_from), datetime.combine(date.fromisoformat(body.covers_until), time.max, UTC))
    result = reconcile(
        _rows(body.file.sha256, body.format, tuple(body.columns.items())),
        [*_attempts(document.project, size), *_services(document.project)],
        source=body.source,
        covers=covers,
        environments=body.environments,
    )
    return Held(document, body, result, size)


@lru_cache(maxsize=4)
def _rows(sha256: str, form: str, columns: tuple[tuple[str, str], ...]) -> tuple[Row, ...]:
    """Return the rows of stored bytes, which never change under their digest."""
    return tuple(read(store.read(sha256), form=form, columns=dict(columns)))


def _attempts(project: Project | None, size: int) -> list[Known]:
    """Return every attempt that the ledger tells of, named by its own and its job's identifier."""
    rows = runs.of(project, 0, size).runs
    ends = ledger.leaves_at({int(row[-1]) for row in rows})
    began = _begun(project, size)
    found, job = [], ""
    for label, _entry, when, what, identifier, _of, state, last in rows:
        if what != "attempt":
            job = str(identifier)
            continue
        over = state not in ("consumed", "received")
        found.append(
            Known(
                RUN,
                f"attempt {label}",
                "run",
                job,
                moment(str(when)),
                moment(ends[int(last)].time) if over else None,
                names=frozenset({str(identifier), job}),
                must=str(identifier) in began,
            )
        )
    return _one_a_job(found)


def _begun(project: Project | None, size: int) -> set[str]:
    """Return the attempts of a project (None: of all) whose permit was consumed, whatever became of them."""
    place = str(project.pk) if project is not None else None
    leaves = ledger.leaves_of((events.PERMIT_CONSUMED,))
    return {str(leaf.data["attempt"]) for leaf in leaves if leaf.seq < size and place in (None, leaf.project)}


def _one_a_job(attempts: list[Known]) -> list[Known]:
    """Let a job's identifier name its last attempt that ran, or its last: a list that names the job alone means one."""
    last = {one.key: one for one in attempts} | {one.key: one for one in attempts if one.must}
    return [one if last[one.key] is one else replace(one, names=one.names - {one.key}) for one in attempts]


def _services(project: Project | None) -> list[Known]:
    return [_service(one) for one in deployments(projects=[project] if project is not None else None)]


def _service(one: Deployed) -> Known:
    served = [d for d in (one.origin.serves, one.origin.record, one.origin.base) if d is not None]
    runs_on = one.origin.record or one.origin.base
    files = {entry.sha256 for d in served[:1] for entry in KINDS[d.kind].files(docs.envelope(d).body)}
    if runs_on is not None and runs_on is not one.origin.serves:
        files |= {entry.sha256 for entry in KINDS[runs_on.kind].files(docs.envelope(runs_on).body)}
    until = _midnight(one.body.until) if one.body.until is not None else None
    return Known(
        SERVICE,
        one.document.title,
        "document",
        one.document.digest,
        _midnight(one.body.since),
        until,
        files=frozenset(files | {d.digest for d in served[:1]}) if files else frozenset(),
        service=one.body.service,
        environment=one.body.environment,
    )


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
