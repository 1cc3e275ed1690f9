"""Single sign-on by OpenID Connect through django-allauth, with the checks that it leaves out.

The authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, section 3.1). The ID token's signature
is verified under a key of the provider's, whatever transport it came by; issuer, audience, times and nonce must be
right; only asymmetric algorithms are accepted. Who the subject is, `services.identities` decides; nobody is signed up.
"""

import secrets
from typing import Any, NoReturn

import jwt
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from governance.errors import NotFound
from governance.services import identities
from governance.web import signed

PROVIDER = "sso"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
CLAIMS = ("iss", "sub", "aud", "exp", "iat", "nonce")
LEEWAY = 60  # seconds that clocks may differ


class StrictAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The provider's endpoints, and its ID tokens verified in full."""

    @property
    def openid_config(self) -> dict[str, Any]:
        found: dict[str, Any] = super().openid_config
        if found.get("issuer") != settings.COUNTERSIGN_OIDC_ISSUER:
            raise OAuth2Error("the provider's configuration names another issuer than COUNTERSIGN_OIDC_ISSUER")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return f"{settings.COUNTERSIGN_URL}{reverse('sso-callback')}"

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(id_token)
            if header.get("alg") not in ALGORITHMS:
                raise OAuth2Error(f"an ID token with the algorithm {header.get('alg')!r}")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=self._key(str(header.get("kid", "")), header["alg"]),
                algorithms=[header["alg"]],
                audience=app.client_id,
                issuer=settings.COUNTERSIGN_OIDC_ISSUER,
                leeway=LEEWAY,
                options={"require": list(CLAIMS)},
            )
        except (jwt.PyJWTError, ValueError, KeyError, TypeError) as problem:
            raise OAuth2Error(f"the ID token does not hold: {problem}") from problem
        # With several audiences the token must have been issued to us (section 3.1.3.7, points 4 and 5).
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("the ID token was issued to another client")
        return claims

    def _key(self, kid: str, algorithm: str) -> Any:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        for key in answer.json()["keys"]:
            if key.get("kid", "") == kid and key.get("use", "sig") == "sig" and key.get("kty") != "oct":
                return jwt.PyJWK(key, algorithm).key
        raise OAuth2Error(f"the provider has no signing key {kid!r}")


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """The organisation's identity provider: asks for what is configured here, never for what an address says."""

    oauth2_adapter_class = StrictAdapter

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        return dict(self.get_auth_params())

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return list(self.get_scope())

    def redirect(self, request: HttpRequest, *args: Any, auth_params: Any = None, **kwargs: Any) -> HttpResponse:
        nonce = secrets.token_urlsafe(32)
        asked = {**(auth_params or {}), "nonce": nonce}
        answer: HttpResponse = super().redirect(request, *args, auth_params=asked, nonce=nonce, **kwargs)
        return answer


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """One provider, from the settings; signs people in who are enrolled, and keeps nothing of allauth's own."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        if not settings.COUNTERSIGN_OIDC_ISSUER:
            return []
        how = {"server_url": settings.COUNTERSIGN_OIDC_ISSUER, "fetch_userinfo": False, "oauth_pkce_enabled": True}
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=PROVIDER,
                name=settings.COUNTERSIGN_OIDC_NAME,
                client_id=settings.COUNTERSIGN_OIDC_CLIENT_ID,
                secret=settings.COUNTERSIGN_OIDC_CLIENT_SECRET,
                settings=how,
            )
        ]

    def authenticate_by_email(self, sociallogin: Any) -> None:
        """Leave addresses to `services.identities`."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> NoReturn:
        claims = (sociallogin.account.extra_data or {}).get("id_token") or {}
        nonce = str(sociallogin.state.get("nonce") or "")
        if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise OAuth2Error("the ID token belongs to another sign-in")
        user = identities.resolve(
            issuer=str(claims["iss"]),
            subject=str(claims["sub"]),
            email=str(claims.get("email") or ""),
            verified=claims.get("email_verified") is True,
        )
        record_authentication(request, user, "socialaccount", provider=PROVIDER)
        login = Login(user=user, redirect_url=sociallogin.state.get("next"))
        raise ImmediateHttpResponse(perform_login(request, login))

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        signed.log.warning("single sign-on failed: %s", kwargs.get("exception") or kwargs.get("error"))
        why = "Single sign-on did not work. Try again, or sign in with the password; the log says why."
        raise ImmediateHttpResponse(signed.turned_away(request, why))


def _configured() -> None:
    if not settings.COUNTERSIGN_OIDC_ISSUER:
        raise NotFound("there is no such page")


@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Send somebody to the identity provider."""
    _configured()
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    answer: HttpResponse = OAuth2LoginView.adapter_view(StrictAdapter(request, PROVIDER))(request)
    return answer


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take what the identity provider says."""
    _configured()
    answer: HttpResponse = OAuth2CallbackView.adapter_view(StrictAdapter(request, PROVIDER))(request)
    return answer
