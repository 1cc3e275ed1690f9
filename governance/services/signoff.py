"""Sign-off: asking, signing, rejecting, withdrawing, revoking. What follows from it is `selectors.signoff`."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from governance import access, events, keyfiles, policy
from governance.errors import Denied, Finding, Invalid, Refused
from governance.inforce import Rule, Standing, strong_enough
from governance.models import (
    Document,
    LedgerEvent,
    Rejection,
    RequestSubject,
    Revocation,
    Signature,
    SignoffRequest,
    User,
    Withdrawal,
)
from governance.proof import dsse
from governance.proof.fields import rfc3339
from governance.proof.statement import (
    PAYLOAD_TYPE,
    LedgerState,
    Method,
    SignoffPredicate,
    SignoffStatement,
    Subject,
)
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.services.ledger import Mutation, mutation

WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(minutes=15)
PASSWORD = Method(kind="password", label="server-attested (password)")


def request_open(*, actor: User, documents: Sequence[Document]) -> SignoffRequest:
    """Put documents of one project (or of the shelf) before signers, under the policy now in force.

    Raises:
        Invalid: nothing to sign, several projects, or a kind that nobody signs.
        Refused: a document is waiting or in force already, or no policy is in force yet.
    """
    chosen = list({d.digest: d for d in documents}.values())
    if not chosen:
        raise Invalid("documents", "found none, expected at least one document")
    if len({d.project_id for d in chosen}) != 1:
        raise Invalid("documents", "found documents of several projects, expected one project's")
    if unsigned := [d for d in chosen if not KINDS[d.kind].signed]:
        raise Invalid("documents", f"a {KINDS[unsigned[0].kind].label} needs no signature")
    project = chosen[0].project
    with mutation(actor=actor, action="signoff.request", project=project, subjects=[d.digest for d in chosen]) as m:
        standing = select.in_force_many(chosen, m.size, m.time)
        busy = [d for d in chosen if standing[d.digest].standing in (Standing.PENDING, Standing.IN_FORCE)]
        if busy:
            raise Refused(
                Finding(
                    "request",
                    f"{busy[0]} is {standing[busy[0].digest].standing.value}",
                    "documents that are neither waiting nor in force",
                    "Leave it out, or withdraw the request that it waits in.",
                    access.ROLES[access.COMPLIANCE_OFFICER],
                )
            )
        rules = _governing(chosen)
        request = SignoffRequest(project=project, policy=rules, requested_by=actor, at=m.time, seq=m.size)
        m.append(
            events.REQUEST_OPENED,
            subjects=sorted(d.digest for d in chosen),
            data={"request": str(request.id), "policy": rules.digest if rules else None},
        )
        request.save()
        for document in sorted(chosen, key=lambda d: d.digest):
            RequestSubject(request=request, document=document).save()
        return request


def sign(
    *,
    actor: User,
    request: SignoffRequest,
    role: str,
    meaning: str,
    reason: str,
    password: str,
    opened: Sequence[str] = (),
    sampled: Sequence[str] = (),
) -> Signature:
    """Sign every document of the request that asks for this role, in one statement, after re-entering the password.

    `opened` names the digests that the signer looked at, `sampled` the cases.

    Raises:
        Refused: wrong password, a contributor or requester, a closed request, a role nobody asks for.
    """
    for name, text in (("meaning", meaning), ("reason", reason)):
        if not text.strip():
            raise Invalid(name, "found nothing, expected a sentence")
    documents = subjects(request)
    right = actor.check_password(password)  # slow on purpose, so before the ledger is locked
    with mutation(
        actor=actor, action="signoff.sign", project=request.project, subjects=[d.digest for d in documents]
    ) as m:
        _authenticate(m, actor, right=right)
        mine = signable(m, actor, request, documents, role)
        signature = Signature(request=request, signer=actor, role=role, at=m.time, seq=m.size)
        statement = SignoffStatement(
            subjects=[Subject(name=KINDS[d.kind].label, digest=d.digest) for d in mine],
            predicate=SignoffPredicate(
                signer=actor.actor,
                printed_name=actor.printed_name,
                role=role,
                scope=str(request.project_id) if request.project_id else "organisation",
                meaning=meaning.strip(),
                reason=reason.strip(),
                opened=sorted(set(opened)),
                sampled=sorted(set(sampled)),
                policy=request.policy_id,
                request=str(request.id),
                ledger=LedgerState(size=m.size, root=m.root.hex()),
                method=PASSWORD,
                time=rfc3339(m.time),
                nonce=secrets.token_hex(16),
            ),
        )
        signature.statement = dsse.sign(PAYLOAD_TYPE, statement.to_bytes(), keyfiles.signer("attestation"))
        signature.statement_digest = statement.digest
        m.append(
            events.DOCUMENT_SIGNED,
            subjects=sorted(d.digest for d in mine),
            data={
                "request": str(request.id),
                "signature": str(signature.id),
                "role": role,
                "statement": statement.digest,
            },
        )
        signature.save()
        return signature


def reject(*, actor: User, request: SignoffRequest, reason: str) -> Rejection:
    """Say no: the request is over, and its documents are not in force through it."""
    if not reason.strip():
        raise Invalid("reason", "found nothing, expected why")
    documents = subjects(request)
    with mutation(
        actor=actor, action="signoff.reject", project=request.project, subjects=[d.digest for d in documents]
    ) as m:
        _still_open(m, request, documents)
        asked = {role for rule in _rules(request, documents).values() for role in rule.roles}
        if not asked & access.roles_of(actor, request.project):
            raise Denied(
                Finding(
                    "access",
                    "none of your roles is asked to sign this",
                    access.words(asked),
                    "Leave it to those whose signature it waits for.",
                    access.words(asked),
                )
            )
        rejection = Rejection(request=request, by=actor, reason=reason.strip(), at=m.time, seq=m.size)
        m.append(
            events.REQUEST_REJECTED,
            subjects=sorted(d.digest for d in documents),
            data={"request": str(request.id)},
            private={"reason": reason.strip()},
        )
        rejection.save()
        return rejection


def withdraw(*, actor: User, request: SignoffRequest) -> Withdrawal:
    """Take a request back; only who opened it can, and only while it waits."""
    documents = subjects(request)
    with mutation(
        actor=actor, action="signoff.withdraw", project=request.project, subjects=[d.digest for d in documents]
    ) as m:
        _still_open(m, request, documents)
        if request.requested_by_id != actor.pk:
            raise Refused(
                Finding(
                    "request", "somebody else opened it", "your own request", "Ask them to withdraw it.", "requester"
                )
            )
        withdrawal = Withdrawal(request=request, by=actor, at=m.time, seq=m.size)
        m.append(
            events.REQUEST_WITHDRAWN,
            subjects=sorted(d.digest for d in documents),
            data={"request": str(request.id)},
        )
        withdrawal.save()
        return withdrawal


def revoke(*, actor: User, document: Document, reason: str, password: str) -> Revocation:
    """Take the sign-off of a document back: no new act can rest on it, and running jobs that do are stopped."""
    if not reason.strip():
        raise Invalid("reason", "found nothing, expected why")
    right = actor.check_password(password)  # slow on purpose, so before the ledger is locked
    with mutation(actor=actor, action="signoff.revoke", project=document.project, subjects=[document.digest]) as m:
        _authenticate(m, actor, right=right)
        standing = select.in_force(document, m.size, m.time)
        if standing.standing not in (Standing.IN_FORCE, Standing.PENDING, Standing.SUPERSEDED, Standing.EXPIRED):
            raise Refused(
                Finding(
                    "revocation",
                    f"the document is {standing.standing.value}",
                    "a sign-off to revoke",
                    "Nothing needs doing.",
                    "you",
                )
            )
        revocation = Revocation(document=document, by=actor, reason=reason.strip(), at=m.time, seq=m.size)
        m.append(events.DOCUMENT_REVOKED, subjects=[document.digest], private={"reason": reason.strip()})
        revocation.save()
        return revocation


def subjects(request: SignoffRequest) -> list[Document]:
    """Return the documents a request asks signatures for."""
    return list(
        Document.objects.filter(requested_in__request=request)
        .select_related("project", "series")
        .order_by("kind", "seq")
    )


def signable(
    m: Mutation, actor: User, request: SignoffRequest, documents: Sequence[Document], role: str
) -> list[Document]:
    """Return the documents this person may sign now in this role.

    Raises:
        Refused: with the reason, when there is none or one of them excludes the person.
    """
    if role not in access.roles_of(actor, request.project):
        raise Denied(
            Finding(
                "access",
                f"you do not hold the role {access.ROLES.get(role, role)} here",
                "a role you hold",
                "Sign in one of your own roles, or ask the owner for it.",
                access.ROLES[access.OWNER],
            )
        )
    _still_open(m, request, documents)
    rules = _rules(request, documents)
    mine = [d for d in documents if role in rules[d.digest].roles]
    # Own work first: whoever wrote or requested any of it learns that, not which role would have done.
    for document in mine or documents:
        if actor.actor in select.excluded_from(document, request.requested_by.actor):
            raise Refused(
                Finding(
                    "separation of duties",
                    f"you wrote, requested or launched {document}",
                    "a signature by somebody who did not",
                    "Ask a colleague whose role the policy asks for.",
                    access.words(rules[document.digest].roles),
                )
            )
    if not mine:
        asked = {r for rule in rules.values() for r in rule.roles}
        found, expected = access.ROLES[role], access.words(asked)
        raise Refused(Finding("role", found, expected, "Sign in a role the policy asks for.", expected))
    for document in mine:
        wanted = rules[document.digest].method
        if not strong_enough(PASSWORD.kind, wanted):
            raise Refused(
                Finding(
                    "method",
                    f"a signature by {PASSWORD.kind}",
                    f"{wanted}, as the policy asks for {document}",
                    "This version signs by password only: put a policy in force that accepts it.",
                    access.ROLES[access.OWNER],
                )
            )
    if Signature.objects.filter(request=request, signer=actor).exists():
        raise Refused(
            Finding(
                "signature", "you signed this request already", "one signature a person", "Nothing needs doing.", "you"
            )
        )
    return mine


def _still_open(m: Mutation, request: SignoffRequest, documents: Sequence[Document]) -> None:
    standing = select.in_force_many(documents, m.size, m.time)
    waiting = [
        d
        for d in documents
        if standing[d.digest].request == str(request.id) and standing[d.digest].standing is Standing.PENDING
    ]
    if not waiting:
        states = ", ".join(sorted({standing[d.digest].standing.value for d in documents}))
        raise Refused(
            Finding(
                "request", f"its documents are {states}", "a request that waits", "Look at the document's page.", "you"
            )
        )


def _rules(request: SignoffRequest, documents: Sequence[Document]) -> dict[str, Rule]:
    """Return the rule for each document by digest. Refused when the request's policy has none (a forged request)."""
    try:
        return {d.digest: select.rule_for(request, d.kind) for d in documents}
    except KeyError as kind:
        raise Refused(
            Finding(
                "policy",
                f"the policy of the request has no rule for {kind}",
                "a policy that says who signs it",
                "Open a new request under the policy in force.",
                access.ROLES[access.COMPLIANCE_OFFICER],
            )
        ) from None


