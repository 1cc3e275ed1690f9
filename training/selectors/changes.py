"""What changed: between two things that can serve (mostly releases), or in a project between two moments.

Everything is read from documents, hashed again, and from leaves. What a document became is told field by field, by the
comparison that versions are shown with.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from evals import documents as evals
from governance import policy
from governance.bodies import RETROSPECTIVE, WAIVER
from governance.models import Document, LedgerEvent, Project, User
from governance.proof.answers import changed, side_by_side
from governance.proof.answers.changed import MOST, OTHER, Pair, Rows
from governance.proof.answers.inforce import InForce
from governance.proof.answers.side_by_side import Beside, Compared
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import ROLE_GRANTED, ROLE_REVOKED
from governance.proof.words import differences
from governance.proof.words.difference_words import Told, told
from governance.registry import KINDS
from governance.selectors import as_of, ledger, signoff
from governance.selectors import documents as docs
from governance.selectors import told as recorded
from governance.selectors.as_of import Moment
from training.bodies.continuity import DEPLOYMENT
from training.bodies.serving import EVENT, MARK
from training.kinds import tuning as kinds

TOPICS: Final = (
    ("base model", (kinds.BASE_MODEL,)),
    ("training data", (kinds.DATASET, kinds.CONTRACT, evals.QUALITY, kinds.STANDING)),
    ("what good means", (evals.SET, evals.RUBRIC, evals.THRESHOLDS, evals.PRESET, evals.CALIBRATION)),
    ("how it was trained", (kinds.RUN_SPEC, kinds.RUN_RECORD)),
    ("how it was measured", (evals.SPEC, evals.RESULT, evals.JUDGEMENT, evals.HUMAN_GRADES, evals.MEASURES)),
    ("why and for whom", (kinds.USE_CASE, kinds.DECISION)),
    ("release and service", (kinds.RELEASE, DEPLOYMENT, EVENT, MARK)),
    ("rules and exceptions", (policy.KIND, WAIVER, RETROSPECTIVE)),
)
"""The topics under which changes are told, in their order, and the kinds of each; what is of none comes last."""


@dataclass(frozen=True)
class Difference:
    """A document that was added (`before` None), dropped (`after` None) or took another's place, and how they differ.

    `more` counts the differences that are not listed.
    """

    before: Document | None
    after: Document | None
    changes: tuple[Told, ...] = ()
    more: int = 0

    @property
    def document(self) -> Document:
        """The document that there is, the later one of two."""
        found = self.after or self.before
        if found is None:
            raise AssertionError("a difference of nothing")
        return found

    @property
    def topic(self) -> str:
        """Under which topic it is told."""
        return next((topic for topic, held in TOPICS if self.document.kind in held), OTHER)

    @property
    def verb(self) -> str:
        """What became of it, in a word."""
        before, after = (one.digest if one is not None else None for one in (self.before, self.after))
        return Pair(before, after).verb

    @property
    def label(self) -> str:
        """The kind in words."""
        return KINDS[self.document.kind].label


@dataclass(frozen=True)
class Results:
    """The results that two releases rest on, side by side.

    `thresholds`: the plan by which both were measured, so that they can be paired case by case; "" where two did.
    """

    before: Document
    after: Document
    told: Beside
    thresholds: str

    @property
    def verdicts(self) -> tuple[str, str]:
        """Their own verdicts, "" where there is none."""
        return self.told.verdicts

    @property
    def figures(self) -> tuple[Compared, ...]:
        """Every figure of both."""
        return self.told.figures

    @property
    def same_set(self) -> bool:
        """Whether both answered the same version of the evaluation set: then figures can be held against each other."""
        return self.told.same_set

    @property
    def same_plan(self) -> bool:
        """Whether both were measured by the same plan."""
        return self.thresholds != ""


@dataclass(frozen=True)
class RoleChange:
    """Somebody was given a role or lost it, in the project or (`everywhere`) the organisation; entry `seq`."""

    name: str
    role: str
    given: bool
    everywhere: bool
    at: datetime
    seq: int
    actor: str = ""


@dataclass(frozen=True)
class Changes:
    """What changed from one side to the other. `differences` are in the order of `TOPICS`."""

    differences: tuple[Difference, ...]
    unchanged: tuple[Document, ...]
    rows: tuple[Rows, ...] = ()
    results: Results | None = None
    roles: tuple[RoleChange, ...] = ()
    policies: tuple[Document | None, Document | None] = (None, None)
    standings: tuple[as_of.Change, ...] = ()
    spans: tuple[int, int] = (0, 0)
    """the sizes of the ledger between which people and policy are compared"""

    @property
    def topics(self) -> list[tuple[str, list[Difference]]]:
        """The differences by topic, in their order, topics without any left out."""
        found = [(topic, [d for d in self.differences if d.topic == topic]) for topic in _topics()]
        return [(topic, held) for topic, held in found if held]

    @property
    def policy_changed(self) -> bool:
        """Whether another policy governs."""
        return self.policies[0] != self.policies[1]

    @property
    def nothing(self) -> bool:
        """Whether nothing at all changed."""
        return not (self.differences or self.roles or self.standings or self.policy_changed)


def below(before: Document, after: Document, read: Mapping[str, Document]) -> Changes:
    """Return what changed from one thing that can serve to another, and in what they rest on, all of it read."""
    pairs, unchanged = changed.pairs(before.digest, after.digest, docs.Envelopes(read))
    titles = {digest: str(document) for digest, document in read.items()}
    found = [
        _difference(read[one.before] if one.before else None, read[one.after] if one.after else None, titles)
        for one in pairs
    ]
    same, ordered = tuple(read[digest] for digest in unchanged), _in_order(found)
    return Changes(ordered, same, tuple(_rows(ordered)), _results(before, after, read))


def between(before: Document, after: Document, ledger_size: int) -> Changes:
    """Return what changed from one thing that can serve to another, people and policy included.

    People and policy are compared between when the one was complete (agreed, or else frozen) and when the other was.
    """
    found = below(before, after, docs.closure([before, after]))
    sizes = _complete([before, after], ledger_size)
    low, high = sorted((sizes[before.digest], sizes[after.digest]))
    return replace(
        found,
        roles=tuple(_roles(after.project, low, high)),
        policies=_policies(after.project, (low, ledger.time_of(low)), (high, ledger.time_of(high))),
        spans=(low, high),
    )


def of_project(project: Project, since: Moment, then: Moment) -> Changes:
    """Return what changed in a project and on the shelf between two moments.

    Raises:
        Invalid: there are more documents whose standing would be asked than one answer tells of.
    """
    rows = Document.objects.filter(seq__gte=since.size, seq__lt=then.size, project__in=[project])
    shelf = Document.objects.filter(seq__gte=since.size, seq__lt=then.size, project=None)
    told_of = [name for name, kind in KINDS.items() if not kind.routine and not kind.confined]
    added = list((rows | shelf).filter(kind__in=told_of).select_related("project", "series").order_by("seq"))
    series = {document.series_id for document in added}
    earlier = Document.objects.filter(series__in=series, seq__lt=since.size).select_related("project", "series")
    last: dict[Any, Document] = {}
    newest: dict[Any, Document] = {}
    for document, _ in recorded.frozen([*earlier.order_by("number"), *added]):
        (newest if document.seq >= since.size else last)[document.series_id] = document
    pairs = [(last.get(key), document) for key, document in newest.items()]
    wanted = {x.digest for pair in pairs for d in pair if d is not None for x in docs.references(d)}
    titles = {d.digest: str(d) for d in Document.objects.filter(pk__in=wanted).defer("content")}
    found = _in_order(_difference(one, other, titles) for one, other in pairs)
    asked = as_of.frozen_by(Document.objects.filter(project=project) | Document.objects.filter(project=None), then)
    known = signoff.policies()
    sides = [signoff.in_force_many([*asked, *known], moment.size, moment.time) for moment in (since, then)]
    before, after = (_policy(project, known, stood, m.size) for stood, m in zip(sides, (since, then), strict=True))
    return Changes(
        differences=found,
        unchanged=(),
        rows=tuple(_rows(found)),
        roles=tuple(_roles(project, since.size, then.size)),
        policies=(before, after),
        standings=tuple(as_of.changes(asked, *sides)),
        spans=(since.size, then.size),
    )


def _topics() -> Iterator[str]:
    yield from (topic for topic, _ in TOPICS)
    yield OTHER


def _in_order(found: Iterable[Difference]) -> tuple[Difference, ...]:
    order = list(_topics())
    return tuple(sorted(found, key=lambda d: (order.index(d.topic), d.label, d.document.seq)))


def _difference(before: Document | None, after: Document | None, titles: Mapping[str, str]) -> Difference:
    if before is None or after is None:
        return Difference(before, after)
    kind, old, new = KINDS[after.kind], docs.envelope(before), docs.envelope(after)
    words = changed.told_of(old, new, kind.aside, titles)
    if kind.told is not None:
        was, now = kind.told(docs.display_body(before)), kind.told(docs.display_body(after))
        words = [*told(differences.between(was, now)), *changed.exchanged(old, new, titles)]
    return Difference(before, after, tuple(words[:MOST]), max(0, len(words) - MOST))


def _rows(found: Iterable[Difference]) -> Iterator[Rows]:
    for one in found:
        if changed.counts_rows(docs.envelope(one.document)):
            was, now = (docs.envelope(d).body if d is not None else None for d in (one.before, one.after))
            yield changed.rows(one.document.title, was, now)


def _results(old: Document, new: Document, read: Mapping[str, Document]) -> Results | None:
    """Return the results of both sides beside each other; None where one of them has none."""
    told = side_by_side.beside(old.digest, new.digest, docs.Envelopes(read))
    if told is None:
        return None
    before, after = read[told.before], read[told.after]
    plans = [_plan(one) for one in (before, after)]
    return Results(before, after, told, plans[1] if plans[0] == plans[1] else "")


def _plan(result: Document) -> str:
    return next((link.digest for link in docs.references(result) if link.role == "thresholds"), "")


def _complete(documents: Sequence[Document], ledger_size: int) -> dict[str, int]:
    """Return the ledger's size when each had its last signature that counts, or else was frozen."""
    standing = signoff.in_force_many(documents, ledger_size, ledger.time_of(ledger_size))
    return {
        d.digest: max([d.seq, *(s.seq for s in standing[d.digest].signatures)]) + 1
        for d in documents
    }  # fmt: skip


