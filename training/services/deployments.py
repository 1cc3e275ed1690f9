"""Registering deployments, one in a form or many in a table: a service and its environment are one series."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evals.services.cases import read_rows_of_table
from governance.errors import Invalid
from governance.models import Document, Project, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services.documents import Paper, check_body, freeze_many
from governance.services.ledger import Unchanged, admit, mutation
from training.bodies.continuity import DEPLOYMENT, ORIGINS

ACTION: Final = "deployment.register"
BODY: Final = (
    "service", "environment", "criticality", "max_outage_hours", "since", "until", "owner", "need_until",
    "daily_impact", "currency", "stated_base",
)  # fmt: skip
FIELDS: Final = (*BODY, *ORIGINS)
"""What a row of a table may say, by the names of its columns; those of `ORIGINS` hold digests."""
REQUIRED: Final = ("service", "environment", "criticality", "max_outage_hours", "since", "owner")
MOST: Final = 2000
"""rows of a table"""
LONGEST_NUMBER: Final = 9
"""digits of a number of hours that are read; what is longer is no number that anybody meant"""


@dataclass(frozen=True)
class Registered:
    """What came of it: the documents that were frozen, and how many deployments were so on record already."""

    documents: tuple[Document, ...]
    unchanged: int


@dataclass(frozen=True)
class _Row:
    place: str
    body: dict[str, Any]
    links: dict[str, str]

    @property
    def key(self) -> tuple[str, str]:
        return _key(self.body)


def register(*, actor: User, project: Project, row: Mapping[str, str]) -> Registered:
    """Freeze a deployment: a new one, or the next version of that service in that environment. A row holds texts by
    `FIELDS`; empty ones are left out.

    Raises:
        Denied, NotFound: the person may not register deployments here.
        Invalid: a field is wrong, or the row names what is not there for this project.
    """
    admit(actor=actor, action=ACTION, project=project)
    return _freeze(actor, project, [_read("", row)])


def read_in(*, actor: User, project: Project, file: tuple[str, Iterable[bytes]]) -> Registered:
    """Freeze the deployments of a CSV file or a workbook's first sheet: all of them, or none.

    Raises:
        Denied, NotFound: the person may not register deployments here; asked before the file is read.
        Invalid: it is no table, or a row is wrong; the field says which, the reason why. Nothing is kept.
    """
    admit(actor=actor, action=ACTION, project=project)
    table = read_rows_of_table(file, most=MOST)
    columns: list[str] = [name.strip().lower() for name in table["columns"]]
    if unknown := sorted(set(columns) - set(FIELDS)):
        raise Invalid("columns", f"found {unknown[0][:80]!r}, expected some of {', '.join(FIELDS)}")
    if missing := [name for name in REQUIRED if name not in columns]:
        raise Invalid("columns", f"found no {missing[0]}, expected at least {', '.join(REQUIRED)}")
    rows = [
        _read(place, dict(zip(columns, cells, strict=True)))
        for place, cells in zip(table["places"], table["rows"], strict=True)
    ]
    return _freeze(actor, project, rows)


def _read(place: str, row: Mapping[str, str]) -> _Row:
    given = {name: text for name in FIELDS if (text := str(row.get(name) or "").strip())}
    body: dict[str, Any] = {name: given[name] for name in BODY if name in given}
    hours = body.get("max_outage_hours", "")
    if hours.isascii() and hours.isdigit() and len(hours) <= LONGEST_NUMBER:
        body["max_outage_hours"] = int(hours)
    links: dict[str, str] = {role: given[role] for role in ORIGINS if role in given}
    try:
        checked = check_body(KINDS[DEPLOYMENT], body)
    except Invalid as problem:
        raise _at(place, problem.field.removeprefix("body."), problem.reason) from None
    return _Row(place, checked, links)


def _at(place: str, field: str, reason: str) -> Invalid:
    return Invalid(place or field, f"{field}: {reason}" if place else reason)


def _freeze(actor: User, project: Project, rows: Sequence[_Row]) -> Registered:
    _vet(project, rows)
    try:
        with mutation(actor=actor, action=ACTION, project=project) as m:
            heads = {_key(docs.envelope(head).body): head for head in docs.heads(project, DEPLOYMENT)}
            papers = [
                Paper(
                    row.body,
                    [{"role": role, "digest": digest} for role, digest in row.links.items()],
                    head.series_id if head is not None else None,
                )
                for row in rows
                if (head := heads.get(row.key)) is None or not _says(head, row)
            ]
            if not papers:
                raise Unchanged
            made = freeze_many(m, kind=KINDS[DEPLOYMENT], papers=papers, contributors=[actor.actor], by=actor)
    except Unchanged:
        return Registered((), len(rows))
    return Registered(tuple(made), len(rows) - len(made))


def _vet(project: Project, rows: Sequence[_Row]) -> None:
    """Check what the rows name, and that each is another deployment. Raises Invalid at the first that is wrong."""
    kind, seen = KINDS[DEPLOYMENT], dict[tuple[str, str], str]()
    named = {digest for row in rows for digest in row.links.values()}
    found = Document.objects.select_related("project", "series").in_bulk(list(named))
    for row in rows:
        links: dict[str, list[Document]] = {}
        for role, digest in row.links.items():
            target = found.get(digest)
            if target is None or target.project_id not in (None, project.pk):
                raise _at(row.place, role, f"there is no document {digest[:80]} in this project or on the shelf")
            if target.kind not in kind.links[role].kinds:
                expected = " or ".join(KINDS[name].label for name in kind.links[role].kinds)
                raise _at(row.place, role, f"found a {KINDS[target.kind].label}, expected a {expected}")
            links[role] = [target]
        try:
            kind.examine(kind.schema.model_validate(row.body), links)
        except ValueError as problem:
            raise _at(row.place, "stated_base" if not links else next(iter(links)), str(problem)) from None
        if row.key in seen:
            other = f"the service and environment of {seen[row.key]} once more, expected each once"
            raise _at(row.place, "service", f"found {other}")
        seen[row.key] = row.place


def _key(body: Mapping[str, Any]) -> tuple[str, str]:
    return " ".join(body["service"].casefold().split()), " ".join(body["environment"].casefold().split())


def _says(head: Document, row: _Row) -> bool:
    known = docs.envelope(head)
    return known.body == row.body and {link.role: link.digest for link in known.references} == row.links
