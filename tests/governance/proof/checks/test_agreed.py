"""Whether a document is agreed as its policy asks: what the verifier reads, against what the server decides."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.policy import SigningRule
from governance.proof.answers import inforce
from governance.proof.answers.inforce import Ceremony, Signed, Standing
from governance.proof.checks.agreed import Moment, Standings
from governance.proof.formats.leaf import DOCUMENT_FROZEN, DOCUMENT_REVOKED, REQUEST_OPENED, REQUEST_WITHDRAWN

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
        self.given, self.size = given, 71
        self.last = self._leaf(70, DOCUMENT_FROZEN, PAPER, "ann")

    def of(self, *events: str) -> list[Any]:
        return [leaf for leaf in self.leaves if leaf.event in events]

    def words(self, digest: str) -> Any:
        return SimpleNamespace(releases=False, signed=True)

    def _leaf(self, seq: int, event: str, about: str, actor: str, **data: Any) -> Any:
        time = at(seq).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        return SimpleNamespace(seq=seq, event=event, subjects=[about], actor=actor, data=data, time=time)

    def _signed(self, seq: int, about: str, policy: str | None, one: dict[str, str]) -> Any:
        principal = SimpleNamespace(signer=one["for"]) if one["for"] else None
        said = SimpleNamespace(
            signer=one["who"], on_behalf_of=principal, role=one["role"], request=one["request"], policy=policy,
            method=SimpleNamespace(kind=one["method"]), passkey="of theirs", conditions=[],
        )  # fmt: skip
        statement = SimpleNamespace(subjects=[SimpleNamespace(digest=about)])
        return SimpleNamespace(said=said, statement=statement, leaf=self._leaf(seq, "", about, one["who"]))

    def standing(self, rule: SigningRule, size: int = 71) -> inforce.InForce:
        """The server's word, as of an hour after the founding."""
        ceremonies = [
            Ceremony(
                name, 10 + n, rule.rule, frozenset({"ann", "ben"}),
                tuple(
                    Signed(one["who"], one["role"], 20 + place, at(20 + place), "", one["method"], one["for"])
                    for place, one in enumerate(self.given)
                    if one["request"] == name
                ),
                withdrawn_seq=61 if self.withdrawn and name == "two" else None,
                at=at(10 + n),
            )
            for n, name in enumerate(("one", "two"))
        ]  # fmt: skip
        time = at(min(size, 70))
        return inforce.in_force(ceremonies, ledger_size=size, time=time, revoked_seqs=self.revoked)


@given(RULES, SIGNATURES, st.none() | st.just(60), st.booleans())
def test_a_standing_is_what_the_servers_rule_says(
    rule: SigningRule, given: list[dict[str, str]], revoked: int | None, withdrawn: bool
) -> None:
    """Whatever it is, with its days and its signatures, now and at any moment before; and none without the policy."""
    evidence: Any = Evidence(rule, given, revoked, withdrawn)
    found = Standings(evidence).at(PAPER)
    assert found == evidence.standing(rule)
    for seq in range(10, 71, 7):
        then = Moment(seq, at(seq))
        assert Standings(evidence).at(PAPER, then) == evidence.standing(rule, seq)
    assert Standings(evidence).governed(PAPER)
    evidence.signed = [one for one in evidence.signed if one.said.signer != "gus"]
    assert Standings(evidence).governed(PAPER) == (found is None or not found.request)
    del evidence.documents[POLICY]
    assert (Standings(evidence).at(PAPER), Standings(evidence).told(PAPER)) == (None, False)


def test_who_wrote_what_it_rests_on_is_kept_from_signing_where_the_policy_says_so() -> None:
    """By the groups that the vocabulary knows; of one that it does not know, no standing follows."""
    rule = SigningRule(roles={"owner": 1}, validity_days=30, exclude=["launcher"])
    signed = [{"who": "cyd", "for": "", "role": "owner", "method": "passkey", "request": "one"}]
    evidence: Any = Evidence(rule, signed, None, withdrawn=False)
    said = evidence.documents[POLICY].body["rules"]["test.paper"]
    paper, data = evidence.documents[PAPER], SimpleNamespace(kind="training.dataset", contributors=["cyd"])
    evidence.documents[FIRST] = SimpleNamespace(**vars(data), references=[], series="d", number=1, body={})
    paper.references = [SimpleNamespace(role="dataset", digest=FIRST)]
    standing = {}
    for group in ("launcher", "dataset_author", "plan_author", "strangers"):
        said["exclude"] = [group]
        standing[group] = Standings(evidence).at(PAPER)
    assert {group: found and found.standing for group, found in standing.items()} == {
        "launcher": Standing.IN_FORCE, "dataset_author": Standing.PENDING, "plan_author": Standing.IN_FORCE,
        "strangers": None,
    }  # fmt: skip
