"""Grading rounds as the ledger confirms them: whose turn it is, who may see which case, and what is agreed so far.

Nothing here tells a grader which model an output is from: no digest of a result, no arm, no order but their own.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import QuerySet

from evals import samples
from evals.engine.human_grades import (
    AgreementFigure,
    Given,
    HumanGradesBody,
    Item,
    RoundBody,
    State,
    in_order,
    items,
    read_texts,
    states,
)
from evals.engine.results import EvaluationResultBody
from evals.engine.spec import EvaluationSetBody
from evals.subjects import SUBJECTS
from governance import access, store
from governance.access import ROLES
from governance.errors import Denied, Finding, NotFound, Refused
from governance.models import Document, GradingClosed, GradingRound, HumanGrade, Project, User
from governance.selectors import apart, gradings
from governance.selectors import documents as docs
from governance.selectors.inbox import people_of
from governance.selectors.people import projects_of

CHECK = "grading"


@dataclass(frozen=True)
class Round:
    """A confirmed round with its grades, as of one reading of the database."""

    row: GradingRound
    body: RoundBody
    closed: GradingClosed | None
    abandoned: gradings.Abandoned | None = None

    @property
    def over(self) -> bool:
        """Whether nobody grades in it any more: it was closed or abandoned."""
        return self.closed is not None or self.abandoned is not None

    def open_at(self, ledger_size: int | None = None) -> bool:
        """Return whether it was opened and not yet over at a ledger size (default: now)."""
        if ledger_size is None:
            return not self.over
        ends = [end.seq for end in (self.closed, self.abandoned) if end is not None]
        return self.row.seq < ledger_size and not any(seq < ledger_size for seq in ends)

    @cached_property
    def rows(self) -> list[Any]:
        """The confirmed grades, the first first."""
        return gradings.grades(self.row)

    @cached_property
    def given(self) -> list[Given]:
        """The same as plain data."""
        return [_given(row) for row in self.rows]

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Rubric, evaluation set and results by digest."""
        wanted = [self.body.rubric, self.body.evaluation_set, *self.body.results]
        return Document.objects.select_related("project", "series").in_bulk(wanted)

    @property
    def evaluation_set(self) -> Document:
        """The set whose cases were asked."""
        return self.documents[self.body.evaluation_set]

    @property
    def results(self) -> list[Document]:
        """The results whose outputs are graded."""
        return [self.documents[digest] for digest in self.body.results]

    @cached_property
    def subjects(self) -> list[Document]:
        """What the results are of."""
        return list(_subjects(self.results).values())

    @cached_property
    def items(self) -> list[Item]:
        """The outputs that were drawn, by name."""
        return drawn(self.row.seed, self.evaluation_set, self.results, self.body.cases)

    @cached_property
    def states(self) -> dict[str, State]:
        """Where each item stands, by name."""
        return states(self.items, self.body, self.given)

    @property
    def left(self) -> int:
        """How many items wait for a grade or a third person."""
        return sum(not state.done for state in self.states.values())


@dataclass(frozen=True)
class Progress:
    """How far somebody is: outputs they graded, those that still wait for them, and which is next (None: none)."""

    graded: int
    waiting: int
    next: str | None
    adjudicating: bool

    @property
    def total(self) -> int:
        """All that were ever theirs to grade."""
        return self.graded + self.waiting


def drawn(seed: str, evaluation_set: Document, results: Iterable[Document], cases: int) -> list[Item]:
    """Return the items that a seed draws from the recorded outputs of results."""
    slices = {case.id: case.slices for case in _cases(evaluation_set)}
    return items(seed, slices, {result.digest: texts(result) for result in results}, cases)


def texts(result: Document) -> Mapping[tuple[str, int], str]:
    """Return the recorded outputs of a result by case and repeat, their file hashed again when first read.

    Raises:
        BytesMissing, BytesCorrupt: the store does not hold what the result names.
    """
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    return _texts(body.outputs.sha256)


@lru_cache(maxsize=8)
def _texts(sha256: str) -> Mapping[tuple[str, int], str]:
    store.check(sha256)
    return read_texts(store.path_of(sha256))


