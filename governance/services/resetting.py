"""An owner resets somebody who lost what they sign in with, or whose account somebody else may have used."""

from governance.access import OWNER, ROLES
from governance.errors import Conflict, Finding, Refused
from governance.models import CodeMemory, Passkey, User
from governance.selectors import accounts
from governance.services import passkeys, reauthentication, second_factor, sign_ins, tokens
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof


def reset(*, actor: User, user: User, proof: Proof) -> None:
    """Take all second factors and passkeys away from somebody, and end their sessions and API tokens.

    They sign in by password alone then, so whoever resets must know that it is them: identity is checked by eye.

    Raises:
        Refused: it is oneself, or the proof does not hold. Conflict: there is nothing to reset.
    """
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="person.reset", subjects=[f"user:{user.actor}"]) as m:
        reauthentication.require(m, actor, checked)
        if actor.pk == user.pk:
            raise Refused(
                Finding(
                    "separation of duties",
                    "a second factor reset by its own holder",
                    "another owner",
                    "Ask another owner, or remove it on your account page.",
                    ROLES[OWNER],
                )
            )
        lost = list(Passkey.objects.filter(user=user, revocations=None).select_related("user"))
        ended = sign_ins.end_all(m, user=user, why="reset by an owner") + tokens.end_all(m, user)
        if not lost and not ended and not accounts.authenticators(user):
            found, expected = "no second factor, session or token", "one"
            raise Conflict(found=found, expected=expected, remedy="Nothing needs doing.")
        for passkey in lost:  # it neither opens the door nor signs any more
            passkeys.revoked(m, passkey, by=actor, reason="lost", since=m.time)
        for one in accounts.authenticators(user):
            second_factor.discard(m, one)
        CodeMemory.objects.filter(user=user).delete()
