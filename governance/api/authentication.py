"""API tokens: knox's, with headers that are no token at all turned away first."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class Bearer(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """`Authorization: Bearer …`."""

    def authenticate_credentials(self, token: bytes) -> Any:
        # Tokens are ASCII letters and digits; knox would stumble over bytes that are no UTF-8.
        if not token.isalnum():
            raise AuthenticationFailed("found a malformed token, expected one from POST /api/v1/tokens")
        return super().authenticate_credentials(token)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI schema describes the token."""

    target_class = "governance.api.authentication.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Bearer")  # noqa: S106
