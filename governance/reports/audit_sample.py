"""An audit sample: one ZIP of the records drawn, with everything to draw them again and to prove each entry.

Nothing in it depends on the day or the machine: the same question at the same ledger size gives the same bytes. Private
parts of entries are left out. Files of a record are left out, and named with digest and reason, where cases in what it
rests on are kept from anybody, and where they are too large.
"""

import html
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from governance import store
from governance.errors import Invalid
from governance.models import Document, LedgerSubject, Report, Signature
from governance.proof import canonical, job_history, sample_records, sampling
from governance.proof.fields import base64_text
from governance.proof.leaf import Leaf
from governance.proof.sampling import Member, Population, Recipe
from governance.registry import KINDS, ReportKind, Wanted
from governance.reports.days_asked import DaysAsked
from governance.reports.faults import Unreportable
from governance.reports.whole import Whole
from governance.reports.zipped import Zipped
from governance.selectors import documents as docs
from governance.selectors import history, keys, ledger
from governance.selectors import register as releases

MOST = 200  # records of a sample
LARGEST = 5 * 1024 * 1024  # bytes of one file
ALL_FILES = 50 * 1024 * 1024  # bytes of all files together


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
            description="Empty: the ledger’s root once this is asked, which nobody can choose beforehand.",
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
        project=str(report.project_id) if report.project_id else None,
        first=span.start,
        stop=span.stop,
        ledger_size=size,
        releases=releases.kinds(),
        size=asked.size,
        seed=asked.seed or ledger.root(size).hex(),
        chosen=bool(asked.seed),
    )


class _Package(Zipped):
    """The sample while it is filled; `spent` counts the bytes of records' files."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.spent = 0


def build(report: Report, note: str, tell: Callable[[str], None]) -> bytes:
    """Return the ZIP; `note` is the signed checkpoint of exactly the report's ledger size.

    Raises:
        Unreportable: an entry cannot be proved to be in the ledger of that size.
        DocumentCorrupt, LeafCorrupt: stored bytes were altered.
    """
    how, size = recipe(report), report.ledger_size
    if not 0 < size <= ledger.size():
        raise Unreportable(f"the sample asks for ledger size {size}, the ledger has {ledger.size()} entries")
    tell("counting the population")
    whole = Whole(range(how.stop), how.project)
    population, drawn = sampling.redraw(how, [whole[seq] for seq in whole])
    package = _Package(size)
    records = []
    for number, member in enumerate(drawn, start=1):
        tell(f"record {number} of {len(drawn)}")
        records.append(_record(package, f"records/{number:03}", member, how))
    package.add("checkpoint", note.encode())
    package.add("keyrings.jsonl", b"".join(envelope + b"\n" for envelope in keys.envelopes()))
    strata, taken = Counter(one.stratum for one in population), Counter(one.stratum for one in drawn)
    index = {
        "asked": {name: value for name, value in report.asked.items() if name in ("first", "last")},
        "recipe": how.model_dump(),
        "population": len(population),
        "strata": {name: {"population": strata[name], "drawn": taken[name]} for name in sorted(strata)},
        "bound": sampling.bound_in_words(len(population), len(drawn)),
        "records": records,
        "files": dict(sorted(package.listed.items())),
    }
    package.add("index.html", _page(index, report).encode())
    package.add("index.json", canonical.dumps({**index, "files": dict(sorted(package.listed.items()))}))
    return package.close()


def _record(package: _Package, folder: str, member: Member, how: Recipe) -> dict[str, Any]:
    subjects, roots = _about(member, package.size)
    papers = docs.closure(roots) if roots else {}
    seqs = _entries({*subjects, *(root.digest for root in roots)}, package.size, how.project) | {member.entry}
    leaves = ledger.leaves_at(sorted(seqs)[: sample_records.MOST])
    package.add(f"{folder}/leaves.json", canonical.dumps({"leaves": _proved(leaves, package.size)}))
    for digest, row in papers.items():
        docs.envelope(row)  # hashes the bytes again
        package.add(f"{folder}/documents/{digest[7:]}.json", bytes(row.content))
    signatures = Signature.objects.filter(
        request__subjects__document__in=[root.digest for root in roots], seq__lt=package.size
    )
    for signature in signatures.distinct().order_by("seq"):
        package.add(f"{folder}/signatures/{signature.seq}.json", bytes(signature.statement))
    return {
        "folder": folder,
        "name": member.name,
        "stratum": member.stratum,
        "entry": member.entry,
        "ticket": sampling.ticket(how.seed, member.name),
        "documents": {digest: row.kind for digest, row in sorted(papers.items())},
        "entries": len(leaves),
        "entries_left_out": max(0, len(seqs) - sample_records.MOST),
        "files": _files(package, folder, roots, papers),
    }


def _about(member: Member, size: int) -> tuple[set[str], list[Document]]:
    """Return the subjects under which the ledger tells of a record, and the documents it is made of by that size."""
    if member.name.startswith("sha256:"):
        return {member.name}, list(_rows([member.name]))
    if member.name.startswith("entry:"):
        return set(), list(_rows(ledger.leaf(member.entry).subjects))
    subject = f"job:{member.name}"
    leaves = ledger.leaves_at(_entries({subject}, size, None))
    told = job_history.replay(leaves[seq] for seq in sorted(leaves))[member.name]
    return {subject}, list(_rows([told.spec, told.output]))


def _rows(digests: Iterable[str]) -> list[Document]:
    wanted = [digest for digest in digests if digest.startswith("sha256:")]
    rows = Document.objects.filter(pk__in=wanted).select_related("project", "series", "created_by")
    return list(rows.order_by("seq"))


def _entries(subjects: set[str], size: int, project: str | None) -> set[int]:
    """Return the entries about some subjects; that reports were asked and records read is no part of their story."""
    rows = LedgerSubject.objects.filter(subject__in=sorted(subjects), entry_id__lt=size)
    for apart in sample_records.APART:
        rows = rows.exclude(entry__index__event__startswith=apart)
    if project is not None:
        rows = rows.filter(entry__index__project=project) | rows.filter(entry__index__project=None)
    return set(rows.values_list("entry_id", flat=True))


def _proved(leaves: Mapping[int, Leaf], size: int) -> list[dict[str, Any]]:
    proofs = history.inclusion_of(list(leaves), size)
    if wrong := [seq for seq in leaves if not proofs[seq].holds]:
        raise Unreportable(f"ledger entry {wrong[0]} does not lead to the ledger's root; run manage.py verify_ledger")
    return [
        {"index": seq, "leaf": base64_text(leaf.to_bytes()), "proof": proofs[seq].path} for seq, leaf in leaves.items()
    ]


def _files(
    package: _Package, folder: str, roots: Iterable[Document], papers: Mapping[str, Document]
) -> list[dict[str, Any]]:
    """Add the files that a record's own documents name, or say why one is left out."""
    kept_back = any(_hides(row) for row in papers.values())
    told = []
    for root in roots:
        for entry in KINDS[root.kind].files(docs.envelope(root).body):
            why = "cases are kept from some" if kept_back else _too_much(package, entry.size)
            if not why:
                try:
                    package.add(f"{folder}/files/{entry.sha256[7:]}", store.read(entry.sha256))
                    package.spent += entry.size
                except store.BytesMissing:
                    why = "not in the store any more"
            told.append({"path": entry.path, "sha256": entry.sha256, "size": entry.size, "left_out": why})
    return told