def _cases(evaluation_set: Document) -> list[Any]:
    body: EvaluationSetBody = docs.model_body(evaluation_set, EvaluationSetBody)
    return list(_read(tuple(entry.sha256 for entry in body.files), evaluation_set.digest))


@lru_cache(maxsize=8)
def _read(files: tuple[str, ...], digest: str) -> tuple[Any, ...]:
    for sha256 in files:
        store.check(sha256)
    body: EvaluationSetBody = docs.model_body(Document.objects.get(pk=digest), EvaluationSetBody)
    return tuple(samples.stored_cases(body))


def of_project(project: Project) -> list[Round]:
    """Return the rounds of a project, the newest first."""
    return _of([project.pk])


def _of(projects: Collection[Any]) -> list[Round]:
    return _rounds(GradingRound.objects.filter(project__in=projects).select_related("by", "project"))


def about(results: Collection[Document]) -> list[Round]:
    """Return the rounds about any of some results, the newest first."""
    wanted = {result.digest for result in results}
    found = _of({result.project_id for result in results})
    return [one for one in found if wanted & set(one.body.results)]


def get(user: User, identifier: Any) -> Round:
    """Return a round of a project that somebody may see.

    Raises:
        NotFound: there is none, the ledger does not confirm it, or it is hidden from them.
    """
    rows = GradingRound.objects.filter(pk=identifier, project__in=projects_of(user)).select_related("by", "project")
    found = _rounds(rows)
    if not found:
        raise NotFound("there is no such grading round")
    return found[0]


def confirmed(grades: Document) -> bool:
    """Return whether the ledger tells that a round ended with these grades: a document alone is nobody's grades."""
    return bool(ended(GradingClosed.objects.filter(document=grades)))


def ended(ends: "QuerySet[GradingClosed]") -> list[Document]:
    """Return the grades of those ends of rounds that the ledger confirms, in the order given."""
    rows = list(ends.select_related("round__by", "round__project"))
    closed = {found.row.pk: found.closed for found in _rounds(row.round for row in rows)}
    known = [(row, closed.get(row.round_id)) for row in rows]
    return [end.document for row, end in known if end is not None and end.document_id == row.document_id]


def frozen(grades: Document) -> dict[str, Any]:
    """Return a closed round as the engine reads it; its file is hashed again.

    Raises:
        BytesMissing, BytesCorrupt: the store does not hold what the document names.
    """
    body: HumanGradesBody = docs.model_body(grades, HumanGradesBody)
    store.check(body.grades.sha256)
    return {
        "path": str(store.path_of(body.grades.sha256)),
        "graders": body.asked.graders,
        "criteria": [criterion.model_dump(mode="json") for criterion in body.asked.criteria],
    }


def again(grading_round: Round) -> Round:
    """Return the round read anew."""
    return _rounds([grading_round.row])[0]


def with_grade(grading_round: Round, row: HumanGrade) -> Round:
    """Return the round as it is with one more grade, without reading the others again."""
    after = Round(grading_round.row, grading_round.body, grading_round.closed, grading_round.abandoned)
    after.__dict__.update(
        items=grading_round.items,
        documents=grading_round.documents,
        rows=[*grading_round.rows, row],
        given=[*grading_round.given, _given(row)],
    )
    return after


def _given(row: HumanGrade) -> Given:
    return Given(row.item, row.by.actor, row.adjudicates, row.number, tuple(row.scores), row.seq)


def _rounds(rows: Iterable[GradingRound]) -> list[Round]:
    confirmed = gradings.rounds(rows)
    ends, left = gradings.closed(confirmed), gradings.abandoned(confirmed)
    return [Round(row, RoundBody.model_validate(row.body), ends.get(row.pk), left.get(row.pk)) for row in confirmed]


def _subjects(results: Iterable[Document]) -> dict[str, Document]:
    named = {x.digest for result in results for x in docs.references(result) if x.role == "subject"}
    return Document.objects.select_related("project", "series").in_bulk(named)


