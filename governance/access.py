"""Who may do what: the one table that page, API, command and job ask.

Apps add their own actions with `register_action`; nothing above `governance` is named here. A role held in the
organisation counts in every project. Somebody without any role in a project does not learn that it exists.

An action names the scope that lets an API token do it for its holder. One without a scope no token can do, whatever
its holder may: signing, saying no to a request, revoking, everything about people and their accounts, and every act
that asks anew who one is (`services.reauthentication`); a test holds the table to that.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import Denied, Finding, NotFound
from governance.proof.history.roles import VOUCHERS
from governance.proof.words import vocabulary

if TYPE_CHECKING:
    from governance.models import Project, User

OWNER = "owner"
COMPLIANCE_OFFICER = "compliance_officer"
ENGINEER = "engineer"
AUDITOR = "auditor"
DOMAIN_EXPERT = "domain_expert"
DATA_OWNER = "data_owner"

ROLES: dict[str, str] = vocabulary.ROLES
COVERS: dict[str, str] = {
    OWNER: "that the purpose, the risk and the means are those the project answers for",
    COMPLIANCE_OFFICER: "that what is to be met is stated, can be decided, and was agreed as the policy asks",
    ENGINEER: "that it is technically sound and can be carried out as written",
    DOMAIN_EXPERT: "that its content is right in the subject matter",
    DATA_OWNER: "that the data may be used for this, and is what it is said to be",
}
"""What a signature in each role covers, as the signed statement says it."""

EVERYONE = frozenset(ROLES)
SIGNERS = EVERYONE - {AUDITOR}
AUTHORS = frozenset({OWNER, COMPLIANCE_OFFICER, ENGINEER, DOMAIN_EXPERT, DATA_OWNER})

READ, WRITE, LAUNCH = "read", "write", "launch"
SCOPES: dict[str, str] = {
    READ: "read what you may read",
    WRITE: "draft, freeze, upload, attach, comment, ask for signatures, reviews and reports, hand tasks over",
    LAUNCH: "launch and cancel jobs",
}


@dataclass(frozen=True)
class Action:
    """Something that can be done, in words, and the roles any one of which allows it.

    `scope` is what an API token needs for it; None: no token can. An `own` action concerns the person's own account
    alone: everybody enrolled may, with or without a role.
    """

    name: str
    label: str
    roles: frozenset[str]
    scope: str | None = None
    own: bool = False


ACTIONS: dict[str, Action] = {}


def register_action(name: str, label: str, roles: Iterable[str], scope: str | None = None) -> None:
    """Add an action to the table; a second registration or an unknown role or scope is a programming error."""
    chosen = frozenset(roles)
    if name in ACTIONS or not chosen <= EVERYONE:
        raise ValueError(f"action {name!r} is registered already or names unknown roles {sorted(chosen - EVERYONE)}")
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"action {name!r} names the unknown scope {scope!r}")
    ACTIONS[name] = Action(name, label, chosen, scope)


def register_own(name: str, label: str, scope: str | None = None) -> None:
    """Add something that everybody enrolled may do with their own account."""
    if name in ACTIONS:
        raise ValueError(f"action {name!r} is registered already")
    ACTIONS[name] = Action(name, label, frozenset(), scope, own=True)


register_action("project.view", "see the project", EVERYONE, READ)
register_action("project.create", "create a project", {OWNER}, WRITE)
register_action("role.grant", "give somebody a role", {OWNER})
register_action("role.revoke", "take a role back", {OWNER})
register_action("person.enrol", "enrol a person", {OWNER})
register_action("person.list", "see everybody who is enrolled", {OWNER}, READ)
register_action("document.draft", "write and edit drafts", AUTHORS, WRITE)
register_action("document.freeze", "freeze a draft into a document", AUTHORS, WRITE)
register_action("document.attach", "attach supporting files", SIGNERS, WRITE)
register_action("disposal.carry_out", "carry out a signed disposal", {OWNER, COMPLIANCE_OFFICER})
register_action("signoff.request", "ask for signatures", AUTHORS, WRITE)
register_action("person.address", "change where somebody's mail goes", {OWNER})
register_action("person.leave", "let somebody leave", {OWNER})
register_action("signer.record", "put a signer's identity and competence on record", {OWNER, COMPLIANCE_OFFICER})
register_action("passkey.vouch", "vouch for somebody's passkey", VOUCHERS)
register_action("signoff.sign", "sign", SIGNERS)
register_action("signoff.reject", "reject a request", SIGNERS)
register_action("signoff.withdraw", "withdraw a request", AUTHORS, WRITE)
register_action("signoff.withdraw_left", "withdraw a request of somebody who left", {OWNER}, WRITE)
register_action("signoff.revoke", "revoke a sign-off", {OWNER, COMPLIANCE_OFFICER})
register_action("signoff.delegate", "let somebody sign for you", SIGNERS)
register_action("signoff.hand_over", "hand a task over", EVERYONE, WRITE)
register_action("signoff.condition", "confirm that a condition is met", SIGNERS)
REVIEWERS = {OWNER, COMPLIANCE_OFFICER, DOMAIN_EXPERT, DATA_OWNER}
register_action("signoff.review", "reopen a sign-off for review", REVIEWERS, WRITE)
register_action("signoff.close_review", "close a review", REVIEWERS)
register_action("document.comment", "comment and ask", EVERYONE, WRITE)
register_action("finding.raise", "raise a finding", {AUDITOR}, WRITE)
register_action("finding.answer", "answer a finding", EVERYONE, WRITE)
register_action("finding.hand_over", "hand a finding over", EVERYONE, WRITE)
register_action("finding.close", "close a finding", {AUDITOR}, WRITE)
register_action("job.cancel", "cancel a job", {OWNER, ENGINEER}, LAUNCH)
register_action("report.request", "ask for a report", EVERYONE, WRITE)
register_action("ledger.report", "ask for a report on all that happened", {OWNER, COMPLIANCE_OFFICER, AUDITOR}, WRITE)
register_action("keys.read", "see the keyring", {OWNER, COMPLIANCE_OFFICER, AUDITOR}, READ)
register_action("ledger.read", "read the whole ledger", {OWNER, COMPLIANCE_OFFICER, AUDITOR}, READ)
register_action("person.reset", "end somebody's sign-ins and take their second factor away", {OWNER})
register_own("session.open", "sign in")
register_own("session.end", "end one's own sign-ins")
register_own("factor.enrol", "enrol a second factor of one's own")
register_own("factor.remove", "remove a second factor of one's own")
register_own("password.change", "change one's own password")
register_own("signer.declare", "declare one's own signature binding")
register_own("passkey.enrol", "enrol a passkey of one's own")
register_own("passkey.revoke", "revoke a passkey of one's own")
register_action("record.list", "see who read what", {OWNER, AUDITOR}, READ)
register_own("record.read", "read", READ)
register_own("report.download", "download a report that one may see", READ)
register_own("report.again", "have a report or receipt of one's own made after all", WRITE)
register_own("draft.print", "print a draft that one may see", READ)
register_own("token.create", "make an API token")
register_own("token.revoke", "end one's own API token", READ)

_within: ContextVar[frozenset[str] | None] = ContextVar("scopes", default=None)


@contextmanager
def limited(scopes: Iterable[str]) -> Iterator[None]:
    """Within, `require` allows only what these scopes of an API token let its holder do."""
    before = _within.set(frozenset(scopes))
    try:
        yield
    finally:
        _within.reset(before)


def roles_of(user: "User", project: "Project | None") -> frozenset[str]:
    """Return the roles the person holds now in the project, or (project None) in the organisation."""
    from governance.selectors.people import roles_held

    return roles_held(user, project)


def can(user: "User", action: str, project: "Project | None") -> bool:
    """Return whether the table allows it. For `require`'s refusal in words, call `require`."""
    wanted = ACTIONS[action]
    return user.is_active if wanted.own else bool(wanted.roles & roles_of(user, project))


