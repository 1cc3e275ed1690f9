"""Signing in and out, and who one is."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from knox.models import get_token_model
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from governance.access import ROLES
from governance.api.base import View
from governance.api.errors import LockedOut
from governance.api.fields import Strict, Text, Whole
from governance.errors import Finding, Refused
from governance.models import RoleGrant, User
from governance.selectors import accounts
from governance.services import second_factor

DEFAULT_DAYS = 30


class TokenIn(Strict):
    """A name and password, a one-time or recovery code where there is a second factor, and how long it shall hold."""

    username = Text(max_length=150)
    password = Text(max_length=4096, style={"input_type": "password"})
    code = Text(max_length=20, required=False, default="")
    days = Whole(min_value=1, max_value=90, required=False, default=DEFAULT_DAYS)


class TokenOut(serializers.Serializer[Any]):
    """A token: shown once, kept hashed."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    username = serializers.CharField()


class RoleOut(serializers.Serializer[Any]):
    """A role held in a project, or (project null) in the whole organisation."""

    grant = serializers.UUIDField(source="id")
    role = serializers.CharField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)

    def get_label(self, grant: RoleGrant) -> str:
        return ROLES.get(grant.role, grant.role)


class MeOut(serializers.Serializer[Any]):
    """A person as they see themselves."""

    username = serializers.CharField()
    printed_name = serializers.CharField()
    ledger_id = serializers.UUIDField()
    roles = RoleOut(many=True)


class Tokens(View):
    """Tokens for programs and the command line."""

    def get_permissions(self) -> Any:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    def perform_authentication(self, request: Request) -> None:
        # Whoever brings a name and password needs no token, nor is a stale one held against them.
        if request.method != "POST":
            super().perform_authentication(request)

    @extend_schema(operation_id="token_create", request=TokenIn, responses={201: TokenOut}, auth=[])
    def post(self, request: Request) -> Response:
        """Exchange a username and password for a token."""
        given = self.given(TokenIn)
        plain = request._request
        user = authenticate(plain, username=given["username"], password=given["password"])
        if user is None:
            if getattr(plain, "axes_locked_out", False):
                plain.axes_locked_out = False  # type: ignore[attr-defined]  # answered here, as JSON
                raise LockedOut
            raise exceptions.AuthenticationFailed("found another username or password; check both and try again")
        self._second_factor(user, given["code"])
        row, token = get_token_model().objects.create(user=user, expiry=timedelta(days=given["days"]))
        made = {"token": token, "expires_at": row.expiry, "username": user.get_username()}
        return Response(TokenOut(made).data, status=201)

    def _second_factor(self, user: User, code: str) -> None:
        """Return if the person showed what sign-in on the pages would ask for, too."""
        if not accounts.has_second_factor(user):
            if accounts.must_have_second_factor(user):
                remedy = "Sign in on the pages and enrol one on your account page."
                raise Refused(Finding("second factor", "none enrolled", "one, as your role needs", remedy, "you"))
        elif not code or second_factor.prove(user, code) is None:
            found = "another code, or one used before" if code else "no code"
            remedy = "Give the code that your app shows now, or a recovery code."
            raise Refused(Finding("second factor", found, "a one-time code", remedy, "you"))

    @extend_schema(operation_id="token_delete", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """End the token that the request carries."""
        if request.auth is None or not hasattr(request.auth, "delete"):
            raise Refused(
                Finding("token", "a session of the pages", "a token", "Sign out on the pages instead.", "you")
            )
        request.auth.delete()
        return Response(status=204)


class Me(View):
    """Oneself."""

    @extend_schema(operation_id="me", responses=MeOut)
    def get(self, request: Request) -> Response:
        """Who one is, and which roles one holds where."""
        person = self.person
        roles = RoleGrant.objects.filter(user=person, revocation=None).select_related("project").order_by("seq")
        shown = {
            "username": person.username,
            "printed_name": person.printed_name,
            "ledger_id": person.ledger_id,
            "roles": list(roles),
        }
        return Response(MeOut(shown).data)