def _governing(documents: Sequence[Document]) -> Document | None:
    found = select.policy_in_force(documents[0].project)
    if found is not None:
        rules = docs.model_body(found, policy.PolicyBody).rules
        for document in documents:
            if document.kind not in rules:
                raise Refused(
                    Finding(
                        "policy",
                        f"the policy in force has no rule for a {KINDS[document.kind].label}",
                        "a policy that says who signs it",
                        "Write and sign the next version of the policy.",
                        access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
                    )
                )
        return found
    if any(d.kind != policy.KIND for d in documents):
        raise Refused(
            Finding(
                "policy",
                "no policy is in force for this tier",
                "a signed policy",
                "Write a policy for the tier and have owner and compliance officer sign it.",
                access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
            )
        )
    return None


def _authenticate(m: Mutation, actor: User, *, right: bool) -> None:
    """Refuse unless the password was right; after too many wrong ones refuse for a while whatever is given."""
    wrong = LedgerEvent.objects.filter(
        actor=actor.actor, event=events.REFUSAL_IDENTITY, at__gt=m.time - LOCKED_FOR
    ).count()
    if wrong >= WRONG_PASSWORDS:
        raise Refused(
            Finding(
                "lockout",
                f"{wrong} wrong passwords within {LOCKED_FOR.seconds // 60} minutes",
                f"fewer than {WRONG_PASSWORDS}",
                "Wait, and tell the owner if it was not you who tried.",
                "you",
            )
        )
    if not right:
        raise Refused(
            Finding(
                "re-authentication",
                "another password",
                "your own password, entered anew for this signature",
                "Enter it again; ask the owner if it is lost.",
                "you",
            )
        )
