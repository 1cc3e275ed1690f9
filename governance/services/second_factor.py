"""Second factors: one-time codes and recovery codes, enrolled, used and removed. Sign-in and signing share them.

The rows are django-allauth's, so that its sign-in asks for them. A seed is encrypted at rest (governance.encryption).
A code is accepted once: the time step of the newest one used is kept in the database, and it only moves forward.
"""

import secrets
from base64 import b32encode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

from allauth.mfa import app_settings as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db.models import F
from django.utils import timezone

from governance import events
from governance.encryption import decrypt, encrypt
from governance.errors import Conflict, Finding, Invalid, NotFound, Refused
from governance.models import CodeMemory, SignIn, User
from governance.selectors import accounts
from governance.services import announcements, sign_ins
from governance.services.ledger import Mutation, mutation
from governance.services.signing_rules import authenticate

WRONG_CODES = 5
LOCKED_FOR = timedelta(minutes=15)
TOLERANCE = 1  # time steps before and after the present one (RFC 6238, section 5.2)
TOTP, PASSKEY, RECOVERY_CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
KINDS = {TOTP: "one-time codes", PASSKEY: "passkey", RECOVERY_CODES: "recovery codes"}


def new_secret() -> str:
    """Return a seed for one-time codes: 160 random bits in base32 (RFC 4226, section 4)."""
    return b32encode(secrets.token_bytes(20)).decode()


def verify_totp(user: User, code: str) -> bool:
    """Return whether `code` is somebody's one-time code of now (RFC 6238) and was not used before, anywhere.

    The code is used up by this. After WRONG_CODES wrong ones every code is refused for LOCKED_FOR. Call it before a
    mutation is opened, not inside one: a rollback would forget that the code was used.
    """
    found = Authenticator.objects.filter(user=user, type=TOTP).first()
    if found is None or locked_out(user):
        return False
    step = _step(decrypt(found.data["secret"]), code)
    if step is None:
        _failed(user)
        return False
    CodeMemory.objects.get_or_create(user=user)
    # One statement decides, so of two processes with the same code one moves the step and the other finds it moved.
    return bool(CodeMemory.objects.filter(user=user, step__lt=step).update(step=step, failures=0))


def locked_out(user: User) -> bool:
    """Return whether somebody's codes are refused for a while because too many were wrong."""
    since = timezone.now() - LOCKED_FOR
    return CodeMemory.objects.filter(user=user, failures__gte=WRONG_CODES, failed_at__gt=since).exists()


def prove(user: User, code: str) -> Authenticator | None:
    """Return the one-time codes or recovery codes that `code` belongs to, using it up; None when it proves nothing."""
    enrolled_codes = Authenticator.objects.filter(user=user, type=TOTP).first()
    if enrolled_codes is not None and verify_totp(user, code):
        return enrolled_codes
    if locked_out(user):
        return None
    found = Authenticator.objects.filter(user=user, type=RECOVERY_CODES).first()
    if found is None or code.strip() not in RecoveryCodes(found).get_unused_codes():
        if enrolled_codes is None:
            _failed(user)
        return None
    with mutation(actor=user, action="session.open") as m:
        codes = RecoveryCodes(found)
        if not codes.validate_code(code):  # somebody was faster with the same code
            raise Conflict(found="a recovery code used before", expected="an unused one", remedy="Take the next one.")
        CodeMemory.objects.filter(user=user).update(failures=0)
        left = len(codes.get_unused_codes())
        m.append(events.RECOVERY_CODE_USED, subjects=[f"user:{user.actor}"], data={"left": left})
    return codes.instance


def enrol_totp(*, actor: User, secret: str, code: str, password: str, sign_in: SignIn | None = None) -> list[str]:
    """Enrol one-time codes after a first code shows that the app has the seed; return new recovery codes, if any.

    The session it is done in (`sign_in`) counts as one with a second factor from then on.

    Raises:
        Refused: another password. Invalid: another code. Conflict: they are enrolled already.
    """
    right = actor.check_password(password)  # slow on purpose, so before the ledger is locked
    step = _step(secret, code)
    with mutation(actor=actor, action="factor.enrol") as m:
        authenticate(m, actor, right=right)
        if step is None:
            raise Invalid("code", "found another code than the app shows now; check the clock of its device")
        if Authenticator.objects.filter(user=actor, type=TOTP).exists():
            raise Conflict(found="one-time codes enrolled already", expected="none", remedy="Remove them first.")
        Authenticator.objects.create(user=actor, type=TOTP, data={"secret": encrypt(secret)})
        CodeMemory.objects.update_or_create(user=actor, defaults={"step": step, "failures": 0})
        enrolled(m, actor, TOTP)
        if sign_in is not None:
            sign_ins.strengthened(m, sign_in=sign_in, by=KINDS[TOTP])
        return recovery_codes_if_none(m, actor)


