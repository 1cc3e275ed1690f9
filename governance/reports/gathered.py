"""What a lineage report is made of, read from documents and ledger as they were at one ledger size.

Nothing that came later enters and no clock is asked: the same documents and the same ledger give the same facts on any
day. What rows say is held against the ledger, and what contradicts it stops the report rather than being printed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any

from django.db.models import Q

from governance import events, store
from governance.models import Document, LedgerEvent, LedgerSubject, Reference, Report
from governance.proof.answers.inforce import InForce
from governance.proof.checks.evidence import Opening
from governance.proof.files.lineage.told import Signoff
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.leaf import REFUSALS, Leaf
from governance.proof.history import audit_findings
from governance.proof.words import running_text
from governance.registry import KINDS, REPORTS, Wanted
from governance.reports import ledger_facts, runs, signoffs
from governance.reports.dependants import NO_DEPENDANTS, Dependants, dependants
from governance.reports.faults import Unreportable
from governance.reports.whole import Whole
from governance.selectors import documents as docs
from governance.selectors import ledger, waivers
from governance.selectors import signers as on_record
from governance.selectors import signoff as standings
from governance.selectors.keys import envelopes, root_fingerprint
from governance.selectors.keys import keyring as newest_keyring
from governance.selectors.statements import Opener

IN_LINEAGE = ""


@dataclass(frozen=True)
class Paper:
    """A document whose bytes were hashed again and whose freezing the ledger confirms.

    `depth` counts references from the subject. `why` is empty in the lineage itself, otherwise why it is included.
    """

    row: Document
    envelope: Envelope
    leaf: Leaf
    depth: int
    why: str
    standing: InForce

    @property
    def digest(self) -> str:
        return self.row.digest

    @property
    def label(self) -> str:
        """The kind, in words."""
        return KINDS[self.row.kind].label

    @property
    def body(self) -> dict[str, Any]:
        """The body in the current form of its kind, for display."""
        return docs.displayed(self.row, self.envelope.body)

    @cached_property
    def title(self) -> str:
        """The title as the document's own bytes give it."""
        return _title(self.row, self.body)


@dataclass(frozen=True)
class Gathered:
    """Everything a report rests on. `papers`: the lineage, the subject first, then what else is proved.

    `leaves` are the entries proved one by one, `whole` all those of the period that the report gives without a gap.
    `around` are proved, too, and not told of by themselves: earlier ones of what goes on in the period, those next to
    it, and the ledger's last, whose time is that of the report.
    """

    report: Report
    size: int
    time: datetime
    root: bytes
    papers: Mapping[str, Paper]
    signoffs: tuple[Signoff, ...]
    runs: tuple[runs.Run, ...]
    nearby: Mapping[str, str]
    """titles of documents that are no part of the lineage, but rest on it and had something refused, by digest"""
    leaves: Mapping[int, Leaf]
    whole: Whole
    around: Mapping[int, Leaf]
    openings: Mapping[int, Opening]
    names: Mapping[str, str]
    dependants: Dependants
    keyring: Keyring
    keyrings: tuple[bytes, ...]
    """the envelopes of all versions of the keyring, the first first"""
    fingerprint: str

    @property
    def lineage(self) -> list[Paper]:
        """The subject and what it rests on, nearest first."""
        return [paper for paper in self.papers.values() if not paper.why]

    @property
    def brief(self) -> bool:
        """Whether the documents are printed in a line each."""
        return self.report.signature_id is None and REPORTS[self.report.kind].brief

    @cached_property
    def overtaken(self) -> frozenset[str]:
        """The digests of earlier versions that are told of for comparison alone: the subject rests on none of them."""
        reached, frontier = {self.report.about}, {self.report.about}
        while frontier:
            named = {link.digest for d in frontier if d in self.papers for link in self.papers[d].envelope.references}
            frontier = named - reached
            reached |= named
        newest: dict[str, int] = {}
        for paper in self.lineage:
            newest[paper.envelope.series] = max(newest.get(paper.envelope.series, 0), paper.envelope.number)
        return frozenset(
            paper.digest
            for paper in self.lineage
            if paper.digest not in reached and paper.envelope.number < newest[paper.envelope.series]
        )

    @cached_property
    def own(self) -> Signoff | None:
        """The signature that a receipt is for; None of other reports, or where the ledger does not tell of it."""
        wanted = self.report.signature
        return next((one for one in self.signoffs if wanted is not None and one.leaf.seq == wanted.seq), None)

    @cached_property
    def presented(self) -> str | None:
        """What the signer of a receipt was shown, as JSON. Raises Unreportable: it is not stored any more."""
        digest = self.own.statement.predicate.presented if self.own else None
        if digest is None:
            return None
        try:
            return store.read(digest).decode()
        except (store.BytesMissing, store.BytesCorrupt, ValueError) as problem:
            raise Unreportable(f"what the signer was shown ({digest}) cannot be read: {problem}") from None

    @cached_property
    def titles(self) -> dict[str, str]:
        """The titles of all documents that are named, by digest."""
        below = {each.row.digest: each.title for each in self.dependants.named}
        return {**self.nearby, **below, **{digest: paper.title for digest, paper in self.papers.items()}}

    def private(self, leaf: Leaf) -> Mapping[str, Any]:
        """Return what a leaf committed to; empty when there is nothing or it was erased."""
        opening = self.openings.get(leaf.seq)
        return opening.private if opening else {}

    def who(self, actor: str) -> str:
        """Return the name a person was enrolled under, or the actor as the ledger has it."""
        return self.names.get(actor, actor)


