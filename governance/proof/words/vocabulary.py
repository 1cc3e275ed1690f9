"""The words that pages use for roles, acts, events and kinds of documents, and how titles follow from documents.

Typesetter and reader of the pages share them. What the kinds of documents say is registered where they are defined,
outside of `governance`; the verifier, which an auditor carries alone, reads it from `vocabulary.json` beside this
module. A test holds that file to what is registered; `python -m tests.support.vocabulary` writes it anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Protocol

from governance.proof.formats.described import Describing
from governance.proof.formats.leaf import (
    ATTEMPT_ENDED,
    ATTEMPT_RECEIVED,
    PERMIT_CONSUMED,
    PERMIT_EXPIRED,
    PERMIT_ISSUED,
    SIGNER_DECLARED,
    SIGNER_IDENTIFIED,
    SIGNER_QUALIFIED,
)
from governance.proof.words.clauses import Chapter
from governance.proof.words.places import Saying
from governance.proof.words.printed import count, counted, plain, rounded

FILE = "vocabulary.json"
Scope = Literal["version", "series"]
"""what a kind of report on a document tells of: that version alone, or the whole series"""
ROLES: dict[str, str] = {
    "owner": "owner",
    "compliance_officer": "compliance officer",
    "engineer": "engineer",
    "auditor": "auditor",
    "domain_expert": "domain expert",
    "data_owner": "data owner",
}
ON_RECORD = {
    SIGNER_IDENTIFIED: "Signer's identity checked",
    SIGNER_QUALIFIED: "Signer's competence shown",
    SIGNER_DECLARED: "Signature declared binding",
}
ANY = "|"
"""joins roles any of which will do, wherever a missing signature is named: `owner|compliance_officer`"""
HAPPENED = {
    PERMIT_ISSUED: "permit issued",
    PERMIT_CONSUMED: "permit consumed",
    PERMIT_EXPIRED: "permit expired unused",
    ATTEMPT_RECEIVED: "result received",
    ATTEMPT_ENDED: "attempt ended",
}
WAIVER, RETROSPECTIVE = "governance.waiver", "governance.retrospective"
"""the kinds of documents that page one of a report tells of by themselves"""
LINEAGE = "Lineage report"
RECEIPT = "Signing receipt"


def role(name: str) -> str:
    """Return a role as people read it; of several that will do ("a|b"), "a or b"."""
    return " or ".join(ROLES.get(one, one.replace("_", " ")) for one in name.split(ANY))


@dataclass(frozen=True)
class Piece:
    """A part of a phrase that a document's body fills in: the first of the fields `of` that holds something.

    `words` says what is printed for a value, `otherwise` what is where there is none, `then` what is where there is
    any. `form` is how a value is written; bounds take two fields. Figures and bounds are those of a judged line, in the
    unit of its metric.
    """

    of: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""
    then: str | None = None
    form: Literal["text", "capital", "count", "minute", "figure", "bounds"] = "text"

    def said(self, body: Mapping[str, Any]) -> str:
        """Return this part for a body."""
        if self.form == "bounds":
            low, high = (body.get(name) for name in self.of)
            return between(body["metric"], low, high, body["kind"])
        value = next((body[name] for name in self.of if body.get(name) not in (None, "")), None)
        if self.form == "figure":
            return in_unit(body["metric"], value, body["kind"])
        if self.form == "count" and isinstance(value, int):
            return count(value)
        if self.form in ("capital", "minute"):
            text = str(value or "")
            return text.capitalize() if self.form == "capital" else text[:16].replace("T", " ")
        key = value if isinstance(value, str) else json.dumps(value)
        if key in self.words:
            return self.words[key]
        if value is None or value is False:
            return self.otherwise
        return str(value) if self.then is None else self.then


def one_of(*names: str, **how: Any) -> Piece:
    """Return the part that the first of these fields fills in."""
    return Piece(names, **how)


@dataclass(frozen=True, init=False)
class Phrase:
    """What is printed of a body: literal words and parts that it fills in. Called with the body, returns the text."""

    parts: tuple[str | Piece, ...]

    def __init__(self, *parts: str | Piece) -> None:
        object.__setattr__(self, "parts", parts)

    def __call__(self, body: Mapping[str, Any]) -> str:
        return "".join(part if isinstance(part, str) else part.said(body) for part in self.parts)

    def as_json(self) -> list[Any]:
        """Return the phrase for `vocabulary.json`."""
        return [part if isinstance(part, str) else _as_json(part) for part in self.parts]

    @classmethod
    def from_json(cls, said: list[Any]) -> "Phrase":
        """Return the phrase that `as_json` made."""
        return cls(*(p if isinstance(p, str) else Piece(**{**p, "of": tuple(p["of"])}) for p in said))


@dataclass(frozen=True)
class Listed:
    """A table that a document's section prints of a list in its body, one row for each item.

    `columns` are the heads; `cells` say what each cell holds, None where the verifier cannot tell.
    """

    columns: tuple[str, ...]
    of: str
    cells: tuple[Phrase | None, ...]


@dataclass(frozen=True)
class Words:
    """What pages say of a kind of documents: its name, its title, what a report on one is called, tables of it.

    A report that is a `dossier` tells of further documents beside the lineage. `releases`: such a document puts
    something into use. `described` says what it is to programs that read lineage. `signed`: such documents need to be
    signed off. `aside` are members of the body that are left out where two are compared; `retold`: two are compared in
    words that do not follow from the body by a rule known here. `listed`: a project's changes tell of such documents.
    `printed` names what the section of such a document says, and what page one is warned of (see `sections.derived`).
    `wanted` are the kinds of reports that an auditor's package misses on such a document, each with what it tells of.
    """

    label: str
    title: Phrase
    report: str = LINEAGE
    tables: tuple[Listed, ...] = ()
    dossier: bool = False
    releases: bool = False
    described: Describing | None = None
    signed: bool = True
    aside: tuple[str, ...] = ()
    retold: bool = False
    listed: bool = True
    printed: str = ""
    wanted: Mapping[str, Scope] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the words for `vocabulary.json`."""
        tables = [
            {"columns": list(t.columns), "of": t.of, "cells": [c and c.as_json() for c in t.cells]} for t in self.tables
        ]
        return {
            "label": self.label,
            "title": self.title.as_json(),
            "report": self.report,
            "tables": tables,
            "dossier": self.dossier,
            "releases": self.releases,
            "described": self.described and self.described.as_json(),
            "signed": self.signed,
            "aside": list(self.aside),
            "retold": self.retold,
            "listed": self.listed,
            "printed": self.printed,
        } | ({"wanted": dict(self.wanted)} if self.wanted else {})


