"""What the other apps plug in: kinds of documents, job purposes, report sections. Actions are in `access`.

`governance` never names a kind, purpose or section of the apps above it; they register theirs in `AppConfig.ready`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.config import JsonDict

from governance.access import AUTHORS
from governance.proof.formats.described import Describing
from governance.proof.formats.fields import Strict
from governance.proof.formats.manifest import FileEntry
from governance.proof.words.clauses import Chapter
from governance.proof.words.vocabulary import LINEAGE, TITLED, Listed, Phrase, Scope, Words

if TYPE_CHECKING:
    from datetime import datetime

    from governance.errors import Finding
    from governance.gates import Answer, Check, Verdict
    from governance.models import Attempt, Document, Job, Project, Report, User
    from governance.proof.checks.evidence import RegisterClaim
    from governance.proof.formats.permit import Input
    from governance.proof.sections.blocks import Block, Notice
    from governance.reports.gathered import Gathered
    from governance.reports.model import Told
    from governance.services.ledger import Mutation


@dataclass(frozen=True)
class Link:
    """A role of a document's references: which kinds it may name and how many."""

    kinds: Collection[str]
    required: bool = True
    many: bool = False


@dataclass(frozen=True)
class Case:
    """A case as a signer reviews it: named parts in words, such as what is asked and the answer that counts."""

    id: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sampling:
    """How a signer reviews cases of a document.

    draw(document, seed, size)   the ids of the cases (all, when there are fewer), the same for the same seed of 64
                                 hexadecimal digits, drawn from every stratum
    show(document, ids)          those cases, in the order of the ids
    hidden_from(document)        roles whose holders never see a case
    """

    draw: Callable[["Document", str, int], list[str]]
    show: Callable[["Document", Collection[str]], list[Case]]
    hidden_from: Callable[["Document"], frozenset[str]] = lambda document: frozenset()