def add_passkey(m: Mutation, *, user: User, name: str, credential: dict[str, Any]) -> Authenticator:
    """Let somebody sign in with a passkey, within the mutation that enrols it; the caller has verified it.

    `credential` is the browser's registration response as JSON (WebAuthn, section 5.1), which allauth reads.
    """
    data = {"name": name, "credential": credential}
    made = Authenticator.objects.create(user=user, type=PASSKEY, data=data)
    enrolled(m, user, PASSKEY)
    return made


def passkeys_of(user: User, credential_id: bytes) -> list[Authenticator]:
    """Return the rows by which somebody signs in with the passkey of this credential id."""
    raw = urlsafe_b64encode(credential_id).decode().rstrip("=")
    found = Authenticator.objects.filter(user=user, type=PASSKEY)
    return [one for one in found if one.data["credential"]["rawId"] == raw]


def remove(*, actor: User, identifier: int, password: str) -> None:
    """Remove one's own one-time codes; the last second factor takes the recovery codes along. Passkeys are revoked.

    Raises:
        Refused: another password, or the installation demands a second factor and this is the last.
    """
    right = actor.check_password(password)
    with mutation(actor=actor, action="factor.remove") as m:
        authenticate(m, actor, right=right)
        found = Authenticator.objects.filter(user=actor, type=TOTP, pk=identifier).first()
        if found is None:
            raise NotFound("there is no such second factor")
        others = Authenticator.objects.filter(user=actor, type__in=accounts.FACTORS).exclude(pk=found.pk)
        if not others.exists() and accounts.must_have_second_factor(actor):
            raise Refused(
                Finding(
                    "second factor",
                    "the only one of somebody whose role needs one",
                    "another one enrolled before",
                    "Enrol the new one first, then remove this one.",
                    "you",
                )
            )
        discard(m, found)
        if not others.exists():
            Authenticator.objects.filter(user=actor, type=RECOVERY_CODES).delete()


def renew_recovery_codes(*, actor: User, password: str) -> list[str]:
    """Return ten new recovery codes; the old ones end.

    Raises:
        Refused: another password. Conflict: there is no second factor that they could stand in for.
    """
    right = actor.check_password(password)
    with mutation(actor=actor, action="factor.enrol") as m:
        authenticate(m, actor, right=right)
        if not accounts.has_second_factor(actor):
            remedy = "Enrol one-time codes or a passkey."
            raise Conflict(found="no second factor", expected="one that can be lost", remedy=remedy)
        Authenticator.objects.filter(user=actor, type=RECOVERY_CODES).delete()
        return recovery_codes_if_none(m, actor)


def recovery_codes_if_none(m: Mutation, user: User) -> list[str]:
    """Make recovery codes for somebody who has none, within an open mutation; return them, or nothing."""
    if Authenticator.objects.filter(user=user, type=RECOVERY_CODES).exists():
        return []
    codes = RecoveryCodes.activate(user)
    enrolled(m, user, RECOVERY_CODES)
    return list(codes.generate_codes())


def enrolled(m: Mutation, user: User, kind: Authenticator.Type) -> None:
    """Append that somebody enrolled a second factor."""
    announcements.credentials_changed(m, user, f"{KINDS[kind]} enrolled")
    m.append(events.FACTOR_ENROLLED, subjects=[f"user:{user.actor}"], data={"kind": KINDS[kind]})


def discard(m: Mutation, found: Authenticator) -> None:
    """Remove a second factor within an open mutation."""
    kind = KINDS[Authenticator.Type(found.type)]
    announcements.credentials_changed(m, found.user, f"{kind} removed")
    m.append(events.FACTOR_REMOVED, subjects=[f"user:{found.user.actor}"], data={"kind": kind})
    found.delete()


def _step(secret: str, code: str) -> int | None:
    """Return the time step that a code belongs to, or None. Every step is compared, so all take the same time."""
    given = "".join(code.split()).encode()
    now = int(timezone.now().timestamp()) // mfa.TOTP_PERIOD
    steps = range(now - TOLERANCE, now + TOLERANCE + 1)
    matching = [
        step for step in steps if secrets.compare_digest(format_hotp_value(hotp_value(secret, step)).encode(), given)
    ]
    return matching[-1] if matching else None


def _failed(user: User) -> None:
    now = timezone.now()
    CodeMemory.objects.get_or_create(user=user)
    mine = CodeMemory.objects.filter(user=user)
    if not mine.filter(failed_at__gt=now - LOCKED_FOR).update(failures=F("failures") + 1, failed_at=now):
        mine.update(failures=1, failed_at=now)
