"""The incident questions, answered for a service at a moment: what ran, on which data, agreed by whom, on which base
model, and what changed since the last safe version.

Two times are kept apart. `time` is when it was so: what ran then, and how documents stood then. `known` is what the
ledger held when it is asked: today's by default, or an earlier moment's, to see what anybody could have known then.
Names are as signers printed them. Where a link is missing the answer says what is not known, and why.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from evals import documents as evals
from evals.selectors import judgements
from governance.errors import Invalid
from governance.models import Document, User
from governance.proof.answers import approval, safety, served
from governance.proof.answers import behind as stands
from governance.proof.answers.behind import Behind
from governance.proof.answers.inforce import InForce
from governance.proof.answers.running import Answer, Span
from governance.proof.answers.unknown import Unknown, of_model, of_service
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.registry import KINDS
from governance.selectors import as_of, ledger, signoff, told
from governance.selectors import documents as docs
from governance.selectors.as_of import Line, Moment, Signer
from training.bodies.base_models import BaseModelBody
from training.bodies.data import DatasetBody
from training.kinds import tuning as kinds
from training.selectors import changes, safe
from training.selectors.changes import Changes
from training.selectors.safe import Judged
from training.selectors.serving import Happened, Mark, Service
from training.trainers.spec import RunRecordBody, RunSpecBody

PLAN: Final = (evals.SET, evals.RUBRIC, evals.THRESHOLDS)
"""what good means, in the order in which it is told"""
FILES_OF: Final = (kinds.RUN_RECORD, kinds.BASE_MODEL, kinds.DATASET)
"""the kinds whose files somebody may find running, the likeliest first"""


@dataclass(frozen=True)
class Paper:
    """A document in the answer: how it stood at the moment asked about, how it stands, and who signed it.

    `signers` are those whose signature counts by what is known; `line` says since and until when, and by which policy.
    """

    document: Document
    then: InForce
    line: Line

    @property
    def signers(self) -> tuple[Signer, ...]:
        """Whose signatures count."""
        return self.line.signers

    @property
    def label(self) -> str:
        """The kind in words."""
        return KINDS[self.document.kind].label

    @property
    def same(self) -> bool:
        """Whether it stands as it stood."""
        return self.then.standing is self.line.standing.standing


@dataclass(frozen=True)
class Data:
    """A dataset that something was trained on, and what it says of itself."""

    paper: Paper
    said: DatasetBody


@dataclass(frozen=True)
class Doer:
    """Somebody who did something that is no signature, as the ledger tells it; entry `seq`."""

    name: str
    did: str
    at: datetime
    seq: int
    actor: str = ""


@dataclass(frozen=True)
class Model:
    """One thing that ran, or may have: what it is, on which data it was trained, and who agreed.

    `what` is its digest, or what was stated of it. `release`, `record`, `base` and so on are None where nothing on
    record leads to them; `unknown` says why.
    """

    what: str
    name: str
    serves: Document | None
    proven: bool
    release: Paper | None
    record: Document | None
    spec: Document | None
    base: Paper | None
    datasets: tuple[Paper, ...]
    contracts: tuple[Paper, ...]
    standing_approval: Paper | None
    plan: tuple[Paper, ...]
    results: tuple[Document, ...]
    judgement: Document | None
    grades: tuple[Document, ...]
    waivers: tuple[Paper, ...]
    verdict: str
    doers: tuple[Doer, ...]
    marks: tuple[Mark, ...]
    unsafe: tuple[str, ...]
    shaken: tuple[Paper, ...]
    approval: str
    unknown: tuple[Unknown, ...]

    @property
    def approved_then(self) -> bool:
        """Whether a release of it was in force at the moment asked about, with all its conditions met."""
        return self.approval in (approval.APPROVED, approval.PARTLY)

    @property
    def overtaken(self) -> bool:
        """Whether a later release of its line was in force at the moment asked about."""
        return self.approval == approval.OVERTAKEN

    @property
    def evaluators(self) -> list[str]:
        """Who signed what good means, each once, as they printed their names."""
        return list(dict.fromkeys(signer.printed_name for paper in self.plan for signer in paper.signers))

    @property
    def run(self) -> RunRecordBody | None:
        """What came of the run behind it."""
        return docs.frozen_body(self.record, RunRecordBody) if self.record is not None else None

    @property
    def specification(self) -> RunSpecBody | None:
        """What was asked of the run behind it."""
        return docs.frozen_body(self.spec, RunSpecBody) if self.spec is not None else None

    @property
    def data(self) -> list[Data]:
        """The datasets it was trained on, each with what it says of itself."""
        return [Data(paper, docs.frozen_body(paper.document, DatasetBody)) for paper in self.datasets]

    @property
    def release_papers(self) -> list[Paper]:
        """The release, as a list."""
        return [self.release] if self.release is not None else []

    @property
    def base_papers(self) -> list[Paper]:
        """The base model, as a list."""
        return [self.base] if self.base is not None else []

    @property
    def underpinning(self) -> BaseModelBody | None:
        """What is on record of the base model."""
        return docs.frozen_body(self.base.document, BaseModelBody) if self.base is not None else None


@dataclass(frozen=True)
class Incident:
    """The answer. `models` holds what ran, or each of what may have; none when nothing did.

    `before` is what ran before it, the last first, each judged; `changed` what changed since the last safe version,
    None when there is none or it is not one thing that ran. `events` are those about the service, `span` for how long
    it was so. `beside` are other services, in which something that ran before was rolled back from.
    """

    service: Service
    time: datetime
    size_then: int
    known: Moment
    ran: Answer
    span: Span | None
    models: tuple[Model, ...]
    before: tuple[Judged, ...]
    changed: Changes | None
    unknown: tuple[Unknown, ...]
    beside: tuple[Service, ...]

    @property
    def model(self) -> Model | None:
        """The one thing that ran."""
        return self.models[0] if self.ran.state == "runs" and len(self.models) == 1 else None

    @property
    def last_safe(self) -> Judged | None:
        """The last safe version before it."""
        return safe.last(self.before)

    @property
    def events(self) -> list[Happened]:
        """What happened to the service, the last first."""
        return list(reversed(self.service.events))

    @property
    def gaps(self) -> list[Unknown]:
        """Everything that is not known."""
        return [*self.unknown, *(gap for model in self.models for gap in model.unknown)]

    @property
    def headline(self) -> str:
        """The answer to what ran, in one sentence."""
        return served.headline(self.service.title, self.time, self.ran, [model.name for model in self.models])

    @property
    def rests_on(self) -> tuple[Document, ...]:
        """Every document that the answer tells of, for a report to prove."""
        found: dict[str, Document] = {}
        for record in (record for service in (self.service, *self.beside) for record in service.records):
            found |= {document.digest: document for document in record.versions}
            found |= {event.document.digest: event.document for event in record.events}
        for model in self.models:
            marks = [mark.document for mark in model.marks]
            for document in (model.serves, *marks, *model.results, model.judgement, *model.grades):
                if document is not None:
                    found[document.digest] = document
        for one in self.before:
            for document in (one.document, *one.told_by):
                if document is not None:
                    found[document.digest] = document
        return tuple(found.values())


def known_at(ledger_size: int) -> Moment:
    """Return the moment of a ledger's last entry at a size, as reports are asked for it."""
    return Moment(ledger.time_of(ledger_size), ledger_size, ledger.root(ledger_size).hex(), None)


