"""A lineage report as data: from what was gathered to what the pages say."""

from governance import access
from governance.models import Organisation, Report
from governance.proof.answers.inforce import Standing as Legal
from governance.proof.answers.standing_words import status
from governance.proof.files.lineage.told import Signoff
from governance.proof.formats.fields import moment
from governance.proof.formats.statement import SignoffPredicate
from governance.proof.sections.blocks import Fact, FactsTable
from governance.proof.words import running_text, watermark
from governance.proof.words.running_text import DOES_NOT_PROVE, PROVES
from governance.proof.words.vocabulary import LINEAGE
from governance.registry import KINDS, REPORTS, Nothing, ReportKind, Wanted
from governance.reports import audit_findings, record
from governance.reports.exceptions import exceptions
from governance.reports.faults import Unreportable
from governance.reports.gathered import Gathered, Paper
from governance.reports.model import MARKS, Edge, Node, ReportData, Section, SignatureLine, Told


def report_data(found: Gathered) -> ReportData:
    """Return everything the pages print; the same facts give the same data."""
    kind = REPORTS[found.report.kind]
    if kind.pages is None:
        raise Unreportable(f"a {kind.label} has no pages")
    told = kind.pages(found)
    shown = () if told.plain else tuple(found.lineage)
    return ReportData(
        title=told.title,
        kind=called(found.report),
        subject=found.report.about,
        subject_kind=told.about,
        project=place(found),
        ledger_size=found.size,
        checkpoint_root=found.root.hex(),
        generated_at=found.time,
        proves=told.proves,
        does_not_prove=told.does_not_prove,
        exceptions=(*told.own_exceptions, *(() if told.plain else exceptions(found, found.lineage))),
        nodes=tuple(_node(found, paper) for paper in shown),
        edges=() if told.plain or kind.brief else _edges(found),
        sections=_after(found, told, kind),
        first=told.first,
        demo=demonstration(found),
        lead=told.lead,
        plain=told.plain,
        drawn=told.drawn and bool(shown) and not kind.brief,
        in_brief=_elsewhere(found, told) if kind.brief else "",
        mark="" if kind.brief else _mark(found, shown),
    )


def _after(found: Gathered, told: Told, kind: ReportKind) -> tuple[Section, ...]:
    """Return the sections after the documents: what proves the answers, of the brief; of plain ones the keys alone."""
    if told.plain:
        return (record.keys(found),)
    if kind.brief:
        beside = record.refusals(found), record.others(found), record.people(found), record.keys(found)
        return (record.signatures(found), *beside)
    return sections(found, told.told)


def _elsewhere(found: Gathered, told: Told) -> str:
    """Return what a brief report says of all that it leaves out, and where that is printed."""
    paper = found.papers.get(told.in_full or found.report.about)
    if paper is None:
        return running_text.each_in_brief(found.size)
    named = running_text.named(paper.label, paper.title)
    return running_text.in_brief(KINDS[paper.row.kind].report, named, paper.digest, found.size)


def _mark(found: Gathered, shown: tuple[Paper, ...]) -> str:
    """Return the mark of every page, by the standing of the subject where the report tells of one."""
    subject = found.papers.get(found.report.about)
    return watermark.word(status(subject.standing)) if subject in shown and subject is not None else ""


def lineage(found: Gathered) -> Told:
    """Return what a report on one document says of its own: begins with the subject where its kind has a report."""
    subject = found.papers[found.report.about]
    if (dossier := KINDS[subject.row.kind].dossier) is not None:
        return dossier.tell(found)
    return Told(
        title=subject.title,
        about=capital(subject.label),
        proves=PROVES,
        does_not_prove=DOES_NOT_PROVE,
        lead=(),
        first=tuple(_bodies(found, leading=True)),
    )


def _subject(report: Report) -> Wanted:
    if report.subject is None:
        raise Unreportable("the report names no document")
    dossier = KINDS[report.subject.kind].dossier
    beside = dossier.beside(report.subject, report.ledger_size) if dossier is not None else ()
    return Wanted(roots=(report.subject, *beside))


KIND = ReportKind(
    name="lineage",
    label=LINEAGE,
    about="One document with everything it rests on, who signed what, the runs, and what rests on it.",
    asks=Nothing,
    of=frozenset({"document"}),
    want=_subject,
    pages=lineage,
)


