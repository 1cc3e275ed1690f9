"""A document's standing in words, for the pages."""

from governance import access
from governance.proof.inforce import InForce
from governance.proof.inforce import Standing as Legal
from governance.proof.printed import day
from governance.reports import words
from governance.reports.model import Standing

MARKS = {
    Legal.IN_FORCE: Standing.SIGNED,
    Legal.UNGOVERNED: Standing.RECORDED,
    Legal.REVOKED: Standing.WITHDRAWN,
    Legal.EXPIRED: Standing.WITHDRAWN,
    Legal.LAPSED: Standing.WITHDRAWN,
    Legal.COMPROMISED: Standing.WITHDRAWN,
    Legal.RAN_OUT: Standing.UNSIGNED,
    Legal.SUPERSEDED: Standing.WITHDRAWN,
    Legal.NOT_REQUESTED: Standing.UNSIGNED,
    Legal.PENDING: Standing.UNSIGNED,
    Legal.REJECTED: Standing.UNSIGNED,
    Legal.WITHDRAWN: Standing.UNSIGNED,
}


def status(found: InForce) -> str:
    """Return the standing with its dates, and what is missing."""
    signers = len({signed.signer for signed in found.signatures})
    count = words.plural(signers, "signature", "signatures")
    lacking = " and ".join(f"{number} × {access.label(role)}" for role, number in found.missing)
    match found.standing:
        case Legal.IN_FORCE if found.since and found.until:
            return f"in force from {day(found.since)} to {day(found.until)}: {count}, as the policy asks"
        case Legal.UNGOVERNED:
            return "recorded; no signature is asked for"
        case Legal.PENDING:
            return f"not in force: {count}; still missing: {lacking or 'what its policy asks for'}"
        case Legal.EXPIRED if found.until:
            return f"no longer in force: the agreement ran out on {day(found.until)}"
        case Legal.LAPSED if found.lapses:
            return f"no longer in force: it lapsed on {day(found.lapses)}, when {found.why}"
        case Legal.REVOKED:
            return "not in force: the sign-off was revoked"
        case Legal.SUPERSEDED:
            verb = "stands" if signers == 1 else "stand"
            return f"overtaken: a later version was agreed; {count} {verb} for what was begun under them"
        case other:
            return f"not in force: {other.value}"