def answer(service: Service, time: datetime, known: Moment, services: Sequence[Service]) -> Incident:
    """Return the answers about a service for a moment. A constant number of queries.

    `services` are all those of its project, read at `known.size` as itself.

    Raises:
        Invalid: the moment is later than what is known.
    """
    if time > known.time:
        raise Invalid("time", "found a moment later than what is known, expected an earlier one")
    size = known.size if time == known.time else min(as_of.size_at(time), known.size)
    ran = service.at(time)
    span = next((s for s in service.spans if s.begins <= time and (s.ends is None or time < s.ends)), None)
    names = [*ran.candidates, *safe.ran_before(service, time)]
    tops = [service.named[name] for name in names if name in service.named]
    judged = _judged(tops, known)
    facts = safe.know([*tops, *judged.values()], known.size, known.time, services)
    models = _models(service, ran.candidates, (size, time), known, facts, judged)
    before = tuple(safe.before(service, time, facts))
    called = [service.name_of(one) for one in ran.candidates]
    unknown = tuple(of_service(ran, called, [one.safe for one in before]))
    told = {one.what for one in before}
    beside = tuple(
        one
        for one in services
        if one is not service and any(e.what == safety.ROLLED_BACK and e.before in told for e in one.counting)
    )
    found = Incident(service, time, size, known, ran, span, models, before, None, unknown, beside)
    model, last = found.model, found.last_safe
    if model is None or model.serves is None or last is None or last.document is None:
        return found
    return replace(found, changed=changes.below(last.document, model.serves, facts.below))