@dataclass(frozen=True)
class Dossier:
    """What a report on a document of a kind tells before the lineage, in sections of its own.

    beside(document, size)   further documents told of, as of that ledger size: in the evidence as the subject is
    tell(found)              what it says of its own, from what was gathered alone
    charts                   what is drawn in which of its sections, by the names of `proof.charts.derived`
    printed                  what stands in which of them as it follows from documents (`proof.sections.derived`)
    """

    beside: Callable[["Document", int], tuple["Document", ...]]
    tell: Callable[["Gathered"], "Told"]
    charts: Mapping[str, str] = field(default_factory=dict)
    printed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    `schema` is the strict model of the current `version`; `old` keeps earlier ones, and `upcast` turns their bodies
    into the current form for display only. `signed`: policy must say who signs it, `least_signatures` people at least
    whatever the policy says. `routine`: made day by day; lists of a project or the shelf show it to who asks for it.
    `authors`: roles that may write it (empty: only the system does). `vet` is asked once, when a body is frozen, and
    raises ValueError; so is `examine`, which also sees the documents referred to, by role, and may read stored files.
    `files` lists the manifest entries whose bytes must be in the store. `also_excluded` names people beyond
    contributors and requester who may not sign, by the digest of each of some documents. `sample` says how a signer
    reviews cases of it.
    `releases`: a document of this kind puts something into use. `wanted`: kinds of reports that an auditor's package
    misses on such a document, each with what it tells of. `confined`: on the shelf, only holders of a role in the
    organisation see it, since it tells of all projects.
    `title` is how a document is called by its own bytes, `tables` are those that its section in a report prints of a
    list in its body: whoever verifies a report compares both with the document itself (`proof.words.vocabulary`).
    `told` returns the body as two versions of it are compared on a page, where that reads better than the body itself.
    `aside` are members of the body that change reports tell as figures, or that differ every time.
    `templates` are bodies to begin one from. `described` says what a body is to programs that read lineage.
    `sections` typesets a body for a report, which is called `report` where it is about such a document, and begins
    with it unless that is a lineage report, or with the sections of its `dossier` where it has one; `printed`
    names what they, and notices, say as it follows from documents alone (`proof.sections.derived`). `notices` says what
    signers and page one of a report must be warned of, `since` what of that came about after it was frozen, by a ledger
    size, `tells` what signers are told beside the body. `asks` are the
    gate checks of that name which are asked before anybody signs: where the policy of the request weighs one hard, or
    its tier is high, a "no" refuses the signature.
    """

    name: str
    label: str
    schema: type[BaseModel]
    version: int = 1
    links: Mapping[str, Link] = field(default_factory=dict)
    shelf: bool = False
    signed: bool = True
    releases: bool = False
    wanted: Mapping[str, Scope] = field(default_factory=dict)
    routine: bool = False
    confined: bool = False
    report: str = LINEAGE
    least_signatures: int = 1
    authors: frozenset[str] = AUTHORS
    old: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    upcast: Callable[[int, dict[str, Any]], dict[str, Any]] | None = None
    title: Phrase = TITLED
    tables: tuple[Listed, ...] = ()
    files: Callable[[dict[str, Any]], list[FileEntry]] = lambda body: []
    vet: Callable[[BaseModel], None] = lambda body: None
    examine: Callable[[Any, Mapping[str, list["Document"]]], None] = lambda body, links: None
    also_excluded: Callable[[Sequence["Document"]], Mapping[str, Set[str]]] = lambda documents: {}
    sample: Sampling | None = None
    templates: tuple["Template", ...] = ()
    told: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    aside: frozenset[str] = frozenset()
    described: Describing | None = None
    sections: Callable[["Document", dict[str, Any]], list["Block"]] | None = None
    printed: str = ""
    dossier: Dossier | None = None
    notices: Callable[["Document", dict[str, Any]], list["Notice"]] = lambda document, body: []
    since: Callable[["Document", dict[str, Any], int], list["Notice"]] = lambda document, body, ledger_size: []
    tells: Callable[["Document", dict[str, Any]], list["Notice"]] = lambda document, body: []
    asks: Mapping[str, Callable[["Document"], "Answer"]] = field(default_factory=dict)

    @property
    def schema_name(self) -> str:
        """The name and version an envelope carries, such as "evals.rubric/1"."""
        return f"{self.name}/{self.version}"

    @property
    def words(self) -> Words:
        """What pages say of documents of this kind, as the verifier carries it."""
        return Words(
            self.label,
            self.title,
            self.report,
            self.tables,
            self.dossier is not None,
            self.releases,
            self.described,
            self.signed,
            tuple(sorted(self.aside)),
            self.told is not None,
            not self.routine and not self.confined,
            self.printed,
            dict(self.wanted),
        )

    def schema_for(self, version: int) -> type[BaseModel]:
        """Return the schema of a version; KeyError if there never was one."""
        return self.schema if version == self.version else self.old[version]


@dataclass(frozen=True)
class Purpose:
    """A purpose of jobs: what is done under a permit, and how its gate and its result are handled.

    `entry_point` is "module:function" in the work plane; `action` is asked of the access table; specs are documents
    of `spec_kind`. The callables, in the order a job meets them:

    prepare(spec)                    slow, before the ledger is locked: re-hash the bytes, return dated evidence
    gate(spec, launcher, evidence, ledger_size, time)   the verdict; compares facts only
    inputs(spec)                     the files the permit binds, each with its SHA-256
    decisions(spec)                  ledger entries of the sign-offs relied on
    bounds(spec)                     limits the runner keeps to, such as max_seconds
    counted(spec)                    documents whose uses are counted: each admission is recorded as one use of them
    digest(attempt)                  slow, before the lock: check a received result, return what `accept` needs;
                                     raises `errors.Invalid` when it cannot be accepted
    talk(attempt, said)                                 take what a runner at work says and return the answer to it,
                                                        for purposes that need more than progress; raises Conflict
                                                        when the attempt is over
    repeats                                             a spec may be launched again once its job has ended, however
                                                        it ended; otherwise one that succeeded is done
    accept(mutation, job, attempt, digested)            freeze the result into documents; returns the main one
    """

    name: str
    label: str
    entry_point: str
    action: str
    spec_kind: str
    prepare: Callable[["Document"], Mapping[str, Any]]
    gate: Callable[["Document", "User", Mapping[str, Any], int, "datetime"], "Verdict"]
    inputs: Callable[["Document"], list["Input"]]
    decisions: Callable[["Document"], list[int]]
    bounds: Callable[["Document"], dict[str, Any]]
    digest: Callable[["Attempt"], Any]
    accept: Callable[["Mutation", "Job", "Attempt", Any], "Document"]
    counted: Callable[["Document"], list["Document"]] = lambda spec: []
    talk: Callable[["Attempt", dict[str, Any]], dict[str, Any]] | None = None
    repeats: bool = False


@dataclass(frozen=True)
class Exclusion:
    """A group of people whom a policy may keep from signing a document; `people` returns their ledger ids.

    `wrote`: they are those who contributed to documents of these kinds, among what the document rests on.
    """

    name: str
    label: str
    people: Callable[["Document"], set[str]]
    wrote: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Gate:
    """What is asked before something is done on the strength of a document of `kind`: where a policy's weights and
    waivers apply. `label` says what is done, such as "training run". `made` are the roles in which the document names
    what else is let pass: who launched that signs no waiver of it either.
    """

    kind: str
    label: str
    checks: tuple["Check[Any]", ...]
    made: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Template:
    """A body to begin a document from. `body` returns it for the kinds registered; `about` says whom it suits."""

    name: str
    label: str
    about: str
    body: Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """What a report needs in its evidence, all as of the report's ledger size.

    `roots` are documents told of, each with everything it rests on; `entries` further ledger entries, each proved by
    itself; `period` the entries of a span of the ledger given whole, so that none can be missing or added; `around`
    earlier entries of what goes on in it, proved each by itself and told of only through it.
    """

    roots: tuple["Document", ...] = ()
    entries: frozenset[int] = frozenset()
    period: range | None = None
    around: frozenset[int] = frozenset()


MOMENT: JsonDict = {"format": "date-time"}
"""what a report's model says of a field that takes a moment in UTC, beyond its type"""


