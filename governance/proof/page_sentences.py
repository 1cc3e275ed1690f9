"""The sentences of kinds and reports: each is one that this software prints, its places accounted for.

The vocabulary has them as the source has them, with a place, `{}`, wherever a value goes in. What stands in a place
must be told by the evidence, or is named as not compared, by its sentence. A number can be anything, and is named.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any

from governance.proof.page_compare import Comparison
from governance.proof.page_exceptions import BULLET
from governance.proof.page_facts import Facts
from governance.proof.page_report import Report
from governance.proof.page_text import Element
from governance.proof.vocabulary import ROLES, Telling, bodies, events, former, kinds, said

PLACE = "{}"
SHARED = ("any_body", "audit_findings", "presented", "read_body")
"""the modules whose sentences can be in every report on documents"""
_LIST = re.compile(r", | and |; | or ")
_SEE = re.compile(r" See document (\d+)\.$")


def filled(sentence: str, text: str) -> tuple[str, ...] | None:
    """Return what stands in the places of a sentence, each ended by the next words of it; None: the text is another."""
    first, *others = sentence.split(PLACE)
    if not text.startswith(first) or not others:
        return () if text == sentence else None
    at, values = len(first), []
    for words in others[:-1]:
        end = text.find(words, at)
        if end < 0:
            return None
        values.append(text[at:end])
        at = end + len(words)
    if not text.endswith(others[-1]) or at + len(others[-1]) > len(text):
        return None
    return (*values, text[at : len(text) - len(others[-1])])


class Sentences:
    """What may be said, and which of it something is."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.plain, self.open = set[str](), list[str]()
        for one in sentences:
            self.open.append(one) if PLACE in one else self.plain.add(one)
        # The one that says most of itself is the one that was meant.
        self.open.sort(key=lambda one: (len(one.replace(PLACE, "")), one), reverse=True)

    def match(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        """Return the sentence that a text is, and what stands in its places; None if it is none."""
        if text in self.plain:
            return text, ()
        for one in self.open:
            if (values := filled(one, text)) is not None:
                return one, values
        return None


class Accounts:
    """Holds what stands in the places of sentences to the evidence, and names what does not follow from it."""

    def __init__(self, facts: Facts, found: Comparison) -> None:
        self.facts, self.found = facts, found

    def take(self, where: str, sentence: str, values: Iterable[str]) -> None:
        """Note what of a sentence the evidence does not tell."""
        for value in values:
            if any(character.isdigit() for character in value) or not self.told(value):
                start = sentence if len(sentence) <= 48 else f"{sentence[:47].rstrip()}…"
                self.found.leave(where, f"what stands in “{start}”")

    def told(self, value: str) -> bool:
        """Return whether the evidence has a text, or each of those that it lists."""
        texts = self.texts
        return _bare(value) in texts or all(_bare(part) in texts for part in _LIST.split(value))

    @cached_property
    def texts(self) -> frozenset[str]:
        """Everything that the evidence says in words, without white space."""
        facts = self.facts
        found: list[Any] = [envelope.body for envelope in facts.documents.values()]
        found += [opening.private for opening in facts.evidence.openings.values()]
        found += [one.said.model_dump(mode="json") for one in facts.signed]
        found += [facts.evidence.report.parameters, [facts.title(digest) for digest in facts.documents]]
        found += [list(facts.names.values()), list(ROLES.values()), [words.label for words in kinds().values()]]
        found.append(list(events().values()))
        return frozenset(_bare(text) for one in found for text in _strings(one))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one)


def _bare(text: str) -> str:
    return "".join(text.split())


def allowed(facts: Facts, told: Telling | None, what: str) -> Sentences:
    """Return what the pages may say (`what` is "says" or "warns"): by their own kind, and by those of the documents."""
    modules = {f"governance.reports.{name}" for name in SHARED} | set(told.by if told else ())
    modules |= {module for one in facts.documents.values() for module in bodies().get(one.kind, ())}
    return _of(frozenset(modules), what)


