"""The sentences of kinds and reports: each is one that this software prints, its places filled from the evidence.

The vocabulary has them as the source has them, with a place wherever a value goes in (`places`). A text in a place must
be one that the evidence holds: any other is refused. What is no text, a number or a name of a case, is named as not
compared, by its sentence.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from governance.proof.checks.facts import Facts, without_space
from governance.proof.pages.compare import BULLET, Comparison
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.words.places import Reader, TooLong, parts
from governance.proof.words.running_text import see
from governance.proof.words.vocabulary import Telling, bodies, former, phrases, said

SHARED = ("presented", "read_body")
"""the modules whose sentences can be in every report on documents"""
MOST_WAYS = 32
"""places at which the line on what a report is about may go on to where that is"""
_SHORT = re.compile(r"(?:sha256:)?[0-9a-f]{12}")
SHOWN = 48
"""characters of a sentence that tell which one is meant"""


@dataclass(frozen=True)
class Match:
    """The sentence that a text is; whether the evidence holds all that stands in its places."""

    sentence: str
    told: bool


class Sentences:
    """What may be said, and which of it something is."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.plain, self._open = set[str](), dict[str, list[str]]()
        # The one that says most of itself is the one that was meant.
        for one in sorted(set(sentences), key=lambda one: (sum(map(len, parts(one)[0])), one), reverse=True):
            words, places = parts(one)
            if places:
                self._open.setdefault(words[0][:1], []).append(one)
            else:
                self.plain.add(one)

    def _near(self, text: str) -> Iterator[str]:
        for beginning in dict.fromkeys((text[:1], "")):
            yield from self._open.get(beginning, ())

    def match(self, text: str, reader: Reader) -> Match | None:
        """Return the sentence that a text is; None if it is none.

        Raises:
            TooLong: it takes too many steps to tell.
        """
        if text in self.plain:
            return Match(text, told=True)
        for one in self._near(text):
            if (told := reader.read(one, text)) is not None:
                return Match(one, told)
        return None

    def like(self, text: str) -> str | None:
        """Return the sentence that a text is, whatever stands in its places; None if it is none."""
        return next((one for one in self._near(text) if _alike(one, text)), None)


def _alike(sentence: str, text: str) -> bool:
    words, _ = parts(sentence)
    at = len(words[0])
    if not text.startswith(words[0]) or not sum(len(one) > 1 for one in words):
        return False
    for one in words[1:-1]:
        at = text.find(one, at)
        if at < 0:
            return False
        at += len(one)
    return text.endswith(words[-1]) and at <= len(text) - len(words[-1])


class Accounts:
    """Holds what pages say to known sentences and to the evidence, and names what does not follow from it."""

    def __init__(self, facts: Facts, found: Comparison) -> None:
        self.facts, self.found = facts, found
        self.reader = found.reader = found.reader or Reader(self.told, phrases())

    def hold(self, where: str, known: Sentences, *texts: str) -> str | None:
        """Note what of a text, or of another reading of it, the evidence does not tell; return why it is refused."""
        try:
            match = next((match for text in texts if (match := known.match(text, self.reader)) is not None), None)
        except TooLong:
            return "which takes too long to read"
        if match is None:
            like = next((like for text in texts if (like := known.like(text)) is not None), None)
            return f"which the evidence does not hold in “{_short(like)}”" if like else ""
        if not match.told:
            self.found.leave(where, f"what stands in “{_short(match.sentence)}”")
        return None

    def told(self, text: str) -> bool:
        """Return whether the evidence has a text, or a digest that begins so."""
        if _SHORT.fullmatch(text):
            return text[-12:] in self.facts.shorts
        bare, texts = without_space(text), self.facts.texts
        return bare in texts or bare[:1].lower() + bare[1:] in texts


def _short(sentence: str) -> str:
    told = "{}".join(parts(sentence)[0])
    return told if len(told) <= SHOWN else f"{told[: SHOWN - 1].rstrip()}…"


def allowed(facts: Facts, told: Telling | None, what: str) -> Sentences:
    """Return what the pages may say (`what` is "says", "warns" or "draws"): their own kind, and those of documents."""
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
            why = accounts.hold(title, known, part.text)
            if why is None:
                continue
            if strange or facts.receipt:
                # What a signer saw is printed under the names that their page had.
                found.leave(title, "sentences")
            else:
                found.wrong(part.page, f"{title} says {part.text!r}, {why or 'which no version known here says there'}")


def warnings(report: Report, told: Telling | None, items: Iterable[Element]) -> None:
    """Refuse every exception that no kind of document, and no report of this kind, tells of."""
    facts, found = report.facts, report.found
    known, accounts = allowed(facts, told, "warns"), Accounts(facts, found)
    leads = [see(number) for number in range(1, len(facts.printed) + 1)]
    for item in items:
        text = item.text.removeprefix(f"{BULLET} ")
        lead = next((one for one in leads if text.endswith(one)), "")
        why = accounts.hold("page one", known, *dict.fromkeys((text.removesuffix(lead), text)))
        if why is None:
            continue
        if any(one.kind not in bodies() for one in facts.documents.values()):
            found.leave("page one", f"the exception “{text.partition('.')[0]}”")
        else:
            why = why or "which no version known here tells of there"
            found.wrong(1, f"it tells of an exception {text!r}, {why}")


def claims(report: Report, told: Telling, items: Iterable[Element], what: str) -> None:
    """Compare what a report says that it proves or does not: every claim that it always makes, in order, no other."""
    found, accounts = report.found, Accounts(report.facts, report.found)
    wanted = told.proves if what == "it proves" else told.does_not_prove
    place = 0
    for item in items:
        text = item.text.removeprefix(f"{BULLET} ")
        known = ((n, Sentences(wanted[n][1])) for n in range(place, len(wanted)))
        at = next((n for n, each in known if accounts.hold("page one", each, text) is None), None)
        if at is None:
            found.wrong(1, f"it says that {what} {text!r}, which such a report does not say there")
            continue
        for must, texts in wanted[place:at]:
            if must:
                found.wrong(1, f"it does not say that {what}: {texts[0]!r}")
        place = at + 1
    for must, texts in wanted[place:]:
        if must:
            found.wrong(1, f"it does not say that {what}: {texts[0]!r}")


def own_section(report: Report, told: Telling, title: str) -> bool:
    """Return whether a report of a kind can have a section of this title."""
    accounts = Accounts(report.facts, report.found)
    return title in told.chapters or accounts.hold(title, Sentences(told.sections), title) is None


def needed(report: Report, told: Telling) -> list[str]:
    """Return the titles of the sections that a report of a kind cannot lack."""
    asked = [one for one in told.chapters if one in report.facts.evidence.report.parameters.values()]
    return [*told.always, *(asked or told.chapters)]


def called(report: Report, told: Telling, where: str) -> None:
    """Compare the title, and in the line below it what the report is about; where that is, only its name says."""
    found, accounts = report.found, Accounts(report.facts, report.found)
    if report.follows is None and accounts.hold("page one", Sentences(told.title), report.title) is not None:
        found.wrong(1, f"it is titled {report.title!r}, as no such report is")
    ways = [where[: hit.start()] for hit in re.finditer(" of ", where)][:MOST_WAYS]
    if not ways or accounts.hold("page one", Sentences(told.about), *ways) is not None:
        found.wrong(1, f"it is said to be {where!r}, as no such report is")
