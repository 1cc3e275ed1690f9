"""The policy document: who signs what, for how long, and how much each gate check weighs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from governance import registry
from governance.access import COMPLIANCE_OFFICER, OWNER, SIGNERS
from governance.gates import Weight
from governance.inforce import Rule

KIND = "governance.policy"


class SigningRule(BaseModel):
    """What one kind needs: so many signatures of each role, valid so long, by a method at least this strong."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    roles: dict[str, int] = Field(min_length=1)
    validity_days: int = Field(ge=1, le=3650)
    method: Literal["password", "passkey"] = "password"

    @field_validator("roles")
    @classmethod
    def _roles(cls, roles: dict[str, int]) -> dict[str, int]:
        for role, count in roles.items():
            if role not in SIGNERS:
                raise ValueError(f"found the role {role!r}, expected one of {', '.join(sorted(SIGNERS))}")
            if not 1 <= count <= 20:
                raise ValueError(f"found {count} signatures of {role}, expected 1 to 20")
        return roles

    @property
    def rule(self) -> Rule:
        """The rule as `inforce` takes it."""
        return Rule(self.roles, self.validity_days, self.method)


class PolicyBody(BaseModel):
    """A policy for one risk tier. Contributors, requester and launcher are always excluded from signing."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field(min_length=1, max_length=200)
    tier: Literal["low", "standard", "high"]
    rules: dict[str, SigningRule]
    checks: dict[str, Literal["hard", "soft", "advisory"]] = Field(default_factory=dict)
    max_attempts: int = Field(ge=1, le=10, description="attempts of an unchanged job without a new launch")

    def weights(self) -> dict[str, str]:
        """Return the checks' weights as `gates.decide` takes them."""
        return {name: Weight(weight).value for name, weight in self.checks.items()}


def vet(policy: BaseModel) -> None:
    """Refuse to freeze a policy that leaves out a kind somebody must sign, or names one nobody does.

    Asked when a policy is frozen, never when an old one is read: kinds may have been added since.

    Raises:
        ValueError: naming the kinds.
    """
    rules = set(policy.rules) if isinstance(policy, PolicyBody) else set()
    wanted = {name for name, kind in registry.KINDS.items() if kind.signed}
    if missing := wanted - rules:
        raise ValueError(f"no signing rule for {', '.join(sorted(missing))}; every kind that is signed needs one")
    if unknown := rules - wanted:
        raise ValueError(f"a signing rule for {', '.join(sorted(unknown))}, which nobody signs")


# Genesis: before any policy is in force, policy 1 needs an owner and a compliance officer: two people.
GENESIS = SigningRule(roles={OWNER: 1, COMPLIANCE_OFFICER: 1}, validity_days=365)
