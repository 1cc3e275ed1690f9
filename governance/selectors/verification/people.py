"""People, projects, roles and keys against the leaves."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import Model, QuerySet

from governance import events
from governance.models import (
    Identity,
    IdentityEnd,
    KeyringVersion,
    LedgerSubject,
    Project,
    RoleGrant,
    RoleRevocation,
    User,
)
from governance.proof.formats.canonical import sha256
from governance.proof.formats.keyring import Keyring, back_dated
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import Leaf
from governance.selectors.verification.chunk import CHUNK, Auditor, Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences

LINKS: tuple[tuple[type[Model], str, str], ...] = (
    (Identity, events.IDENTITY_LINKED, "link to single sign-on"),
    (IdentityEnd, events.IDENTITY_UNLINKED, "end of a link to single sign-on"),
)


class People(Auditor):
    """Compares role grants and revocations with the leaves, both ways.

    And finds people and projects that vanished, or that the ledger never made.
    """

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs."""
        grants = chunk.rows(RoleGrant.objects.select_related("user"))
        leaves = chunk.of(events.ROLE_GRANTED)
        yield from both_ways(leaves, grants, "role grant")
        for seq, grant in grants.items():
            if seq in leaves:
                yield from _role(f"role grant {grant.pk}", leaves[seq], grant)
        revocations = chunk.rows(RoleRevocation.objects.select_related("grant__user"))
        leaves = chunk.of(events.ROLE_REVOKED)
        yield from both_ways(leaves, revocations, "role revocation")
        for seq, revocation in revocations.items():
            if seq in leaves:
                yield from _role(f"role revocation {revocation.pk}", leaves[seq], revocation.grant)
        for model, event, what in LINKS:
            yield from both_ways(chunk.of(event), chunk.rows(model._default_manager.all()), what)
        yield from self._present(chunk)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield rows that no leaf stands behind."""
        yield from beyond(RoleGrant.objects.all(), "seq", "role grant", size)
        yield from beyond(RoleRevocation.objects.all(), "seq", "role revocation", size)
        for model, _, what in LINKS:
            yield from beyond(model._default_manager.all(), "seq", what, size)
        for key in _unknown("project", Project.objects.values_list("pk", flat=True), events.PROJECT_CREATED):
            yield Problem(f"project {key}", "the ledger never created it: forged?")
        for key in _unknown("user", User.objects.values_list("ledger_id", flat=True), events.PERSON_ENROLLED):
            yield Problem(
                f"person {key}",
                "the ledger never enrolled them: found an account made by hand (createsuperuser?), expected one that "
                "an owner enrolled; enrol the person and delete the account",
            )

    def _present(self, chunk: Chunk) -> Iterator[Problem]:
        users = {_bare(leaf): seq for seq, leaf in chunk.of(events.PERSON_ENROLLED).items()}
        there = {str(key) for key in User.objects.filter(ledger_id__in=users).values_list("ledger_id", flat=True)}
        projects = {_bare(leaf): seq for seq, leaf in chunk.of(events.PROJECT_CREATED).items()}
        there |= {str(key) for key in Project.objects.filter(pk__in=projects).values_list("pk", flat=True)}
        for noun, named in (("person", users), ("project", projects)):
            for key, seq in named.items():
                if key not in there:
                    yield Problem(f"entry {seq}", f"{noun} {key} is no longer there: deleted?")


def _unknown(noun: str, keys: "QuerySet[Any, Any]", event: str) -> Iterator[str]:
    """Yield the keys that no entry of this event names."""
    remaining = keys.iterator(chunk_size=CHUNK)
    while some := list(islice(remaining, CHUNK)):
        subjects = {f"{noun}:{key}": str(key) for key in some}
        named = LedgerSubject.objects.filter(subject__in=subjects, entry__index__event=event)
        for subject in sorted(subjects.keys() - set(named.values_list("subject", flat=True))):
            yield subjects[subject]


def _role(place: str, leaf: Leaf, grant: RoleGrant) -> Iterator[Problem]:
    project = str(grant.project_id) if grant.project_id else None
    yield from differences(
        place,
        {
            "user": ([f"user:{grant.user.actor}"], leaf.subjects),
            "grant": (str(grant.pk), leaf.data.get("grant")),
            "role": (grant.role, leaf.data.get("role")),
            "project": (project, leaf.data.get("project")),
        },
    )


def _bare(leaf: Leaf) -> str:
    return leaf.subjects[0].partition(":")[2] if leaf.subjects else ""


class Keyrings(Auditor):
    """Checks that each keyring is on the ledger, follows the one before, and leads back to the published root key."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__()
        self._fingerprint = fingerprint

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what is wrong with the keyrings of these entries."""
        rows = chunk.rows(KeyringVersion.objects.all())
        leaves = chunk.of(events.ORGANISATION_FOUNDED, events.KEYRING_PUBLISHED)
        yield from both_ways(leaves, rows, "keyring")
        for seq, leaf in leaves.items():
            if leaf.event == events.ORGANISATION_FOUNDED and seq != 0:
                yield Problem(f"entry {seq}", "the organisation is founded twice; expected once, by entry 0")
        for seq in sorted(rows.keys() & leaves.keys()):
            found = {"digest": (sha256(bytes(rows[seq].envelope)), leaves[seq].data.get("keyring"))}
            yield from differences(f"keyring {rows[seq].number}", found)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield what is wrong with the chain of keyrings, and keyrings that no leaf stands behind."""
        yield from beyond(KeyringVersion.objects.all(), "seq", "keyring", size)
        versions = list(KeyringVersion.objects.filter(seq__lt=size).order_by("seq"))
        if not versions:
            return
        try:
            rings = Keyring.open_chain([bytes(row.envelope) for row in versions], self._fingerprint)
        except SignatureError as problem:
            yield Problem("keyrings", str(problem))
            return
        before: Keyring | None = None
        for row, ring in zip(versions, rings, strict=True):
            yield from differences(f"keyring {row.number}", {"number": (row.number, ring.number)})
            if late := back_dated(before, ring, row.seq):
                yield Problem(f"keyring {row.number}", late)
            before = ring
