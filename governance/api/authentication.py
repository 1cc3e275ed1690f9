"""API tokens: knox's hashing, with headers that are no token at all turned away first, and the ledger asked."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from governance.models import ApiToken, User
from governance.selectors import tokens as select
from governance.services import tokens


class Bearer(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """`Authorization: Bearer …`."""

    def authenticate_credentials(self, token: bytes) -> Any:
        # Tokens are ASCII letters and digits; knox would stumble over bytes that are no UTF-8.
        if not token.isalnum():
            raise AuthenticationFailed("found a malformed token, expected one from POST /api/v1/tokens")
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        """Return whether the token ran out. Its row stays, so that its holder still sees it; knox would delete it."""
        return auth_token.expiry is None or auth_token.expiry < timezone.now()

    def validate_user(self, auth_token: ApiToken) -> tuple[User, ApiToken]:
        """Return the holder, if the ledger knows the token."""
        found: tuple[User, ApiToken] = super().validate_user(auth_token)
        if not select.confirmed(auth_token):
            raise AuthenticationFailed("found a token that the ledger does not know, or knows as ended")
        tokens.used(token=auth_token, now=timezone.now())
        return found


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI schema describes the token."""

    target_class = "governance.api.authentication.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Bearer")  # noqa: S106
