"""What a policy asks for one kind of documents, and whether signatures fulfil it. Pure.

The server decides by it what is in force, and the verifier holds a report that says so to the policy and the signatures
in its evidence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from governance.proof.words.vocabulary import ANY

METHODS: Final = ("password", "password+totp", "passkey")
"""How a person can sign, the weakest first."""


@dataclass(frozen=True)
class Rule:
    """What a policy asks for one kind.

    `roles`: how many signatures of each role. `any_of`: so many more, each in any one of the roles. `validity_days`:
    how long the agreement lasts. `method`: the weakest that counts. `request_days`: how long a request waits for its
    signatures (None: for ever). `exclude`: groups of people, by name, who may not sign either.
    """

    roles: Mapping[str, int]
    validity_days: int
    method: str = "password"
    any_of: tuple[frozenset[str], int] | None = None
    request_days: int | None = None
    exclude: frozenset[str] = frozenset()

    @property
    def asked(self) -> frozenset[str]:
        """The roles in which a signature can count."""
        return frozenset(self.roles) | (self.any_of[0] if self.any_of else frozenset())

    @property
    def total(self) -> int:
        """How many people must sign."""
        return sum(self.roles.values()) + (self.any_of[1] if self.any_of else 0)


GENESIS: Final = Rule({"owner": 1, "compliance_officer": 1}, 365)
"""What the first policy needs, before any is in force: two people."""


class Given(Protocol):
    """A signature: by whom (its signer, and whom they signed for), in which role; `fault`: why it does not count."""

    @property
    def role(self) -> str: ...
    @property
    def fault(self) -> str: ...
    @property
    def people(self) -> frozenset[str]: ...


def rule_of(said: Mapping[str, Any]) -> Rule:
    """Return the rule that a policy's body says of a kind."""
    some = said.get("any_of")
    any_of = (frozenset(some["roles"]), int(some["count"])) if some else None
    return Rule(
        dict(said.get("roles") or {}),
        int(said["validity_days"]),
        str(said.get("method") or METHODS[0]),
        any_of,
        said.get("request_days"),
        frozenset(said.get("exclude") or ()),
    )


def missing_roles(rule: Rule, signatures: Iterable[Given]) -> tuple[tuple[str, int], ...]:
    """Return the roles still needed and how many of each; one person counts for one role only.

    What the roles' own numbers do not need counts towards `any_of`, which is named by its roles joined with `ANY`.
    """
    have: dict[str, int] = {}
    people: set[str] = set()
    for signed in signatures:
        if not signed.fault and not people & signed.people:
            people |= signed.people
            have[signed.role] = have.get(signed.role, 0) + 1
    lacking = [(role, count - have.get(role, 0)) for role, count in sorted(rule.roles.items())]
    if rule.any_of is not None:
        roles, count = rule.any_of
        spare = sum(max(0, have.get(role, 0) - rule.roles.get(role, 0)) for role in roles)
        lacking.append((ANY.join(sorted(roles)), count - spare))
    return tuple((role, count) for role, count in lacking if count > 0)


def complete(rule: Rule, signatures: Sequence[Given]) -> int:
    """Return how many of the signatures, in their order, make the agreement complete; 0: all together do not."""
    return next((n for n in range(1, len(signatures) + 1) if not missing_roles(rule, signatures[:n])), 0)


def strong_enough(method: str, wanted: str) -> bool:
    """Return whether a method of signing is at least the wanted one; an unknown method never is."""
    return method in METHODS and wanted in METHODS and METHODS.index(method) >= METHODS.index(wanted)
