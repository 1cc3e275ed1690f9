"""What changed, as pages of incident and change reports tell it: worked out again by the rule that prints it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from governance.proof import changed
from governance.proof.changed import ALONE_HEAD, CHANGED_HEAD, Pair
from governance.proof.leaf import ROLE_GRANTED, ROLE_REVOKED, Leaf
from governance.proof.page_compare import head_of, rows_of, says, shown, tables_of
from governance.proof.page_facts import at, role
from governance.proof.page_report import Report
from governance.proof.page_text import Element
from governance.proof.printed import count

ROLES = ("Who", "Was", "Role", "Where", "Time (UTC)", "Entry")


@dataclass(frozen=True)
class Printed:
    """A caption, and what stands below it: a table, or a sentence in place of one."""

    caption: Element
    below: Element


def between(report: Report, title: str, section: Element, before: str, after: str) -> None:
    """Compare a section with what changed from one document to another, and in all they rest on."""
    of_pairs(report, title, section, changed.pairs(before, after, report.facts.documents)[0])


def of_pairs(report: Report, title: str, section: Element, pairs: Sequence[Pair]) -> None:
    """Compare the tables and sentences of a section with these differences: all of them, and no others."""
    found, facts = report.found, report.facts
    _alone(report, title, section, [one for one in pairs if None in (one.before, one.after)])
    left = [one for one in _printed(section) if tuple(head_of(one.below)) == CHANGED_HEAD or _is_same(one)]
    for pair in pairs:
        if pair.before is not None and pair.after is not None:
            _changed(report, title, pair.before, pair.after, left)
    for one in left:
        found.known.add(id(one.below))
        found.wrong(one.caption.page, f"{title}: it tells of {one.caption.text!r}, of which nothing follows, or twice")
    said = [text for pair in pairs if (text := _rows(report, pair)) is not None]
    said += [] if pairs else [changed.NOTHING]
    texts = [part for part in section.kids if part.tag == "P" and id(part) not in found.known]
    for text in said:
        part = next((one for one in texts if says(one, text)), None)
        if part is None:
            found.wrong(section.page, f"{title}: it does not say {text!r}")
        else:
            texts.remove(part)
            found.known.add(id(part))
    for part in texts:
        if part.text == changed.NOTHING or _ROWS_END in part.text:
            found.wrong(part.page, f"{title}: it says {part.text!r}, which does not follow")
    if any(facts.words(digest) is None for pair in pairs for digest in (pair.before, pair.after) if digest):
        found.leave(title, "changes of documents of kinds that this version does not know")


_ROWS_END = " the same, "
"""how the sentence on rows is told apart: nothing else in such a section says this"""


def _alone(report: Report, title: str, section: Element, pairs: Iterable[Pair]) -> None:
    """Compare the documents that were added or dropped: each once, wherever it is listed."""
    facts, found = report.facts, report.found
    expected = Counter[tuple[str, ...]]()
    for pair in pairs:
        digest = pair.after or pair.before or ""
        expected[_bare(facts.versioned(digest) or "", facts.label(digest) or "", pair.verb)] += 1
    tables = [table for table in tables_of(section) if tuple(head_of(table)) == ALONE_HEAD]
    found.known.update(id(table) for table in tables)
    rows = [row for table in tables for row in rows_of(table)[1:]]
    printed = Counter(_bare(*(cell.text for cell in row)) for row in rows)
    for row in rows:
        if printed[key := _bare(*(cell.text for cell in row))] > expected[key]:
            told = " | ".join(cell.text for cell in row)
            found.wrong(row[0].page, f"{title}: {told!r} does not follow from the documents, or is printed twice")
    for missing in expected - printed:
        found.wrong(section.page, f"{title}: it does not tell that {' '.join(missing)}")


def _changed(report: Report, title: str, before: str, after: str, left: list[Printed]) -> None:
    facts, found = report.facts, report.found
    words, called = facts.words(after), facts.versioned(after)
    if words is None or called is None:
        return
    if words.retold:
        begins = "".join(changed.caption(called, words.label, "changed", 0).split())
        one = next((each for each in left if "".join(each.caption.text.split()).startswith(begins)), None)
        expected = None
        if one is not None:
            found.leave(title, f"how {called} differs")
    else:
        titles = {digest: named for digest in facts.documents if (named := facts.versioned(digest)) is not None}
        told = changed.told_of(facts.documents[before], facts.documents[after], words.aside, titles)
        expected = [(line.path, changed.cut(line.old), changed.cut(line.new)) for line in told[: changed.MOST]]
        caption = changed.caption(called, words.label, "changed", max(0, len(told) - changed.MOST))
        named_so = [each for each in left if says(each.caption, caption)]
        # Two documents can have one name: then the table that fits is meant.
        one = next((each for each in named_so if _fits(each.below, expected)), next(iter(named_so), None))
    if one is None:
        found.wrong(report.first.page, f"{title}: it does not tell how {called} differs")
        return
    left.remove(one)
    found.known.update((id(one.caption), id(one.below)))
    if expected is not None and one.below.tag == "Table":
        found.rows(one.below, expected, f"{title}, {called}")
    elif expected:
        found.wrong(one.caption.page, f"{title}: {called} differs, and {one.below.text!r} is printed")


def _fits(below: Element, expected: Sequence[tuple[str, ...]]) -> bool:
    if below.tag != "Table":
        return not expected
    rows = rows_of(below)[1:]
    return len(rows) == len(expected) and all(
        len(row) == len(wanted) and all(says(cell, text) for cell, text in zip(row, wanted, strict=True))
        for row, wanted in zip(rows, expected, strict=True)
    )


def _is_same(one: Printed) -> bool:
    return one.below.tag == "P" and says(one.below, changed.SAME)


def _rows(report: Report, pair: Pair) -> str | None:
    documents = report.facts.documents
    digest = pair.after or pair.before or ""
    title = report.facts.title(digest)
    if title is None or not changed.counts_rows(documents[digest]):
        return None
    before, after = (documents[one].body if one is not None else None for one in (pair.before, pair.after))
    return changed.rows(title, before, after).words


def _printed(section: Element) -> Iterator[Printed]:
    """Yield every paragraph of a section that a table or a sentence follows, with that."""
    for part, following in zip(section.kids, section.kids[1:], strict=False):
        if part.tag == "P" and following.tag in ("Table", "P"):
            yield Printed(part, following)


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


def _bare(*texts: str) -> tuple[str, ...]:
    return tuple("".join(shown(text).split()) for text in texts)