def _judged(tops: Sequence[Document], known: Moment) -> dict[str, Document]:
    """Return the judgement that counts of each result that releases rest on, where people graded."""
    results = {digest for top in tops if top.kind == kinds.RELEASE for digest in _named(top, "result")}
    return judgements.newest_of(results, known.size)


def _models(
    service: Service,
    names: Sequence[str],
    then: tuple[int, datetime],
    known: Moment,
    facts: safe.Known,
    judged: Mapping[str, Document],
) -> tuple[Model, ...]:
    """Return what is on record of each thing that ran or may have, all of them read together."""
    signed = [document for document in facts.below.values() if KINDS[document.kind].signed]
    stood = facts.standing if then == (known.size, known.time) else signoff.in_force_many(signed, *then)
    lines = {line.document.digest: line for line in as_of.lines(signed, facts.standing)}
    papers = {d.digest: Paper(d, stood[d.digest], lines[d.digest]) for d in signed}
    results = [document for document in facts.below.values() if document.kind == evals.RESULT]
    verdicts = judgements.verdicts(results, known.size)
    doers = _doers(facts.below.values(), known.size)
    return tuple(_model(service, name, facts, papers, doers, judged, verdicts) for name in names)


def _model(
    service: Service,
    what: str,
    facts: safe.Known,
    papers: Mapping[str, Paper],
    doers: Mapping[str, Sequence[Doer]],
    judged: Mapping[str, Document],
    verdicts: Mapping[str, str],
) -> Model:
    def paper(digest: str) -> Paper | None:
        return papers.get(digest)

    def each(digests: Iterable[str]) -> tuple[Paper, ...]:
        return tuple(papers[digest] for digest in digests if digest in papers)

    serves = service.named.get(what)
    envelopes = docs.Envelopes(facts.below)
    behind = stands.behind(serves.digest, envelopes) if serves is not None else Behind("")
    record, results = facts.below.get(behind.record), tuple(facts.below[digest] for digest in behind.results)
    judgement = next((one for one in map(judged.get, behind.results) if one is not None), None)
    grades = tuple(facts.below[digest] for digest in _named(judgement, "human_grades")) if judgement else ()
    proven = bool(behind.serves) and (behind.base == behind.serves or behind.record in facts.accepted)
    name, release = service.name_of(what), paper(behind.release)
    stood = {digest: one.then for digest, one in papers.items()}
    shaken = each(approval.shaken(behind, envelopes, stood)) if serves is not None else ()
    return Model(
        what=what,
        name=name,
        serves=serves,
        proven=proven,
        release=release,
        record=record,
        spec=facts.below.get(behind.spec),
        base=paper(behind.base),
        datasets=each(behind.datasets),
        contracts=each(behind.contracts),
        standing_approval=paper(behind.standing_approval),
        plan=each(behind.plan),
        results=results,
        judgement=judgement,
        grades=grades,
        waivers=each(behind.waivers),
        verdict=verdicts.get(behind.results[0], "") if behind.results else "",
        doers=tuple(
            doer for d in (record, *results, judgement, *grades) if d is not None for doer in doers.get(d.digest, ())
        ),
        marks=tuple(facts.marks.get(what, ())),
        unsafe=safe.unsafe(serves, facts) if serves is not None else (),
        shaken=shaken,
        approval=approval.word(behind, release.then if release else None, proven=proven, shaken=bool(shaken)),
        unknown=tuple(
            of_model(
                behind,
                name,
                facts.called,
                made=facts.accepted,
                signed=lambda digest: digest not in papers or bool(papers[digest].signers),
            )
        ),
    )


