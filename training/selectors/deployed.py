"""Deployments and what stands behind each: release, run and base model, as far as documents and ledger prove it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.models import Document, Project
from governance.proof.answers.inforce import InForce
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import moment
from governance.selectors import beginnings, ledger, signoff, told
from governance.selectors import documents as docs
from training.bodies.continuity import DEPLOYMENT, ORIGINS, DeploymentBody
from training.bodies.use_cases import UseCaseBody
from training.kinds import tuning as kinds


@dataclass(frozen=True)
class Origin:
    """What a deployment serves, and what stands behind it.

    `serves` is the document it names, None when it names none. `proven`: documents and ledger lead from it to a base
    model, and a run on the way was made here under a consumed permit. `standing` is the release's.
    """

    serves: Document | None = None
    release: Document | None = None
    record: Document | None = None
    spec: Document | None = None
    base: Document | None = None
    use_case: Document | None = None
    proven: bool = False
    standing: InForce | None = None
    stated: str = ""

    @property
    def approved(self) -> bool:
        """Whether a release that is in force now is what it serves: nothing else ever shows as approved."""
        return self.proven and self.release is not None and self.standing is not None and self.standing.ok

    @property
    def label(self) -> str:
        """The same in two words."""
        if not self.proven:
            return "unproven origin"
        return "approved" if self.approved else "not approved" if self.release is not None else "no release"

    @property
    def words(self) -> str:
        """What is to be known of it, as the end of a sentence about the deployment."""
        if self.serves is None:
            return f"names nothing that proves what it serves; it is said to run on “{self.stated}”"
        if not self.proven:
            return f"serves {self.serves}, and the ledger tells of no accepted run behind that"
        if self.release is not None and self.standing is not None:
            held = "" if self.standing.ok or not self.standing.unmet else ", with conditions that are not met"
            return f"serves the release {self.release}, which is {self.standing.standing.value}{held}"
        if self.record is not None:
            return f"serves what the run {self.record} made, and names no release of it"
        return f"serves the base model {self.serves} as it is, and names no release"


@dataclass(frozen=True)
class Deployed:
    """A deployment's newest version, what it serves, and until when it is needed (None: nobody said)."""

    document: Document
    body: DeploymentBody
    origin: Origin
    need_until: date | None
    registered_at: datetime

    def ended(self, day: date) -> bool:
        """Whether it serves no more on a day."""
        return self.body.until is not None and date.fromisoformat(self.body.until) <= day


@dataclass(frozen=True)
class Recorded:
    """A version of a deployment that the ledger tells of: what it says, what it names as served ("": nothing), and when
    the ledger was told.
    """

    document: Document
    body: DeploymentBody
    serves: str
    at: datetime


@dataclass(frozen=True)
class Behind:
    """What stands behind some deployments: everything named on the way, by digest, but for how it stands.

    `accepted` are the digests of the runs that the ledger tells were accepted, `cases` all versions of the use cases.
    """

    recorded: Sequence[Recorded]
    known: Mapping[str, Document]
    accepted: frozenset[str]
    cases: tuple[Document, ...]

    @property
    def signed(self) -> list[Document]:
        """The documents whose standing `deployed` needs."""
        return [*(d for d in self.known.values() if d.kind == kinds.RELEASE), *self.cases]

    def deployed(self, standing: Mapping[str, InForce]) -> list[Deployed]:
        """Return the deployments, given the standing of what is `signed`, in their order."""
        needs = _needs(self.cases, standing)
        origins: dict[tuple[str, str], Origin] = {}
        found = []
        for one in self.recorded:
            key = one.serves, one.body.stated_base or ""
            if key not in origins:
                origins[key] = _origin(self.known.get(key[0]), self.known, self.accepted, standing, key[1])
            origin = origins[key]
            need = one.body.need_until or (needs.get(origin.use_case.digest) if origin.use_case else None)
            until = date.fromisoformat(need) if need else None
            found.append(Deployed(one.document, one.body, origin, until, one.at))
        return found


def deployments(
    ledger_size: int | None = None, time: datetime | None = None, projects: Collection[Project] | None = None
) -> list[Deployed]:
    """Return the newest version of every deployment of all projects or of some, ended ones too, newest first.

    At a ledger size and time (default: now). Rows that no leaf tells of are left out. A constant number of queries.
    """
    return _read(recorded(ledger_size, projects), ledger_size, time)


def origin_of(document: Document, ledger_size: int | None = None, time: datetime | None = None) -> Origin:
    """Return what one version of a deployment serves."""
    return read([document], ledger_size, time)[0].origin


def read(documents: Sequence[Document], ledger_size: int | None = None, time: datetime | None = None) -> list[Deployed]:
    """Return these deployments with what stands behind each, in the order given. A constant number of queries."""
    leaves = ledger.leaves_at({d.seq for d in documents})
    if missing := [d for d in documents if d.seq not in leaves]:
        raise docs.DocumentCorrupt(f"no entry of the ledger tells of {missing[0].digest}")
    told_of = [_recorded(d, moment(leaves[d.seq].time)) for d in documents]
    return _read(told_of, ledger_size, time)


def _read(told_of: Sequence[Recorded], ledger_size: int | None, time: datetime | None) -> list[Deployed]:
    found = behind(told_of, ledger_size)
    return found.deployed(signoff.in_force_many(found.signed, ledger_size, time))