def _roles(project: Project | None, low: int, high: int) -> Iterator[RoleChange]:
    if project is None:
        return
    rows = LedgerEvent.objects.filter(event__in=[ROLE_GRANTED, ROLE_REVOKED], entry_id__gte=low, entry_id__lt=high)
    leaves = ledger.leaves_at(rows.values_list("entry_id", flat=True))
    mine = [leaf for _, leaf in sorted(leaves.items()) if leaf.data.get("project") in (None, str(project.pk))]
    people = {leaf.subjects[0].removeprefix("user:") for leaf in mine}
    names = {user.actor: str(user) for user in User.objects.filter(ledger_id__in=people)}
    for leaf in mine:
        actor = leaf.subjects[0].removeprefix("user:")
        yield RoleChange(
            names.get(actor, actor),
            str(leaf.data["role"]),
            leaf.event == ROLE_GRANTED,
            leaf.data.get("project") is None,
            moment(leaf.time),
            leaf.seq,
            actor,
        )


def _policies(
    project: Project | None, before: tuple[int, datetime], after: tuple[int, datetime]
) -> tuple[Document | None, Document | None]:
    if project is None:
        return None, None
    known = signoff.policies()
    found = [_policy(project, known, signoff.in_force_many(known, *side), side[0]) for side in (before, after)]
    return found[0], found[1]


def _policy(project: Project, known: Iterable[Document], stood: Mapping[str, InForce], size: int) -> Document | None:
    """Return which of the policies governed a project's new requests, given how they stood at a ledger size."""
    return signoff.policy_of([one for one in known if one.seq < size], stood, [project], size)[project]
