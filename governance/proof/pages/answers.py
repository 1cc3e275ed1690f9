"""What incident and change reports answer: worked out again from the documents and entries in the evidence."""

import re
from collections.abc import Mapping, Sequence
from itertools import product

from governance.proof.answers import changed, inforce
from governance.proof.answers.changed import Pair
from governance.proof.checks import periods
from governance.proof.checks.agreed import Moment
from governance.proof.formats.envelope import SHELF
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import DOCUMENT_FROZEN, Leaf
from governance.proof.pages import changes, incident
from governance.proof.pages.report import CHANGE, INCIDENT, PERIOD, Report
from governance.proof.reading.text import Element
from governance.proof.words import running_text

CHANGED, DOCUMENTS, STOOD, AROUND = (
    "What changed, topic by topic", "Documents, topic by topic", "Standings", "People and policy",
)  # fmt: skip
_SIZES = re.compile(r"Compared between ledger sizes (\d+) and (\d+)\.")


def answers(report: Report) -> None:
    """Compare the answers of all sections; what documents are said to be elsewhere must have been read before."""
    facts = report.facts
    kind = facts.evidence.report.kind
    if kind == CHANGE:
        _change(report)
    elif kind == PERIOD:
        _period(report)
    elif kind == INCIDENT:
        incident.answers(report)


def lead(report: Report) -> Mapping[str, Sequence[str]]:
    """Return what page one must say of the answers, by its labels, as far as that follows; see `incident.lead`."""
    facts = report.facts
    kind, before = facts.evidence.report.kind, _since(report)
    if kind == INCIDENT:
        return incident.lead(report)
    told: dict[str, str] = {}
    if kind == CHANGE and before in facts.documents and facts.subject in facts.documents:
        found, same = changed.pairs(before, facts.subject, facts.documents)
        sides = {"Before": facts.versioned(before), "After": facts.versioned(facts.subject)}
        told = {label: value for label, value in sides.items() if value is not None}
        told["Documents"] = f"{len(found)} changed, {len(same)} the same"
    if kind == PERIOD and (span := _span(report)) is not None:
        told = {"Documents": f"{len(_of_period(report, span))} added or replaced"}
        if (rows := _changed(report, span)) is not None:
            told["Standings"] = f"{len(rows)} changed"
        if facts.last is not None:
            told["Period"] = periods.between(facts.evidence.report.parameters).words(moment(facts.last.time))
    return {label: [value] for label, value in told.items()}


def exceptions(report: Report, items: Sequence[Element]) -> list[Element]:
    """Compare the exceptions that follow from the answers; return the other items."""
    return incident.exceptions(report, items)


def _since(report: Report) -> str:
    return str(report.facts.evidence.report.parameters.get("since", ""))


def _change(report: Report) -> None:
    facts, before = report.facts, _since(report)
    if before not in facts.documents or facts.subject not in facts.documents:
        report.found.wrong(1, "the evidence does not hold the two documents that were asked about")
        return
    span = _span(report)
    for title, section in zip(report.titles, report.sections, strict=True):
        if title == CHANGED:
            changes.between(report, title, section, before, facts.subject)
        elif title == AROUND and span is not None:
            changes.roles(report, title, section, span)


def _period(report: Report) -> None:
    span = _span(report)
    if span is None:
        return
    for title, section in zip(report.titles, report.sections, strict=True):
        if title == DOCUMENTS:
            changes.of_pairs(report, title, section, _of_period(report, span))
        elif title == STOOD:
            _standings(report, title, section, span)
        elif title == AROUND:
            changes.roles(report, title, section, span)


def _standings(report: Report, title: str, section: Element, span: range) -> None:
    """Compare whose standing changed: all documents in the evidence whose did, and no others."""
    found, rows = report.found, _changed(report, span)
    if rows is None:
        found.leave(title, "whose standing changed, where the evidence does not hold all that it follows from")
        return
    found.prose(section, [changed.CHANGED_STANDINGS, *([] if rows else [running_text.NONE])], title)
    found.table(section, changed.STANDINGS, rows, title)


