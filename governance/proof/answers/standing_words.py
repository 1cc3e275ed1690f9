"""A document's standing in words: one rule, by which the typesetter prints and the verifier expects."""

from governance.proof.answers.inforce import InForce, Standing
from governance.proof.words.printed import day, plural
from governance.proof.words.running_text import OVERTAKEN_STATUS, REVOKED_STATUS
from governance.proof.words.vocabulary import role


def status(found: InForce) -> str:
    """Return the standing with its dates, and what is missing."""
    signers = len({signed.signer for signed in found.signatures})
    count = plural(signers, "signature", "signatures")
    lacking = " and ".join(f"{number} × {role(name)}" for name, number in found.missing)
    match found.standing:
        case Standing.IN_FORCE if found.since and found.until:
            return f"in force from {day(found.since)} to {day(found.until)}: {count}, as the policy asks"
        case Standing.UNGOVERNED:
            return "recorded; no signature is asked for"
        case Standing.PENDING:
            return f"not in force: {count}; still missing: {lacking or 'what its policy asks for'}"
        case Standing.EXPIRED if found.until:
            return f"no longer in force: the agreement ran out on {day(found.until)}"
        case Standing.LAPSED if found.lapses:
            return f"no longer in force: it lapsed on {day(found.lapses)}, when {found.why}"
        case Standing.REVOKED:
            return REVOKED_STATUS
        case Standing.SUPERSEDED:
            verb = "stands" if signers == 1 else "stand"
            return f"{OVERTAKEN_STATUS}; {count} {verb} for what was begun under them"
        case other:
            return f"not in force: {other.value}"
