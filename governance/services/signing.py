"""Signing: what a signer says becomes a statement, is signed, and goes on the ledger in one transaction.

Here a password (alone or with a one-time code) is checked and the server signs, and says so: "server-attested".
`services.passkey_signing` puts the same statement before the signer's own passkey.
"""

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from governance import access, events, keyfiles, store
from governance.errors import Finding, Invalid, Refused
from governance.models import Condition, Document, Passkey, Signature, SignoffRequest, User
from governance.proof.formats import dsse
from governance.proof.formats.fields import moment, rfc3339
from governance.proof.formats.statement import (
    PAYLOAD_TYPE,
    LedgerState,
    Method,
    Principal,
    Sample,
    SignoffPredicate,
    SignoffStatement,
    Subject,
)
from governance.proof.formats.statement import Condition as Stated
from governance.registry import KINDS
from governance.selectors import delegations, people, presentation
from governance.selectors.presentation import Shown, subjects
from governance.services import announcements, reports
from governance.services.ledger import Mutation, mutation
from governance.services.reauthentication import known
from governance.services.signing_rules import Intent, authenticate, signable

PASSWORD = Method(kind="password", label="server-attested (password)")
PASSWORD_AND_CODE = Method(kind="password+totp", label="server-attested (password and one-time code)")


def sign(
    *,
    actor: User,
    request: SignoffRequest,
    role: str,
    meaning: str,
    reason: str,
    password: str,
    code: str = "",
    opened: Sequence[str] = (),
    samples: Sequence[Sample] = (),
    relied_on: Sequence[str] = (),
    conditions: Sequence[Stated] = (),
    delegation: uuid.UUID | None = None,
    presented: str | None = None,
    shown_at: int | None = None,
) -> Signature:
    """Sign every document of the request that asks for this role, in one statement, after re-entering the password.

    With `code`, the one-time code of now, the signature says that this was checked, too; the code is used up by it.

    Raises:
        Refused: wrong password or code, a contributor or requester, a closed request, a role nobody asks for, less
            looked at than the policy asks, or what was shown has changed.
        Invalid: no meaning or reason, or a condition or reference that cannot be.
    """
    intent = Intent(
        role=role,
        meaning=meaning,
        reason=reason,
        opened=tuple(opened),
        samples=tuple(samples),
        relied_on=tuple(relied_on),
        conditions=tuple(conditions),
        delegation=delegation,
        presented=presented,
        shown_at=shown_at,
    )
    check(intent)
    documents = subjects(request)
    method = PASSWORD_AND_CODE if code else PASSWORD
    right = known(actor, password, code)
    with mutation(
        actor=actor, action="signoff.sign", project=request.project, subjects=[d.digest for d in documents]
    ) as m:
        authenticate(m, actor, right=right)
        mine = signable(m, actor, request, documents, intent, method.kind)
        statement = state(m, actor, request, mine, intent, method)
        envelope = dsse.sign(PAYLOAD_TYPE, statement.to_bytes(), keyfiles.signer("attestation"))
        return record(m, actor, request, statement, envelope)


def check(intent: Intent) -> None:
    """Raise Invalid when something is missing that every signature says."""
    for name, text in (("meaning", intent.meaning), ("reason", intent.reason)):
        if not text.strip():
            raise Invalid(name, "found nothing, expected a sentence")


def state(
    m: Mutation,
    actor: User,
    request: SignoffRequest,
    mine: Sequence[Document],
    intent: Intent,
    method: Method,
    passkey: Passkey | None = None,
) -> SignoffStatement:
    """Return the statement that a signer signs now over the documents that ask for their role.

    What they are shown now is kept in the byte store, and the statement names it. `passkey` is the one that shall sign
    it; without one the server attests it.

    Raises:
        Invalid: a condition, a sample or a statement relied on that cannot be.
        Refused: what the signer says to have been shown is not what is shown now.
    """
    digests = {d.digest for d in mine}
    conditions_can_be(m, request, intent.conditions)
    for sample in intent.samples:
        if sample.document not in digests:
            raise Invalid("samples", f"{sample.document} is not among the documents you sign")
    others = Signature.objects.filter(statement_digest__in=intent.relied_on).exclude(signer=actor)
    if strange := sorted(set(intent.relied_on) - set(others.values_list("statement_digest", flat=True))):
        raise Invalid("relied_on", f"nobody else signed the statement {strange[0]}")
    shown = still_shown(m, actor, request, intent)
    return SignoffStatement(
        subjects=[Subject(name=KINDS[d.kind].label, digest=d.digest) for d in mine],
        predicate=SignoffPredicate(
            signer=actor.actor,
            printed_name=actor.printed_name,
            role=intent.role,
            scope=str(request.project_id) if request.project_id else "organisation",
            meaning=intent.meaning.strip(),
            reason=intent.reason.strip(),
            opened=sorted(set(intent.opened)),
            policy=request.policy_id,
            request=str(request.id),
            ledger=LedgerState(size=m.size, root=m.root.hex()),
            method=method,
            time=rfc3339(m.time),
            nonce=secrets.token_hex(16),
            covers=access.COVERS.get(intent.role, ""),
            presented=shown.digest,
            attachments=shown.files(digests),
            samples=list(intent.samples),
            relied_on=sorted(set(intent.relied_on)),
            conditions=list(intent.conditions),
            on_behalf_of=_principal(m, actor, request, intent),
            passkey=str(passkey.pk) if passkey else None,
        ),
    )