def _hides(row: Document) -> bool:
    sampled = KINDS[row.kind].sample
    return sampled is not None and bool(sampled.hidden_from(row))


def _too_much(package: _Package, size: int) -> str:
    if size > LARGEST:
        return f"larger than {LARGEST} bytes"
    return f"more than {ALL_FILES} bytes in all" if package.spent + size > ALL_FILES else ""


def _page(index: Mapping[str, Any], report: Report) -> str:
    """Return the index as a page that needs nothing else."""
    how = index["recipe"]

    def cells(*values: object, tag: str = "td") -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values) + "</tr>"

    seed = "chosen by who asked" if how["chosen"] else f"the ledger’s root at {how['ledger_size']} entries"
    facts = (
        ("Asked", str(report)), ("Population", f"{index['population']} {how['population'].replace('_', '-')}"),
        ("Entries", f"{how['first']} up to and without {how['stop']}"), ("Project", how["project"] or "all"),
        ("Seed", f"{how['seed']} ({seed})"), ("What it can show", index["bound"]),
    )  # fmt: skip
    strata = "".join(cells(name, one["population"], one["drawn"]) for name, one in index["strata"].items())
    records = "".join(
        f'<tr><td><a href="{one["folder"]}/leaves.json">{one["folder"][8:]}</a></td>'
        + cells(one["entry"], one["name"], one["stratum"], len(one["documents"]), one["entries"]).removeprefix("<tr>")
        for one in index["records"]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Audit sample</title><style>'
        "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #999;padding:.3rem .6rem;"
        "text-align:left;vertical-align:top;overflow-wrap:anywhere}</style></head><body><h1>Audit sample</h1><table>"
        + "".join(cells(*pair) for pair in facts)
        + "</table><h2>Strata</h2><table>"
        + cells("Stratum", "Population", "Drawn", tag="th")
        + strata
        + "</table><h2>Records drawn</h2><table>"
        + cells("No.", "Entry", "Name", "Stratum", "Documents", "Entries", tag="th")
        + records
        + "</table><h2>Draw it again</h2><p>A record’s ticket is SHA-256 of seed, colon and name; in each stratum the "
        "smallest tickets are drawn. <code>countersign leaves -o leaves.jsonl</code>, once, then without the server: "
        "<code>countersign sample --redraw FILE.zip --leaves leaves.jsonl</code></p></body></html>\n"
    )


KIND = ReportKind(
    name="audit-sample",
    label="Audit sample (ZIP)",
    about="Records drawn by a seed, each with its documents, signatures and proved ledger entries; to be drawn again.",
    asks=Asked,
    of=frozenset({"project", "organisation"}),
    want=lambda report: Wanted(),
    pages=None,
    action="ledger.report",
    check=_check,
    file=build,
)
