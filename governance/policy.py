"""The policy document: who signs what, how, for how long, and how much each gate check weighs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from governance import registry
from governance.access import SIGNERS
from governance.gates import Weight
from governance.proof.answers import quorum
from governance.proof.answers.quorum import Rule

KIND = "governance.policy"
MOST_SIGNATURES = 20
MOST_DAYS_KEPT = 36_500


def _known(roles: list[str]) -> None:
    for role in roles:
        if role not in SIGNERS:
            raise ValueError(f"found the role {role!r}, expected one of {', '.join(sorted(SIGNERS))}")


class AnyOf(BaseModel):
    """So many signatures more, each in any one of these roles: N of M."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    roles: list[str] = Field(min_length=1)
    count: int = Field(ge=1, le=MOST_SIGNATURES)

    @field_validator("roles")
    @classmethod
    def _roles(cls, roles: list[str]) -> list[str]:
        _known(roles)
        if len(set(roles)) != len(roles):
            raise ValueError("found a role twice, expected each once")
        return roles


class SigningRule(BaseModel):
    """What one kind needs: so many signatures of each role, valid so long, by a method at least this strong.

    `exclude` names further groups of people who may not sign (beyond contributors, requester and launcher, who never
    may). `request_days`: how long a request waits for its signatures; after `remind_days` who has not signed is
    reminded, after `escalate_days` the holders of `escalate_to` are told. `review_days`: so long before the end of its
    validity a review opens by itself, due when half of that time is over. `open_all`: each document must have been
    opened. `sample`: so many cases must be reviewed, where the kind has cases. `identity`: the signer's identity
    must be on record, and that they hold their electronic signature for as good as one by hand.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    roles: dict[str, int] = Field(default_factory=dict)
    any_of: AnyOf | None = None
    validity_days: int = Field(ge=1, le=3650)
    method: Literal["password", "password+totp", "passkey"] = "password"
    exclude: list[str] = Field(default_factory=list)
    request_days: int | None = Field(default=None, ge=1, le=365)
    remind_days: int | None = Field(default=None, ge=1, le=365)
    escalate_days: int | None = Field(default=None, ge=1, le=365)
    escalate_to: str | None = None
    review_days: int | None = Field(default=None, ge=2, le=365)
    open_all: bool = False
    sample: int = Field(default=0, ge=0, le=500)
    identity: bool = False

    @field_validator("roles")
    @classmethod
    def _roles(cls, roles: dict[str, int]) -> dict[str, int]:
        _known(list(roles))
        for role, count in roles.items():
            if not 1 <= count <= MOST_SIGNATURES:
                raise ValueError(f"found {count} signatures of {role}, expected 1 to {MOST_SIGNATURES}")
        return roles

    @model_validator(mode="after")
    def _decides(self) -> "SigningRule":
        if not self.roles and self.any_of is None:
            raise ValueError("found no role that must sign, expected at least one")
        if (self.escalate_days is None) != (self.escalate_to is None):
            raise ValueError("expected both escalate_days and escalate_to, or neither")
        if self.escalate_to is not None:
            _known([self.escalate_to])
        return self

    @property
    def total(self) -> int:
        """How many people must sign."""
        return self.rule.total

    @property
    def rule(self) -> Rule:
        """The rule as `inforce` and the verifier take it."""
        return quorum.rule_of(self.model_dump())


class PolicyBody(BaseModel):
    """A policy for one risk tier. Contributors, requester and launcher are always excluded from signing."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field(min_length=1, max_length=200)
    tier: Literal["low", "standard", "high"]
    rules: dict[str, SigningRule]
    checks: dict[str, Literal["hard", "soft", "advisory"]] = Field(default_factory=dict)
    max_attempts: int = Field(ge=1, le=10, description="attempts of an unchanged job without a new launch")
    retention: dict[str, int] = Field(
        default_factory=dict, description="days for which files and private parts of a kind are kept at least"
    )

    periods: dict[str, int] = Field(
        default_factory=dict, description="days, by the name of a period; those not named keep their own"
    )

    @field_validator("periods")
    @classmethod
    def _periods(cls, periods: dict[str, int]) -> dict[str, int]:
        for name, days in periods.items():
            if not 1 <= days <= 3650:
                raise ValueError(f"found {days} days for {name}, expected 1 to 3650")
        return periods

    @field_validator("retention")
    @classmethod
    def _retention(cls, retention: dict[str, int]) -> dict[str, int]:
        for kind, days in retention.items():
            if not 1 <= days <= MOST_DAYS_KEPT:
                raise ValueError(f"found {days} days for {kind}, expected 1 to {MOST_DAYS_KEPT}")
        return retention

    def weights(self) -> dict[str, str]:
        """Return the checks' weights as `gates.decide` takes them."""
        return {name: Weight(weight).value for name, weight in self.checks.items()}


def vet(policy: BaseModel) -> None:
    """Refuse to freeze a policy that leaves out a kind somebody must sign, has fewer people sign one than its kind
    asks for at least, or names what nobody knows.

    Asked when a policy is frozen, never when an old one is read: kinds may have been added since.

    Raises:
        ValueError: naming the kinds, or the group to exclude.
    """
    rules = policy.rules if isinstance(policy, PolicyBody) else {}
    wanted = {name for name, kind in registry.KINDS.items() if kind.signed}
    if missing := wanted - set(rules):
        raise ValueError(f"no signing rule for {', '.join(sorted(missing))}; every kind that is signed needs one")
    if strange := set(policy.retention if isinstance(policy, PolicyBody) else ()) - set(registry.KINDS):
        raise ValueError(f"a retention for {', '.join(sorted(strange))}, which is no kind of document")
    for name, days in (policy.periods if isinstance(policy, PolicyBody) else {}).items():
        if (period := registry.PERIODS.get(name)) is None:
            raise ValueError(f"a period {name}; those that there are: {', '.join(sorted(registry.PERIODS)) or 'none'}")
        if days > period.most:
            raise ValueError(f"{days} days for which {period.label}, expected at most {period.most}")
    if unknown := set(rules) - wanted:
        raise ValueError(f"a signing rule for {', '.join(sorted(unknown))}, which nobody signs")
    for name, rule in rules.items():
        if rule.total < (least := registry.KINDS[name].least_signatures):
            raise ValueError(f"{name} asks for {rule.total} signature, expected at least {least}, by as many people")
        if strange := set(rule.exclude) - set(registry.EXCLUSIONS):
            known = ", ".join(sorted(registry.EXCLUSIONS)) or "none"
            raise ValueError(f"{name} excludes {', '.join(sorted(strange))}; the groups that can be excluded: {known}")


# Genesis: before any policy is in force, policy 1 needs an owner and a compliance officer: two people.
GENESIS = SigningRule(roles=dict(quorum.GENESIS.roles), validity_days=quorum.GENESIS.validity_days)