TITLED = Phrase(one_of("title", "name"))
"""how most documents are called"""


@cache
def events() -> Mapping[str, str]:
    """Return how people read each event that this version knows, by its name."""
    said: dict[str, str] = _said()["events"]
    return said


@cache
def acts() -> Mapping[str, str]:
    """Return how people read each act that the access table knows, by its name."""
    said: dict[str, str] = _said()["acts"]
    return said


class Named(Protocol):
    """What a measure is called: `words`, or `of` with what follows the colon of its name."""

    @property
    def words(self) -> str: ...
    @property
    def of(self) -> str | None: ...


@dataclass(frozen=True)
class Measure:
    """A measure that limits are about; see `Named`. `bounded`: its values are shares; any others are in `unit`.

    `graders`: whose grades it is made of. `argument`: what follows the colon of its name.
    """

    words: str
    of: str | None
    bounded: bool
    unit: str
    graders: Sequence[str] = ()
    argument: str = ""


def called(name: str, known: Named) -> str:
    """Return a measure's name as a reader says it, such as "F1 of eye"."""
    argument = name.partition(":")[2]
    return known.of.format(argument) if known.of and argument else known.words


@cache
def measures() -> Mapping[str, Measure]:
    """Return the measures that this version knows, by the part of their names before the colon."""
    return {name: Measure(**one) for name, one in _said()["measures"].items()}


