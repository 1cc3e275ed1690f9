"""What a report needs of the ledger besides the events about its documents: people, roles, keys, private parts."""

from collections.abc import Collection, Iterable, Mapping

from governance import events
from governance.models import LedgerEvent, LedgerOpening
from governance.proof.checks.evidence import Opening
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.leaf import Leaf, commit
from governance.proof.formats.statement import SignoffPredicate
from governance.proof.history import audit_findings, roles
from governance.proof.pages.access_rows import is_person
from governance.reports.faults import Unreportable
from governance.selectors import ledger, passkeys

ROLES = (events.ROLE_GRANTED, events.ROLE_REVOKED)
FOUNDATION = (events.ORGANISATION_FOUNDED, events.KEYRING_PUBLISHED)


def people(leaves: Iterable[Leaf], contributors: Collection[str]) -> set[str]:
    """Return the ledger identifiers of everybody who acted, contributed, answers for a finding, or has rights."""
    found = set(contributors)
    for leaf in leaves:  # one by one: of a long period they are too many to hold
        found.add(leaf.actor)
        if leaf.event in (*audit_findings.EVENTS, *roles.EVENTS):
            found.update(str(leaf.data[name]) for name in ("owner", "to") if name in leaf.data)
            found.update(subject.removeprefix("user:") for subject in leaf.subjects)
    return {person for person in found if is_person(person)}


def entitled(signed: Iterable[SignoffPredicate], projects: Collection[str], size: int) -> dict[int, Leaf]:
    """Return by what right the signers signed.

    The roles that they, those they signed for, and those who vouched for their passkeys were given in the organisation
    or in one of the projects, and were taken back; the passkeys; the delegations.
    """
    said = list(signed)
    principals = [one.on_behalf_of for one in said if one.on_behalf_of]
    delegations = [f"delegation:{one.delegation}" for one in principals]
    found = _leaves((events.DELEGATION_GIVEN, events.DELEGATION_ENDED), delegations, size)
    found |= passkeys.leaves({one.passkey for one in said if one.passkey}, size)
    vouchers = {leaf.actor for leaf in found.values() if leaf.event == events.PASSKEY_VOUCHED}
    holders = {*(one.signer for one in said), *(one.signer for one in principals), *vouchers}
    granted = _leaves(ROLES, [f"user:{holder}" for holder in holders], size)
    return found | {s: leaf for s, leaf in granted.items() if leaf.data.get("project") in (None, *projects)}


def background(people: Collection[str], right: Mapping[int, Leaf], project: str | None, size: int) -> dict[int, Leaf]:
    """Return who of the people, and of those whom `right` (see `entitled`) tells of, was enrolled; and the founding.

    Founded are log, keys and project.
    """
    told = {subject.removeprefix("user:") for leaf in right.values() for subject in leaf.subjects}
    everybody = {*people, *filter(is_person, (*told, *(leaf.actor for leaf in right.values())))}
    enrolled = _leaves((events.PERSON_ENROLLED,), [f"user:{person}" for person in everybody], size)
    founded = _leaves((*FOUNDATION,), None, size)
    created = _leaves((events.PROJECT_CREATED,), [f"project:{project}"], size) if project else {}
    return {**founded, **created, **enrolled}


def openings(leaves: Mapping[int, Leaf]) -> dict[int, Opening]:
    """Return the private parts of the leaves, where they were not erased.

    Raises:
        Unreportable: a private part is not the one that its leaf committed to.
    """
    committed = [seq for seq, leaf in leaves.items() if leaf.commitment is not None]
    rows = LedgerOpening.objects.filter(entry_id__in=committed).order_by("entry_id")
    found: dict[int, Opening] = {}
    for seq, salt, private in rows.values_list("entry_id", "salt", "private"):
        try:
            agrees = commit(bytes(salt), private) == leaves[seq].commitment
        except (NotCanonical, ValueError):
            agrees = False
        if not agrees:
            raise Unreportable(f"the private part of ledger entry {seq} was altered; restore a backup")
        found[seq] = Opening(salt=bytes(salt).hex(), private=private)
    return found


def names(leaves: Mapping[int, Leaf], opened: Mapping[int, Opening]) -> dict[str, str]:
    """Return the names people were enrolled under, by ledger identifier; erased ones are left out."""
    return {
        leaf.subjects[0].removeprefix("user:"): str(opened[seq].private["printed_name"])
        for seq, leaf in leaves.items()
        if leaf.event == events.PERSON_ENROLLED and seq in opened and "printed_name" in opened[seq].private
    }


def _leaves(names: Collection[str], subjects: Collection[str] | None, size: int) -> dict[int, Leaf]:
    rows = LedgerEvent.objects.filter(event__in=names, entry_id__lt=size)
    if subjects is not None:
        rows = rows.filter(entry__subject_index__subject__in=list(subjects))
    return ledger.leaves_at(rows.values_list("entry_id", flat=True))
