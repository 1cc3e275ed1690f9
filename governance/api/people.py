"""People, their roles, and projects."""

from collections import defaultdict
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.api import base, fields, lookups
from governance.api.base import View, page_of
from governance.api.fields import Slug, Strict, Text
from governance.api.proofs import ProofIn, proven
from governance.api.tokens import RoleOut
from governance.errors import Invalid
from governance.models import Project, RoleGrant, User
from governance.selectors.people import confirmed_grants, projects_of
from governance.services import identities, people, resetting


class PersonIn(Strict):
    """A person to enrol; `printed_name` is what signatures will show."""

    username = fields.Text(max_length=150)
    printed_name = fields.Text(max_length=200)
    email = serializers.EmailField(required=False, default="", allow_blank=True, max_length=254)
    password = fields.Text(max_length=4096, style={"input_type": "password"})

    def validate_username(self, value: str) -> str:
        User.username_validator(value)
        return value


class PersonOut(serializers.Serializer[Any]):
    """A person."""

    username = serializers.CharField()
    printed_name = serializers.CharField()
    ledger_id = serializers.UUIDField()
    active = serializers.BooleanField(source="is_active")


class PersonResetIn(ProofIn):
    """Somebody enrolled."""

    username = Text(max_length=150)


class GrantIn(ProofIn):
    """A role for somebody, in a project or (project null) in the whole organisation."""

    username = Text(max_length=150)
    role = serializers.ChoiceField(choices=sorted(access.ROLES))
    project = Slug(allow_null=True)


class GrantOut(RoleOut):
    """A role somebody holds, and the ledger entry that gave it."""

    username = serializers.CharField(source="user.username")
    printed_name = serializers.CharField(source="user.printed_name")
    seq = serializers.IntegerField()


class RevocationOut(serializers.Serializer[Any]):
    """A role taken back."""

    grant = serializers.UUIDField(source="grant_id")
    seq = serializers.IntegerField()


class ProjectIn(Strict):
    """A project to create; without `slug` one is made from the name."""

    name = Text(max_length=200)
    slug = Slug(required=False)


class ProjectOut(serializers.Serializer[Any]):
    """A project, and the roles one holds there."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.SerializerMethodField()

    def get_roles(self, project: Project) -> list[str]:
        held: dict[Any, set[str]] = self.context["roles"]
        return sorted(held[project.pk] | held[None])


class ProjectDetailOut(ProjectOut):
    """A project with everybody who holds a role in it, be it through the organisation."""

    people = serializers.SerializerMethodField()

    @extend_schema_field(GrantOut(many=True))
    def get_people(self, project: Project) -> Any:
        return GrantOut(self.context["people"], many=True).data


class People(View):
    """People of the organisation."""

    @extend_schema(operation_id="people_list", parameters=[base.PageQuery], responses=page_of(PersonOut))
    def get(self, request: Request) -> Response:
        """Everybody enrolled; for those who may enrol people."""
        self.asked(base.PageQuery)
        access.require(self.person, "person.list", None)
        return self.listed(User.objects.order_by("username"), PersonOut)

    @extend_schema(operation_id="person_enrol", request=PersonIn, responses={201: PersonOut})
    def post(self, request: Request) -> Response:
        """Enrol a person, who can then sign in but holds no role."""
        made = people.person_enrol(actor=self.person, **self.given(PersonIn))
        return Response(PersonOut(made).data, status=201)


class PersonReset(View):
    """Second factors taken away."""

    @extend_schema(operation_id="person_reset", request=PersonResetIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """Take the second factors away from somebody who lost them, and end their sessions and tokens."""
        given = proven(self.given(PersonResetIn))
        user = User.objects.filter(username=given["username"]).first()
        if user is None and access.can(self.person, "person.reset", None):
            raise Invalid("username", f"nobody is enrolled as {given['username']!r}")
        resetting.reset(actor=self.person, user=user or self.person, proof=given["proof"])
        return Response(status=204)


class PersonUnlink(View):
    """Links to the identity provider taken away."""

    @extend_schema(operation_id="person_unlink", request=PersonResetIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """Take somebody's link to single sign-on away; their next one links anew."""
        given = proven(self.given(PersonResetIn))
        user = User.objects.filter(username=given["username"]).first()
        if user is None and access.can(self.person, "person.reset", None):
            raise Invalid("username", f"nobody is enrolled as {given['username']!r}")
        identities.unlink(actor=self.person, user=user or self.person, proof=given["proof"])
        return Response(status=204)


class Roles(View):
    """Roles given."""

    @extend_schema(operation_id="role_grant", request=GrantIn, responses={201: GrantOut})
    def post(self, request: Request) -> Response:
        """Give somebody a role; nobody grants themself one."""
        given = proven(self.given(GrantIn))
        project = lookups.place(self.person, given["project"])
        # Asked before the name is looked up: whoever may not grant roles does not learn who is enrolled.
        user = User.objects.filter(username=given["username"]).first()
        if user is None and access.can(self.person, "role.grant", project):
            raise Invalid("username", f"nobody is enrolled as {given['username']!r}; enrol them first")
        made = people.role_grant(
            actor=self.person, user=user or self.person, role=given["role"], project=project, proof=given["proof"]
        )
        return Response(GrantOut(made).data, status=201)


class RoleRevoke(View):
    """A role taken back."""

    @extend_schema(operation_id="role_revoke", parameters=[base.ID], request=None, responses={201: RevocationOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Take a role back. Signatures made while it was held stay valid."""
        made = people.role_revoke(actor=self.person, grant_id=str(fields.identifier(id)))
        return Response(RevocationOut(made).data, status=201)


class Projects(View):
    """Projects."""

    @extend_schema(operation_id="projects_list", parameters=[base.PageQuery], responses=page_of(ProjectOut))
    def get(self, request: Request) -> Response:
        """The projects one may see."""
        self.asked(base.PageQuery)
        return self.listed(projects_of(self.person), ProjectOut, lambda rows: {"roles": _roles(self.person)})

    @extend_schema(operation_id="project_create", request=ProjectIn, responses={201: ProjectOut})
    def post(self, request: Request) -> Response:
        """Create a project; its people are added with roles."""
        made = people.project_create(actor=self.person, **self.given(ProjectIn))
        return Response(ProjectOut(made, context={"roles": _roles(self.person)}).data, status=201)


class ProjectDetail(View):
    """One project."""

    @extend_schema(operation_id="project", parameters=[base.SLUG], responses=ProjectDetailOut)
    def get(self, request: Request, slug: str) -> Response:
        """A project and who holds which role in it."""
        project = lookups.project(self.person, fields.slug(slug))
        everybody = User.objects.filter(is_active=True)
        held = [g for g in confirmed_grants(everybody, project) if getattr(g, "revocation", None) is None]
        held.sort(key=lambda grant: (grant.user.username, grant.role))
        context = {"roles": _roles(self.person), "people": held}
        return Response(ProjectDetailOut(project, context=context).data)


def _roles(user: User) -> dict[Any, set[str]]:
    """Return the roles somebody holds by project (None: the organisation), in one query."""
    found: dict[Any, set[str]] = defaultdict(set)
    for grant in RoleGrant.objects.filter(user=user, revocation=None):
        found[grant.project_id].add(grant.role)
    return found
