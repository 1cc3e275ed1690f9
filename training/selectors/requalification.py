"""How long it takes here until another model may serve: stage times from the ledger, and what people estimate.

One piece of work is what a release was agreed on: its data, plan, baseline, run and verdict, as far as no earlier
release of the project had them already. What is under way since is one more, which waits for its next stage.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from evals import documents as evals
from evals.engine.results import EvaluationResultBody, JudgementBody
from governance import events
from governance.models import Document, Draft, LedgerSubject
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors import ledger, signoff, told
from training.bodies.continuity import ESTIMATE, EstimateBody
from training.kinds import tuning as kinds
from training.lifecycle.model import STAGES, Estimate, Past
from training.lifecycle.requalification import longest
from training.lifecycle.stage_times import DAY, stage_days
from training.selectors.agreed import first_agreed
from training.selectors.deployed import moment_of

SIGNED: Final = (kinds.CONTRACT, kinds.DATASET, evals.SET, evals.RUBRIC, evals.THRESHOLDS, kinds.RELEASE)
MADE: Final = (evals.RESULT, kinds.RUN_RECORD)
"""made under a permit: they count when the ledger tells of that"""
KINDS: Final = (*SIGNED, *MADE, evals.JUDGEMENT, kinds.RUN_SPEC)


@dataclass(frozen=True)
class Retrains:
    """How many releases of a project were agreed after its first, and in how many days."""

    count: int
    days: float


def past(ledger_size: int | None = None, time: datetime | None = None) -> list[Past]:
    """Return every stage time that the ledger tells of at its size and a time (default: now), in all projects.

    What is under way counts as not done. The number of queries does not grow with what there is.
    """
    known = _Known(ledger_size, moment_of(ledger_size, time))
    return [found for project in known.projects for found in _of_project(known, project)]


def retrains(ledger_size: int | None = None, time: datetime | None = None) -> dict[Any, Retrains]:
    """Return by project how often it was trained anew since its first release; none for one without a release."""
    at = moment_of(ledger_size, time)
    rows = Document.objects.filter(kind=kinds.RELEASE)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    releases = list(rows.select_related("project", "series"))
    agreed = first_agreed(releases, ledger.size() if ledger_size is None else ledger_size, at)
    times: dict[Any, list[datetime]] = {}
    for release in releases:
        if release.digest in agreed:
            times.setdefault(release.project_id, []).append(agreed[release.digest])
    return {
        project: Retrains(len(found) - 1, (at - min(found)).total_seconds() / DAY) for project, found in times.items()
    }


def estimates(ledger_size: int | None = None, time: datetime | None = None) -> list[Estimate]:
    """Return for each stage the longest estimate in force; of one that no such estimate has, what the newest says that
    is not in force, with `signed` False: nothing may rest on that.
    """
    rows = Document.objects.filter(kind=ESTIMATE)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    documents = list(rows.select_related("project", "series").order_by("-seq"))
    standing = signoff.in_force_many(documents, ledger_size, time)
    heads = {d.digest for d in docs.heads(None, ESTIMATE, ledger_size)}
    said: dict[tuple[str, bool], list[Estimate]] = {}
    for document in documents:
        signed = standing[document.digest].ok
        if not signed and document.digest not in heads:
            continue
        body: EstimateBody = docs.model_body(document, EstimateBody)
        for one in body.stages:
            points = (float(one.low), float(one.likely), float(one.high))
            estimate = Estimate(one.stage, *points, document=document.digest, signed=signed)
            said.setdefault((one.stage, signed), []).append(estimate)
    counted = (
        longest(said.get((stage, True), ())) or next(iter(said.get((stage, False), ())), None) for stage in STAGES
    )
    return [one for one in counted if one is not None]


@dataclass(frozen=True)
class _Work:
    """One piece of work: the documents of each stage as far as there are any, and those it began with."""

    subject: Document
    stages: Mapping[str, tuple[Document, ...]]
    also: tuple[Document, ...] = ()

    @property
    def documents(self) -> Iterator[Document]:
        """All of them."""
        for documents in self.stages.values():
            yield from documents
        yield from self.also


class _Known:
    """Everything that stages are made of, read once."""

    def __init__(self, ledger_size: int | None, time: datetime) -> None:
        self.size = ledger.size() if ledger_size is None else ledger_size
        self.time = time
        rows = Document.objects.filter(kind__in=KINDS, seq__lt=self.size).select_related("project", "series")
        documents = list(rows.order_by("seq"))
        unknown = {d.digest for d in told.unrecorded(documents)}
        accepted = told.outputs(d for d in documents if d.kind in MADE)
        self.by_digest = {
            d.digest: d for d in documents if d.digest not in unknown and (d.kind not in MADE or d.digest in accepted)
        }
        self.links = {
            digest: [(link.role, link.digest) for link in docs.references(d)] for digest, d in self.by_digest.items()
        }
        self.frozen = {seq: moment(leaf.time) for seq, leaf in ledger.leaves_at({d.seq for d in documents}).items()}
        self.agreed = first_agreed([d for d in self.by_digest.values() if d.kind in SIGNED], self.size, time)
        self.begun = _begun(self.by_digest.values(), self.size)

    @property
    def projects(self) -> list[Any]:
        """The projects there is something of, in the order of their first document."""
        return list(dict.fromkeys(d.project_id for d in self.by_digest.values() if d.project_id is not None))

    @cached_property
    def results(self) -> dict[str, EvaluationResultBody]:
        """The bodies of the accepted results."""
        return {
            digest: docs.model_body(d, EvaluationResultBody)
            for digest, d in self.by_digest.items()
            if d.kind == evals.RESULT
        }

    @cached_property
    def covered(self) -> dict[str, datetime]:
        """When a run was first specified on each dataset under a standing approval, which nobody signs itself."""
        found: dict[str, datetime] = {}
        for digest, spec in self.by_digest.items():
            if any(role == "standing_approval" for role, _ in self.links[digest]) and spec.kind == kinds.RUN_SPEC:
                for dataset in self.named(spec, "dataset"):
                    found.setdefault(dataset.digest, self.frozen[spec.seq])
        return found

    @cached_property
    def verdicts(self) -> dict[str, tuple[str, Document]]:
        """The verdict of each judged result, and the document that says so: the newest judgement, or itself."""
        found = {d: (str(body.verdict), self.by_digest[d]) for d, body in self.results.items() if body.verdict}
        for document in self.by_digest.values():
            if document.kind == evals.JUDGEMENT:
                judged: JudgementBody = docs.model_body(document, JudgementBody)
                for result in self.named(document, "result"):
                    found[result.digest] = (judged.verdict, document)
        return found

    def named(self, document: Document, role: str) -> tuple[Document, ...]:
        """Return what a document names in a role, as far as it counts."""
        named = (self.by_digest.get(digest) for each, digest in self.links[document.digest] if each == role)
        return tuple(target for target in named if target is not None)

    def of(self, project: Any, kind: str) -> list[Document]:
        """Return what there is of a kind in a project, the first first."""
        return [d for d in self.by_digest.values() if (d.project_id, d.kind) == (project, kind)]

    def since(self, document: Document) -> datetime:
        """Return when work on a document began: its first draft, or its freezing."""
        frozen = self.frozen[document.seq]
        return min(frozen, self.begun.get(document.digest, frozen))

    def reached(self, stage: str, documents: Iterable[Document]) -> datetime | None:
        """Return when all documents of a stage were what ends it; None while one is not, or there is none."""
        times = [self._ready(d) for d in documents]
        known = [at for at in times if at is not None]
        return max(known) if known and len(known) == len(times) else None

    def _ready(self, document: Document) -> datetime | None:
        if document.kind not in SIGNED:
            return self.frozen[document.seq]
        known = (self.agreed.get(document.digest), self.covered.get(document.digest))
        return min((at for at in known if at is not None), default=None)


def _of_project(known: _Known, project: Any) -> Iterator[Past]:
    agreed = [d for d in known.of(project, kinds.RELEASE) if d.digest in known.agreed]
    agreed.sort(key=lambda d: known.agreed[d.digest])
    had: set[str] = set()
    for release in agreed:
        work = _released(known, release)
        yield from _times(known, work, had)
        had |= {d.digest for d in work.documents}
    under_way = _under_way(known, project, agreed, had)
    if under_way is not None:
        yield from _times(known, under_way, had, open_at=known.time)


def _times(known: _Known, work: _Work, had: set[str], open_at: datetime | None = None) -> Iterator[Past]:
    """Yield the stage times of a piece of work: of the stages for which something was made anew."""
    new = [d for d in work.documents if d.digest not in had]
    times = {stage: known.reached(stage, work.stages.get(stage, ())) for stage in STAGES}
    reached = {
        stage: at
        for stage, at in times.items()
        if at is not None and any(d.digest not in had for d in work.stages[stage])
    }
    if not new:
        return
    left = STAGES if times["run"] is None else STAGES[STAGES.index("run") :]  # what a run did without is not waited for
    waiting = next((stage for stage in left if times[stage] is None), None) if open_at is not None else None
    began = min([*map(known.since, new), *reached.values()])
    for stage, days, done in stage_days(began, reached, waiting, open_at):
        yield Past(subject=work.subject.digest, stage=stage, days=days, done=done)


def _released(known: _Known, release: Document) -> _Work:
    """Return what a release was agreed on."""
    results, records = known.named(release, "result"), known.named(release, "run_record")
    verdict = known.named(release, "judgement") or results
    return _run(known, release, records, {"verdict": verdict, "release": (release,)})


def _run(
    known: _Known, subject: Document, records: tuple[Document, ...], more: Mapping[str, tuple[Document, ...]]
) -> _Work:
    specs = tuple(spec for record in records for spec in known.named(record, "run_spec"))
    return _specified(known, subject, specs, {"run": records, **more})


def _specified(
    known: _Known, subject: Document, specs: tuple[Document, ...], more: Mapping[str, tuple[Document, ...]]
) -> _Work:
    thresholds = tuple(d for spec in specs for d in known.named(spec, "thresholds"))
    stages = {
        "data": _data(known, (d for spec in specs for d in known.named(spec, "dataset"))),
        "plan": _plan(known, thresholds),
        "baseline": tuple(d for spec in specs for d in known.named(spec, "baseline")),
        **more,
    }
    return _Work(subject, stages, specs)


def _data(known: _Known, datasets: Iterable[Document]) -> tuple[Document, ...]:
    return tuple(d for one in datasets for d in (one, *known.named(one, "contract")))


def _plan(known: _Known, thresholds: Iterable[Document]) -> tuple[Document, ...]:
    return tuple(
        d for one in thresholds for d in (one, *known.named(one, "evaluation_set"), *known.named(one, "rubric"))
    )


def _under_way(known: _Known, project: Any, agreed: list[Document], had: set[str]) -> _Work | None:
    """Return the work that came furthest of what was begun since the last release was frozen; None without any."""
    after = max((d.seq for d in agreed), default=-1)

    def new(kind: str) -> list[Document]:
        return [d for d in known.of(project, kind) if d.seq > after and d.digest not in had]

    specs = new(kinds.RUN_SPEC)
    proposed = new(kinds.RELEASE)
    if proposed and (not specs or specs[-1].seq < proposed[-1].seq):  # else it was given up for another run
        return _released(known, proposed[-1])
    passed = [
        (result, known.verdicts[result.digest])
        for result in new(evals.RESULT)
        if known.verdicts.get(result.digest, ("", result))[0] == "PASS" and known.named(result, "subject")
    ]
    if passed:
        result, (_, says) = passed[-1]
        return _run(known, result, known.named(result, "subject"), {"verdict": (says,)})
    failed = {
        d.digest
        for result, (verdict, _) in known.verdicts.items()
        if verdict != "PASS"
        for d in known.named(known.by_digest[result], "subject")
    }
    if records := [d for d in new(kinds.RUN_RECORD) if d.digest not in failed]:
        return _run(known, records[-1], (records[-1],), {})
    if specs:
        return _specified(known, specs[-1], (specs[-1],), {})
    return _prepared(known, project, new(kinds.DATASET), new(evals.THRESHOLDS), bool(agreed))


def _prepared(
    known: _Known, project: Any, datasets: list[Document], plans: list[Document], again: bool
) -> _Work | None:
    """Return what was prepared before any run was specified; with a release before, plan and baseline may stay."""
    if not datasets and not plans:
        return None
    before = known.of(project, evals.THRESHOLDS)
    chosen = plans[-1:] or (before[-1:] if again else [])
    measured = [
        d
        for d in known.of(project, evals.RESULT)
        if known.results[d.digest].arm == "base" and chosen and chosen[0] in known.named(d, "thresholds")
    ]
    data = datasets[-1:] or (known.of(project, kinds.DATASET)[-1:] if again else [])
    stages = {"data": _data(known, data), "plan": _plan(known, chosen), "baseline": tuple(measured[-1:])}
    return _Work((*plans, *datasets)[-1], stages)


def _begun(documents: Iterable[Document], ledger_size: int) -> dict[str, datetime]:
    """Return when the draft was begun that each document was frozen from, where the ledger tells of one."""
    by_digest = {d.digest: d for d in documents}
    drafts = dict(Draft.objects.filter(frozen__in=list(by_digest)).values_list("id", "frozen_id"))
    subjects = {f"draft:{identifier}": str(digest) for identifier, digest in drafts.items()}
    rows = LedgerSubject.objects.filter(subject__in=list(subjects), entry_id__lt=ledger_size)
    leaves = ledger.leaves_at(set(rows.values_list("entry_id", flat=True)))
    found: dict[str, datetime] = {}
    for leaf in leaves.values():
        if leaf.event != events.DRAFT_CREATED or leaf.subjects[0] not in subjects:
            continue
        digest = subjects[leaf.subjects[0]]
        if leaf.data["series"] == str(by_digest[digest].series_id):
            found[digest] = moment(leaf.time)
    return found