def one_of(kinds: Iterable[str]) -> JsonDict:
    """Return what a report's model says of a field that names a document of one of these kinds, by its digest."""
    return {"document": list(kinds)}


class Nothing(Strict):
    """Nothing is asked besides the subject."""


@dataclass(frozen=True)
class ReportKind:
    """A kind of report that can be asked for.

    `asks` is the strict model of what the asker says; its fields' titles and descriptions are what forms show. `of`
    says what it can be about: "document", "project", "organisation"; `kinds` names the kinds of documents, all if
    empty. `action` is who may ask; pages offer it unless it is not `offered`. `check(report)` refuses, by
    `errors.Invalid`, what makes no sense, before anything is recorded. `want(report)` names what it rests on,
    `pages(found)` is what it says, from what was gathered alone; `claim(found)` is that as data, of what a register
    counts, for the evidence.
    `chapters` are sections that data tell, by title: all of them are told, or those that the asker names.
    Of a `brief` one the documents are listed by a line each, and what else the evidence proves is not printed.
    One without pages is a `file` of its own: a ZIP, from the report, the signed checkpoint of its ledger size, and a
    function that takes what the worker is doing, in words.
    `findings(report)` returns what was found beforehand that its pages tell, as text, for the evidence.
    One that is not of the `past` tells of no ledger but the one that ends with its request.
    It is `kept_from` the holders of some roles, whatever else they are: they neither ask for it nor see it, and no
    package that others are given holds it.
    """

    name: str
    label: str
    about: str
    asks: type[BaseModel]
    of: frozenset[str]
    want: Callable[["Report"], Wanted]
    pages: Callable[["Gathered"], "Told"] | None
    kinds: Collection[str] = ()
    action: str = "report.request"
    kept_from: frozenset[str] = frozenset()
    offered: bool = True
    check: Callable[["Report"], None] = lambda report: None
    claim: Callable[["Gathered"], "RegisterClaim | None"] = lambda found: None
    file: Callable[["Report", str, Callable[[str], None]], bytes] | None = None
    findings: Callable[["Report"], str | None] = lambda report: None
    brief: bool = False
    past: bool = True
    chapters: Mapping[str, Chapter] = field(default_factory=dict)