def barred(user: User, evaluation_set: Document, subjects: Iterable[Document], project: Project) -> Finding | None:
    """Return why somebody may not grade what `subjects` answered; None if they may.

    Who may not see the cases does not see the outputs to them either, and nobody grades what they made themselves.
    """
    held = access.roles_of(user, project)
    hidden = samples.SAMPLING.hidden_from(evaluation_set) & held
    if hidden:
        return Finding(
            CHECK,
            f"you hold the role {access.words(hidden)}",
            "somebody who may see the cases of a holdout",
            "Let somebody grade who never trains on what a holdout holds.",
            ROLES[access.COMPLIANCE_OFFICER],
        )
    for subject in subjects:
        if user.actor in SUBJECTS[subject.kind].makers(subject):
            return Finding(
                CHECK,
                "you made one of the models whose outputs are graded",
                "somebody who had no part in them",
                "Let somebody else grade.",
                ROLES[access.COMPLIANCE_OFFICER],
            )
    return None


def require_grader(user: User, grading_round: Round) -> None:
    """Return if somebody may grade in a round.

    Raises:
        Denied: the access table says no. Refused: the cases are kept from them, or they made one of the models.
    """
    access.require(user, "grading.grade", grading_round.row.project)
    if found := barred(user, grading_round.evaluation_set, grading_round.subjects, grading_round.row.project):
        raise Refused(found)


def may_grade(user: User, grading_round: Round) -> bool:
    """Return whether somebody may grade in a round."""
    try:
        require_grader(user, grading_round)
    except (Denied, Refused, NotFound):
        return False
    return True


def progress(user: User, grading_round: Round, after: str | None = None) -> Progress:
    """Return how far somebody is; `after` is the item they are at: the next one after it comes first."""
    mine = in_order(grading_round.items, grading_round.row.seed, user.actor)
    turns = {item.name: grading_round.states[item.name].turn_of(user.actor) for item in mine}
    waiting = [item.name for item in mine if turns[item.name] == "grade"]
    deciding = [item.name for item in mine if turns[item.name] == "adjudicate"]
    todo = waiting or deciding
    place = {item.name: number for number, item in enumerate(mine)}
    start = place.get(after, -1) if after else -1
    following = next((name for name in todo if place[name] > start), todo[0] if todo else None)
    done = sum(user.actor in state.grades for state in grading_round.states.values())
    done += sum(s.adjudication is not None and s.adjudication.by == user.actor for s in grading_round.states.values())
    return Progress(done, len(waiting) + len(deciding), following, bool(deciding) and not waiting)


@dataclass(frozen=True)
class Task:
    """One item as its grader sees it; nothing says which model it is from.

    `others` are the scores of those who disagreed, in no order of theirs, for whoever adjudicates. `before` are the
    grader's own scores, and `number` how many they gave; `previous` and `following` the items around it.
    """

    name: str
    parts: tuple[tuple[str, str], ...]
    output: str
    turn: str
    others: tuple[tuple[int, ...], ...]
    before: tuple[int, ...]
    number: int
    previous: str | None
    following: str | None


def task(user: User, grading_round: Round, name: str) -> Task:
    """Return an item for somebody to grade, or to look at again what they graded.

    Raises:
        NotFound: there is no such item, or it is not theirs.
        Denied, Refused: they may not grade here.
    """
    require_grader(user, grading_round)
    state = grading_round.states.get(name)
    if state is None:
        raise NotFound("there is no such output in this round")
    own = [one for one in grading_round.given if one.item == name and one.by == user.actor]
    turn = state.turn_of(user.actor)
    if not own and (not turn or grading_round.over):
        raise NotFound("this output is not yours to grade")
    if own and own[-1].adjudicates:
        turn = "adjudicate"
    [case] = samples.SAMPLING.show(grading_round.evaluation_set, [state.item.case])
    place = [
        item.name
        for item in in_order(grading_round.items, grading_round.row.seed, user.actor)
        if item.name == name
        or grading_round.states[item.name].turn_of(user.actor)
        or any(one.item == item.name and one.by == user.actor for one in grading_round.given)
    ]
    at = place.index(name)
    seen = sorted(given.scores for given in state.grades.values()) if turn == "adjudicate" else []
    return Task(
        name=name,
        parts=case.parts,
        output=texts(grading_round.documents[state.item.result])[state.item.case, state.item.repeat],
        turn=turn,
        others=tuple(seen),
        before=own[-1].scores if own else (),
        number=len(own),
        previous=place[at - 1] if at else None,
        following=place[at + 1] if at + 1 < len(place) else None,
    )