def _changed(report: Report, span: range) -> list[tuple[str, str, str, str]] | None:
    """Return whose standing changed between two sizes of the ledger, newest first, with how; None: that is not told."""
    facts, standings = report.facts, report.standings
    if facts.last is None:
        return None
    ends = [facts.leaves.get(size - 1) or facts.around.get(size - 1) for size in (span.start, span.stop)]
    asked = periods.between(facts.evidence.report.parameters).ends(moment(facts.last.time))
    moments = [
        Moment(leaf.seq + 1, time or moment(leaf.time))
        for leaf, time in zip(ends, asked, strict=True)
        if leaf is not None
    ]
    here = (SHELF, facts.evidence.report.project)
    rows = []
    for digest, leaf in sorted(facts.frozen.items(), key=lambda item: -item[1].seq):
        document = facts.documents.get(digest)
        if document is None or document.project not in here or leaf.seq >= span.stop:
            continue
        words = facts.words(digest)
        if words is not None and not words.signed:
            continue
        stood = [standings.at(digest, one) for one in moments]
        if len(stood) < len(ends) or stood[0] is None or stood[1] is None:
            return None
        before, after = stood[0], stood[1]
        if before.standing is not after.standing:
            named = facts.versioned(digest) or ""
            rows.append((named, before.standing.value, after.standing.value, inforce.told(before, after)))
    return rows


def _span(report: Report) -> range | None:
    """Return the sizes of the ledger between which changes are told, as the pages say, if no entry contradicts them."""
    facts, asked = report.facts, report.facts.evidence.report
    told = [
        match
        for title, section in zip(report.titles, report.sections, strict=True)
        if title == AROUND
        for part in section.kids
        if (match := _SIZES.search(part.text))
    ]
    if len(told) != 1:
        report.found.wrong(1, "it does not say between which sizes of the ledger it compares")
        return None
    span = range(*(int(size) for size in told[0].groups()))
    if asked.kind == CHANGE:
        ends = [_complete(report, digest) for digest in (_since(report), facts.subject)]
        wrong = None if any(sorted(pair) == [span.start, span.stop] for pair in product(*ends)) else span.start
    else:
        wrong = _outside(report, span)
    if wrong is not None:
        report.found.wrong(1, f"it compares from {span.start} to {span.stop} entries, which entry {wrong} contradicts")
    return span


def _complete(report: Report, digest: str) -> set[int]:
    """Return the sizes of the ledger at which a document can have been complete: frozen, or signed last."""
    leaves = [report.facts.frozen.get(digest), *(one.leaf for one in report.signatures_on(digest))]
    return {leaf.seq + 1 for leaf in leaves if leaf is not None}


def _outside(report: Report, span: range) -> int | None:
    """Return an entry that shows that a period is not that of the days or moments asked; None: none does."""
    facts = report.facts
    asked = periods.between(facts.evidence.report.parameters)
    if (asked.since is None and span.start != 1) or (asked.until is None and span.stop != facts.size):
        return 0
    # Sizes begin at one: before the first entry there is nothing to compare with.
    known = [leaf for leaf in (*facts.ordered, *facts.around.values()) if leaf.seq]
    return next((leaf.seq for leaf in known if (leaf.seq in span) != asked.hold(leaf)), None)


def _of_period(report: Report, span: range) -> list[Pair]:
    """Return the documents that came in a period with what they took the place of, by the entries that froze them.

    That a version is the last before the period, or the first of all, shows only where the entries of all are there.
    """
    facts, newest = report.facts, dict[str, Leaf]()
    frozen: dict[str, dict[int, Leaf]] = {}
    for leaf in facts.of(DOCUMENT_FROZEN):
        frozen.setdefault(str(leaf.data.get("series")), {})[int(leaf.data.get("number", 0))] = leaf
    for digest, envelope in facts.documents.items():
        words, came = facts.words(digest), facts.frozen.get(digest)
        here = envelope.project in (SHELF, facts.evidence.report.project)
        if words is not None and words.listed and here and came is not None and came.seq in span:
            newest[envelope.series] = max(came, newest.get(envelope.series, came), key=_seq)
    pairs = []
    for series, leaf in newest.items():
        number = int(leaf.data["number"])
        earlier = [frozen[series].get(one) for one in range(1, number)]
        if None in earlier:
            report.found.wrong(1, f"the evidence does not tell of all versions before {leaf.subjects[0]}")
        last = max((one for one in earlier if one is not None and one.seq < span.start), default=None, key=_seq)
        if last is not None and last.subjects[0] not in facts.documents:
            report.found.wrong(
                1, f"the evidence does not hold {last.subjects[0]}, which a later version took over from"
            )
            last = None
        pairs.append(Pair(last.subjects[0] if last is not None else None, leaf.subjects[0]))
    return pairs


def _seq(leaf: Leaf) -> int:
    return leaf.seq
