"""Page one of reports on a period: its exceptions are exactly those that follow from the entries of the period."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from governance.proof.checks.facts import Facts
from governance.proof.pages import access, extract, period_words, register
from governance.proof.pages.exceptions import exactly
from governance.proof.pages.period_words import Happened, Warned
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element


def exceptions(report: Report, items: Sequence[Element]) -> list[Element]:
    """Compare the exceptions of a report on a period: all, in order, and no other; of other reports return all."""
    tell = OF.get(report.facts.evidence.report.kind)
    if tell is None:
        return list(items)
    exactly(report, items, [". ".join(one) for one in tell(report.facts)], "the entries of its period")
    return []


def _extract(facts: Facts) -> Iterator[Warned]:
    happened, period = Happened(), facts.evidence.period
    for seq, given in enumerate(period.leaves, start=period.first) if period is not None else ():
        if given:  # nothing is given of what is hidden
            happened.take(facts.leaves[seq], opened=str(seq) in facts.evidence.openings)
    return period_words.of_extract(happened, _hidden(facts))


def _register(facts: Facts) -> Iterator[Warned]:
    return period_words.of_register(register.made(facts))


def _access(facts: Facts) -> Iterator[Warned]:
    return access.reckoned(facts).warnings(_hidden(facts))


def _hidden(facts: Facts) -> int:
    period = facts.evidence.period
    return sum(not given for given in period.leaves) if period is not None else 0


OF: Mapping[str, Callable[[Facts], Iterator[Warned]]] = {
    access.KIND: _access,
    extract.KIND: _extract,
    register.KIND: _register,
}
"""what reports on a period tell as exceptions, by the kind of the report"""
