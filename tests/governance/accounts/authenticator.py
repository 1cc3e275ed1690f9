"""An authenticator app for tests: the codes that belong to a seed at a moment."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone

from governance.encryption import decrypt
from governance.models import User
from governance.services import second_factor


def code(secret: str, *, later: int = 0, at: datetime | None = None) -> str:
    """Return the code of now, or of so many time steps later."""
    step = int((at or timezone.now()).timestamp()) // 30 + later
    return str(format_hotp_value(hotp_value(secret, step)))


def secret_of(user: User) -> str:
    """Return the seed that somebody enrolled."""
    return decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])


def enrol(user: User, password: str) -> tuple[str, list[str]]:
    """Enrol one-time codes with the code of one step ago, so that the present one is unused; return seed and codes."""
    secret = second_factor.new_secret()
    made = second_factor.enrol_totp(actor=user, secret=secret, code=code(secret, later=-1), password=password)
    return secret, made
