"""What people marked after failures: candidate cases of a set's next version, and candidate training examples."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from evals import samples
from evals.engine.cases import CasesInvalid, parse_line
from evals.engine.spec import Case
from evals.quality.rows import Row
from governance import access, events, store
from governance.errors import Denied, Finding, NotFound
from governance.models import Candidate, CandidateWithdrawn, Document, LedgerSubject, Project, User
from governance.proof.canonical import dumps, sha256
from governance.selectors import candidates, disposals, ledger
from governance.selectors import documents as docs
from governance.selectors.people import projects_of

DISPOSED = "its words were disposed of, as was signed"
CASE, EXAMPLE = "case", "example"
USES: Final = {CASE: "case for the next version of a set", EXAMPLE: "training example"}
MODELS: Final[dict[str, type[Case] | type[Row]]] = {CASE: Case, EXAMPLE: Row}


@dataclass(frozen=True)
class Marked:
    """A candidate as the ledger confirms it.

    `case` and `repeat` say which answer failed, `note` why it was marked; None where that was erased. `content` is what
    is proposed; None with a `fault` where it cannot be read, or may not be seen by who asked. `drafts` name the drafts
    it went into.
    """

    row: Candidate
    case: str | None
    repeat: int | None
    note: str | None
    content: Case | Row | None
    fault: str
    withdrawn: CandidateWithdrawn | None
    drafts: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether it waits for what becomes of it."""
        return self.withdrawn is None and not self.drafts

    @property
    def use(self) -> str:
        """What it is proposed for, in words."""
        return USES[self.row.use]


def answer_name(result: Document, case: str, repeat: int) -> str:
    """Return the digest that names an answer of a result."""
    return sha256(dumps([result.digest, case, repeat]))


def of_project(user: User, project: Project) -> list[Marked]:
    """Return the candidates of a project, the newest first. Constant queries but for the sets they came from."""
    rows = Candidate.objects.filter(result__project=project)
    return _marked(user, rows.select_related("by", "result", "result__project"))


def standing(user: User, project: Project, use: str) -> list[Marked]:
    """Return the candidates of a project for one use that were not withdrawn, the oldest first."""
    return [one for one in reversed(of_project(user, project)) if one.row.use == use and one.withdrawn is None]


def get(user: User, identifier: Any) -> Marked:
    """Return a candidate of a project that somebody may see. NotFound otherwise."""
    try:
        key = uuid.UUID(str(identifier))
    except ValueError:
        raise NotFound("there is no such candidate") from None
    rows = Candidate.objects.filter(pk=key, result__project__in=projects_of(user))
    found = _marked(user, rows.select_related("by", "result", "result__project"))
    if not found:
        raise NotFound("there is no such candidate")
    return found[0]


def again(row: Candidate) -> Marked:
    """Return the candidate read anew, its content aside."""
    return _told([row], lambda each: (None, ""))[0]


def marks_of(result: Document) -> dict[str, list[str]]:
    """Return what the answers of a result are marked for, withdrawn marks aside: the answer's name → uses."""
    rows = Candidate.objects.filter(result=result).select_related("by")
    found: dict[str, list[str]] = {}
    for one in _told(rows, lambda each: (None, "")):
        if one.withdrawn is None:
            found.setdefault(one.row.answer, []).append(one.row.use)
    return found


def lines(chosen: Sequence[Marked]) -> Iterator[bytes]:
    """Yield the lines proposed, as they were kept. Denied when the cases are kept from who asked."""
    for one in chosen:
        if one.content is None:
            role = access.ROLES[access.OWNER]
            raise Denied(Finding("access", one.fault, "candidates you may see", "Leave that candidate out.", role))
    return (store.read(one.row.sha256) for one in chosen)


def _marked(user: User, found: Iterable[Candidate]) -> list[Marked]:
    rows = list(found)
    kept_from = _kept_from(user, {row.result_id: row.result for row in rows})
    return _told(rows, lambda row: (None, why) if (why := kept_from[row.result_id]) else _content(row))


def _told(rows: Iterable[Candidate], content: Callable[[Candidate], tuple[Case | Row | None, str]]) -> list[Marked]:
    known = candidates.confirmed(rows)
    ends, drafts = candidates.withdrawn(known), _drafts(known)
    private = ledger.openings([row.seq for row in known])
    found = []
    for row in known:
        said, (proposal, fault) = private.get(row.seq, {}), content(row)
        found.append(
            Marked(
                row=row,
                case=said.get("case"),
                repeat=said.get("repeat"),
                note=said.get("note"),
                content=proposal,
                fault=fault,
                withdrawn=ends.get(row.pk),
                drafts=tuple(drafts.get(str(row.pk), ())),
            )
        )
    return found


def _kept_from(user: User, results: Mapping[str, Document]) -> dict[str, str]:
    """Return why the cases behind each result are not for somebody, "" when they are: a set can become a holdout later.

    One rule, `samples.SAMPLING.hidden_from`, asked once of each set.
    """
    known = Document.objects.select_related("project", "series")
    plans = {name: _named(result, "thresholds") for name, result in results.items()}
    thresholds = known.in_bulk(set(plans.values()))
    sets = {name: _named(document, "evaluation_set") for name, document in thresholds.items()}
    hidden = {
        name: samples.SAMPLING.hidden_from(document) & access.roles_of(user, document.project)
        for name, document in known.in_bulk(set(sets.values())).items()
    }
    found = {}
    for name, plan in plans.items():
        held = hidden[sets[plan]]
        found[name] = f"its cases are kept from the role {access.words(held)}" if held else ""
    return found


def _named(document: Document, role: str) -> str:
    return next(link.digest for link in docs.envelope(document).references if link.role == role)


def _content(row: Candidate) -> tuple[Case | Row | None, str]:
    try:
        line = store.read(row.sha256).removesuffix(b"\n")
        return parse_line("candidate", 1, line, MODELS[row.use]), ""
    except store.BytesMissing:
        return None, DISPOSED if disposals.files([row.sha256]) else "its words are gone, and no disposal tells of it"
    except (store.BytesCorrupt, CasesInvalid, ValidationError, KeyError):
        return None, "its words were altered: they have another digest"


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