def _named(document: Document, role: str) -> list[str]:
    return [link.digest for link in docs.references(document) if link.role == role]


def _doers(documents: Iterable[Document], ledger_size: int) -> dict[str, list[Doer]]:
    """Return who launched what made runs and results, and who graded and judged, by the document's digest."""
    made = {d.digest: d for d in documents if d.kind in (kinds.RUN_RECORD, evals.RESULT)}
    written = [d for d in documents if d.kind in (evals.HUMAN_GRADES, evals.JUDGEMENT)]
    jobs = told.made_by(made, ledger_size)
    first: dict[str, Leaf] = {}
    for leaf in told.about_jobs(jobs, ledger_size):
        if leaf.event in told.LAUNCHES:
            first.setdefault(str(leaf.data["job"]), leaf)
    people = {leaf.actor for leaf in first.values()} | {p for d in written for p in docs.contributors(d)}
    names = {user.actor: str(user) for user in User.objects.filter(ledger_id__in=[p for p in people if len(p) == 36])}
    found: dict[str, list[Doer]] = {}
    for job, leaf in first.items():
        if jobs.get(job) in made:
            document = made[jobs[job]]
            did = "launched the run" if document.kind == kinds.RUN_RECORD else "launched the evaluation"
            at = moment(leaf.time)
            found.setdefault(document.digest, []).append(
                Doer(names.get(leaf.actor, leaf.actor), did, at, leaf.seq, leaf.actor)
            )
    for document in written:
        did = "graded answers" if document.kind == evals.HUMAN_GRADES else "had it judged with people's grades"
        for person in sorted(docs.contributors(document)):
            doer = Doer(names.get(person, person), did, document.created_at, document.seq, person)
            found.setdefault(document.digest, []).append(doer)
    return found


@dataclass(frozen=True)
class Carrier:
    """A document that names a file with some bytes, or is what was asked for; which releases rest on it, and where it
    ran: each service with the spans in which it did.
    """

    document: Document
    paths: tuple[str, ...]
    releases: tuple[Document, ...]
    ran: tuple[tuple[Service, tuple[Span, ...]], ...]


def carriers(documents: Iterable[Document], wanted: str, services: Sequence[Service]) -> list[Carrier]:
    """Return what a digest is, among documents of `FILES_OF` and releases: of a file, of a run, release or base model.

    `documents` are those the asker may see, `services` likewise.
    """
    named = wanted.encode()
    known = [d for d in documents if d.kind == kinds.RELEASE or d.digest == wanted or named in bytes(d.content)]
    links = {d.digest: {link.role: link.digest for link in docs.references(d)} for d in known}
    found = []
    for document in known:
        paths: tuple[str, ...] = ()
        if document.kind in FILES_OF:
            body = docs.frozen_body(document, _SCHEMA[document.kind])
            paths = tuple(entry.path for entry in body.files if entry.sha256 == wanted)
        if not paths and document.digest != wanted:
            continue
        releases = tuple(
            d for d in known if d.kind == kinds.RELEASE and links[d.digest].get("run_record") == document.digest
        )
        names = {document.digest, *(release.digest for release in releases)}
        ran = tuple(
            (service, spans)
            for service in services
            if (spans := tuple(s for s in service.spans if names & set(s.answer.candidates)))
        )
        found.append(Carrier(document, paths, releases, ran))
    return found


_SCHEMA: Final[dict[str, Any]] = {
    kinds.RUN_RECORD: RunRecordBody,
    kinds.BASE_MODEL: BaseModelBody,
    kinds.DATASET: DatasetBody,
}
