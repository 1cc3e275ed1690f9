"""Passkeys: enrolled by their holder, vouched for by a second person, revoked. Signing is `services.passkey_signing`.

A lost passkey goes the same way: it is revoked, and the new one counts once somebody vouched for it again.
"""

import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from governance import access, events, store
from governance.errors import Conflict, Denied, Finding, Invalid, NotFound, Refused
from governance.models import Passkey, PasskeyRevocation, PasskeyVouch, PreparedEnrolment, SignIn, User
from governance.proof.formats import canonical
from governance.proof.formats.fields import base64_text, rfc3339
from governance.proof.history.passkeys import REASONS
from governance.relying_party import RelyingParty
from governance.selectors import passkeys as select
from governance.services import reauthentication, registration, second_factor, sign_ins
from governance.services.ledger import Mutation, mutation
from governance.services.reauthentication import Proof
from governance.services.registration import Registered
from governance.services.signing_rules import authenticate

GOOD_FOR = timedelta(minutes=10)
LONGEST_NAME = 60


def prepare(*, actor: User) -> dict[str, Any]:
    """Return what the browser needs to make a new passkey (`PublicKeyCredentialCreationOptions` as JSON).

    Raises:
        Refused: browsers make no passkeys for the address of this installation.
    """
    party = registration.usable_party()
    made = PreparedEnrolment.objects.create(
        user=actor, challenge=secrets.token_bytes(32), expires_at=timezone.now() + GOOD_FOR
    )
    known = [bytes(row.credential_id) for row in Passkey.objects.filter(user=actor, revocations=None)]
    return {"enrolment": str(made.pk), **registration.options(party, actor, bytes(made.challenge), known)}


