"""Who may sign what, now: the rules every act of sign-off asks, under the ledger's lock. They refuse, or let pass."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from governance import access, events, policy
from governance.errors import Denied, Finding, Invalid, Refused
from governance.gates import Weight
from governance.models import Document, LedgerEvent, Signature, SignoffRequest, User
from governance.proof.answers.inforce import Standing
from governance.proof.answers.quorum import Rule, strong_enough
from governance.proof.formats.statement import Condition, Sample, SignoffPredicate
from governance.registry import KINDS, OVERTAKEN
from governance.selectors import delegations, samples, signers
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.selectors.statements import said
from governance.services.ledger import Mutation

WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class Intent:
    """What a signer wants to say: as what, meaning what, why, having looked at what, under which conditions, for whom.

    `opened` names the documents that were opened, `samples` the cases that were reviewed, `relied_on` the statements of
    others (by digest) that the signer relied on. `delegation` is set when signing for somebody else. `presented` is
    the digest of what the signer says to have been shown, when the ledger had `shown_at` entries.
    """

    role: str
    meaning: str
    reason: str
    opened: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    relied_on: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    delegation: uuid.UUID | None = None
    presented: str | None = None
    shown_at: int | None = None

    @classmethod
    def of(cls, said: SignoffPredicate) -> "Intent":
        """Return what a statement says of its signer's intent."""
        return cls(
            role=said.role,
            meaning=said.meaning,
            reason=said.reason,
            opened=tuple(said.opened),
            samples=tuple(said.samples),
            relied_on=tuple(said.relied_on),
            conditions=tuple(said.conditions),
            delegation=uuid.UUID(said.on_behalf_of.delegation) if said.on_behalf_of else None,
            presented=said.presented,
            shown_at=said.ledger.size,
        )


def signable(
    m: Mutation, actor: User, request: SignoffRequest, documents: Sequence[Document], intent: Intent, method: str
) -> list[Document]:
    """Return the documents this person may sign now in the role they chose, for themself or for who delegated it.

    Raises:
        Refused: with the reason, when there is none or one of them excludes the person.
    """
    principal = _principal(m, actor, request, intent)
    still_open(m, request, documents)
    rules = rules_of(request, documents)
    mine = [d for d in documents if intent.role in rules[d.digest].asked]
    # Own work first: whoever wrote or requested any of it learns that, not which role would have done.
    for document in mine or documents:
        _not_excluded(document, request, rules[document.digest], actor, principal)
    if not mine:
        asked = {r for rule in rules.values() for r in rule.asked}
        found, expected = access.label(intent.role), access.words(asked)
        raise Refused(Finding("role", found, expected, "Sign in a role the policy asks for.", expected))
    for document in mine:
        wanted = rules[document.digest].method
        if not strong_enough(method, wanted):
            raise Refused(
                Finding(
                    "method",
                    f"a signature by {method}",
                    f"{wanted}, as the policy asks for {document}",
                    REMEDY_FOR_METHOD.get(wanted, "Ask the owner how to sign so."),
                    "you",
                )
            )
        rule = select.signing_rule(request, document.kind)
        _as_policy_asks(document, rule, intent)
        if rule.identity:
            _on_record(actor, document)
        _may_be_agreed(request, document)
        if document.kind in OVERTAKEN and (findings := OVERTAKEN[document.kind](document, m.size, m.time)):
            raise Refused(findings)
        _reviewed(actor, request, document, intent)
    _once(request, {actor, *([principal] if principal else [])})
    return mine


REMEDY_FOR_METHOD = {
    "passkey": "Sign with your passkey; enrol one on your account's page if you have none.",
    "password+totp": "Give the one-time code of your authenticator too; set one up on your account's page.",
}


def _principal(m: Mutation, actor: User, request: SignoffRequest, intent: Intent) -> User | None:
    """Return the person signed for (None: oneself), the role being theirs. Denied when neither holds it."""
    if intent.delegation is None:
        holder, whose = actor, "you do"
    else:
        held = {row.pk: row for row in delegations.held(actor, request.project, m.time)}
        given = held.get(intent.delegation)
        if given is None or given.role != intent.role:
            raise Denied(
                Finding(
                    "delegation",
                    "no delegation to you for this role that runs now",
                    "a delegation that is on the ledger, in its time and not ended",
                    "Sign in a role of your own, or ask for the delegation.",
                    access.label(intent.role),
                )
            )
        holder, whose = given.by, f"{given.by} does"
    if intent.role not in access.roles_of(holder, request.project):
        raise Denied(
            Finding(
                "access",
                f"{whose} not hold the role {access.label(intent.role)} here",
                "a role that is held here",
                "Sign in one of your own roles, or ask the owner for it.",
                access.ROLES[access.OWNER],
            )
        )
    return holder if holder.pk != actor.pk else None


def _not_excluded(document: Document, request: SignoffRequest, rule: Rule, actor: User, principal: User | None) -> None:
    excluded = select.excluded_from(document, request.requested_by.actor, rule)
    for person, words in ((actor, "you"), (principal, str(principal))):
        if person is not None and person.actor in excluded:
            raise Refused(
                Finding(
                    "separation of duties",
                    f"{words} wrote, requested or launched {document}, or the policy excludes {words} from signing it",
                    "a signature by somebody who did not",
                    "Ask a colleague whose role the policy asks for.",
                    access.words(rule.asked),
                )
            )


