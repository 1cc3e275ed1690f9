"""Whether a document is agreed as its policy asks: what the verifier reads, against what the server decides."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.policy import SigningRule
from governance.proof import agreed, inforce
from governance.proof.inforce import Ceremony, Signed, Standing
from governance.proof.leaf import DOCUMENT_FROZEN, DOCUMENT_REVOKED, REQUEST_OPENED, REQUEST_WITHDRAWN
from governance.proof.printed import day

START = datetime(2026, 3, 1, tzinfo=UTC)
PAPER, POLICY, FIRST = ("sha256:" + letter * 64 for letter in "abc")
PEOPLE, ROLES = ("ann", "ben", "cyd", "dan", "eve"), ("owner", "compliance_officer", "domain_expert")

RULES = st.builds(
    lambda roles, some, days, method: SigningRule(roles=roles, any_of=some or None, validity_days=days, method=method),
    st.dictionaries(st.sampled_from(ROLES), st.integers(1, 2), min_size=1, max_size=2),
    st.none() | st.fixed_dictionaries({"roles": st.just(["owner", "domain_expert"]), "count": st.integers(1, 2)}),
    st.integers(1, 40),
    st.sampled_from(["password", "passkey"]),
)
SIGNATURES = st.lists(
    st.fixed_dictionaries(
        {
            "who": st.sampled_from(PEOPLE),
            "for": st.sampled_from(["", "", "", *PEOPLE]),
            "role": st.sampled_from(ROLES),
            "method": st.sampled_from(["password", "passkey"]),
            "request": st.sampled_from(["one", "two"]),
        }
    ),
    max_size=7,
)


def at(seq: int) -> datetime:
    return START + timedelta(hours=seq)


class Evidence:
    """What `agreed` asks of the facts of a report: a paper, its policy, two requests, signatures in their order."""

    def __init__(self, rule: SigningRule, given: list[dict[str, str]], revoked: int | None, withdrawn: bool) -> None:
        said = {"rules": {"test.paper": rule.model_dump()}}
        self.documents = {
            PAPER: SimpleNamespace(
                kind="test.paper", contributors=["ann"], references=[], series="p", number=1, body={}
            ),
            POLICY: SimpleNamespace(
                kind="governance.policy", contributors=[], references=[], series="q", number=1, body=said
            ),
        }
        self.leaves = [
            self._leaf(10 + n, REQUEST_OPENED, PAPER, "ben", request=name, policy=POLICY)
            for n, name in enumerate(("one", "two"))
        ]
        self.leaves.insert(0, self._leaf(0, REQUEST_OPENED, POLICY, "nobody", request="first", policy=None))
        self.leaves += [self._leaf(60, DOCUMENT_REVOKED, PAPER, "ann")] if revoked is not None else []
        self.leaves += [self._leaf(61, REQUEST_WITHDRAWN, PAPER, "ben", request="two")] if withdrawn else []
        self.revoked = [60] if revoked is not None else []
        self.withdrawn, self.ordered = withdrawn, list[Any]()
        founding = [("fay", "owner"), ("gus", "compliance_officer")]
        plain = {"for": "", "method": "password", "request": "first"}
        self.signed = [
            self._signed(n + 1, POLICY, None, plain | {"who": who, "role": role})
            for n, (who, role) in enumerate(founding)
        ]
        self.signed += [self._signed(20 + n, PAPER, POLICY, one) for n, one in enumerate(given)]
        self.given = given
        self.last = self._leaf(70, DOCUMENT_FROZEN, PAPER, "ann")

    def of(self, *events: str) -> list[Any]:
        return [leaf for leaf in self.leaves if leaf.event in events]

    def words(self, digest: str) -> Any:
        return SimpleNamespace(releases=False)

    def _leaf(self, seq: int, event: str, about: str, actor: str, **data: Any) -> Any:
        time = at(seq).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        return SimpleNamespace(seq=seq, event=event, subjects=[about], actor=actor, data=data, time=time)

    def _signed(self, seq: int, about: str, policy: str | None, one: dict[str, str]) -> Any:
        principal = SimpleNamespace(signer=one["for"]) if one["for"] else None
        said = SimpleNamespace(
            signer=one["who"], on_behalf_of=principal, role=one["role"], request=one["request"], policy=policy,
            method=SimpleNamespace(kind=one["method"]), passkey="of theirs",
        )  # fmt: skip
        statement = SimpleNamespace(subjects=[SimpleNamespace(digest=about)])
        return SimpleNamespace(said=said, statement=statement, leaf=self._leaf(seq, "", about, one["who"]))

    def standing(self, rule: SigningRule) -> inforce.InForce:
        """The server's word."""
        ceremonies = [
            Ceremony(
                name, 10 + n, rule.rule, frozenset({"ann", "ben"}),
                tuple(
                    Signed(one["who"], one["role"], 20 + place, at(20 + place), "", one["method"], one["for"])
                    for place, one in enumerate(self.given)
                    if one["request"] == name
                ),
                withdrawn_seq=61 if self.withdrawn and name == "two" else None,
            )
            for n, name in enumerate(("one", "two"))
        ]  # fmt: skip
        return inforce.in_force(ceremonies, ledger_size=71, time=at(70), revoked_seqs=self.revoked)


@given(RULES, SIGNATURES, st.none() | st.just(60), st.booleans())
def test_in_force_is_what_the_servers_rule_says(
    rule: SigningRule, given: list[dict[str, str]], revoked: int | None, withdrawn: bool
) -> None:
    """What is in force may be said so, with its number and days; what is not may not, whatever number and days."""
    evidence: Any = Evidence(rule, given, revoked, withdrawn)
    found = evidence.standing(rule)
    if found.standing is Standing.IN_FORCE:
        assert found.since
        assert found.until
        number = len({one.signer for one in found.signatures})
        days = day(found.since), day(found.until)
        assert agreed.fault(evidence, PAPER, number, *days) == ""
        assert agreed.fault(evidence, PAPER, number + 9, *days)
        assert agreed.fault(evidence, PAPER, number, days[0], day(found.until + timedelta(days=1)))
        evidence.signed = [one for one in evidence.signed if one.said.signer != "gus"]
        assert "policy was not agreed" in agreed.fault(evidence, PAPER, number, *days)
        del evidence.documents[POLICY]
        assert agreed.fault(evidence, PAPER, number, *days) == ""
        assert not agreed.known(evidence, PAPER)
    else:
        for seq in range(20, 20 + len(given)):
            days = day(at(seq)), day(at(seq) + timedelta(days=rule.validity_days))
            assert all(agreed.fault(evidence, PAPER, number, *days) for number in range(1, 6))
