"""API tokens: made for their holder with scopes and an end, and ended. Both are on the ledger."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from governance import events
from governance.access import READ, SCOPES
from governance.errors import Invalid, NotFound
from governance.models import ApiToken, User
from governance.proof.formats.fields import rfc3339
from governance.selectors import tokens as select
from governance.services.ledger import Mutation, mutation
from governance.services.signing_rules import authenticate

DEFAULT_DAYS, MOST_DAYS = 90, 365
USED_EVERY = timedelta(minutes=1)


def create(
    *, actor: User, name: str, scopes: Iterable[str], days: int = DEFAULT_DAYS, right: bool = True
) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, which is shown this once and kept hashed.

    `right` says whether the holder proved who they are just now; the door that asked knows.

    Raises:
        Invalid: no name, no or an unknown scope, or an end too far away. Refused: another password.
    """
    chosen = sorted({READ, *scopes})
    if unknown := set(chosen) - set(SCOPES):
        raise Invalid("scopes", f"found {', '.join(sorted(unknown))}, expected some of {', '.join(SCOPES)}")
    if not 0 < len(name.strip()) <= 100:
        raise Invalid("name", "expected what the token is for, in at most 100 characters")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("days", f"found {days}, expected 1 to {MOST_DAYS}")
    with mutation(actor=actor, action="token.create") as m:
        authenticate(m, actor, right=right)
        made, text = ApiToken.objects.create(
            user=actor, expiry=timedelta(days=days), name=name.strip(), scopes=chosen, seq=m.size
        )
        m.append(
            events.TOKEN_CREATED,
            subjects=[f"user:{actor.actor}", f"token:{made.id}"],
            data={
                "token": str(made.id),
                "key": select.key(made),
                "scopes": chosen,
                "expires": rfc3339(made.expiry),
            },
            private={"name": made.name},
        )
        return made, text


def revoke(*, actor: User, identifier: str) -> None:
    """End one of one's own tokens.

    Raises:
        NotFound: there is no such token of this person.
    """
    with mutation(actor=actor, action="token.revoke") as m:
        found = ApiToken.objects.filter(user=actor, id=identifier).first()
        if found is None:
            raise NotFound("there is no such token")
        end(m, found)


def end(m: Mutation, token: ApiToken) -> None:
    """End a token within an open mutation."""
    subjects = [f"user:{token.user.actor}", f"token:{token.id}"]
    m.append(events.TOKEN_REVOKED, subjects=subjects, data={"token": str(token.id)})
    token.delete()


def end_all(m: Mutation, user: User) -> int:
    """End all of somebody's tokens within an open mutation; return how many."""
    found = list(select.of(user))
    for token in found:
        end(m, token)
    return len(found)


def used(*, token: ApiToken, now: datetime) -> None:
    """Note that a token was used, at most once a minute."""
    if token.last_used is None or now - token.last_used >= USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)