def _on_record(actor: User, document: Document) -> None:
    """Refuse unless it is on record who the signer is, and that they hold their signature for binding."""
    missing = signers.lacking(actor)
    if not missing:
        return
    officers = access.words({access.OWNER, access.COMPLIANCE_OFFICER})
    words = {"identity": "your identity was not checked", "declaration": "you did not declare your signature binding"}
    remedies = {"identity": f"Have {officers} check who you are.", "declaration": "Declare it on your account's page."}
    raise Refused(
        Finding(
            "signer record",
            ", and ".join(words[one] for one in missing),
            f"both on record, as the policy asks for {document}",
            " ".join(remedies[one] for one in missing),
            officers if "identity" in missing else "you",
        )
    )


def _may_be_agreed(request: SignoffRequest, document: Document) -> None:
    """Refuse a document that fails a check of its kind which the policy weighs hard; in the high tier all are."""
    asks = KINDS[document.kind].asks
    if not asks or request.policy is None:
        return
    body: policy.PolicyBody = docs.frozen_body(request.policy, policy.PolicyBody)
    for name, ask in asks.items():
        if body.tier != "high" and body.weights().get(name) != Weight.HARD.value:
            continue
        answer = ask(document)
        if not answer.passed:
            raise Refused(Finding(name, answer.found, answer.expected, answer.remedy, answer.who))


def _as_policy_asks(document: Document, rule: policy.SigningRule, intent: Intent) -> None:
    """Refuse when the policy asks for more looking than was done."""
    if rule.open_all and document.digest not in intent.opened:
        raise Refused(
            Finding(
                "opened",
                f"{document} was not opened",
                "every document opened before it is signed, as the policy asks",
                "Open it, read it, then sign.",
                "you",
            )
        )


def _reviewed(actor: User, request: SignoffRequest, document: Document, intent: Intent) -> None:
    """Refuse unless the cases reviewed are exactly those of the sample that is asked of this signer."""
    asked = samples.drawn(actor, request, document, intent.role)
    given = [sample for sample in intent.samples if sample.document == document.digest]
    if asked is None:
        if given:
            raise Invalid("samples", f"no sample of {document} is asked of you")
        return
    if asked.withheld:
        raise Refused(
            Finding(
                "sample",
                asked.withheld,
                f"a review of {document} by somebody who may see its cases",
                "Leave it to a colleague who holds no such role.",
                access.label(intent.role),
            )
        )
    cases = sorted(opinion.case for sample in given for opinion in sample.opinions)
    if cases != sorted(asked.cases) or {sample.seed for sample in given} != {asked.seed}:
        raise Refused(
            Finding(
                "sample",
                f"{len(cases)} cases of {document} reviewed" if given else f"no case of {document} reviewed",
                f"an opinion on each of the {len(asked.cases)} cases drawn for you, and on no other",
                "Give your opinion on every case of the sample, then sign.",
                "you",
            )
        )


def _once(request: SignoffRequest, people: Collection[User]) -> None:
    """Refuse when one of these people signed the request already, themself or through a delegate."""
    names = {person.actor for person in people}
    for one in said(Signature.objects.filter(request=request).select_related("signer")):
        taken = {one.signature.signer.actor}
        if one.said is not None and one.said.on_behalf_of is not None:
            taken.add(one.said.on_behalf_of.signer)
        if taken & names:
            raise Refused(
                Finding(
                    "signature",
                    "you signed this request already, or somebody signed it for the same person",
                    "one signature a person",
                    "Nothing needs doing.",
                    "you",
                )
            )


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
        body = docs.model_body(found, policy.PolicyBody)
        if lacking := sorted({KINDS[document.kind].label for document in documents if document.kind not in body.rules}):
            kinds = " or ".join(lacking)
            raise Refused(
                Finding(
                    "policy",
                    f"{found} ({found.digest}), the policy in force for the {body.tier} tier, has no rule for: {kinds}",
                    "a policy that says who signs it",
                    f"Begin the next version of {found}, add a rule for {kinds}, and have it signed; then ask again.",
                    access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
                    outdated=found.digest,
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
    """Refuse unless password (and code) were right; after too many wrong ones refuse for a while whatever is given."""
    not_locked_out(m, actor)
    if not right:
        raise unproven(
            "another password or code", "your own, entered anew", "Enter it again; ask the owner if it is lost."
        )


def not_locked_out(m: Mutation, actor: User) -> None:
    """Refuse when somebody failed too often, lately, to prove that it is them."""
    wrong = LedgerEvent.objects.filter(
        actor=actor.actor, event=events.REFUSAL_IDENTITY, at__gt=m.time - LOCKED_FOR
    ).count()
    if wrong >= WRONG_PASSWORDS:
        raise Refused(
            Finding(
                "lockout",
                f"{wrong} wrong passwords or failed passkeys within {LOCKED_FOR.seconds // 60} minutes",
                f"fewer than {WRONG_PASSWORDS}",
                "Wait, and tell the owner if it was not you who tried.",
                "you",
            )
        )


def unproven(found: str, expected: str, remedy: str) -> Refused:
    """Return the refusal of somebody who did not prove that it is them. It counts for the lockout."""
    return Refused(Finding("re-authentication", found, expected, remedy, "you"))