def gather(report: Report, *, alone: bool = False) -> Gathered:
    """Return what a report tells of; `alone`: the subject and what it rests on, nothing beside it and nothing below.

    Raises:
        Unreportable: rows and ledger contradict each other, or something is missing.
        DocumentCorrupt, LeafCorrupt: stored bytes were altered.
    """
    size = report.ledger_size
    if not 0 < size <= ledger.size():
        raise Unreportable(f"the report asks for ledger size {size}, the ledger has {ledger.size()} entries")
    time = ledger.time_of(size)
    wanted = Wanted(roots=(report.subject,)) if alone and report.subject else _wanted(report)
    roots = wanted.roots
    rows = docs.closure(roots)
    waived = waivers.about(rows, size)
    ceremonies = signoffs.ceremonies({**rows, **waived}, size)
    keyring, keyrings = newest_keyring(), tuple(envelopes())
    permitted = runs.runs(rows, size, keyring)
    decisions = {seq for run in permitted for permit in run.permits for seq in permit.permit.decisions}
    standing = standings.in_force_many([*rows.values(), *waived.values(), *ceremonies.policies.values()], size, time)
    signed = signoffs.signoffs(ceremonies, decisions, size, standing)
    known = {*rows, *waived, *ceremonies.policies}
    extra = {d: row for d, row in docs.closure(_co_signed(signed, known)).items() if d not in known}
    standing |= standings.in_force_many(extra.values(), size, time) if extra else {}

    concerning = [*known, *(f"job:{run.job.id}" for run in permitted)]
    nearby, refusals = _refused_nearby(rows, report, size) if not alone else ({}, set())
    seqs = _events(concerning, size) | refusals | decisions | wanted.entries
    frozen = {row.seq for row in (*extra.values(), *rows.values(), *waived.values(), *nearby.values())}
    leaves = ledger.leaves_at(seqs | frozen)
    leaves = signoffs.only_with_statements(leaves, signed, standing)
    runs.check(leaves, permitted)
    signoffs.check_revocations(leaves, known)
    whole = Whole(
        range(0) if wanted.period is None else wanted.period, str(report.project_id) if report.project_id else None
    )
    beside = ledger.leaves_at(sorted(wanted.around | next_to(wanted.period, report, size)))
    around = {seq: leaf for seq, leaf in beside.items() if seq not in whole.span and _may_be_read(leaf, report)}
    leaves |= _findings_on(leaves, report)
    # What was asked last is told of; any other last entry has nothing to do with what the report is about.
    leaves |= {seq: leaf for seq, leaf in around.items() if (seq, leaf.event) == (size - 1, events.REPORT_REQUESTED)}
    acted = chain(leaves.values(), whole.values())
    people = ledger_facts.people(acted, _contributors((*rows.values(), *waived.values(), *extra.values())))
    said = [signoff.statement.predicate for signoff in signed]
    projects = {str(row.project_id) for row in (*rows.values(), *waived.values(), *extra.values()) if row.project_id}
    project = str(report.project_id) if report.project_id else None
    right = ledger_facts.entitled(said, projects, size)
    leaves |= right | ledger_facts.background(people, right, project, size)
    leaves |= on_record.leaves({one.signer for one in said}, size)
    committed = {seq: leaf for seq, leaf in chain(whole.items(), leaves.items()) if leaf.commitment is not None}
    openings = ledger_facts.openings(committed)
    depths = _depths([root.digest for root in roots], rows, report.about)
    papers = [
        *(_paper(rows[digest], leaves, depth, IN_LINEAGE, standing) for digest, depth in depths.items()),
        *(_paper(row, leaves, 0, running_text.WAIVER_ASIDE, standing) for row in waived.values()),
        *(
            _paper(row, leaves, 0, running_text.POLICY_ASIDE, standing)
            for digest, row in ceremonies.policies.items()
            if digest not in rows
        ),
        *(
            _paper(row, leaves, 0, running_text.TOGETHER_ASIDE, standing)
            for row in sorted(extra.values(), key=lambda row: row.seq)
        ),
    ]
    downstream = dependants(report.subject, size) if report.subject and not alone else NO_DEPENDANTS
    leaves |= {leaf.seq: leaf for leaf in downstream.leaves}
    return Gathered(
        report=report,
        size=size,
        time=time,
        root=ledger.root(size),
        papers={paper.digest: paper for paper in papers},
        signoffs=tuple(signed),
        runs=tuple(permitted),
        nearby={digest: title_of(row) for digest, row in nearby.items()},
        leaves=dict(sorted(leaves.items())),
        whole=whole,
        around={seq: leaf for seq, leaf in sorted(around.items()) if seq not in leaves},
        openings=openings,
        names=ledger_facts.names(committed, openings),
        dependants=downstream,
        keyring=keyring,
        keyrings=keyrings,
        fingerprint=root_fingerprint(),
    )


