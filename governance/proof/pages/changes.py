"""What changed, as pages of incident and change reports tell it: worked out again by the rule that prints it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from governance.proof.answers import changed, side_by_side
from governance.proof.answers.changed import ALONE_HEAD, CHANGED_HEAD, Pair
from governance.proof.answers.side_by_side import Beside
from governance.proof.checks.facts import at, role
from governance.proof.formats.leaf import ROLE_GRANTED, ROLE_REVOKED, Leaf
from governance.proof.pages.compare import Expected, alike, head_of, says, shown
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.words.printed import capital, count
from governance.proof.words.vocabulary import topics

ROLES = ("Who", "Was", "Role", "Where", "Time (UTC)", "Entry")


@dataclass(frozen=True)
class Grid:
    """A table: its head, and its rows; None: it is told in words that do not follow from the documents."""

    head: tuple[str, ...]
    rows: Sequence[Sequence[Expected]] | None


@dataclass(frozen=True)
class Said:
    """A paragraph, or a heading; one that only `begins` so goes on with what does not follow."""

    text: str
    heading: bool = False
    begins: bool = False


Block = Said | Grid


def between(report: Report, title: str, section: Element, before: str, after: str) -> None:
    """Compare a section with what changed from one document to another, in all they rest on, and in their results."""
    documents, found = report.facts.documents, report.found
    try:
        results = side_by_side.beside(before, after, documents)
        more = list(_results(results)) if results is not None else []
    except (KeyError, TypeError, ValueError, ArithmeticError):
        found.wrong(section.page, f"{title}: the results of the two cannot be read")
        return
    of_pairs(report, title, section, changed.pairs(before, after, documents)[0], more)


def of_pairs(report: Report, title: str, section: Element, pairs: Sequence[Pair], more: Sequence[Block] = ()) -> None:
    """Compare a section with these differences, topic by topic, and what stands below: all of it, and nothing else.

    What was compared of the section before is left out.
    """
    facts, found = report.facts, report.found
    if any(facts.words(digest) is None for pair in pairs for digest in (pair.before, pair.after) if digest):
        found.leave(title, "changes of documents of kinds that this version does not know")
        return
    ordered = sorted(pairs, key=lambda one: _place(report, one))
    expected = [*_rows(report, ordered), *_told(report, title, ordered), *more]
    printed = [part for part in section.kids if part.tag in ("P", "H2", "Table") and id(part) not in found.known]
    found.known.update(id(part) for part in printed)
    for number, part in enumerate(printed):
        if number >= len(expected):
            found.wrong(part.page, f"{title}: {_short(part)!r} does not follow from the documents, or is printed twice")
            return
        if not _is(report, title, part, expected[number]):
            found.wrong(part.page, f"{title}: {_short(part)!r} is printed, expected {_words(expected[number])!r}")
            return
    if len(printed) < len(expected):
        found.wrong(section.page, f"{title}: it does not tell {_words(expected[len(printed)])!r}")


def _place(report: Report, pair: Pair) -> tuple[int, str, int]:
    """Return where a difference is told: by its topic, the kind in words, and when the document came."""
    digest = pair.after or pair.before or ""
    kind = report.facts.documents[digest].kind
    topic = next((n for n, (_, held) in enumerate(topics()) if kind in held), len(topics()))
    leaf = report.facts.frozen.get(digest)
    return topic, report.facts.label(digest) or "", leaf.seq if leaf is not None else -1


def _rows(report: Report, pairs: Iterable[Pair]) -> Iterator[Said]:
    documents = report.facts.documents
    for pair in pairs:
        digest = pair.after or pair.before or ""
        if changed.counts_rows(documents[digest]):
            before, after = (documents[one].body if one is not None else None for one in (pair.before, pair.after))
            yield Said(changed.rows(report.facts.title(digest) or "", before, after).words)


def _told(report: Report, title: str, pairs: Sequence[Pair]) -> Iterator[Block]:
    if not pairs:
        yield Said(changed.NOTHING)
    for topic, of in groupby(pairs, lambda one: _place(report, one)[0]):
        held = list(of)
        yield Said(capital(topics()[topic][0] if topic < len(topics()) else changed.OTHER), heading=True)
        alone = [one for one in held if None in (one.before, one.after)]
        if alone:
            yield Said(changed.ALONE)
            yield Grid(ALONE_HEAD, [_alone(report, one) for one in alone])
        for one in held:
            if one.before is not None and one.after is not None:
                yield from _changed(report, title, one.before, one.after)


def _alone(report: Report, pair: Pair) -> tuple[str, str, str]:
    digest = pair.after or pair.before or ""
    return report.facts.versioned(digest) or "", report.facts.label(digest) or "", pair.verb


def _changed(report: Report, title: str, before: str, after: str) -> Iterator[Block]:
    facts = report.facts
    words, called = facts.words(after), facts.versioned(after) or ""
    if words is None or words.retold:
        report.found.leave(title, f"how {called} differs")
        yield Said(changed.caption(called, facts.label(after) or "", "changed", 0), begins=True)
        yield Grid(CHANGED_HEAD, None)
        return
    titles = {digest: named for digest in facts.documents if (named := facts.versioned(digest)) is not None}
    told = changed.told_of(facts.documents[before], facts.documents[after], words.aside, titles)
    yield Said(changed.caption(called, words.label, "changed", max(0, len(told) - changed.MOST)))
    rows = [(line.path, changed.cut(line.old), changed.cut(line.new)) for line in told[: changed.MOST]]
    yield Grid(CHANGED_HEAD, rows) if rows else Said(changed.SAME)


def _results(found: Beside) -> Iterator[Block]:
    yield Said(side_by_side.HEADING, heading=True)
    yield Said(found.sentence)
    yield Said(found.caption)
    yield Grid(side_by_side.HEAD, found.rows) if found.rows else Said(side_by_side.EMPTY)


def _is(report: Report, title: str, part: Element, wanted: Block) -> bool:
    """Return whether a part of a section is as it must be; what is wrong within a table is told cell by cell."""
    if isinstance(wanted, Said):
        begun = wanted.begins and alike(part.text[: len(wanted.text)], shown(wanted.text))
        return part.tag == ("H2" if wanted.heading else "P") and (begun or says(part, wanted.text))
    if wanted.rows is None:
        same = part.tag == "P" and says(part, changed.SAME)
        return same or (part.tag == "Table" and tuple(head_of(part)) == wanted.head)
    if part.tag != "Table" or tuple(head_of(part)) != wanted.head:
        return False
    report.found.rows(part, wanted.rows, title)
    return True


def _short(part: Element) -> str:
    return part.text if len(part.text) <= SHOWN else f"{part.text[:SHOWN]}…"


def _words(wanted: Block) -> str:
    return wanted.text if isinstance(wanted, Said) else f"a table of {', '.join(wanted.head)}"


SHOWN = 120
"""characters of a part that is told of"""


def roles(report: Report, title: str, section: Element, span: range) -> None:
    """Compare the roles given and taken back between two sizes of the ledger, in the project and the organisation."""
    facts = report.facts
    told = [leaf for leaf in facts.of(ROLE_GRANTED, ROLE_REVOKED) if leaf.seq in span and _here(report, leaf)]
    rows = [_role(report, leaf) for leaf in told]
    report.found.table(section, ROLES, rows, f"{title}, roles")


def _here(report: Report, leaf: Leaf) -> bool:
    return leaf.data.get("project") in (None, report.facts.evidence.report.project)


def _role(report: Report, leaf: Leaf) -> list[str]:
    who = report.facts.who(leaf.subjects[0].removeprefix("user:"))
    was = "given" if leaf.event == ROLE_GRANTED else "taken back"
    where = "organisation" if leaf.data.get("project") is None else "project"
    return [who, was, role(str(leaf.data["role"])), where, at(leaf)[:16], count(leaf.seq)]
