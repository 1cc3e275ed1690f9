"""Who may sign what, now: the rules every act of sign-off asks, under the ledger's lock. They refuse, or let pass."""

from collections.abc import Sequence
from datetime import timedelta

from governance import access, events, policy
from governance.errors import Denied, Finding, Refused
from governance.inforce import Rule, Standing, strong_enough
from governance.models import Document, LedgerEvent, Signature, SignoffRequest, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.services.ledger import Mutation

WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(minutes=15)


def signable(
    m: Mutation, actor: User, request: SignoffRequest, documents: Sequence[Document], role: str, method: str
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
    still_open(m, request, documents)
    rules = rules_of(request, documents)
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
        if not strong_enough(method, wanted):
            raise Refused(
                Finding(
                    "method",
                    f"a signature by {method}",
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


def still_open(m: Mutation, request: SignoffRequest, documents: Sequence[Document]) -> None:
    """Refuse unless the request still waits for signatures."""
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


def rules_of(request: SignoffRequest, documents: Sequence[Document]) -> dict[str, Rule]:
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


def governing(documents: Sequence[Document]) -> Document | None:
    """Return the policy that governs a new request; None for the first policy, under the built-in rule.

    Raises:
        Refused: no policy is in force, or it has no rule for one of the kinds.
    """
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


def authenticate(m: Mutation, actor: User, *, right: bool) -> None:
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