KINDS: dict[str, Kind] = {}


@dataclass(frozen=True)
class Period:
    """A number of days that a policy may set, such as after how long something is too old; `days` unless it does."""

    name: str
    label: str
    days: int
    most: int = 3650


EXCLUSIONS: dict[str, Exclusion] = {}
PERIODS: dict[str, Period] = {}
PURPOSES: dict[str, Purpose] = {}
GATES: dict[str, Gate] = {}
REPORTS: dict[str, ReportKind] = {}
POLICY_TEMPLATES: dict[str, Template] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind; two of one name are a programming error."""
    if kind.name in KINDS:
        raise ValueError(f"kind {kind.name!r} is registered already")
    KINDS[kind.name] = kind


def register_exclusion(exclusion: Exclusion) -> None:
    """Add a group that policies may exclude; two of one name are a programming error."""
    if exclusion.name in EXCLUSIONS:
        raise ValueError(f"exclusion {exclusion.name!r} is registered already")
    EXCLUSIONS[exclusion.name] = exclusion


def register_report(kind: ReportKind) -> None:
    """Add a kind of report; two of one name are a programming error."""
    if kind.name in REPORTS:
        raise ValueError(f"report {kind.name!r} is registered already")
    REPORTS[kind.name] = kind


def register_period(period: Period) -> None:
    """Add a period; two of one name are a programming error."""
    if period.name in PERIODS:
        raise ValueError(f"period {period.name!r} is registered already")
    PERIODS[period.name] = period


def register_gate(gate: Gate) -> None:
    """Add a gate; two for one kind are a programming error."""
    if gate.kind in GATES:
        raise ValueError(f"a gate for {gate.kind!r} is registered already")
    GATES[gate.kind] = gate


def register_policy_template(template: Template) -> None:
    """Add a template; two of one name are a programming error."""
    if template.name in POLICY_TEMPLATES:
        raise ValueError(f"policy template {template.name!r} is registered already")
    POLICY_TEMPLATES[template.name] = template


def purpose_of(spec: "Document") -> Purpose | None:
    """Return the purpose whose specs are of this document's kind, or None when it cannot be launched."""
    return next((p for p in PURPOSES.values() if p.spec_kind == spec.kind), None)


def register_purpose(purpose: Purpose) -> None:
    """Add a purpose; two of one name are a programming error."""
    if purpose.name in PURPOSES:
        raise ValueError(f"purpose {purpose.name!r} is registered already")
    PURPOSES[purpose.name] = purpose


# What apps do by the clock, called by the worker every few minutes with the time; each must be safe to repeat.
ROUTINES: list[Callable[["datetime"], object]] = []

# What is asked, by kind, under the ledger's lock whenever somebody signs a document, at its size and time: whatever it
# finds refuses the signature, and no policy can weigh it lighter.
OVERTAKEN: dict[str, Callable[["Document", int, "datetime"], "list[Finding]"]] = {}

# Which policy tier each of some projects is under, by their keys: the app that knows use cases says so.
TIERS_OF: list[Callable[[Sequence["Project"], int | None], Mapping[Any, str]]] = []


def tier_of(project: "Project | None", ledger_size: int | None = None) -> str:
    """Return the risk tier that selects the policy: the strictest any app reports, or "standard".

    `ledger_size` asks for the tier as it was when the ledger had so many entries (default: now).
    """
    return tiers_of([project], ledger_size)[project]


def tiers_of(projects: Iterable["Project | None"], ledger_size: int | None = None) -> dict["Project | None", str]:
    """Return `tier_of` each project; the number of queries does not grow with them."""
    asked = list(projects)
    known = [project for project in asked if project is not None]
    told = [ask(known, ledger_size) for ask in TIERS_OF] if known else []
    found = {project: {each.get(project and project.pk) for each in told} for project in asked}
    return {project: next((tier for tier in TIERS if tier in found[project]), "standard") for project in asked}


TIERS = ("high", "standard", "low")
"""The risk tiers, the strictest first."""
