"""What the ledger tells of roles: who held which, where, at an entry; and who let somebody else sign for them.

A role in the organisation counts in every project. Nobody gives themself a role: such a leaf counts for nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

from pydantic import Field

from governance.proof.formats.fields import Strict, Time, Uuid, moment
from governance.proof.formats.leaf import DELEGATION_ENDED, DELEGATION_GIVEN, ROLE_GRANTED, ROLE_REVOKED, Leaf
from governance.proof.formats.statement import SignoffPredicate

EVENTS = (ROLE_GRANTED, ROLE_REVOKED, DELEGATION_GIVEN, DELEGATION_ENDED)
VOUCHERS = frozenset({"owner", "compliance_officer"})
"""The roles in the organisation that may vouch for passkeys."""
Role = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Granting(Strict):
    """What the leaf of a role given or taken back holds; its subject is the person, `project` None the organisation."""

    grant: Uuid
    role: Role
    project: Uuid | None


class Delegating(Strict):
    """What the leaf of a delegation holds: its actor lets `to` sign for them in a role, from one moment to another.

    `method` is how the actor showed who they are; entries from before it was asked for have none.
    """

    delegation: Uuid
    to: Uuid
    role: Role
    project: Uuid | None
    starts: Time
    ends: Time
    method: Annotated[str, Field(pattern=r"^[a-z+]{1,40}$")] | None = None


class Ending(Strict):
    """What the leaf of a delegation's early end holds."""

    delegation: Uuid


@dataclass(frozen=True)
class _Held:
    """A role that `person` held from entry `seq` on, until it was taken back in entry `until`."""

    person: str
    said: Granting
    seq: int
    until: int | None = None


@dataclass(frozen=True)
class _Given:
    """A delegation by `by` in entry `seq`, ended before its time in entry `until`."""

    by: str
    said: Delegating
    seq: int
    until: int | None = None


@dataclass(frozen=True)
class Roles:
    """Roles by grant and delegations by identifier, as the leaves at hand tell them."""

    grants: Mapping[str, _Held] = field(default_factory=dict)
    delegations: Mapping[str, _Given] = field(default_factory=dict)

    def held(self, person: str, roles: Collection[str], project: str | None, seq: int) -> bool:
        """Return whether somebody held one of the roles, in a project or (None) the organisation, at entry `seq`."""
        return any(
            one.said.role in roles and one.said.project in (None, project) and _stood(one, seq)
            for one in self._by_person.get(person, ())
        )

    @cached_property
    def _by_person(self) -> Mapping[str, list[_Held]]:
        found: dict[str, list[_Held]] = {}
        for one in self.grants.values():
            found.setdefault(one.person, []).append(one)
        return found

    def fault(self, said: SignoffPredicate, leaf: Leaf, project: str | None) -> str:
        """Return why the signer could not sign in their role there, in the entry `leaf`; empty when they could."""
        holder, whose = said.signer, "the signer"
        if said.on_behalf_of is not None:
            holder, whose = said.on_behalf_of.signer, "the person signed for"
            given = self.delegations.get(said.on_behalf_of.delegation)
            if given is None or not _stood(given, leaf.seq):
                return f"no ledger entry that is included lets them sign for {said.on_behalf_of.printed_name} then"
            if not _covers(given, said, project, leaf.time):
                return f"delegation {said.on_behalf_of.delegation} does not cover it"
        if self.held(holder, {said.role}, project, leaf.seq):
            return ""
        return f"the ledger entries that are included do not say that {whose} held the role {said.role} there then"


def read(leaves: Iterable[Leaf]) -> Roles:
    """Return the roles and delegations that these leaves tell of. Leaves about anything else change nothing."""
    grants: dict[str, _Held] = {}
    given: dict[str, _Given] = {}
    for leaf in sorted((leaf for leaf in leaves if leaf.event in EVENTS), key=lambda leaf: leaf.seq):
        try:
            _take(grants, given, leaf)
        except ValueError:
            continue  # no service writes such a leaf; what it would tell is not believed
    return Roles(grants, given)


def _take(grants: dict[str, _Held], given: dict[str, _Given], leaf: Leaf) -> None:
    if leaf.event == ROLE_GRANTED:
        granting = Granting.model_validate(leaf.data)
        [person] = leaf.subjects
        if person.startswith("user:") and person != f"user:{leaf.actor}":
            grants.setdefault(granting.grant, _Held(person.removeprefix("user:"), granting, leaf.seq))
    elif leaf.event == ROLE_REVOKED:
        named = Granting.model_validate(leaf.data).grant
        if (held := grants.get(named)) is not None and held.until is None:
            grants[named] = _Held(held.person, held.said, held.seq, leaf.seq)
    elif leaf.event == DELEGATION_GIVEN:
        delegating = Delegating.model_validate(leaf.data)
        given.setdefault(delegating.delegation, _Given(leaf.actor, delegating, leaf.seq))
    else:
        named = Ending.model_validate(leaf.data).delegation
        if (known := given.get(named)) is not None and known.until is None:
            given[named] = _Given(known.by, known.said, known.seq, leaf.seq)


def _stood(one: _Held | _Given, seq: int) -> bool:
    return one.seq < seq and (one.until is None or one.until > seq)


def _covers(given: _Given, said: SignoffPredicate, project: str | None, at: str) -> bool:
    principal = said.on_behalf_of.signer if said.on_behalf_of else ""
    return (
        (given.by, given.said.to, given.said.role) == (principal, said.signer, said.role)
        and given.said.project in (None, project)
        and moment(given.said.starts) <= moment(at) < moment(given.said.ends)
    )
