"""What depends on base models: the deployments that count in a risk, and everything downstream of one model.

Versions of one series are one model here: whoever records more about a model loses sight of nothing that rests on it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from governance.models import Document, Reference
from governance.proof.answers.inforce import InForce, Standing
from governance.selectors import documents as docs
from governance.selectors import signoff
from training.bodies.base_models import BaseModelBody
from training.kinds import tuning as kinds
from training.lifecycle.model import Dependant
from training.selectors import base_models, fallbacks, requalification
from training.selectors.deployed import Deployed, behind, deployments, moment_of, recorded

DOWN: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    kinds.BASE_MODEL: (("base_model", kinds.RUN_SPEC),),
    kinds.RUN_SPEC: (("run_spec", kinds.RUN_RECORD),),
    kinds.RUN_RECORD: (("run_record", kinds.RELEASE),),
}
"""The way from a base model down: in which role which kind names which. Deployments are found by their own bytes."""


LISTED: Final = 50
"""documents directly below another that a page lists"""


def live(ledger_size: int | None = None, time: datetime | None = None) -> list[Dependant]:
    """Return every deployment that serves at a ledger size and time (default: now), proven or not.

    One of unproven origin counts for the base model it is said to run on, when exactly one is called so. A constant
    number of queries.
    """
    at = moment_of(ledger_size, time)
    serving = [one for one in deployments(ledger_size, at) if not one.ended(at.date())]
    called = names(ledger_size)
    covered = fallbacks.covering(fallbacks.plans(ledger_size, at))
    retrained = requalification.retrains(ledger_size, at)
    return [_dependant(one, called, covered, retrained, at) for one in serving]


def base_of(deployed: Deployed, called: Mapping[str, list[Document]]) -> Document | None:
    """Return the base model behind a deployment: by what it names or, unproven, by what it is said to be (`names`)."""
    if deployed.origin.base is not None:
        return deployed.origin.base
    found = called.get(_plain(deployed.origin.stated), [])
    return found[0] if len(found) == 1 else None


def names(ledger_size: int | None = None) -> dict[str, list[Document]]:
    """Return the newest version of the base models that are or were called so, by each name in plain form.

    A name that only an earlier version bore leads there, too: whoever records a model under another name loses sight of
    nothing.
    """
    versions = base_models.versions(ledger_size)
    newest = {base.series_id: base for base in versions}
    found: dict[str, dict[Any, Document]] = {}
    for base in versions:
        body: BaseModelBody = docs.frozen_body(base, BaseModelBody)
        own = (body.title, body.name, f"{body.name} {body.version}", base.digest)
        for name in {*own, *(name for _, name in body.called)}:
            found.setdefault(_plain(name), {})[base.series_id] = newest[base.series_id]
    return {name: list(bases.values()) for name, bases in found.items()}


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _dependant(
    deployed: Deployed,
    called: Mapping[str, list[Document]],
    covered: Mapping[tuple[Any, Any], fallbacks.Plan],
    retrained: Mapping[Any, requalification.Retrains],
    at: datetime,
) -> Dependant:
    body, base, project = deployed.body, base_of(deployed, called), deployed.document.project_id
    plan = covered.get((project, base.series_id)) if base is not None else None
    known = retrained.get(project) if deployed.origin.proven else None
    seen = (at - deployed.registered_at).total_seconds() / 86400
    return Dependant(
        digest=deployed.document.digest,
        title=deployed.document.title,
        project=str(project),
        base=base.digest if base is not None else None,
        criticality=body.criticality,
        max_outage_hours=body.max_outage_hours,
        since=date.fromisoformat(body.since),
        need_until=deployed.need_until,
        daily_impact=Decimal(body.daily_impact) if body.daily_impact is not None else None,
        currency=body.currency or "",
        proven=deployed.origin.proven,
        retrains=known.count if known is not None else 0,
        observed_days=known.days if known is not None else seen,
        fallback=plan.document.digest if plan is not None else None,
    )


@dataclass(frozen=True)
class Node:
    """A document downstream of a base model, and what rests on it; `deployed` is set for a deployment."""

    document: Document
    standing: InForce
    deployed: Deployed | None
    below: tuple["Node", ...]

    @property
    def first(self) -> tuple["Node", ...]:
        """Those directly below that a page lists; it says how many more there are."""
        return self.below[:LISTED]

    @property
    def left(self) -> int:
        """How many more there are directly below."""
        return len(self.below) - len(self.first)

    def walk(self) -> Iterator["Node"]:
        """Yield this node and everything below it."""
        yield self
        for node in self.below:
            yield from node.walk()


@dataclass(frozen=True)
class Radius:
    """Everything downstream of a base model: `below` by the graph, `stated` the deployments said to run on it."""

    base: Document
    below: tuple[Node, ...]
    stated: tuple[Deployed, ...]

    @property
    def deployed(self) -> list[Deployed]:
        """Every deployment that serves, proven ones first."""
        proven = [node.deployed for top in self.below for node in top.walk() if node.deployed is not None]
        return [*proven, *self.stated]

    def seen_by(self, visible: Collection[str]) -> "Radius":
        """Return what of it somebody may see who may see these documents; that there is more is not told."""
        below = tuple(kept for node in self.below if (kept := _kept(node, visible)) is not None)
        stated = tuple(one for one in self.stated if one.document.digest in visible)
        return Radius(self.base, below, stated)

    @property
    def count(self) -> int:
        """How many documents there are in it."""
        return sum(1 for top in self.below for _ in top.walk()) + len(self.stated)

    @property
    def digests(self) -> list[str]:
        """The digests of all of them."""
        walked = [node.document.digest for top in self.below for node in top.walk()]
        return walked + [one.document.digest for one in self.stated]


def blast_radius(base: Document, ledger_size: int | None = None, time: datetime | None = None) -> Radius:
    """Return everything downstream of a base model at a ledger size and time (default: now), by walking the graph.

    Raises:
        DocumentCorrupt: the index says that something refers to it, and the bytes do not.
    """
    at = moment_of(ledger_size, time)
    versions = Document.objects.filter(series=base.series_id).select_related("project", "series")
    if ledger_size is not None:
        versions = versions.filter(seq__lt=ledger_size)
    found: dict[str, Document] = {version.digest: version for version in versions}
    own = frozenset(found)
    parents = _down(found, ledger_size)
    known = behind(recorded(ledger_size), ledger_size)
    asked = [*known.signed, *(d for d in found.values() if d.digest not in own)]
    standing = signoff.in_force_many(asked, ledger_size, at)
    serving = [one for one in known.deployed(standing) if not one.ended(at.date())]
    called = names(ledger_size)
    mine = [one for one in serving if (model := base_of(one, called)) is not None and model.series_id == base.series_id]
    leaves = {one.document.digest: one for one in mine if one.origin.serves is not None}
    for one in leaves.values():
        _up(one, found, parents)
    below: dict[str, list[str]] = {}
    for digest, parent in parents.items():
        below.setdefault(parent, []).append(digest)

    def node(digest: str) -> Node:
        rest = sorted(below.get(digest, []), key=lambda each: found[each].seq)
        stands = standing.get(digest, InForce(Standing.UNGOVERNED))
        return Node(found[digest], stands, leaves.get(digest), tuple(map(node, rest)))

    tops = sorted((d for version in own for d in below.get(version, [])), key=lambda each: found[each].seq)
    return Radius(base, tuple(map(node, tops)), tuple(one for one in mine if one.origin.serves is None))


def _down(found: dict[str, Document], ledger_size: int | None) -> dict[str, str]:
    """Add what the index says of specifications, records and releases; return which document each rests on."""
    parents: dict[str, str] = {}
    frontier = list(found)
    for kind, ways in DOWN.items():
        frontier = [digest for digest in frontier if found[digest].kind == kind]
        rows = Reference.objects.filter(
            target__in=frontier, role__in=[role for role, _ in ways], source__kind__in=[above for _, above in ways]
        )
        if ledger_size is not None:
            rows = rows.filter(source__seq__lt=ledger_size)
        frontier = []
        for row in rows.select_related("source__project", "source__series"):
            named = {(link.role, link.digest) for link in docs.references(row.source)}
            if (row.role, row.target_id) not in named:
                raise docs.DocumentCorrupt(f"the index says that {row.source_id} refers to {row.target_id}; rebuild it")
            found[row.source_id] = row.source
            parents[row.source_id] = row.target_id
            frontier.append(row.source_id)
    return parents


def _up(deployed: Deployed, found: dict[str, Document], parents: dict[str, str]) -> None:
    """Add the way from a deployment to its base model, which its own bytes tell, whatever the index lacks."""
    chain: Iterable[Document | None] = (
        deployed.document, deployed.origin.release, deployed.origin.record, deployed.origin.spec, deployed.origin.base
    )  # fmt: skip
    steps = [document for document in chain if document is not None]
    for lower, upper in pairwise(steps):
        found.setdefault(lower.digest, lower)
        parents[lower.digest] = upper.digest


def _kept(node: Node, visible: Collection[str]) -> Node | None:
    if node.document.digest not in visible:
        return None
    below = tuple(kept for each in node.below if (kept := _kept(each, visible)) is not None)
    return Node(node.document, node.standing, node.deployed, below)
