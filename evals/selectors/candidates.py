"""What people marked after failures: candidate cases of a set's next version, and candidate training examples."""

import json
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

from django.db.models import QuerySet

from evals import samples
from evals.engine.cases import parse_line
from evals.engine.spec import Case
from evals.quality.rows import Row
from governance import access, events
from governance.errors import NotFound
from governance.models import Candidate, CandidateWithdrawn, Document, LedgerSubject, Project, User
from governance.proof.formats.canonical import dumps
from governance.selectors import candidates, kept, ledger
from governance.selectors import documents as docs
from governance.selectors.people import projects_of

CASE, EXAMPLE = "case", "example"
USES: Final = {CASE: "case for the next version of a set", EXAMPLE: "training example"}
MODELS: Final[dict[str, type[Case] | type[Row]]] = {CASE: Case, EXAMPLE: Row}


@dataclass(frozen=True)
class Marked:
    """A candidate as the ledger confirms it.

    `case` and `repeat` say which answer failed, `note` why it was marked; None where that was erased. `content` is what
    is proposed and `line` its bytes; None with a `fault` where it cannot be read. Where the cases are `hidden` from who
    asked, all of these are None. `drafts` name the drafts it went into.
    """

    row: Candidate
    case: str | None
    repeat: int | None
    note: str | None
    line: bytes | None
    content: Case | Row | None
    fault: str
    hidden: bool
    withdrawn: CandidateWithdrawn | None
    drafts: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether it waits for what becomes of it."""
        return self.withdrawn is None and not self.drafts

    @property
    def disposed(self) -> bool:
        """Whether a signed disposal took what was proposed."""
        return self.fault.endswith(kept.DISPOSED)

    @property
    def use(self) -> str:
        """What it is proposed for, in words."""
        return USES[self.row.use]


class Listed(Sequence["Marked"]):
    """Candidates as somebody may see them, read page by page: the rows first, then the files of those that are shown.

    A row that the ledger does not confirm is counted and never shown.
    """

    def __init__(self, user: User, rows: "QuerySet[Candidate]") -> None:
        self._user, self._rows = user, rows

    def __len__(self) -> int:
        return self._rows.count()

    @overload
    def __getitem__(self, place: int) -> Marked: ...

    @overload
    def __getitem__(self, place: slice) -> list[Marked]: ...

    def __getitem__(self, place: int | slice) -> Marked | list[Marked]:
        if isinstance(place, slice):
            return _marked(self._user, self._rows[place])
        return _marked(self._user, [self._rows[place]])[0]

    def __iter__(self) -> Iterator[Marked]:
        return iter(self[:])


def of_project(user: User, project: Project) -> Listed:
    """Return the candidates of a project, the newest first. Constant queries for a page of them."""
    return Listed(user, _rows(result__project=project))


def standing(user: User, project: Project, use: str) -> list[Marked]:
    """Return the candidates of a project for one use that were not withdrawn, the oldest first."""
    found = Listed(user, _rows(result__project=project, use=use).order_by("seq"))
    return [one for one in found if one.withdrawn is None]


def get(user: User, identifier: Any) -> Marked:
    """Return a candidate of a project that somebody may see. NotFound otherwise."""
    return get_many(user, [identifier])[0]


def get_many(user: User, identifiers: Sequence[Any]) -> list[Marked]:
    """Return candidates of projects that somebody may see, in the order given, each once. Constant queries.

    Raises:
        NotFound: one of them is none, or none for this person.
    """
    try:
        keys = list(dict.fromkeys(uuid.UUID(str(identifier)) for identifier in identifiers))
    except ValueError:
        raise NotFound("there is no such candidate") from None
    rows = _rows(pk__in=keys, result__project__in=projects_of(user))
    found = {one.row.pk: one for one in _marked(user, rows)}
    if len(found) != len(keys):
        raise NotFound("there is no such candidate")
    return [found[key] for key in keys]


def again(rows: Iterable[Candidate]) -> list[Marked]:
    """Return candidates read anew, their content aside."""
    return _told(rows)


def marks_of(result: Document) -> dict[tuple[str, int], list[str]]:
    """Return what the answers of a result are marked for, withdrawn marks aside: case and repeat → uses.

    Which answer it was is private to the entry: where that was erased, nobody knows any more.
    """
    found: dict[tuple[str, int], list[str]] = {}
    for one in _told(_rows(result=result)):
        if one.withdrawn is None and one.case is not None and one.repeat is not None:
            found.setdefault((one.case, one.repeat), []).append(one.row.use)
    return found


def kept_line(line: bytes) -> bytes:
    """Return what is kept of a proposed line: with a salt, so that nobody can guess it by its digest.

    Two people who propose the same words keep two files: the disposal of one leaves the other.
    """
    return dumps({"line": line.decode(), "salt": secrets.token_hex(16)})


def _rows(**wanted: Any) -> "QuerySet[Candidate]":
    return Candidate.objects.filter(**wanted).select_related("by", "result", "result__project")


def _marked(user: User, found: Iterable[Candidate]) -> list[Marked]:
    rows = list(found)
    return _told(rows, _kept_from(user, {row.result_id: row.result for row in rows}))


def _told(rows: Iterable[Candidate], kept_from: Mapping[str, str] | None = None) -> list[Marked]:
    """Return candidates as the ledger confirms them; their content only where `kept_from` is given.

    It says why the cases behind a result are not for somebody: what they may not see is left out altogether.
    """
    known = candidates.confirmed(rows)
    ends, drafts = candidates.withdrawn(known), _drafts(known)
    private = ledger.openings([row.seq for row in known])
    found = []
    for row in known:
        hidden = kept_from[row.result_id] if kept_from is not None else ""
        said = {} if hidden else private.get(row.seq, {})
        line, proposal, fault = (None, None, hidden) if hidden or kept_from is None else _content(row)
        found.append(
            Marked(
                row=row,
                case=said.get("case"),
                repeat=said.get("repeat"),
                note=said.get("note"),
                line=line,
                content=proposal,
                fault=fault,
                hidden=bool(hidden),
                withdrawn=ends.get(row.pk),
                drafts=tuple(drafts.get(str(row.pk), ())),
            )
        )
    return found


def _kept_from(user: User, results: Mapping[str, Document]) -> dict[str, str]:
    """Return why the cases behind each result are not for somebody, "" when they are: a set can become a holdout later.

    One rule, `samples.hidden_from_each`, asked once of all sets.
    """
    known = Document.objects.select_related("project", "series")
    plans = {name: _named(result, "thresholds") for name, result in results.items()}
    thresholds = known.in_bulk(set(plans.values()))
    sets = {name: _named(document, "evaluation_set") for name, document in thresholds.items()}
    asked = known.in_bulk(set(sets.values()))
    roles = {project: access.roles_of(user, project) for project in {document.project for document in asked.values()}}
    hidden = {
        name: roles_hidden & roles[asked[name].project]
        for name, roles_hidden in samples.hidden_from_each(asked.values()).items()
    }
    found = {}
    for name, plan in plans.items():
        held = hidden[sets[plan]]
        found[name] = f"its cases are kept from the role {access.words(held)}" if held else ""
    return found


def _named(document: Document, role: str) -> str:
    return next(link.digest for link in docs.references(document) if link.role == role)


def _content(row: Candidate) -> tuple[bytes | None, Case | Row | None, str]:
    """Return the line proposed, what it says, and what is wrong with it, "" when nothing is."""
    data, became = kept.read(row.sha256)
    if data is None:
        return None, None, f"its words {became}"
    try:
        said = json.loads(data)
        line = said["line"].encode() if said.keys() == {"line", "salt"} else data  # early ones were kept as they are
        return line, parse_line("candidate", 1, line.removesuffix(b"\n"), MODELS[row.use]), ""
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, None, f"its words {kept.ALTERED}"


def _drafts(rows: Iterable[Candidate]) -> dict[str, list[str]]:
    """Return the drafts that candidates went into, as the ledger tells it."""
    subjects = [f"candidate:{row.pk}" for row in rows]
    seqs = set(LedgerSubject.objects.filter(subject__in=subjects).values_list("entry_id", flat=True))
    found: dict[str, list[str]] = {}
    for leaf in ledger.leaves_at(seqs).values():
        if leaf.event == events.CANDIDATES_DRAFTED:
            for name in leaf.data["candidates"]:
                found.setdefault(str(name), []).append(str(leaf.data["draft"]))
    return found
