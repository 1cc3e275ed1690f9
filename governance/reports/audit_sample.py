"""An audit sample: one ZIP of the records drawn, with everything to draw them again and to prove each entry.

Nothing in it depends on the day or the machine: the same question at the same ledger size gives the same bytes. Private
parts of entries are left out. Files of a record are left out, and named with digest and reason, where cases in what it
rests on are kept from anybody, and where they are too large.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from pydantic import Field

from governance import events, store
from governance.errors import Invalid
from governance.models import Document, LedgerSubject, Report, Signature
from governance.proof.files import sample_index, sample_records
from governance.proof.files.proved_zip import AROUND, CHECKPOINT, CONSISTENCY, KEYRINGS, PERIOD
from governance.proof.files.sample_index import Held, Index, Record
from governance.proof.files.sample_records import Stories
from governance.proof.formats import canonical
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.manifest import FileEntry
from governance.proof.history import jobs as job_history
from governance.proof.history import register, sampling
from governance.proof.history.sampling import Member, Population, Recipe
from governance.registry import KINDS, ReportKind, Wanted
from governance.reports.days_asked import DaysAsked
from governance.reports.faults import Unreportable
from governance.reports.gather_evidence import goes_on, proved
from governance.reports.gathered import next_to
from governance.reports.whole import Whole
from governance.reports.zipped import Zipped
from governance.selectors import documents as docs
from governance.selectors import keys, ledger
from governance.selectors import register as releases
from governance.selectors.reports import sizes_before

MOST = 200  # records of a sample


class Asked(DaysAsked):
    """What is sampled, how many, and by which seed."""

    population: Annotated[
        Population, Field(title="Of what", description="What the sample is drawn from, each kind in proportion.")
    ]
    kind: Annotated[
        str, Field(title="Kind of documents", description="Of documents: which, such as evals.rubric.", max_length=80)
    ] = ""
    size: Annotated[int, Field(title="How many", description=f"1 to {MOST}.", ge=1, le=MOST)] = 20
    seed: Annotated[
        str,
        Field(
            title="Seed",
            description="Of your own, such as dice thrown now, of days that are over: so nobody here can aim. Empty: "
            "the ledger’s root once this is asked, which who asks cannot choose.",
            max_length=120,
            pattern=r"^[ -~]*$",
        ),
    ] = ""


def _asked(report: Report) -> Asked:
    return Asked.model_validate_json(report.parameters)


def _check(report: Report) -> None:
    asked = _asked(report)
    asked.check()
    if asked.kind and (asked.population != "documents" or asked.kind not in KINDS):
        raise Invalid("kind", f"found {asked.kind!r}, expected a kind of document, and documents to be sampled")


def recipe(report: Report) -> Recipe:
    """Return what decides the sample that was asked for.

    Without a seed of the asker's it is the root of the tree that ends with the request itself: it depends on the
    request's own random identifier. Who asks again and again until they like the draw is seen on the ledger.
    """
    asked, size = _asked(report), report.ledger_size
    span = asked.span(size)
    return Recipe(
        population=asked.population,
        kind=asked.kind,
        project=_project(report),
        first=span.start,
        stop=max(span.start, span.stop),
        ledger_size=size,
        releases=releases.kinds(),
        size=asked.size,
        seed=asked.seed or ledger.root(size).hex(),
        chosen=bool(asked.seed),
    )


def _project(report: Report) -> str | None:
    return str(report.project_id) if report.project_id else None


def build(report: Report, note: str, tell: Callable[[str], None]) -> bytes:
    """Return the ZIP; `note` is the signed checkpoint of exactly the report's ledger size.

    Raises:
        Unreportable: the ledger's last entry is not the request, or one cannot be proved to be in it.
        DocumentCorrupt, LeafCorrupt: stored bytes were altered.
    """
    how, size = recipe(report), report.ledger_size
    if not 0 < size <= ledger.size():
        raise Unreportable(f"the sample asks for ledger size {size}, the ledger has {ledger.size()} entries")
    asked = ledger.leaf(size - 1)
    if asked.event != events.REPORT_REQUESTED or asked.data.get("report") != str(report.pk):
        raise Unreportable(
            f"ledger entry {size - 1} is not this request: a sample tells of the ledger that ends with it"
        )
    tell("counting the population")
    whole = Whole(range(how.first, how.stop), how.project)
    around = ledger.leaves_at(sorted((next_to(whole.span, report, size) | _before(how, whole)) - set(whole.span)))
    population, drawn = sampling.redraw(how, [*_in_order(around), *whole.values()])
    told = [ledger.leaves_at(sorted(_entries(member, how))) for member in drawn]
    # No more of any than fits is given, and no more than is given tells of another.
    first = [{seq: one[seq] for seq in sorted(one)[: sample_records.MOST]} for one in told]
    stories = Stories(how, {**dict(whole), **around, **{seq: leaf for one in told for seq, leaf in one.items()}})
    records = []
    with _Package() as package:
        for number, (member, entries) in enumerate(zip(drawn, first, strict=True), start=1):
            tell(f"record {number} of {len(drawn)}")
            left = len(told[number - 1]) - len(entries)
            records.append(_record(package, sample_index.folder(number), member, stories, entries, left, how))
        package.add(CHECKPOINT, note.encode())
        package.add(KEYRINGS, b"".join(envelope + b"\n" for envelope in keys.envelopes()))
        given = whole.given(size)
        package.add(PERIOD, canonical.dumps(given.model_dump() if given else {}))
        package.add(AROUND, canonical.dumps([entry.model_dump() for entry in proved(_in_order(around), size)]))
        package.add(CONSISTENCY, canonical.dumps([goes_on(old, size).model_dump() for old in sizes_before(report)]))
        index = Index(
            about=report.told_of,
            project=how.project,
            parameters=report.asked,
            recipe=how,
            population=len(population),
            strata=sample_index.strata(population, drawn),
            bound=sample_index.bound(population, drawn),
            records=records,
        )
        package.add(sample_index.PAGE, index.page())
        files = dict(sorted(package.listed.items()))
        package.add(sample_index.INDEX, index.model_copy(update={"files": files}).to_bytes())
        return package.close()


class _Package(Zipped):
    """The sample while it is filled; `spent` counts the bytes of records' files."""

    spent = 0


