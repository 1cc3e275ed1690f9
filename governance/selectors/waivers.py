"""Waivers of soft checks: which count for a run now, and which still owe a retrospective.

A waiver is a signed document about one specification or result. It counts while it is in force, before its own end,
signed by two people at least, neither of whom wrote or launches what it lets pass; and only for checks that are soft
under the policy of that moment (`gates.decide` sees to that).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from governance import registry, request_memory
from governance.bodies import RETROSPECTIVE, WAIVER, RetrospectiveBody, WaiverBody
from governance.gates import Waived, Weight, weight_of
from governance.models import Document, Job, Project, Reference, User
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors import policies, signoff, told

CLOSED = frozenset({Standing.IN_FORCE, Standing.SUPERSEDED, Standing.EXPIRED})
"""The standings of a retrospective that was agreed, and not taken back."""


@dataclass(frozen=True)
class Known:
    """A waiver, what it says, and its standing."""

    document: Document
    body: WaiverBody
    standing: InForce

    @property
    def signers(self) -> frozenset[str]:
        """The ledger ids of everybody whose signature stands behind it, delegates and who they signed for."""
        return frozenset(person for signed in self.standing.signatures for person in signed.people)

    def fault(self, time: datetime, launcher: str = "") -> str:
        """Return why the waiver lets nothing pass at a time for somebody who launches; empty when it does."""
        if not self.standing.ok:
            return f"it is {self.standing.standing.value}"
        if moment(self.body.expires_at) <= time:
            return "it has run out"
        if few := signoff.too_few(WAIVER, self.standing):
            return few
        if launcher in self.signers:
            return "who launches signed it"
        return ""


@dataclass(frozen=True)
class Due:
    """A waiver that owes a retrospective, until when, and the one that is being written or signed (if any)."""

    waiver: Document
    due: datetime
    overdue: bool
    retrospective: Document | None
    standing: InForce | None


def of(spec: Document, ledger_size: int | None = None, time: datetime | None = None) -> list[Known]:
    """Return the waivers that name a specification or result, oldest first, with their standing then (default: now)."""
    links = Reference.objects.filter(target=spec, role="spec", source__kind=WAIVER)
    found = [link.source for link in links.select_related("source__project", "source__series").order_by("source__seq")]
    # The index is only where to look: which document a waiver names is read from its own bytes.
    return _known([d for d in found if _names(d, "spec") == [spec.digest]], ledger_size, time)


def waived(
    spec: Document,
    *,
    launcher: User | None,
    ledger_size: int | None = None,
    time: datetime | None = None,
    among: Collection[str] | None = None,
) -> dict[str, Waived]:
    """Return which checks are waived for something done on the strength of `spec` by `launcher`, each with its waiver.

    `among`: only these waivers count. Whether a check is soft is not asked here: the gate decides that by the policy's
    weights.
    """
    at = time or timezone.now()
    known_ = [known for known in of(spec, ledger_size, at) if among is None or known.document.digest in among]
    counting = [known for known in known_ if not known.fault(at, launcher.actor if launcher else "")]
    if not counting:
        return {}
    names = _names_of({person for known in counting for person in known.signers})
    found: dict[str, Waived] = {}
    for known in counting:
        by = ", ".join(names.get(signed.signer, signed.signer) for signed in known.standing.signatures)
        for check in known.body.checks:
            found[check] = Waived(known.document.digest, by, known.body.expires_at)
    return found


def due(
    project: Project | None = None,
    ledger_size: int | None = None,
    time: datetime | None = None,
    among: Iterable[Document] | None = None,
) -> list[Due]:
    """Return the waivers of a project (None: of all) that were agreed and owe a retrospective, the first due first.

    `among`: the waivers in question, where they are read already.
    """
    at = time or timezone.now()
    where = Q() if project is None else Q(project=project)
    if among is None:
        among = Document.objects.filter(where, kind=WAIVER).select_related("project", "series").order_by("seq")
    agreed = [known for known in _known(list(among), ledger_size, at) if known.standing.since is not None]
    if not agreed:
        return []
    closing = _closing([known.document for known in agreed], ledger_size, at)
    found = []
    for known in agreed:
        looked_back = closing.get(known.document.digest, [])
        if any(standing.standing in CLOSED for _, standing in looked_back):
            continue
        newest, standing = looked_back[-1] if looked_back else (None, None)
        until = moment(known.body.retrospective_due)
        found.append(Due(known.document, until, until <= at, newest, standing))
    return sorted(found, key=lambda each: each.due)


def about(rows: Mapping[str, Document], ledger_size: int) -> dict[str, Document]:
    """Return the waivers that name one of these documents, and the retrospectives on those and on waivers among them.

    By digest, oldest first; what is among `rows` already is left out.
    """
    found: dict[str, Document] = {}
    for role, kind in (("spec", WAIVER), ("waiver", RETROSPECTIVE)):
        targets = {**rows, **found}
        links = Reference.objects.filter(
            target__in=list(targets), role=role, source__kind=kind, source__seq__lt=ledger_size
        ).select_related("source__project", "source__series", "source__created_by")
        for link in links.order_by("source__seq"):
            if link.source_id not in rows and targets.keys() & set(_names(link.source, role)):
                found[link.source_id] = link.source
    return found


def examine(body: WaiverBody, links: Mapping[str, list[Document]]) -> None:
    """Check, before a waiver is frozen, that it is about checks that can be waived at all and ends in the future.

    Raises:
        ValueError: a check is unknown to the gate of that document, or not soft under the policy in force.
    """
    (spec,) = links["spec"]
    gate = registry.GATES[spec.kind]
    known = {check.name: check for check in gate.checks}
    weights = policies.weights(spec.project)
    for name in body.checks:
        if name not in known:
            expected = ", ".join(sorted(known))
            raise ValueError(f"found the check {name!r}, expected one of the gate of a {gate.label}: {expected}")
        weight = weight_of(known[name], weights)
        if weight is not Weight.SOFT:
            raise ValueError(
                f"the check {name!r} is {weight.value} under the policy in force; only soft checks can be waived"
            )
    if moment(body.expires_at) <= timezone.now():
        raise ValueError(f"the waiver would have run out already ({body.expires_at})")


def behind(waivers: Sequence[Document]) -> dict[str, set[str]]:
    """Return the ledger ids of those who wrote or launched what each waiver lets pass: they may not sign it.

    Of a release that is the run, too, not the evaluation alone.
    """
    named = {w.digest: {link.digest for link in docs.references(w) if link.role == "spec"} for w in waivers}
    wanted = {digest for digests in named.values() for digest in digests}
    specs = Document.objects.select_related("project", "series").in_bulk(wanted)
    if missing := wanted - set(specs):
        raise docs.DocumentCorrupt(f"a waiver refers to {min(missing)}, which is not there")
    made = {digest: {digest, *_made(spec)} for digest, spec in specs.items()}
    launched = launched_by(digest for digests in made.values() for digest in digests)
    return {
        waiver: {
            person
            for digest in digests
            for person in docs.contributors(specs[digest]).union(*(launched.get(one, ()) for one in made[digest]))
        }
        for waiver, digests in named.items()
    }


def _made(spec: Document) -> set[str]:
    """Return the digests of what else is let pass with a document, by the gate that is asked about it."""
    roles = registry.GATES[spec.kind].made if spec.kind in registry.GATES else ()
    return {link.digest for link in docs.references(spec) if link.role in roles}


def launchers(documents: Iterable[Document]) -> set[str]:
    """Return the ledger ids of whoever launched (or armed) one of these specifications, or what made one of these."""
    return {person for people in launched_by(d.digest for d in documents).values() for person in people}


def launched_by(digests: Iterable[str]) -> Mapping[str, Set[str]]:
    """Return the ledger ids of whoever launched (or armed) each specification, or what made each output, by digest.

    Leaves tell it as well as rows: deleting or altering a row hides nobody. Three queries, once in a request.
    """
    asked = frozenset(digests)
    return request_memory.remembered(("launched", asked), lambda: _launched(asked)) if asked else {}


def _launched(asked: Set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    rows = Job.objects.filter(Q(spec__in=asked) | Q(output__in=asked))
    for spec, output, person in rows.values_list("spec_id", "output_id", "requested_by__ledger_id"):
        for digest in asked & {spec, output}:
            found[digest].add(str(person))
    for told_ in told.jobs_about(asked).values():
        for digest in asked & {told_.spec, told_.output}:
            found[digest] |= {person for person in told_.launched_by if person != "system"}
    return found


def soft_checks(spec: Document) -> dict[str, str]:
    """Return the checks of a document's gate that a waiver may name under the policy in force: name → title."""
    gate = registry.GATES.get(spec.kind)
    if gate is None:
        return {}
    weights = policies.weights(spec.project)
    return {c.name: c.title for c in gate.checks if weight_of(c, weights) is Weight.SOFT}


