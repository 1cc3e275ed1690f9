"""Accounts: live sign-ins, second factors, and what the installation asks of whom."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from governance.models import Identity, SignIn, User
from governance.selectors.people import roles_anywhere

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def why_over(sign_in: SignIn, now: datetime) -> str:
    """Return why a session is over at a time ("idle", …), or "" while it lives."""
    if sign_in.ended_at is not None:
        return sign_in.ending
    if now - sign_in.seen_at > timedelta(minutes=settings.COUNTERSIGN_IDLE_MINUTES):
        return "idle"
    if now - sign_in.opened_at > timedelta(hours=settings.COUNTERSIGN_SESSION_HOURS):
        return "too old"
    return ""


def live_sign_ins(user: User) -> "QuerySet[SignIn]":
    """Return somebody's sessions that have not ended, the newest first."""
    now = timezone.now()
    return (
        SignIn.objects.filter(
            user=user,
            ended_at=None,
            seen_at__gte=now - timedelta(minutes=settings.COUNTERSIGN_IDLE_MINUTES),
            opened_at__gte=now - timedelta(hours=settings.COUNTERSIGN_SESSION_HOURS),
        )
        .select_related("user", "device")
        .order_by("-opened_at")
    )


def authenticators(user: User) -> "QuerySet[Authenticator]":
    """Return everything somebody enrolled beside the password, oldest first."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user).order_by("created_at")
    return found


def has_second_factor(user: User) -> bool:
    """Return whether sign-in asks somebody for more than the password."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def has_codes(user: User) -> bool:
    """Return whether somebody enrolled one-time codes."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def with_second_factor() -> set[int]:
    """Return the keys of everybody who enrolled a second factor, in one query."""
    return set(Authenticator.objects.filter(type__in=FACTORS).values_list("user_id", flat=True))


def linked() -> set[int]:
    """Return the keys of everybody who is linked to the identity provider, in one query."""
    return set(Identity.objects.filter(end=None).values_list("user_id", flat=True))


def must_have_second_factor(user: User) -> bool:
    """Return whether the installation demands a second factor for one of somebody's roles."""
    demanded = settings.COUNTERSIGN_SECOND_FACTOR_ROLES
    return bool(demanded) and not roles_anywhere(user).isdisjoint(demanded)