def _wanted(report: Report) -> Wanted:
    return REPORTS[report.kind].want(report) if report.signature is None else Wanted(roots=tuple(signed_by(report)))


def signed_by(report: Report) -> list[Document]:
    """Return the documents that were signed, of a receipt."""
    if report.signature is None:
        raise Unreportable("the report is on no signature")
    digests = [subject.digest for subject in Opener().open(report.signature).subjects]
    found = Document.objects.select_related("project", "series", "created_by").in_bulk(digests)
    if missing := [digest for digest in digests if digest not in found]:
        raise Unreportable(f"document {missing[0]} was signed but is not there; restore a backup")
    return [found[digest] for digest in digests]


def title_of(row: Document) -> str:
    """Return a document's title as its own bytes give it, never the row's copy of it."""
    return _title(row, docs.display_body(row))


def _title(row: Document, body: dict[str, Any]) -> str:
    kind = KINDS[row.kind]
    return str(kind.title(body)) or f"untitled {kind.label}"


def _paper(row: Document, leaves: Mapping[int, Leaf], depth: int, why: str, standing: Mapping[str, InForce]) -> Paper:
    """Hold a document against its own bytes and against the leaf of its freezing."""
    envelope, leaf = docs.envelope(row), leaves.get(row.seq)
    recorded = {"kind": row.kind, "series": envelope.series, "number": envelope.number}
    if (
        leaf is None
        or leaf.event != events.DOCUMENT_FROZEN
        or leaf.subjects != [row.digest]
        or any(leaf.data.get(name) != value for name, value in recorded.items())
    ):
        raise Unreportable(f"ledger entry {row.seq} does not record the freezing of document {row.digest}")
    return Paper(row, envelope, leaf, depth, why, standing[row.digest])