def measured(name: str) -> Measure:
    """Return the measure that a name is of. KeyError for a name of none."""
    return measures()[name.partition(":")[0]]


def measure(name: str) -> str:
    """Return a measure's name in words. KeyError for a name of none."""
    return called(name, measured(name))


DIFFERENCES = frozenset({"non_inferiority", "gap"})
"""the kinds of limits whose figures are differences: of shares, in points"""


def counted_in(name: str, value: Decimal, kind: str = "absolute") -> str:
    """Return a figure with all its digits in the unit of its metric, by the kind of the limit that it is about.

    A share is in percent, a difference of shares in points, a ratio in times, all else in seconds, tokens or dollars.
    """
    if kind == "relative":
        return f"{plain(value)} times"
    known = measured(name)
    return counted(value, bounded=known.bounded, unit=known.unit, points=kind in DIFFERENCES)


def in_unit(name: str, value: str | None, kind: str = "absolute") -> str:
    """Return a figure as it is printed, such as "91 %", "0.25 s" or "5 points": rounded, with its unit."""
    return "not measured" if value is None else counted_in(name, rounded(Decimal(value)), kind)


def between(name: str, low: str | None, high: str | None, kind: str = "absolute") -> str:
    """Return two one-sided bounds in the metric's unit, rounded outwards, such as "76.3 to 83.8 %"; "no bounds"."""
    if low is None or high is None:
        return "no bounds"
    from_, _, _ = counted_in(name, rounded(Decimal(low), ROUND_FLOOR), kind).partition(" ")
    return f"{from_} to {counted_in(name, rounded(Decimal(high), ROUND_CEILING), kind)}"


@dataclass(frozen=True)
class PolicyWords:
    """What policies name, in words: kinds of documents, groups of people, checks with where they are asked, periods."""

    kinds: Mapping[str, str]
    exclusions: Mapping[str, str]
    checks: Mapping[str, tuple[str, tuple[str, ...]]]
    periods: Mapping[str, str]


@cache
def policies() -> PolicyWords:
    """Return the words of what policies name, by its name."""
    one = _said()["policies"]
    asked = {name: (title, tuple(gates)) for name, (title, gates) in one["checks"].items()}
    return PolicyWords({name: kind.label for name, kind in kinds().items()}, one["exclusions"], asked, one["periods"])


@cache
def purposes() -> Mapping[str, str]:
    """Return how people read each purpose of runs, by its name."""
    said: dict[str, str] = _said()["purposes"]
    return said


@cache
def topics() -> Sequence[tuple[str, Sequence[str]]]:
    """Return the topics under which changes are told, in their order, with the kinds of documents of each."""
    return [(topic, held) for topic, held in _said()["topics"]]


@cache
def excluded() -> Mapping[str, Sequence[str]]:
    """Return the kinds of documents whose writers a group has that policies keep from signing, by the group's name."""
    found: dict[str, list[str]] = _said()["excluded"]
    return found


@cache
def let_pass() -> Mapping[str, Sequence[str]]:
    """Return the roles in which a document of a kind names what its gate lets pass with it, by the kind's name."""
    found: dict[str, list[str]] = _said()["let_pass"]
    return found


@cache
def brief() -> frozenset[str]:
    """Return the kinds of reports that list their documents by a line each."""
    return frozenset(_said()["brief"])


