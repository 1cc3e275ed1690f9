"""Signing in and out, and who one is."""

from typing import Any

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from governance.access import ROLES, SCOPES
from governance.api.base import ID, PageQuery, View, page_of
from governance.api.errors import LockedOut
from governance.api.fields import Strict, Text, Whole, identifier
from governance.errors import Finding, Refused
from governance.models import ApiToken, RoleGrant, User
from governance.selectors import accounts
from governance.selectors import tokens as select
from governance.services import second_factor, tokens


class TokenIn(Strict):
    """A name and password, a one-time or recovery code where there is a second factor, and what the token is for."""

    username = Text(max_length=150)
    password = Text(max_length=4096, style={"input_type": "password"})
    code = Text(max_length=20, required=False, default="")
    name = Text(max_length=100, required=False, default="API")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(SCOPES)), required=False, default=sorted(SCOPES), max_length=10
    )
    days = Whole(min_value=1, max_value=tokens.MOST_DAYS, required=False, default=tokens.DEFAULT_DAYS)


class TokenOut(serializers.Serializer[Any]):
    """A token: shown once, kept hashed."""

    token = serializers.CharField()
    id = serializers.UUIDField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
    username = serializers.CharField()


class TokenLineOut(serializers.Serializer[Any]):
    """A token as its holder sees it later."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")
    last_used = serializers.DateTimeField(allow_null=True)


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

    scopes_for_changes = frozenset(SCOPES)  # a token may end itself, whatever else it may

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
        row, text = tokens.create(actor=user, name=given["name"], scopes=given["scopes"], days=given["days"])
        made = {"token": text, "id": row.id, "scopes": row.scopes, "expires_at": row.expiry}
        return Response(TokenOut(made | {"username": user.get_username()}).data, status=201)

    @extend_schema(operation_id="tokens_list", parameters=[PageQuery], responses=page_of(TokenLineOut))
    def get(self, request: Request) -> Response:
        """One's own tokens, the newest first; never their texts."""
        self.asked(PageQuery)
        return self.listed(select.of(self.person), TokenLineOut)

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
        if not isinstance(request.auth, ApiToken):
            raise Refused(
                Finding("token", "a session of the pages", "a token", "Sign out on the pages instead.", "you")
            )
        tokens.revoke(actor=self.person, identifier=str(request.auth.id))
        return Response(status=204)


class TokenDetail(View):
    """One of one's own tokens."""

    scopes_for_changes = frozenset(SCOPES)

    @extend_schema(operation_id="token_revoke", parameters=[ID], request=None, responses={204: None})
    def delete(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """End one of one's own tokens."""
        tokens.revoke(actor=self.person, identifier=str(identifier(id)))
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