def enrol(
    *,
    actor: User,
    enrolment: uuid.UUID,
    credential: Mapping[str, Any],
    name: str,
    password: str,
    sign_in: SignIn | None = None,
) -> tuple[Passkey, list[str]]:
    """Enrol the passkey that the browser made; return it, and new recovery codes if the person had none.

    From now on one signs in with it; it counts for signing once somebody vouched for it. `credential` is the browser's
    answer (`RegistrationResponseJSON`), `name` what its holder calls the device, `sign_in` the session it was made in,
    which is strong from then on.

    Raises:
        Invalid: no name, or an answer that does not verify. Refused: another password.
        NotFound: nothing was prepared, or it is over. Conflict: the passkey is enrolled already.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Invalid("name", f"expected what you call the device, at most {LONGEST_NAME} characters")
    party = registration.usable_party()
    right = actor.check_password(password)  # slow on purpose, so before the ledger is locked
    with mutation(actor=actor, action="passkey.enrol", subjects=[f"user:{actor.actor}"]) as m:
        authenticate(m, actor, right=right)
        prepared = PreparedEnrolment.objects.filter(pk=enrolment, user=actor, expires_at__gt=m.time).first()
        if prepared is None:
            raise NotFound("there is no such enrolment under way; begin anew")
        made = registration.verified(party, bytes(prepared.challenge), credential)
        row = _row(m, actor, party, made)
        if Passkey.objects.filter(credential_digest=row.credential_digest).exists():
            raise Conflict(found="this passkey is enrolled already", expected="a new one", remedy="Use it as it is.")
        _append(m, row, made, name.strip())
        row.save()
        prepared.delete()
        second_factor.add_passkey(m, user=actor, name=name.strip(), credential=dict(credential))
        if sign_in is not None:
            sign_ins.strengthened(m, sign_in=sign_in, by="passkey")
        return row, second_factor.recovery_codes_if_none(m, actor)


def vouch(*, actor: User, passkey: Passkey, how: str, proof: Proof) -> PasskeyVouch:
    """Say that one checked whose passkey it is, and how: from now on it counts for signing.

    Raises:
        Refused: it is one's own, or revoked, or the proof does not hold. Invalid: not said how.
        Conflict: somebody vouched already.
    """
    if not how.strip():
        raise Invalid("how", "found nothing, expected how you checked whose passkey it is")
    subjects = [f"user:{passkey.user.actor}", f"passkey:{passkey.pk}"]
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="passkey.vouch", subjects=subjects) as m:
        reauthentication.require(m, actor, checked)
        if passkey.user_id == actor.pk:
            raise Refused(
                Finding(
                    "separation of duties",
                    "your own passkey",
                    "the word of somebody else, who checked that it is yours",
                    "Ask an owner or a compliance officer.",
                    access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
                )
            )
        history = select.histories([str(passkey.pk)]).get(str(passkey.pk))
        if not select.confirmed(passkey, history) or history is None or history.revoked:
            raise Refused(
                Finding(
                    "passkey",
                    "a passkey that was revoked, or that the ledger never saw enrolled",
                    "one that was enrolled and stands",
                    "Have its holder enrol a new one.",
                    "its holder",
                )
            )
        if PasskeyVouch.objects.filter(passkey=passkey).exists():
            raise Conflict(found="somebody vouched already", expected="a new one", remedy="Nothing needs doing.")
        row = PasskeyVouch(passkey=passkey, by=actor, at=m.time, seq=m.size)
        m.append(
            events.PASSKEY_VOUCHED,
            subjects=subjects,
            data={"passkey": str(passkey.pk)},
            private={"how": how.strip()},
        )
        row.save()
        return row


def revoke(*, actor: User, passkey: Passkey, reason: str, since: datetime | None = None) -> PasskeyRevocation:
    """Revoke one's own passkey, or as owner anybody's: it signs no more, and what it signed from `since` on falls.

    `since` (default: now) is the moment from which it must not be trusted, such as when it was lost.

    Raises:
        Denied: somebody else's, and the actor is no owner. Invalid: no such reason, or a moment still to come.
        Conflict: it was revoked already, and no later.
    """
    if reason not in REASONS:
        raise Invalid("reason", f"found {reason!r}, expected one of {', '.join(sorted(REASONS))}")
    subjects = [f"user:{passkey.user.actor}", f"passkey:{passkey.pk}"]
    with mutation(actor=actor, action="passkey.revoke", subjects=subjects) as m:
        if passkey.user_id != actor.pk and access.OWNER not in access.roles_of(actor, None):
            raise Denied(
                Finding(
                    "access",
                    "a passkey of somebody else",
                    "your own, or the role of owner",
                    "Ask an owner to revoke it.",
                    access.ROLES[access.OWNER],
                )
            )
        moment = since or m.time
        if moment > m.time:
            raise Invalid("since", "found a moment still to come, expected when it ceased to be trusted")
        if PasskeyRevocation.objects.filter(passkey=passkey, since__lte=moment).exists():
            raise Conflict(
                found="it was revoked already, no later than that", expected="one that stands",
                remedy="Nothing needs doing.",
            )  # fmt: skip
        return revoked(m, passkey, by=actor, reason=reason, since=moment)


def revoked(m: Mutation, passkey: Passkey, *, by: User, reason: str, since: datetime) -> PasskeyRevocation:
    """Revoke within an open mutation; the rules are the caller's."""
    row = PasskeyRevocation(passkey=passkey, by=by, reason=reason, since=since, at=m.time, seq=m.size)
    m.append(
        events.PASSKEY_REVOKED,
        subjects=[f"user:{passkey.user.actor}", f"passkey:{passkey.pk}"],
        data={"passkey": str(passkey.pk), "reason": reason, "since": rfc3339(since)},
    )
    row.save()
    for one in second_factor.passkeys_of(passkey.user, bytes(passkey.credential_id)):
        second_factor.discard(m, one)  # nor does it open the door any more
    return row


def _row(m: Mutation, actor: User, party: RelyingParty, made: Registered) -> Passkey:
    return Passkey(
        user=actor,
        credential_id=made.credential.credential_id,
        credential_digest=canonical.sha256(made.credential.credential_id),
        public_key=made.public_key,
        aaguid=uuid.UUID(bytes=bytes(made.credential.aaguid)),
        rp_id=party.id,
        origin=party.origin,
        transports=made.transports,
        backup_eligible=made.data.is_backup_eligible(),
        backed_up=made.data.is_backed_up(),
        attestation=made.attestation,
        counter=made.data.counter,
        at=m.time,
        seq=m.size,
    )


def _append(m: Mutation, row: Passkey, made: Registered, name: str) -> None:
    m.append(
        events.PASSKEY_ENROLLED,
        subjects=[f"user:{row.user.actor}", f"passkey:{row.pk}"],
        data={
            "passkey": str(row.pk),
            "credential": row.credential_digest,
            "algorithm": made.algorithm,
            "public_key": base64_text(made.public_key),
            "aaguid": str(row.aaguid),
            "rp_id": row.rp_id,
            "origin": row.origin,
            "attestation": row.attestation,
            "attested": made.attested,
            "synced": row.backup_eligible,
            "statement": store.put([made.kept]).sha256,
        },
        private={"name": name},
    )
