"""Single sign-on: which enrolled person a subject of the identity provider is. It never makes an account.

A subject is linked once, at the first single sign-on, to the one enrolled person whose e-mail address the provider
says that it verified. From then on the subject alone counts, whatever becomes of addresses. Anything else is refused.
"""

import secrets
from typing import NoReturn

from governance import events
from governance.access import OWNER, ROLES
from governance.errors import Conflict, Finding, Refused
from governance.models import Identity, IdentityEnd, LedgerEvent, User
from governance.proof.formats import canonical
from governance.selectors.ledger import leaves_at
from governance.services import announcements, reauthentication
from governance.services.ledger import Mutation, Unchanged, mutation
from governance.services.reauthentication import Proof

CHECK = "single sign-on"


def resolve(*, issuer: str, subject: str, email: str, verified: bool) -> User:
    """Return the person that a subject is, linking them when this is their first single sign-on.

    `verified` says whether the provider vouches for `email`; nothing but true will do.

    Raises:
        Refused: nobody, several people or somebody who left; on the ledger, nothing changed.
    """
    lookup = canonical.sha256(canonical.dumps([issuer, subject]))
    found: User | None = None
    try:
        with mutation(actor=None, action="identity.link") as m:
            found = _known(lookup, issuer, subject)
            if found is not None:
                if not found.is_active:
                    _refuse("an account that was closed", "one that may sign in")
                raise Unchanged
            found = _person(email, verified)
            _link(m, found, lookup, issuer, subject)
    except Unchanged:
        pass
    assert found is not None  # noqa: S101  (refused otherwise)
    return found


def unlink(*, actor: User, user: User, proof: Proof) -> None:
    """Take the link to the identity provider away from somebody; their next single sign-on links anew.

    Raises:
        Conflict: there is none. Refused: the proof does not hold.
    """
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="person.reset", subjects=[f"user:{user.actor}"]) as m:
        reauthentication.require(m, actor, checked)
        live = list(Identity.objects.filter(user=user, end=None))
        if not live:
            raise Conflict(found="no link to the identity provider", expected="one", remedy="Nothing needs doing.")
        for row in live:
            seq = m.append(
                events.IDENTITY_UNLINKED,
                subjects=[f"user:{user.actor}", f"identity:{row.pk}"],
                data={"identity": str(row.pk)},
            )
            IdentityEnd(identity=row, seq=seq).save()
        announcements.credentials_changed(m, user, "link to single sign-on removed")


def commitment(salt: bytes | memoryview, issuer: str, subject: str) -> str:
    """Return what a leaf says of an issuer and subject: a digest that nobody can guess back without the salt."""
    return canonical.sha256(bytes(salt) + canonical.dumps([issuer, subject]))


def _known(lookup: str, issuer: str, subject: str) -> User | None:
    """Return who a subject is linked to, as far as the ledger tells the same as the row."""
    row = Identity.objects.filter(lookup=lookup, end=None).select_related("user").first()
    if row is None:
        return None
    leaf = leaves_at([row.seq]).get(row.seq)
    said = {"identity": str(row.pk), "subject": commitment(row.salt, issuer, subject)}
    ended = LedgerEvent.objects.filter(
        event=events.IDENTITY_UNLINKED, entry__subject_index__subject=f"identity:{row.pk}"
    )
    if (
        leaf is None
        or leaf.event != events.IDENTITY_LINKED
        or leaf.data != said
        or f"user:{row.user.actor}" not in leaf.subjects
        or ended.exists()
    ):
        _refuse("a link that the ledger does not know", "one made at a first single sign-on")
    return row.user


def _person(email: str, verified: bool) -> User:
    if verified is not True or not email.strip():
        _refuse("no e-mail address that the provider verified", "the verified address of an enrolled person")
    people = list(User.objects.filter(email__iexact=email.strip(), is_active=True)[:2])
    if len(people) != 1:
        who = "several people" if people else "nobody"
        _refuse(f"{who} enrolled with this address", "exactly one enrolled person")
    if Identity.objects.filter(user=people[0], end=None).exists():
        _refuse("a person linked to another subject of the provider", "the subject they signed in with first")
    return people[0]


def _link(m: Mutation, user: User, lookup: str, issuer: str, subject: str) -> None:
    row = Identity(user=user, lookup=lookup, salt=secrets.token_bytes(32), seq=m.size)
    m.append(
        events.IDENTITY_LINKED,
        subjects=[f"user:{user.actor}", f"identity:{row.pk}"],
        data={"identity": str(row.pk), "subject": commitment(row.salt, issuer, subject)},
        private={"issuer": issuer, "subject": subject},
    )
    row.save()
    announcements.credentials_changed(m, user, "single sign-on linked")


def _refuse(found: str, expected: str) -> NoReturn:
    remedy = "Ask the owner: they enrol people with the address that the provider knows, and take old links away."
    raise Refused(Finding(CHECK, found, expected, remedy, ROLES[OWNER]))