def called(report: Report) -> str:
    """Return the name of the report: its kind's or, of a report on one document, what the document's kind says."""
    if report.signature_id is not None:
        return "Signing receipt"
    if report.kind == "lineage" and report.subject is not None:
        return KINDS[report.subject.kind].report
    return REPORTS[report.kind].label


def sections(found: Gathered, told: frozenset[str] = frozenset()) -> tuple[Section, ...]:
    """The sections after the documents: what each kind tells of itself unless `told` already, then the ledger's."""
    return (
        record.signatures(found),
        *_bodies(found, leading=False, told=told),
        record.supporting_files(found),
        record.runs(found),
        record.refusals(found),
        *audit_findings.section(found),
        record.downstream(found),
        record.others(found),
        record.people(found),
        record.ledger_events(found),
        record.keys(found),
    )


def organisation() -> str:
    """Return the organisation's name, for the seal."""
    row = Organisation.objects.first()
    return row.name if row else "Countersign"


def _bodies(found: Gathered, *, leading: bool, told: frozenset[str] = frozenset()) -> list[Section]:
    """Return what each kind tells of itself: the subject's, where its kind has a report of its own, or all others'."""
    made = []
    for number, paper in enumerate(found.lineage, start=1):
        kind = KINDS[paper.row.kind]
        leads = paper.digest == found.report.about and kind.report != LINEAGE
        tell = kind.sections
        if tell is not None and leads is leading and paper.digest not in told:
            where = FactsTable(
                (Fact("Document", f"{number}  {paper.title}, version {paper.envelope.number}", link=paper.digest),)
            )
            title = f"{capital(paper.label)}: {paper.title}"
            made.append(Section(title, (where, *tell(paper.row, paper.body))))
    return made


def _node(found: Gathered, paper: Paper) -> Node:
    envelope = paper.envelope
    people = ", ".join(sorted(found.who(person) for person in envelope.contributors))
    signed = [s for s in found.signoffs if paper.digest in {subject.digest for subject in s.statement.subjects}]
    facts = [Fact("Contributors", people or "none"), Fact("Ledger entry", str(paper.leaf.seq))]
    if envelope.previous:
        facts.append(Fact("Earlier version", envelope.previous, code=True))
    return Node(
        digest=paper.digest,
        kind=capital(paper.label),
        title=paper.title,
        number=envelope.number,
        author=found.who(paper.leaf.actor),
        created_at=moment(paper.leaf.time),
        signatures=tuple(line(paper, signoff) for signoff in signed),
        status=status(paper.standing),
        depth=paper.depth,
        standing=MARKS[paper.standing.standing],
        facts=tuple(facts),
        entry=paper.leaf.seq,
    )


def line(paper: Paper, signoff: Signoff) -> SignatureLine:
    """Return a signature on a document as 21 CFR 11.50 wants it printed."""
    said = signoff.statement.predicate
    standing = paper.standing
    counted = signoff.leaf.seq in {signed.seq for signed in standing.signatures}
    note = "in force"
    if not counted:
        note = "does not count towards the present standing"
    elif standing.standing is not Legal.IN_FORCE:
        note = standing.standing.value
    return SignatureLine(
        printed_name=both_names(said),
        role=capital(access.label(said.role)),
        meaning=said.meaning,
        at=moment(said.time),
        method=said.method.label,
        reason=said.reason,
        standing=note,
    )


def _edges(found: Gathered) -> tuple[Edge, ...]:
    return tuple(
        Edge(paper.digest, link.digest, link.role.replace("_", " "))
        for paper in found.lineage
        for link in paper.envelope.references
    )


def both_names(said: SignoffPredicate) -> str:
    """Return who signed and, of a delegate, for whom."""
    return f"{said.printed_name} for {said.on_behalf_of.printed_name}" if said.on_behalf_of else said.printed_name


def demonstration(found: Gathered) -> bool:
    """Return whether a key of the keyring was made for a demonstration."""
    return any(entry.demo for entry in (found.keyring.root, *found.keyring.keys))


def place(found: Gathered) -> str:
    """Return the project a report is about, or the organisation whose shelf it is."""
    project = found.report.project
    if project is None:
        return f"{organisation()} (shelf)" if found.report.subject_id else organisation()
    return project.name


def capital(text: str) -> str:
    """Return the text with its first letter as at the beginning of a sentence."""
    return text[:1].upper() + text[1:]