@dataclass(frozen=True)
class Telling:
    """What the pages of a kind of report, or of a dossier, can say of their own: sentences with places (see `places`).

    `always` are the sections that none lacks, `sections` all that one can have. `proves` and `does_not_prove` list for
    each claim whether it is always made, and its alternatives; `by` are the modules that tell it. A `plain` one
    tells nothing of documents besides. `chapters` are sections too: all of them, or those that the asker named.
    `charts` names by section what it draws (see `charts.derived`), `printed` what stands there (`sections.derived`).
    """

    title: tuple[str, ...]
    about: tuple[str, ...]
    always: tuple[str, ...]
    sections: tuple[str, ...]
    proves: tuple[tuple[bool, tuple[str, ...]], ...]
    does_not_prove: tuple[tuple[bool, tuple[str, ...]], ...]
    by: tuple[str, ...]
    plain: bool
    chapters: tuple[str, ...]
    charts: Mapping[str, str]
    printed: Mapping[str, str]


@cache
def telling() -> Mapping[str, Telling]:
    """Return what reports of a kind say, by its name; dossiers by the kind of document they are on."""
    return {
        name: Telling(
            tuple(one["title"]),
            tuple(one["about"]),
            tuple(one["always"]),
            tuple(one["sections"]),
            tuple((must, tuple(texts)) for must, texts in one["proves"]),
            tuple((must, tuple(texts)) for must, texts in one["does_not_prove"]),
            tuple(one["by"]),
            one["plain"],
            tuple(one["chapters"]),
            one["charts"],
            one["printed"],
        )
        for name, one in _said()["telling"].items()
    }


@cache
def labels() -> Mapping[str, str]:
    """Return what reports of a kind are called, by its name."""
    said: dict[str, str] = _said()["labels"]
    return said


@cache
def bodies() -> Mapping[str, Sequence[str]]:
    """Return the modules that tell of documents of a kind, by its name."""
    said: dict[str, list[str]] = _said()["bodies"]
    return said


@cache
def said() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return the sentences that a module prints: those it `says`, those it `warns` by on page one, and captions of what
    it `draws` that does not follow from documents.
    """
    found: dict[str, dict[str, list[str]]] = _said()["said"]
    return found


@cache
def phrases() -> Mapping[str, Saying]:
    """Return the phrases that stand in places of sentences, by the name that a place gives."""
    return {
        name: Saying((*one["of"], *one["former"]), tuple(one["between"])) for name, one in _said()["phrases"].items()
    }


@cache
def former(what: str) -> Sequence[str]:
    """Return the sentences that earlier versions printed and this one does not: said, warned by, or drew under."""
    found: list[str] = _said()["former"][what]
    return found


@cache
def chapters() -> Mapping[str, Mapping[str, Sequence[Chapter]]]:
    """Return the laws and standards that reports of a kind map, by its name and theirs, the newest version first."""
    return {
        kind: {name: [Chapter.from_json(one) for one in versions] for name, versions in known}
        for kind, known in _said()["chapters"].items()
    }


@cache
def _said() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return said


@cache
def kinds() -> Mapping[str, Words]:
    """Return the words of all kinds that this version knows, by the kind's name."""
    return {
        name: Words(
            one["label"],
            Phrase.from_json(one["title"]),
            one["report"],
            tuple(
                Listed(tuple(t["columns"]), t["of"], tuple(Phrase.from_json(c) if c else None for c in t["cells"]))
                for t in one["tables"]
            ),
            one["dossier"],
            one["releases"],
            Describing.from_json(one["described"]) if one["described"] else None,
            one["signed"],
            tuple(one["aside"]),
            one["retold"],
            one["listed"],
            one["printed"],
            one.get("wanted", {}),
        )
        for name, one in _said()["kinds"].items()
    }


def _as_json(part: Piece) -> dict[str, Any]:
    said: dict[str, Any] = {"of": list(part.of)}
    said |= {"words": dict(part.words)} if part.words else {}
    said |= {"otherwise": part.otherwise} if part.otherwise else {}
    said |= {"then": part.then} if part.then is not None else {}
    return said | ({"form": part.form} if part.form != "text" else {})
