"""What the other apps plug in: kinds of documents, job purposes, report sections. Actions are in `access`.

`governance` never names a kind, purpose or section of the apps above it; they register theirs in `AppConfig.ready`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from governance.access import AUTHORS
from governance.proof.manifest import FileEntry

if TYPE_CHECKING:
    from governance.gates import Verdict
    from governance.models import Attempt, Document, Job, Project, User
    from governance.proof.permit import Input
    from governance.reports.model import Block
    from governance.services.ledger import Mutation


@dataclass(frozen=True)
class Link:
    """A role of a document's references: which kinds it may name and how many."""

    kinds: frozenset[str]
    required: bool = True
    many: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    `schema` is the strict model of the current `version`; `old` keeps earlier ones, and `upcast` turns their bodies
    into the current form for display only. `signed`: policy must say who signs it. `authors`: roles that may write it
    (empty: only the system does). `vet` is asked once, when a body is frozen, and raises ValueError. `files` lists the manifest entries whose bytes must be in the store.
    `also_excluded` names people beyond contributors who may not sign it.
    """

    name: str
    label: str
    schema: type[BaseModel]
    version: int = 1
    links: Mapping[str, Link] = field(default_factory=dict)
    shelf: bool = False
    signed: bool = True
    authors: frozenset[str] = AUTHORS
    old: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    upcast: Callable[[int, dict[str, Any]], dict[str, Any]] | None = None
    title: Callable[[dict[str, Any]], str] = lambda body: str(body.get("title") or body.get("name") or "")
    files: Callable[[dict[str, Any]], list[FileEntry]] = lambda body: []
    vet: Callable[[BaseModel], None] = lambda body: None
    also_excluded: Callable[["Document"], set[str]] = lambda document: set()
    sections: Callable[["Document", dict[str, Any]], list["Block"]] | None = None

    @property
    def schema_name(self) -> str:
        """The name and version an envelope carries, such as "evals.rubric/1"."""
        return f"{self.name}/{self.version}"

    def schema_for(self, version: int) -> type[BaseModel]:
        """Return the schema of a version; KeyError if there never was one."""
        return self.schema if version == self.version else self.old[version]


@dataclass(frozen=True)
class Purpose:
    """A purpose of jobs.

    `entry_point` is "module:function" in the work plane. `action` is asked of the access table. `gate` gives the
    verdict for a spec and launcher (cheap: it compares facts; `prepare` re-hashes and leaves evidence beforehand).
    `inputs` lists what the permit binds. `accept` turns a received result into documents, inside a mutation.
    """

    name: str
    label: str
    entry_point: str
    action: str
    spec_kind: str
    prepare: Callable[["Document"], Mapping[str, Any]]
    gate: Callable[["Document", "User", Mapping[str, Any], "Mutation | None"], "Verdict"]
    inputs: Callable[["Document"], list["Input"]]
    decisions: Callable[["Document"], list[int]]
    bounds: Callable[["Document"], dict[str, Any]]
    read_result: Callable[["Attempt"], Any]
    accept: Callable[["Mutation", "Job", "Attempt", Any], "Document"]
    attempts: int = 2


KINDS: dict[str, Kind] = {}
PURPOSES: dict[str, Purpose] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind; two of one name are a programming error."""
    if kind.name in KINDS:
        raise ValueError(f"kind {kind.name!r} is registered already")
    KINDS[kind.name] = kind


def register_purpose(purpose: Purpose) -> None:
    """Add a purpose; two of one name are a programming error."""
    if purpose.name in PURPOSES:
        raise ValueError(f"purpose {purpose.name!r} is registered already")
    PURPOSES[purpose.name] = purpose


# Which policy tier a project is under: the app that knows use cases says so; "standard" until one does.
TIER_OF: list[Callable[["Project"], str | None]] = []


def tier_of(project: "Project | None") -> str:
    """Return the risk tier that selects the policy: the strictest any app reports, or "standard"."""
    order = ("high", "standard", "low")
    found = {tier for ask in TIER_OF if project is not None and (tier := ask(project))}
    return next((tier for tier in order if tier in found), "standard")