def record(
    m: Mutation, actor: User, request: SignoffRequest, statement: SignoffStatement, envelope: bytes
) -> Signature:
    """Keep a signed statement, put it on the ledger, and ask for the signer's receipt."""
    said, about = statement.predicate, sorted(s.digest for s in statement.subjects)
    signature = Signature(
        request=request,
        signer=actor,
        role=said.role,
        statement=envelope,
        statement_digest=statement.digest,
        at=m.time,
        seq=m.size,
    )
    m.append(
        events.DOCUMENT_SIGNED,
        subjects=about,
        data={
            "request": str(request.id),
            "signature": str(signature.id),
            "role": said.role,
            "statement": statement.digest,
        },
    )
    signature.save()
    owners = {u.actor: u for u in User.objects.filter(ledger_id__in=[c.owner for c in said.conditions if c.owner])}
    for one in said.conditions:
        owner = owners[one.owner] if one.owner else None
        due = moment(one.due) if one.due else None
        row = Condition(id=one.id, signature=signature, kind=one.kind, owner=owner, due=due)
        row.save()
        if owner is not None:
            announcements.task_given(m, row, owner, one.text, actor)
    reports.receipt(m, signature, Document.objects.get(pk=statement.subjects[0].digest))
    announcements.signed(m, request, actor)
    return signature


def condition(*, kind: str, text: str, owner: User | None = None, due: datetime | None = None) -> Stated:
    """Return a condition to sign under. Invalid when it is no gate condition and no task with owner and date."""
    fields: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "kind": kind,
        "text": text.strip(),
        "owner": owner.actor if owner else None,
        "due": rfc3339(due) if due else None,
    }
    try:
        return Stated.model_validate(fields)
    except ValueError:
        raise Invalid(
            "conditions", "expected a text, and either a gate condition or a task with an owner and a due date"
        ) from None


def still_shown(m: Mutation, actor: User, request: SignoffRequest, intent: Intent) -> Shown:
    """Keep what is shown now and return it. Refused when the signer was shown something else."""
    shown = presentation.present(actor, request, intent.role, m.size, m.time)
    if intent.presented not in (None, shown.digest):
        since = presentation.happened([d.digest for d in shown.documents], intent.shown_at)
        raise Refused(
            Finding(
                "presented",
                f"what is shown has changed since you looked: {since}",
                "a signature on exactly what was shown",
                "Look again at what changed, then sign.",
                "you",
            )
        )
    store.put([shown.bytes], expect=shown.digest)
    return shown


def conditions_can_be(m: Mutation, request: SignoffRequest, conditions: Sequence[Stated]) -> None:
    """Raise Invalid for conditions that nobody could meet, or that another signature was given under."""
    if len({one.id for one in conditions}) != len(conditions):
        raise Invalid("conditions", "found one condition twice")
    if Condition.objects.filter(pk__in=[one.id for one in conditions]).exists():
        raise Invalid("conditions", "found a condition of another signature; state it anew")
    for one in conditions:
        if one.due is not None and moment(one.due) <= m.time:
            raise Invalid("conditions", f"{one.text!r} would be due in the past")
        if one.owner is None:
            continue
        owner = User.objects.filter(ledger_id=one.owner, is_active=True).first()
        if owner is None or not people.roles_held(owner, request.project):
            raise Invalid("conditions", f"{one.text!r} needs an owner with a role here")


def _principal(m: Mutation, actor: User, request: SignoffRequest, intent: Intent) -> Principal | None:
    if intent.delegation is None:
        return None
    held = {row.pk: row for row in delegations.held(actor, request.project, m.time)}
    given = held.get(intent.delegation)
    if given is None:  # `signable` has looked; nothing may lie between
        raise Refused(Finding("delegation", "it ended meanwhile", "a delegation that runs", "Ask for another.", "you"))
    return Principal(signer=given.by.actor, printed_name=given.by.printed_name, delegation=str(given.pk))