def _depths(roots: Sequence[str], rows: Mapping[str, Document], subject: str) -> dict[str, int]:
    """Return the distance of every document from the roots: the subject first, then by distance, the newest first."""
    depths, frontier, depth = dict.fromkeys(roots, 0), set(roots), 0
    while frontier:
        depth += 1
        reached = {link.digest for digest in frontier for link in docs.references(rows[digest])}
        frontier = reached - set(depths)
        depths |= dict.fromkeys(frontier, depth)
    return dict(sorted(depths.items(), key=lambda item: (item[0] != subject, item[1], -rows[item[0]].seq)))


def _co_signed(signed: Iterable[Signoff], known: set[str]) -> list[Document]:
    wanted = {subject.digest for signoff in signed for subject in signoff.statement.subjects} - known
    found = Document.objects.select_related("project", "series", "created_by").in_bulk(sorted(wanted))
    if missing := wanted - set(found):
        raise Unreportable(f"document {min(missing)} was signed but is not there; restore a backup")
    return list(found.values())


def _contributors(rows: Iterable[Document]) -> set[str]:
    return {person for row in rows for person in docs.envelope(row).contributors}


def _events(subjects: Iterable[str], size: int) -> set[int]:
    """Return the entries about any of the subjects; reports on them are no part of their story."""
    rows = LedgerSubject.objects.filter(subject__in=list(subjects), entry_id__lt=size)
    return set(rows.exclude(entry__index__event__startswith="report:").values_list("entry_id", flat=True))


def next_to(period: range | None, report: Report, size: int) -> set[int]:
    """Return the entries next to the period that the report's readers may see, and the ledger's last if they may."""
    seen = LedgerEvent.objects.filter(entry_id__lt=size)
    if not _of_everything(report):
        seen = seen.filter(Q(project=report.project_id) | Q(project=None))
    found = set(seen.filter(entry_id=size - 1).values_list("entry_id", flat=True))
    if period is not None:
        found |= set(
            seen.filter(entry_id__lt=period.start).order_by("-entry_id").values_list("entry_id", flat=True)[:1]
        )
        found |= set(seen.filter(entry_id__gte=period.stop).order_by("entry_id").values_list("entry_id", flat=True)[:1])
    return found


def _of_everything(report: Report) -> bool:
    return report.project_id is None and report.subject_id is None


def _may_be_read(leaf: Leaf, report: Report) -> bool:
    """Return whether an entry is of the report's place: its readers learn nothing of other projects."""
    return _of_everything(report) or leaf.project in (None, str(report.project_id))


def _findings_on(told: Collection[int], report: Report) -> dict[int, Leaf]:
    """Return what auditors found on the entries told of themselves, and on entries of such findings in turn."""
    found: dict[int, Leaf] = {}
    frontier = set(told)
    while frontier:
        names = [f"{audit_findings.ENTRY}{seq}" for seq in frontier]
        rows = LedgerSubject.objects.filter(subject__in=names, entry_id__lt=report.ledger_size)
        rows = rows.filter(entry__index__event__in=audit_findings.EVENTS)
        leaves = ledger.leaves_at(sorted(set(rows.values_list("entry_id", flat=True)) - set(told) - set(found)))
        fresh = {seq: leaf for seq, leaf in leaves.items() if _may_be_read(leaf, report)}
        found |= fresh
        frontier = set(fresh)
    return found


def _refused_nearby(rows: Mapping[str, Document], report: Report, size: int) -> tuple[dict[str, Document], set[int]]:
    """Return the documents that name one of the lineage and had something refused, and those refusals.

    Only within the report's own project: from a document of the shelf nothing leads into projects.
    """
    own = [digest for digest, row in rows.items() if row.project_id and row.project_id == report.project_id]
    links = Reference.objects.filter(target__in=own, source__seq__lt=size).exclude(source__in=list(rows))
    near = {link.source_id: link.source for link in links.select_related("source")}
    found = LedgerSubject.objects.filter(subject__in=list(near), entry_id__lt=size)
    refused = found.filter(entry__index__event__in=REFUSALS).values_list("subject", "entry_id")
    return {d: near[d] for d in sorted({digest for digest, _ in refused})}, {seq for _, seq in refused}