def behind(told_of: Sequence[Recorded], ledger_size: int | None = None) -> Behind:
    """Return what stands behind deployments, by the bytes of the documents on the way. DocumentCorrupt: one is gone."""
    known: dict[str, Document] = {}
    _fetch(known, (one.serves for one in told_of if one.serves))
    _fetch(known, _named(known, kinds.RELEASE, "run_record"))
    _fetch(known, _named(known, kinds.RUN_RECORD, "run_spec"))
    _fetch(known, _named(known, kinds.RUN_SPEC, "base_model", "decision_record"))
    _fetch(known, _named(known, kinds.DECISION, "use_case"))
    accepted = told.outputs([d for d in known.values() if d.kind == kinds.RUN_RECORD])
    cases = _versions([d for d in known.values() if d.kind == kinds.USE_CASE], ledger_size)
    return Behind(told_of, known, frozenset(accepted), tuple(cases))


def moment_of(ledger_size: int | None, time: datetime | None) -> datetime:
    """Return the time that a ledger size is asked about: as given, or of its last leaf, or now."""
    if time is not None:
        return time
    return timezone.now() if ledger_size is None else ledger.time_of(ledger_size)


def _origin(
    serves: Document | None,
    known: Mapping[str, Document],
    accepted: Collection[str],
    standing: Mapping[str, InForce],
    stated: str,
) -> Origin:
    if serves is None:
        return Origin(stated=stated)
    if serves.kind == kinds.BASE_MODEL:
        return Origin(serves=serves, base=serves, proven=True)
    release = serves if serves.kind == kinds.RELEASE else None
    record = known[_links(release)["run_record"]] if release is not None else serves
    spec = known[_links(record)["run_spec"]]
    decision = known[_links(spec)["decision_record"]]
    return Origin(
        serves=serves,
        release=release,
        record=record,
        spec=spec,
        base=known[_links(spec)["base_model"]],
        use_case=known[_links(decision)["use_case"]],
        proven=record.digest in accepted,
        standing=standing[release.digest] if release is not None else None,
    )


def _needs(cases: Iterable[Document], standing: Mapping[str, InForce]) -> dict[str, str]:
    """Return for each version of a use case until when it is needed: what its newest version in force says, or itself.

    A newer version that nobody agreed moves no date.
    """
    agreed: dict[Any, str] = {}
    said = {}
    for case in sorted(cases, key=lambda d: d.number):
        said[case.digest] = docs.model_body(case, UseCaseBody).need_until
        if standing[case.digest].ok:
            agreed[case.series_id] = said[case.digest]
    return {case.digest: agreed.get(case.series_id, said[case.digest]) for case in cases}


def _versions(documents: Sequence[Document], ledger_size: int | None) -> list[Document]:
    """Return all versions of these documents' series."""
    rows = Document.objects.filter(series__in={d.series_id for d in documents})
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    return list(rows.select_related("project", "series"))


def recorded(ledger_size: int | None = None, projects: Collection[Project] | None = None) -> list[Recorded]:
    """Return the newest version of each deployment that the ledger tells of, the newest first.

    A constant number of queries.
    """
    found = beginnings.of_projects("deployments", (DEPLOYMENT,), projects, ledger_size, _newest)
    return sorted((one for held in found.values() for one in held.values()), key=lambda one: -one.document.seq)


_BySeries = Mapping[UUID, Recorded]


def _newest(known: Mapping[UUID, _BySeries], new: Mapping[UUID, list[told.Frozen]]) -> dict[UUID, _BySeries]:
    return {
        project: {**known.get(project, {}), **{one.document.series_id: _recorded(*one) for one in since}}
        for project, since in new.items()
    }


def _recorded(document: Document, at: datetime) -> Recorded:
    links = _links(document)
    serves = next((links[role] for role in ORIGINS if role in links), "")
    return Recorded(document, _body(bytes(document.content)), serves, at)


def body_of(document: Document) -> DeploymentBody:
    """Return what a version of a deployment says; its bytes are hashed, and what the same bytes say is remembered."""
    docs.references(document)
    return _body(bytes(document.content))


def _named(known: Mapping[str, Document], kind: str, *roles: str) -> list[str]:
    """Return what the known documents of a kind name in these roles."""
    links = [_links(d) for d in known.values() if d.kind == kind]
    return [named[role] for named in links for role in roles]


def _fetch(known: dict[str, Document], digests: Iterable[str]) -> None:
    """Read the documents that are named and not yet known. DocumentCorrupt: one is not there."""
    wanted = set(digests) - set(known)
    known |= Document.objects.select_related("project", "series").in_bulk(list(wanted)) if wanted else {}
    if missing := wanted - set(known):
        raise docs.DocumentCorrupt(f"a document refers to {min(missing)}, which is not there")


def _links(document: Document) -> dict[str, str]:
    """Return what a document names in which role; its bytes are hashed."""
    return {link.role: link.digest for link in docs.references(document)}


@lru_cache(maxsize=4096)
def _body(content: bytes) -> DeploymentBody:
    """Return the body of a deployment by its bytes, which the caller has hashed."""
    return DeploymentBody.model_validate(Envelope.from_bytes(content).body)