def _known(rows: Iterable[Document], ledger_size: int | None, time: datetime | None) -> list[Known]:
    found = list(rows)
    standing = signoff.in_force_many(found, ledger_size, time) if found else {}
    return [Known(d, docs.model_body(d, WaiverBody), standing[d.digest]) for d in found]


def _closing(
    waivers: list[Document], ledger_size: int | None, time: datetime
) -> dict[str, list[tuple[Document, InForce]]]:
    """Return the retrospectives on each waiver with their standing, oldest first."""
    links = Reference.objects.filter(target__in=waivers, role="waiver", source__kind=RETROSPECTIVE)
    rows = [link.source for link in links.select_related("source__project", "source__series").order_by("source__seq")]
    standing: dict[str, Any] = signoff.in_force_many(rows, ledger_size, time) if rows else {}
    found: dict[str, list[tuple[Document, InForce]]] = {}
    for row in rows:
        docs.model_body(row, RetrospectiveBody)
        for digest in _names(row, "waiver"):
            found.setdefault(digest, []).append((row, standing[row.digest]))
    return found


def _names(document: Document, role: str) -> list[str]:
    return [link.digest for link in docs.references(document) if link.role == role]


def _names_of(people: set[str]) -> dict[str, str]:
    return {user.actor: user.printed_name for user in User.objects.filter(ledger_id__in=people)}
