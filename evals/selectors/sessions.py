"""Recorded sessions as the ledger confirms them: a row or a file alone counts for nothing."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import QuerySet

from evals import documents as kinds
from evals.engine.cases import read_cases
from evals.engine.seen import Print, gives_away, print_of
from evals.engine.session import SessionSpecBody
from evals.engine.spec import EvaluationSetBody
from governance import access, events, store
from governance.access import ENGINEER
from governance.errors import Finding, NotFound, Refused
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Document, Exchange, ExchangeAnswer, ExchangeGrade, Job, LedgerSubject, Project
from governance.models import User as Person
from governance.proof.answers.talks import (
    ANSWER_ALTERED,
    CRITICAL,
    GRADE_ALTERED,
    PURPOSE,
    ROW_ALTERED,
    ROW_GONE,
    worst,
)
from governance.proof.formats.leaf import Leaf
from governance.selectors import documents as docs
from governance.selectors import jobs, ledger
from governance.selectors import kept as files


@dataclass(frozen=True)
class Words:
    """What one side said: the kept bytes that the ledger names by `digest`, hashed anew when they are first read."""

    digest: str

    @cached_property
    def _read(self) -> tuple[dict[str, Any] | None, str]:
        kept, became = files.read(self.digest)
        try:
            return json.loads(kept) if kept is not None else None, became
        except ValueError:
            return None, files.ALTERED

    @property
    def record(self) -> dict[str, Any] | None:
        """The words as JSON; None where they are not as told."""
        return self._read[0]

    @property
    def why(self) -> str:
        """Why they cannot be shown, "" when they can."""
        return f"its words {self._read[1]}" if self._read[1] else ""

    @property
    def fault(self) -> str:
        """What is wrong with them, "" when nothing is: what a signed disposal took is not missing."""
        return self.why if self._read[1] != files.DISPOSED else ""

    @property
    def content(self) -> str:
        """The text itself, "" where it cannot be shown."""
        return str(self.record["content"]) if self.record else ""


@dataclass(frozen=True)
class Grade:
    """A grade as its leaf tells it, with what was noted; None where that was erased."""

    row: ExchangeGrade
    note: str | None


@dataclass
class Turn:
    """One exchange as the ledger tells it. `row` is None when the table has lost it."""

    id: str
    number: int
    by: str
    at: datetime | None
    message: Words
    row: Exchange | None
    answer: Words | None = None
    grades: list[Grade] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    fault: str = ""

    @property
    def pending(self) -> bool:
        """Whether an answer is still to come."""
        return self.answer is None

    @property
    def worst(self) -> str:
        """The severest among the newest grades of each grader, "" when nobody graded it."""
        return worst(grade.row.severity for grade in self.grades)

    def transcribed(self) -> dict[str, Any]:
        """Return the line that a transcript has of it."""
        answer = self.answer.record if self.answer else None
        return {"number": self.number, "exchange": self.id, "message": self.message.record, "answer": answer}


@dataclass
class Conversation:
    """A whole session: its turns in order, whether it is over, and everything that does not agree."""

    job: Job
    turns: list[Turn]
    ended: str = ""

    @property
    def faults(self) -> list[str]:
        """What was altered, dropped or added, in words."""
        found = []
        for turn in self.turns:
            words = [turn.message.fault, turn.answer.fault if turn.answer else "", turn.fault]
            found += [f"exchange {turn.number}: {fault}" for fault in words if fault]
        return found + self._added()

    def _added(self) -> list[str]:
        told = {turn.id for turn in self.turns}
        return [
            f"exchange {row.number}: a row that no ledger entry tells of"
            for row in Exchange.objects.filter(job=self.job).order_by("number")
            if str(row.pk) not in told
        ]

    @property
    def pending(self) -> Turn | None:
        """The turn that waits for its answer, if one does."""
        return next((turn for turn in self.turns if turn.pending), None)


def conversation(job: Job, ledger_size: int | None = None) -> Conversation:
    """Return what was said in a session, as the ledger tells it at a size (default: now), and how it was graded by
    then. Raises LeafCorrupt when a leaf was altered.
    """
    rows_ = LedgerSubject.objects.filter(subject=f"job:{job.pk}")
    if ledger_size is not None:
        rows_ = rows_.filter(entry_id__lt=ledger_size)
    leaves = ledger.leaves_at(set(rows_.values_list("entry_id", flat=True)))
    rows = {str(row.pk): row for row in Exchange.objects.filter(job=job).select_related("by")}
    answers = {str(row.exchange_id): row for row in ExchangeAnswer.objects.filter(exchange__job=job)}
    grades = {str(row.pk): row for row in ExchangeGrade.objects.filter(exchange__job=job).select_related("by")}
    notes = ledger.openings(seq for seq, leaf in leaves.items() if leaf.event == events.EXCHANGE_GRADED)
    found = Conversation(job, [])
    turns: dict[str, Turn] = {}
    for seq in sorted(leaves):
        leaf = leaves[seq]
        identifier = str(leaf.data.get("exchange", ""))
        if leaf.event == events.MESSAGE_SENT:
            turns[identifier] = _turn(leaf, rows.get(identifier))
        elif leaf.event == events.CONVERSATION_ENDED:
            found.ended = found.ended or str(leaf.data["why"])
        elif (turn := turns.get(identifier)) is not None:
            _add(turn, leaf, answers.get(identifier), grades, notes.get(seq))
    found.turns = sorted(turns.values(), key=lambda turn: turn.number)
    return found


def _turn(leaf: Leaf, row: Exchange | None) -> Turn:
    data = leaf.data
    told = (data["job"], data["exchange"], data["number"], data["message"], leaf.actor)
    said = row and (str(row.job_id), str(row.pk), row.number, row.sha256, row.by.actor)
    fault = ROW_GONE if row is None else "" if said == told else ROW_ALTERED
    by = row.by.printed_name if row is not None and not fault else leaf.actor
    at = row.at if row is not None else None
    return Turn(str(data["exchange"]), int(data["number"]), by, at, Words(str(data["message"])), row, fault=fault)


def _add(turn: Turn, leaf: Leaf, answer: ExchangeAnswer | None, grades: dict[str, ExchangeGrade], note: Any) -> None:
    if leaf.event == events.ANSWER_GIVEN:
        turn.answer = Words(str(leaf.data["answer"]))
        if answer is None or answer.sha256 != leaf.data["answer"]:
            turn.fault = turn.fault or ANSWER_ALTERED
    elif leaf.event == events.FINDING_DRAFTED:
        turn.drafts.append(str(leaf.data["draft"]))
    elif leaf.event == events.EXCHANGE_GRADED:
        row = grades.get(str(leaf.data["grade"]))
        if row is None or not _same_grade(row, leaf):
            turn.fault = turn.fault or GRADE_ALTERED
            return
        turn.grades = [grade for grade in turn.grades if grade.row.by_id != row.by_id]
        turn.grades.append(Grade(row, note.get("note", "") if note else None))


def _same_grade(row: ExchangeGrade, leaf: Leaf) -> bool:
    data = leaf.data
    said = (row.by.actor, row.severity, row.failure_mode or None, row.scores)
    return said == (leaf.actor, data["severity"], data["failure_mode"], data["scores"])


def visible(person: Person) -> "QuerySet[Job]":
    """Return the sessions of the projects somebody may see, newest first."""
    return jobs.visible(person).filter(purpose=PURPOSE)


def get(person: Person, identifier: uuid.UUID | str) -> Job:
    """Return a session somebody may see. NotFound otherwise."""
    found = jobs.get(person, str(identifier))
    if found.purpose != PURPOSE:
        raise NotFound("there is no such session")
    return found


def spec_of(job: Job) -> SessionSpecBody:
    """Return what the session was started with."""
    found: SessionSpecBody = docs.model_body(job.spec, SessionSpecBody)
    return found


def hidden(person: Person, job: Job) -> bool:
    """Return whether what is said in the session is kept from this person: a closed one from every engineer."""
    return spec_of(job).closed and ENGINEER in access.roles_of(person, job.project)


def critical(subject: Document) -> list[str]:
    """Return the answers of a model that somebody's newest grade calls critical, with what cannot be told at all.

    What the ledger tells decides: of a session that has such a grade, and of one whose rows are not as told.
    """
    held = Job.objects.filter(purpose=PURPOSE, spec__links_out__role="subject", spec__links_out__target=subject)
    graded = LedgerSubject.objects.filter(
        subject__in=[f"job:{job.pk}" for job in held], entry__index__event=events.EXCHANGE_GRADED
    ).values_list("entry_id", flat=True)
    leaves = ledger.leaves_at(set(graded)).values()
    bad = {str(leaf.data["job"]) for leaf in leaves if leaf.data["severity"] == CRITICAL}
    found = []
    for job in held.select_related("spec", "project", "requested_by"):
        if str(job.pk) not in bad:
            continue
        talk, title = conversation(job), spec_of(job).title
        found += [f"{title}, exchange {turn.number}" for turn in talk.turns if turn.worst == CRITICAL]
        found += [f"{title}: {fault}" for fault in talk.faults]
    return found


def confirmed(job: Job, exchange: Exchange) -> Turn:
    """Return the exchange as the ledger confirms it. Refused when its row or its message are not as told."""
    turn = next((each for each in conversation(job).turns if each.id == str(exchange.pk)), None)
    fault = "a row that no ledger entry tells of" if turn is None else turn.fault or turn.message.fault
    if turn is None or fault:
        raise Refused(
            Finding("exchange", fault, "an exchange as the ledger tells it", "Have the ledger verified.", "auditor")
        )
    return turn


@dataclass(frozen=True)
class State:
    """Where a session stands: `word` for machines, `text` for people, whether messages are taken, and what is wrong."""

    word: str
    text: str
    open: bool = False
    lost: bool = False


def state(talk: Conversation) -> State:
    """Return where a session stands, from its job, its attempt and what the ledger tells."""
    job = talk.job
    standing = JobState(job.state)
    attempt = Attempt.objects.filter(job=job).order_by("-number").defer("permit", "receipt", "log", "result").first()
    if standing in (JobState.QUEUED, JobState.ARMED):
        return State("waiting", "Waiting for the worker, which checks the gate once more and starts the model.")
    if standing is JobState.RUNNING and attempt is not None:
        return _running(talk, attempt)
    if standing is JobState.SUCCEEDED:
        return State("over", "The session is over and its transcript is frozen.")
    if standing is JobState.REFUSED:
        return State("refused", f"The gate refused it: {job.reason}")
    why = job.reason or (attempt.reason if attempt else "") or "no reason is known"
    text = f"The process that held the model has ended: {why}. What was said before is kept; start another session."
    return State("lost", text, lost=True)


def _running(talk: Conversation, attempt: Attempt) -> State:
    if attempt.state == AttemptState.RECEIVED.value or talk.ended:
        return State("closing", "The session is over; its transcript is being frozen.")
    if attempt.state != AttemptState.CONSUMED.value or attempt.progress.get("figures", {}).get("ready") != "yes":
        said = attempt.progress.get("message") or "starting a process of its own"
        return State("starting", f"The model is being made ready: {said}.")
    if talk.pending is not None:
        return State("answering", f"The model is answering message {talk.pending.number}.")
    if len(talk.turns) >= spec_of(talk.job).max_turns:
        return State("closing", "Every turn it allowed was used; it ends by itself.")
    return State("ready", "The model waits for your message.", open=True)


def holdouts_given_away(project: Project, texts: Iterable[str]) -> list[Document]:
    """Return the holdouts of a project, in whichever version, one of whose cases one of the texts would give away.

    Cases that a signed disposal took are passed over: nobody can look for them any more.

    Raises:
        Refused: cases of a holdout are gone without a disposal, or altered, so that nobody can tell.
    """
    said = list(texts)
    holdouts = [(document, body) for document, body in _sets(project) if body.purpose == "holdout"]
    lost = files.lost(entry.sha256 for _, body in holdouts for entry in body.files)
    found = []
    for document, body in holdouts:
        there = [entry for entry in body.files if entry.sha256 not in lost]
        for entry in body.files:
            if lost.get(entry.sha256, files.DISPOSED) != files.DISPOSED:
                raise Refused(_untold(document, lost[entry.sha256]))
        prints = [one for entry in there for one in _prints(entry.sha256)]
        if any(gives_away(text, prints) for text in said):
            found.append(document)
    return found


def _sets(project: Project) -> list[tuple[Document, EvaluationSetBody]]:
    documents = Document.objects.filter(project=project, kind=kinds.SET).order_by("seq")
    return [(document, docs.model_body(document, EvaluationSetBody)) for document in documents]


def _untold(document: Document, became: str) -> Finding:
    return Finding(
        "holdout",
        f"cases of {document} that {became}",
        "every case of every holdout as it was signed, so that words can be held against it",
        "Put the file back from a backup, and have the ledger verified.",
        access.ROLES[access.OWNER],
    )


@lru_cache(maxsize=64)
def _prints(digest: str) -> tuple[Print, ...]:
    """Return the wording of every case of a file; remembered, for it is named by what it holds."""
    return tuple(print_of(case.messages[-1].content) for case in read_cases([(digest, store.path_of(digest))]))