@cache
def _of(modules: frozenset[str], what: str) -> Sentences:
    now = (sentence for module in modules for sentence in said().get(module, {}).get(what, ()))
    return Sentences([*now, *former(what)])


def sections(report: Report, told: Telling | None) -> None:
    """Refuse every paragraph, heading and figure of a section that nothing else compared and that nobody prints."""
    facts, found = report.facts, report.found
    strange = any(one.kind not in bodies() for one in facts.documents.values())
    known, accounts = allowed(facts, told, "says"), Accounts(facts, found)
    for title, section in zip(report.titles, report.sections, strict=True):
        for part in section.all("P", "H2", "LBody"):
            if id(part) in found.known:
                continue
            match = known.match(part.text)
            if match is not None:
                accounts.take(title, *match)
            elif strange or facts.receipt:
                # What a signer saw is printed under the names that their page had.
                found.leave(title, "sentences")
            else:
                found.wrong(part.page, f"{title} says {part.text!r}, which no version known here says there")


def warnings(report: Report, told: Telling | None, items: Iterable[Element]) -> None:
    """Refuse every exception that no kind of document, and no report of this kind, tells of."""
    facts, found = report.facts, report.found
    known, accounts = allowed(facts, told, "warns"), Accounts(facts, found)
    for item in items:
        text = item.text.removeprefix(f"{BULLET} ")
        see = _SEE.search(text)
        match = known.match(text.removesuffix(see[0]) if see else text) or known.match(text)
        if match is not None:
            accounts.take("page one", *match)
        elif any(one.kind not in bodies() for one in facts.documents.values()):
            found.leave("page one", f"the exception “{text.partition('.')[0]}”")
        else:
            found.wrong(1, f"it tells of an exception {text!r}, which no version known here tells of there")


def claims(report: Report, told: Telling, items: Iterable[Element], what: str) -> None:
    """Compare what a report says that it proves or does not: every claim that it always makes, in order, no other."""
    found, accounts = report.found, Accounts(report.facts, report.found)
    wanted = told.proves if what == "it proves" else told.does_not_prove
    place = 0
    for item in items:
        text = item.text.removeprefix(f"{BULLET} ")
        at = next((n for n in range(place, len(wanted)) if Sentences(wanted[n][1]).match(text)), None)
        if at is None:
            found.wrong(1, f"it says that {what} {text!r}, which such a report does not say there")
            continue
        for must, texts in wanted[place:at]:
            if must:
                found.wrong(1, f"it does not say that {what}: {texts[0]!r}")
        match = Sentences(wanted[at][1]).match(text)
        if match is not None:
            accounts.take("page one", *match)
        place = at + 1
    for must, texts in wanted[place:]:
        if must:
            found.wrong(1, f"it does not say that {what}: {texts[0]!r}")


def own_section(told: Telling, title: str) -> bool:
    """Return whether a report of a kind can have a section of this title."""
    return title in told.chapters or Sentences(told.sections).match(title) is not None


def needed(report: Report, told: Telling) -> list[str]:
    """Return the titles of the sections that a report of a kind cannot lack."""
    asked = [one for one in told.chapters if one in report.facts.evidence.report.parameters.values()]
    return [*told.always, *(asked or told.chapters)]


def called(report: Report, told: Telling, where: str) -> None:
    """Compare the title, and in the line below it what the report is about and where."""
    found, accounts = report.found, Accounts(report.facts, report.found)
    match = Sentences(told.title).match(report.title)
    if match is None:
        found.wrong(1, f"it is titled {report.title!r}, as no such report is")
    elif report.follows is None:
        accounts.take("page one", *match)
    if Sentences(f"{about} of {PLACE}" for about in told.about).match(where) is None:
        found.wrong(1, f"it is said to be {where!r}, as no such report is")
