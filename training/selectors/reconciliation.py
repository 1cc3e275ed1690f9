"""An inventory held against what is known here: computed whenever it is looked at, from documents and ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache

from governance import events, store
from governance.errors import NotFound
from governance.models import Document, Project, User
from governance.proof.answers.served import plain
from governance.proof.formats.fields import moment
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors import register as runs
from training.bodies.inventories import INVENTORY, InventoryBody
from training.inventory.matching import RUN, SERVICE, Known, Ran, Reconciliation, reconcile
from training.inventory.reading import Row, read
from training.selectors import serving
from training.selectors.serving import Service


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
        [*_attempts(document.project, size), *_services(document.project, size)],
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


def environments(project: Project | None) -> list[str]:
    """Return the environments that deployments of a project (None: of all) are registered in."""
    found = {plain(one.body.environment): one.body.environment for one in _on_record(project, ledger.size())}
    return sorted(found.values(), key=str.casefold)


def _on_record(project: Project | None, size: int) -> list[Service]:
    return serving.services([project] if project is not None else Project.objects.all(), size)


def _services(project: Project | None, size: int) -> list[Known]:
    """Return every service with what it ran when, as far as that is on record now."""
    found = _on_record(project, size)
    ran = {what for one in found for span in one.spans for what in span.answer.candidates}
    named = {what: one.named[what] for one in found for what in ran if what in one.named}
    made = {d: _record(document) for d, document in named.items()}
    records = Document.objects.in_bulk({digest for digest in made.values() if digest})
    files = {what: _files(document, records.get(made[what])) for what, document in named.items()}
    return [_service(one, files) for one in found]


def _record(document: Document) -> str:
    """Return the run behind a release; "" of anything else."""
    return next((link.digest for link in docs.references(document) if link.role == "run_record"), "")


def _files(served: Document, record: Document | None) -> frozenset[str]:
    """Return the digests of the files that something runs on, and its own; empty where it has none."""
    of = [served] if record is None else [served, record]
    files = {entry.sha256 for one in of for entry in KINDS[one.kind].files(docs.envelope(one).body)}
    return frozenset(files | {served.digest}) if files else frozenset()


def _of_all(held: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the files of several things; none where one has none on record, since no file is a wrong one then."""
    return frozenset(digest for each in held for digest in each) if all(held) else frozenset()


def _service(one: Service, files: Mapping[str, frozenset[str]]) -> Known:
    ran = tuple(
        Ran(
            " or ".join(one.name_of(what) for what in span.answer.candidates),
            span.begins,
            span.ends,
            _of_all([files.get(what, frozenset()) for what in span.answer.candidates]),
        )
        for span in one.spans
        if span.answer.candidates
    )
    return Known(
        SERVICE,
        one.head.title,
        "document",
        one.head.digest,
        min((each.start for each in ran), default=datetime.max.replace(tzinfo=UTC)),
        None if any(each.end is None for each in ran) else max((each.end for each in ran if each.end), default=None),
        files=frozenset(digest for each in ran for digest in each.files),
        service=one.body.service,
        environment=one.body.environment,
        must=bool(ran),
        ran=ran,
    )


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
