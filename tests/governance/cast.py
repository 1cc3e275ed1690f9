"""An installation with people in it, built by the services; and a kind of document without subject matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from governance import policy, registry
from governance.access import AUDITOR, COMPLIANCE_OFFICER, DATA_OWNER, ENGINEER, OWNER
from governance.models import Document, Draft, Project, Signature, SignoffRequest, User
from governance.proof.formats.manifest import FileEntry
from governance.registry import Kind, Link
from governance.services import documents, installation, people, signing, signoff
from governance.services.reauthentication import Proof

PASSWORD = "a-long-pass-phrase-1"
NOTE = "test.note"
REASON: dict[str, Any] = {"meaning": "I approve this for use", "reason": "It says what we agreed"}


class NoteBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1)
    text: str = ""
    files: list[FileEntry] = Field(default_factory=list)


NOTE_KIND = Kind(
    name=NOTE,
    label="note",
    schema=NoteBody,
    links={"about": Link({NOTE}, required=False, many=True)},
    files=lambda body: [FileEntry.model_validate(f) for f in body.get("files", ())],
)


@dataclass
class World:
    """A set-up installation: organisation-wide owners and officers, a project with two engineers, another project."""

    fingerprint: str
    people: dict[str, User] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    policy: Document | None = None

    def __getattr__(self, name: str) -> User:
        try:
            found: User = self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None
        return found

    @property
    def project(self) -> Project:
        return self.projects["main"]

    def enrol(self, name: str, role: str | None = None, project: Project | None = None) -> User:
        user = people.person_enrol(
            actor=self.owner, username=name, printed_name=name.replace("_", " ").title(), password=PASSWORD
        )
        self.people[name] = user
        if role is not None:
            people.role_grant(actor=self.owner, user=user, role=role, project=project, proof=Proof(PASSWORD))
        return user

    def note(self, title: str = "Note", *, by: User | None = None, text: str = "", **more: Any) -> Document:
        return documents.document_submit(
            actor=by or self.engineer, project=self.project, kind=NOTE, body={"title": title, "text": text}, **more
        )

    def draft(self, title: str = "Note", *, by: User | None = None, **more: Any) -> Draft:
        return documents.draft_create(
            actor=by or self.engineer, project=self.project, kind=NOTE, body={"title": title}, **more
        )

    def ask(self, *chosen: Document, by: User | None = None) -> SignoffRequest:
        return signoff.request_open(actor=by or self.engineer, documents=chosen)

    def sign(self, request: SignoffRequest, by: User, role: str) -> Signature:
        return signing.sign(actor=by, request=request, role=role, password=PASSWORD, **REASON)

    def agree(self, *chosen: Document, by: User | None = None) -> SignoffRequest:
        """Request and sign in full."""
        request = self.ask(*chosen, by=by)
        self.sign(request, self.owner, OWNER)
        self.sign(request, self.officer, COMPLIANCE_OFFICER)
        return request

    def revoke(self, document: Document, by: User | None = None) -> None:
        signoff.revoke(actor=by or self.officer, document=document, reason="It was wrong", proof=Proof(PASSWORD))


def policy_body(title: str = "Standard policy", tier: str = "standard", **more: Any) -> dict[str, Any]:
    rule = {"roles": {OWNER: 1, COMPLIANCE_OFFICER: 1}, "validity_days": 365}
    rules: Mapping[str, Any] = {name: rule for name, kind in registry.KINDS.items() if kind.signed}
    return {"title": title, "tier": tier, "rules": dict(rules), "max_attempts": 2, **more}


def found(*, with_policy: bool = True) -> World:
    """Set an installation up in the current database and state folder."""
    owner, officer = (installation.Person(name, name.title(), PASSWORD) for name in ("owner", "officer"))
    world = World(installation.set_up(organisation="Example", owner=owner, officer=officer, demo=True))
    world.people.update({name: User.objects.get(username=name) for name in ("owner", "officer")})
    for name, title in (("main", "Main project"), ("other", "Other project")):
        world.projects[name] = people.project_create(actor=world.owner, name=title)
    grants: Sequence[tuple[str, str, Project | None]] = (
        ("owner_two", OWNER, None),
        ("officer_two", COMPLIANCE_OFFICER, None),
        ("engineer", ENGINEER, world.project),
        ("engineer_two", ENGINEER, world.project),
        ("data_owner", DATA_OWNER, world.project),
        ("auditor", AUDITOR, world.project),
        ("stranger", ENGINEER, world.projects["other"]),
    )
    for name, role, project in grants:
        world.enrol(name, role, project)
    if with_policy:
        world.policy = documents.document_submit(
            actor=world.owner_two, project=None, kind=policy.KIND, body=policy_body()
        )
        world.agree(world.policy, by=world.owner_two)
    return world