def _in_order(leaves: Mapping[int, Leaf]) -> list[Leaf]:
    return [leaves[seq] for seq in sorted(leaves)]


def _before(how: Recipe, whole: Whole) -> set[int]:
    """Return the entries before the period that tell how runs began that go on in it."""
    if how.population != "runs":
        return set()
    jobs = {subject for subject in register.carried(whole.values()) if subject.startswith("job:")}
    rows = LedgerSubject.objects.filter(
        subject__in=sorted(jobs), entry_id__lt=how.first, entry__index__event__in=job_history.EVENTS
    )
    if how.project is not None:
        rows = rows.filter(entry__index__project=how.project)
    return set(rows.values_list("entry_id", flat=True))


def _record(
    package: _Package,
    folder: str,
    member: Member,
    stories: Stories,
    entries: Mapping[int, Leaf],
    left: int,
    how: Recipe,
) -> Record:
    own = stories.documents(member)
    rows = {row.digest: row for row in _rows(own)}
    if missing := [digest for digest in own if digest not in rows]:
        raise Unreportable(f"document {missing[0]} is told of, but is not there; restore a backup")
    papers = docs.closure(list(rows.values())) if rows else {}
    given = [entry.model_dump() for entry in proved(_in_order(entries), how.ledger_size)]
    package.add(f"{folder}/leaves.json", canonical.dumps({"leaves": given}))
    for digest, row in papers.items():
        docs.envelope(row)  # hashes the bytes again
        package.add(f"{folder}/documents/{digest[7:]}.json", bytes(row.content))
    for signature in Signature.objects.filter(seq__in=sorted(stories.signed(member))).order_by("seq"):
        package.add(f"{folder}/signatures/{signature.seq}.json", bytes(signature.statement))
    return Record(
        folder=folder,
        name=member.name,
        stratum=member.stratum,
        entry=member.entry,
        ticket=sampling.ticket(how.seed, member.name),
        documents={digest: row.kind for digest, row in sorted(papers.items())},
        entries=len(entries),
        entries_left_out=left,
        files=_files(package, folder, [rows[digest] for digest in own], papers),
    )


def _rows(digests: Iterable[str]) -> list[Document]:
    wanted = [digest for digest in digests if canonical.is_digest(digest)]
    return list(Document.objects.filter(pk__in=wanted).select_related("project", "series", "created_by"))


def _entries(member: Member, how: Recipe) -> set[int]:
    """Return the entries about a record; that reports were asked and records read is no part of its story."""
    if member.name.startswith("sha256:"):
        subjects = {member.name}
    elif member.name.startswith("entry:"):
        subjects = {row.digest for row in _rows(ledger.leaf(member.entry).subjects) if row.seq < how.ledger_size}
    else:
        job = f"job:{member.name}"
        told = job_history.replay(_in_order(ledger.leaves_at(sorted(_about({job}, how)))))[member.name]
        subjects = {job, told.spec, told.output} - {""}
    return _about(subjects, how) | {member.entry}


def _about(subjects: set[str], how: Recipe) -> set[int]:
    rows = LedgerSubject.objects.filter(subject__in=sorted(subjects), entry_id__lt=how.ledger_size)
    for apart in sample_records.APART:
        rows = rows.exclude(entry__index__event__startswith=apart)
    if how.project is not None:
        rows = rows.filter(entry__index__project=how.project) | rows.filter(entry__index__project=None)
    return set(rows.values_list("entry_id", flat=True))


def _files(package: _Package, folder: str, own: Iterable[Document], papers: Mapping[str, Document]) -> list[Held]:
    """Add the files that a record's own documents name, or say why one is left out."""
    kept_back = any(_hides(row) for row in papers.values())
    return [
        _file(package, folder, entry, kept_back)
        for row in own
        for entry in sample_records.files_named(docs.envelope(row).body)
    ]


def _file(package: _Package, folder: str, entry: FileEntry, kept_back: bool) -> Held:
    why = sample_index.KEPT_BACK if kept_back else _too_much(package, entry.size)
    if not why:
        try:
            package.add(f"{folder}/files/{entry.sha256[7:]}", store.read(entry.sha256))
            package.spent += entry.size
        except store.BytesMissing:
            why = sample_index.GONE
    return Held(path=entry.path, sha256=entry.sha256, size=entry.size, left_out=why)


def _hides(row: Document) -> bool:
    sampled = KINDS[row.kind].sample
    return sampled is not None and bool(sampled.hidden_from(row))


def _too_much(package: _Package, size: int) -> str:
    if size > sample_index.LARGEST:
        return sample_index.TOO_LARGE
    return sample_index.TOO_MUCH if package.spent + size > sample_index.ALL_FILES else ""


KIND = ReportKind(
    name=sample_index.KIND,
    label="Audit sample (ZIP)",
    about="Records drawn by a seed, each with its documents, signatures and proved ledger entries; to be drawn again.",
    asks=Asked,
    of=frozenset({"project", "organisation"}),
    want=lambda report: Wanted(),
    pages=None,
    action="ledger.report",
    check=_check,
    file=build,
    past=False,
)
