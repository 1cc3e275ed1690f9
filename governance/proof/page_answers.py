"""The tables in which reports answer by documents and entries: each row is held to the document or entry it names.

A row names its document by digest, or its ledger entry by number; the other cells follow from these, and are compared.
What a row says beyond that, and whether a document belongs into the answer, follows from rules of the report's kind.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from governance.proof.fields import moment
from governance.proof.leaf import ROLE_GRANTED, ROLE_REVOKED, Leaf
from governance.proof.page_compare import head_of, rows_of, shown, tables_of
from governance.proof.page_documents import tells
from governance.proof.page_facts import Signed, role
from governance.proof.page_report import Report
from governance.proof.page_text import Element
from governance.proof.printed import count, second, short

PAPERS = ("Document", "Kind", "Then", "As known", "Signed by", "Digest")
DATA = ("Dataset", "Rows", "Standing then", "Signed by", "Digest")
SIGNERS = ("Document", "Signed by", "Role", "How", "Time (UTC)", "Entry")
DOERS = ("Who", "Did", "Time (UTC)", "Entry")
EVENTS = ("So at (UTC)", "Recorded (UTC)", "What", "It ran then", "Reason", "Entry")
ROLES = ("Who", "Was", "Role", "Where", "Time (UTC)", "Entry")
NOBODY = "nobody"

Row = Sequence[Element]
Check = Callable[[Report, Row], Iterator[str]]


def answers(report: Report) -> None:
    """Compare the answers of all sections; what documents are said to be elsewhere must have been read before."""
    for title, section in zip(report.titles, report.sections, strict=True):
        tables = {id(table): tuple(head_of(table)) for table in tables_of(section)}
        for table in tables_of(section):
            head = tables[id(table)]
            if head not in CHECKS or id(table) in report.found.known:
                continue
            report.found.known.add(id(table))
            check, left = CHECKS[head]
            for row in rows_of(table)[1:]:
                for problem in check(report, row) if len(row) == len(head) else ["found cells too many or too few"]:
                    told = " | ".join(cell.text for cell in row)
                    report.found.wrong(row[0].page or table.page, f"{title}: {told!r}: {problem}")
            for column in left:
                report.found.leave(title, f"“{column}”")
        _all_signers(report, title, section)
        _all_of_a_role(report, title, section)


def _all_signers(report: Report, title: str, section: Element) -> None:
    """Whoever is named beside a document must have a row where a section lists signatures, and nobody else."""
    tables = list(tables_of(section))
    listed = [row for table in tables if tuple(head_of(table)) == SIGNERS for row in rows_of(table)[1:]]
    named = [row for table in tables if tuple(head_of(table)) == PAPERS for row in rows_of(table)[1:]]
    if not listed or any(len(row) != len(SIGNERS) for row in [*listed, *named]):
        return
    rows = Counter(_bare(row[0].text) for row in listed)
    wanted = Counter[str]()
    for row in named:
        wanted[_bare(row[0].text)] += len(_signers(report, row[5], row[4]) or ())
    if rows != +wanted:
        report.found.wrong(section.page, f"{title}: the signatures are not those of the people named there")


def _all_of_a_role(report: Report, title: str, section: Element) -> None:
    """Documents that are listed as datasets are all those that one document names so, and no others."""
    for table in (table for table in tables_of(section) if tuple(head_of(table)) == DATA):
        role_ = DATA[0].lower()
        found = sorted("".join(row[-1].lines) for row in rows_of(table)[1:])
        named = (
            sorted(short(link.digest) for link in envelope.references if link.role == role_)
            for envelope in report.facts.documents.values()
        )
        if not found or found not in named:
            report.found.wrong(table.page, f"{title}: no document of the evidence names exactly these as {role_}")


def _paper(report: Report, row: Row) -> Iterator[str]:
    yield from _titled(report, row[5], row[0], row[4])
    digest = _document(report, row[5])
    if digest is None:
        return
    label = report.facts.label(digest)
    if label is not None and not _same(row[1], label):
        yield f"the document is a {label}"
    status = report.standing.get(digest)
    if status is not None and not tells(status, row[3].text):
        yield f"the document is told of as {status!r}"


def _data(report: Report, row: Row) -> Iterator[str]:
    yield from _titled(report, row[4], row[0], row[3])
    digest = _document(report, row[4])
    rows = report.facts.documents[digest].body.get("rows") if digest is not None else None
    if isinstance(rows, int) and not _same(row[1], count(rows)):
        yield f"the document holds {rows} rows"


def _titled(report: Report, named: Element, titled: Element, signed: Element) -> Iterator[str]:
    digest = _document(report, named)
    if digest is None:
        yield "no document of the evidence has this digest"
        return
    called = _called(report, digest)
    if called is not None and not _same(titled, called):
        yield f"the document is {called}"
    if _signers(report, named, signed) is None:
        yield "the evidence holds no such signatures on it"


def _signer(report: Report, row: Row) -> Iterator[str]:
    signed = next((one for one in report.facts.signed if _same(row[5], count(one.leaf.seq))), None)
    if signed is None:
        yield "that entry is no signature"
        return
    said = signed.said
    subjects = [subject.digest for subject in signed.statement.subjects]
    called = [_called(report, digest) for digest in subjects if digest in report.facts.documents]
    if None not in called and not any(one is not None and _same(row[0], one) for one in called):
        yield f"the signature is on {', '.join(map(str, called))}"
    wanted = (said.printed_name, role(said.role), said.method.label, _minute(signed.leaf))
    yield from _cells(row[1:5], wanted)


def _doer(report: Report, row: Row) -> Iterator[str]:
    leaf = _leaf(report, row[3])
    if leaf is None:
        yield "the evidence does not hold that entry"
        return
    documents = [report.facts.documents[digest] for digest in leaf.subjects if digest in report.facts.documents]
    people = {leaf.actor, *(person for envelope in documents for person in envelope.contributors)}
    if not any(_same(row[0], report.facts.who(person)) for person in people):
        yield "the entry is of somebody else"
    yield from _cells(row[2:3], (_minute(leaf),))


def _event(report: Report, row: Row) -> Iterator[str]:
    leaf = _leaf(report, row[5])
    digest = leaf.subjects[0] if leaf is not None and leaf.subjects else ""
    if leaf is None or leaf is not report.facts.frozen.get(digest) or digest not in report.facts.documents:
        yield "that entry records no document of the evidence"
        return
    body = report.facts.documents[digest].body
    yield from _cells(row[:2], (second(moment(str(body.get("at")))), second(moment(leaf.time))))
    yield from _cells((row[2], row[4]), (str(body.get("what")), str(body.get("reason"))))


def _role(report: Report, row: Row) -> Iterator[str]:
    leaf = _leaf(report, row[5])
    if leaf is None or leaf.event not in (ROLE_GRANTED, ROLE_REVOKED):
        yield "that entry gives no role and takes none"
        return
    who = report.facts.who(leaf.subjects[0].removeprefix("user:"))
    was = "given" if leaf.event == ROLE_GRANTED else "taken back"
    where = "organisation" if leaf.data.get("project") is None else "project"
    yield from _cells(row[:5], (who, was, role(str(leaf.data["role"])), where, _minute(leaf)))


CHECKS: dict[tuple[str, ...], tuple[Check, tuple[str, ...]]] = {
    PAPERS: (_paper, ("Then",)),
    DATA: (_data, ("Standing then",)),
    SIGNERS: (_signer, ()),
    DOERS: (_doer, ("Did",)),
    EVENTS: (_event, ("It ran then",)),
    ROLES: (_role, ()),
}
"""how the rows under each head are compared, and which columns of them do not follow from the evidence"""


def _cells(cells: Sequence[Element], wanted: Sequence[str]) -> Iterator[str]:
    for cell, value in zip(cells, wanted, strict=True):
        if not _same(cell, value):
            yield f"{cell.text!r} is printed, expected {value!r}"


def _document(report: Report, cell: Element) -> str | None:
    """Return the document that a cell names by the beginning of its digest; None: none, or more than one."""
    begins = "".join(cell.lines)
    found = [digest for digest in report.facts.documents if short(digest) == begins]
    return found[0] if len(found) == 1 else None


def _called(report: Report, digest: str) -> str | None:
    title = report.facts.title(digest)
    return f"{title} v{report.facts.documents[digest].number}" if title is not None else None


def _signers(report: Report, named: Element, cell: Element) -> list[Signed] | None:
    """Return whose signatures on a document a cell lists, each once; None where the evidence does not hold them."""
    text, digest = _bare(cell.text), _document(report, named)
    if text == NOBODY:
        return []
    return _taken(text, report.signatures_on(digest)) if digest is not None else None


def _taken(text: str, left: Sequence[Signed]) -> list[Signed] | None:
    for place, one in enumerate(left):
        label = _bare(shown(f"{one.said.printed_name} ({role(one.said.role)})"))
        if text == label:
            return [one]
        if text.startswith(f"{label},"):
            others = _taken(text[len(label) + 1 :], [*left[:place], *left[place + 1 :]])
            if others is not None:
                return [one, *others]
    return None


def _leaf(report: Report, cell: Element) -> Leaf | None:
    return next((leaf for seq, leaf in report.facts.leaves.items() if _same(cell, count(seq))), None)


def _minute(leaf: Leaf) -> str:
    return second(moment(leaf.time))[:16]


def _same(cell: Element, value: str) -> bool:
    return _bare(cell.text) == _bare(shown(value))


def _bare(text: str) -> str:
    return "".join(text.split())