def agreements(grading_round: Round, viewer: User | None = None) -> dict[str, AgreementFigure]:
    """Return the agreement by criterion, over the items that enough people graded, before any adjudication.

    To a `viewer` only of items they had no hand in and can have none: nobody is told how their own grades compare
    while they can still change them, nor of what they may yet decide. Reckoned in a process of its own.
    """
    counted = [
        state
        for _, state in sorted(grading_round.states.items())
        if state.graded and (viewer is None or _apart(state, viewer))
    ]
    clusters = {case.id: case.cluster or case.id for case in _cases(grading_round.evaluation_set)}
    rated = {
        criterion.name: {
            "met_from": criterion.met_from,
            "scores": [[given.scores[place] for _, given in sorted(state.grades.items())] for state in counted],
            "clusters": [clusters[state.item.case] for state in counted],
        }
        for place, criterion in enumerate(grading_round.body.criteria)
    }
    told: dict[str, Any] = json.loads(_agreed(json.dumps({"rated": rated})))
    return {name: AgreementFigure.model_validate(found) for name, found in told.items()}


def _apart(state: State, viewer: User) -> bool:
    """Return whether somebody neither graded nor decided about an item, and cannot any more."""
    decided = state.adjudication is not None and state.adjudication.by == viewer.actor
    return viewer.actor not in state.grades and not decided and not state.turn_of(viewer.actor)


@lru_cache(maxsize=64)
def _agreed(request: str) -> str:
    """Return what the process says, remembered by what it is asked: the same scores agree as far as before."""
    return apart.ask("evals.engine.rater_agreement", json.loads(request), "grades", "agreement cannot be reckoned")


def graders(grading_round: Round) -> set[str]:
    """Return the ledger ids of everybody who graded or adjudicated."""
    return {one.by for one in grading_round.given}


def able(grading_round: Round) -> list[User]:
    """Return the people who may grade in a round now, by name."""
    project = grading_round.row.project
    people = {grant.user_id: grant.user for grant in people_of(project)}
    return [user for user in people.values() if may_grade(user, grading_round)]


@dataclass(frozen=True)
class Waiting:
    """An open round in which outputs wait for somebody, and how many."""

    round: Round
    count: int


def waiting(user: User, most: int = 20) -> list[Waiting]:
    """Return the newest open rounds in which outputs wait for somebody, of `most` rounds, in a constant number of
    queries. Read from rows of grades alone, as the inbox is; whoever grades is asked by what the ledger confirms.
    """
    rows = GradingRound.objects.filter(project__in=projects_of(user), closed=None).select_related("by", "project")
    newest = list(rows.order_by("-seq")[:most])
    sizes, left = gradings.items(newest), gradings.abandoned(newest)
    found = [Round(row, RoundBody.model_validate(row.body), None) for row in newest if row.pk in sizes.keys() - left]
    wanted = {digest for one in found for digest in (one.body.evaluation_set, *one.body.results)}
    documents = Document.objects.select_related("project", "series").in_bulk(wanted)
    subjects = _subjects(documents.values())
    given = defaultdict(list)
    for grade in HumanGrade.objects.filter(round__in=[one.row for one in found]).select_related("by").order_by("seq"):
        given[grade.round_id].append(_given(grade))
    for one in found:
        mine = _subjects_of(one, documents, subjects)
        one.__dict__.update(documents=documents, subjects=mine, given=given[one.row.pk])
    counts = [(one, _left_for(user, one, sizes[one.row.pk])) for one in found if may_grade(user, one)]
    return [Waiting(one, count) for one, count in counts if count]


def _subjects_of(one: Round, documents: Mapping[str, Document], subjects: Mapping[str, Document]) -> list[Document]:
    references = [x for digest in one.body.results for x in docs.references(documents[digest])]
    return [subjects[x.digest] for x in references if x.role == "subject"]


def _left_for(user: User, grading_round: Round, size: int) -> int:
    """Return how many outputs wait for somebody, without reading any: those nobody graded wait for everybody."""
    seen = {given.item: Item(given.item, "", "", 1) for given in grading_round.given}
    known = states(seen.values(), grading_round.body, grading_round.given)
    return size - len(known) + sum(bool(state.turn_of(user.actor)) for state in known.values())