def require(user: "User", action: str, project: "Project | None") -> None:
    """Return if the table allows it.

    Raises:
        NotFound: the person has no role there at all, so the project does not exist for them.
        Denied: the person has a role there, but none that allows this; or the token they came with has not its scope.
    """
    wanted = ACTIONS[action]
    _require_scope(wanted)
    if wanted.own and user.is_active:
        return
    held = roles_of(user, project)
    if wanted.roles & held:
        return
    if project is not None and not held:
        raise NotFound("there is no such project")
    raise Denied(
        Finding(
            check="access",
            found=f"your roles here: {words(held) or 'none'}",
            expected=f"one of: {words(wanted.roles)}, to {wanted.label}",
            remedy="Ask the owner for the role, or ask somebody who holds it.",
            who=ROLES[OWNER],
        )
    )


def _require_scope(wanted: Action) -> None:
    held = _within.get()
    if held is None or wanted.scope in held:
        return
    found = f"a token for: {', '.join(sorted(held)) or 'nothing'}"
    if wanted.scope is None:
        expected, remedy = "a person on the pages", f"No token can {wanted.label}: sign in on the pages."
    else:
        expected = f"the scope {wanted.scope}"
        remedy = "Make a token with that scope, or use the pages."
    raise Denied(Finding("token scope", found, expected, remedy, "you"))


def words(roles: Iterable[str]) -> str:
    """Return the roles as people read them."""
    return ", ".join(label(role) for role in sorted(roles))


def label(role: str) -> str:
    """Return a role as people read it; of several that will do ("a|b"), "a or b"."""
    return vocabulary.role(role)
