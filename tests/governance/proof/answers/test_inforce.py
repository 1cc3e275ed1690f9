"""When a document is in force: properties that must hold for every history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from governance.proof.answers.inforce import Ceremony, Condition, Review, Signed, Standing, in_force
from governance.proof.answers.quorum import Rule, missing_roles

START = datetime(2026, 1, 1, tzinfo=UTC)
ROLES = ("owner", "officer", "expert")
PEOPLE = ("ann", "ben", "cleo", "dan", "eve")

signed = st.builds(
    Signed,
    signer=st.sampled_from(PEOPLE),
    role=st.sampled_from(ROLES),
    seq=st.integers(1, 60),
    at=st.integers(0, 60).map(lambda days: START + timedelta(days=days)),
    fault=st.sampled_from(("", "", "", "the signature does not verify")),
)
rule = st.builds(
    Rule, roles=st.dictionaries(st.sampled_from(ROLES), st.integers(1, 2), min_size=1), validity_days=st.integers(1, 50)
)


def in_ledger_order(signatures: list[Signed]) -> tuple[Signed, ...]:
    """Give signatures distinct entries, and times that follow the entries, as the ledger does."""
    found = sorted(signatures, key=lambda s: s.seq)
    times = sorted(s.at for s in found)
    return tuple(replace(s, seq=2 + i, at=at) for i, (s, at) in enumerate(zip(found, times, strict=True)))


ceremony = st.builds(
    Ceremony,
    request=st.uuids().map(str),
    seq=st.integers(0, 30),
    rule=rule,
    excluded=st.frozensets(st.sampled_from(PEOPLE), max_size=2),
    signatures=st.lists(signed, max_size=6).map(in_ledger_order),
    rejected_seq=st.none() | st.integers(1, 60),
    withdrawn_seq=st.none() | st.integers(1, 60),
    fault=st.sampled_from(("", "", "", "forged")),
)
ceremonies = st.lists(ceremony, max_size=3)
size = st.integers(0, 70)
time = st.integers(0, 120).map(lambda days: START + timedelta(days=days))
revoked = st.lists(st.integers(0, 60), max_size=2)


def valid(c: Ceremony, ledger_size: int) -> list[Signed]:
    """Return what may count, by the words of the rule rather than by its code."""
    found: dict[str, Signed] = {}
    for s in sorted(c.signatures, key=lambda s: s.seq):
        if s.seq < ledger_size and not s.fault and s.signer not in c.excluded and s.role in c.rule.roles:
            found.setdefault(s.signer, s)
    return list(found.values())


@given(ceremonies, size, time, revoked, st.booleans())
def test_in_force_means_what_the_rule_says(history, ledger_size, now, revocations, superseded) -> None:
    found = in_force(history, ledger_size=ledger_size, time=now, revoked_seqs=revocations, superseded=superseded)
    if found.standing is not Standing.IN_FORCE:
        return
    assert not superseded
    [c] = [c for c in history if c.request == found.request]
    assert not c.fault
    assert c.seq < ledger_size
    assert not any(c.seq < seq < ledger_size for seq in revocations)
    assert c.rejected_seq is None or c.rejected_seq >= ledger_size
    assert c.withdrawn_seq is None or c.withdrawn_seq >= ledger_size
    counted = valid(c, ledger_size)
    for role, count in c.rule.roles.items():
        assert len({s.signer for s in counted if s.role == role}) >= count
    assert found.since is not None
    assert found.until == found.since + timedelta(days=c.rule.validity_days)
    assert now < found.until
    assert found.missing == ()
    assert not {s.signer for s in found.signatures} & c.excluded


@given(ceremonies, size, time, revoked, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_read_does_not_matter(history, ledger_size, now, revocations, random) -> None:
    assume(len({c.seq for c in history}) == len(history))
    shuffled = [replace(c, signatures=tuple(random.sample(c.signatures, len(c.signatures)))) for c in history]
    random.shuffle(shuffled)
    ends = random.sample(revocations, len(revocations))
    assert in_force(history, ledger_size=ledger_size, time=now, revoked_seqs=revocations) == in_force(
        shuffled, ledger_size=ledger_size, time=now, revoked_seqs=ends
    )


@given(ceremonies, size, time, revoked)
def test_facts_at_or_beyond_the_size_change_nothing(history, ledger_size, now, revocations) -> None:
    """As of a ledger size the answer is that of the facts below it: later ones cannot rewrite the past."""
    known = [
        replace(
            c,
            signatures=tuple(s for s in c.signatures if s.seq < ledger_size),
            rejected_seq=c.rejected_seq if c.rejected_seq is not None and c.rejected_seq < ledger_size else None,
            withdrawn_seq=c.withdrawn_seq if c.withdrawn_seq is not None and c.withdrawn_seq < ledger_size else None,
        )
        for c in history
        if c.seq < ledger_size
    ]
    ends = [seq for seq in revocations if seq < ledger_size]
    assert in_force(history, ledger_size=ledger_size, time=now, revoked_seqs=revocations) == in_force(
        known, ledger_size=ledger_size, time=now, revoked_seqs=ends
    )


@given(ceremony, signed, size, time)
def test_one_more_signature_never_undoes_a_yes_nor_makes_it_last_longer(c, more, ledger_size, now) -> None:
    before = in_force([c], ledger_size=ledger_size, time=now)
    last = max((s.seq for s in c.signatures), default=1)
    at = max([s.at for s in c.signatures] + [more.at])
    added = replace(c, signatures=(*c.signatures, replace(more, seq=last + 1, at=at)))
    after = in_force([added], ledger_size=ledger_size, time=now)
    if before.standing is Standing.IN_FORCE:
        assert after.standing is Standing.IN_FORCE
        assert (after.since, after.until) == (before.since, before.until)
    assert len(after.missing) <= len(before.missing)


@given(ceremony, size, time)
def test_an_excluded_person_adds_nothing(c, ledger_size, now) -> None:
    without = replace(c, signatures=tuple(s for s in c.signatures if s.signer not in c.excluded))
    a = in_force([c], ledger_size=ledger_size, time=now)
    b = in_force([without], ledger_size=ledger_size, time=now)
    assert (a.standing, a.since, a.until, a.missing, a.signatures) == (
        b.standing,
        b.since,
        b.until,
        b.missing,
        b.signatures,
    )


@given(ceremonies, size, time, st.integers(0, 60))
def test_a_revocation_ends_everything_that_began_before_it(history, ledger_size, now, seq) -> None:
    assume(seq < ledger_size)
    found = in_force(history, ledger_size=ledger_size, time=now, revoked_seqs=[seq])
    if found.standing is Standing.IN_FORCE:
        assert next(c.seq for c in history if c.request == found.request) >= seq


@given(ceremonies, size, time, revoked, st.integers(0, 200))
def test_without_new_facts_time_only_ends(history, ledger_size, now, revocations, days) -> None:
    later = now + timedelta(days=days)
    before = in_force(history, ledger_size=ledger_size, time=now, revoked_seqs=revocations)
    after = in_force(history, ledger_size=ledger_size, time=later, revoked_seqs=revocations)
    if after.standing is Standing.IN_FORCE:
        assert before.standing is Standing.IN_FORCE


def made(*signatures: Signed, rule: Rule | None = None, **more: object) -> Ceremony:
    chosen = rule or Rule({"owner": 1, "officer": 1}, 30)
    return replace(Ceremony("r", 1, chosen, frozenset(), signatures), **more)  # type: ignore[arg-type]


def by(signer: str, role: str, seq: int, day: int = 0, fault: str = "") -> Signed:
    return Signed(signer, role, seq, START + timedelta(days=day), fault)


def standing(c: Ceremony, ledger_size: int = 50, day: int = 1, **more: object) -> Standing:
    return in_force([c], ledger_size=ledger_size, time=START + timedelta(days=day), **more).standing  # type: ignore[arg-type]


BOTH = (by("ann", "owner", 2), by("ben", "officer", 3))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (standing(made(*BOTH)), Standing.IN_FORCE),
        (standing(made(*BOTH), ledger_size=3), Standing.PENDING),
        (standing(made(*BOTH), ledger_size=4), Standing.IN_FORCE),
        (standing(made(*BOTH), day=29), Standing.IN_FORCE),
        (standing(made(*BOTH), day=30), Standing.EXPIRED),
        (standing(made(*BOTH), superseded=True), Standing.SUPERSEDED),
        (standing(made(*BOTH), revoked_seqs=[9]), Standing.REVOKED),
        (standing(made(*BOTH), revoked_seqs=[50]), Standing.IN_FORCE),
        (standing(made(*BOTH, rejected_seq=9)), Standing.REJECTED),
        (standing(made(*BOTH, withdrawn_seq=9)), Standing.WITHDRAWN),
        (standing(made(*BOTH, fault="forged")), Standing.PENDING),
        (standing(made(by("ann", "owner", 2), by("ann", "officer", 3))), Standing.PENDING),
        (standing(made(*BOTH, excluded=frozenset({"ben"}))), Standing.PENDING),
        (standing(made(rule=Rule({}, 30))), Standing.PENDING),
        (in_force([], ledger_size=9, time=START).standing, Standing.NOT_REQUESTED),
        (standing(made(*BOTH), ledger_size=1), Standing.NOT_REQUESTED),
    ],
)
def test_examples(found, expected) -> None:
    assert found is expected


def test_a_second_person_in_the_same_role_counts_when_the_rule_wants_two() -> None:
    two = Rule({"owner": 2}, 30)
    assert missing_roles(two, [by("ann", "owner", 2)]) == (("owner", 1),)
    assert missing_roles(two, [by("ann", "owner", 2), by("ann", "owner", 3)]) == (("owner", 1),)
    assert missing_roles(two, [by("ann", "owner", 2), by("ben", "owner", 3)]) == ()


def test_the_signature_that_completes_the_quorum_dates_it() -> None:
    c = made(by("ann", "owner", 2, day=1), by("ben", "officer", 3, day=4), by("cleo", "owner", 4, day=20))
    found = in_force([c], ledger_size=50, time=START + timedelta(days=21))
    assert found.since == START + timedelta(days=4)
    assert found.until == START + timedelta(days=34)


def test_a_password_is_not_enough_where_the_policy_asks_for_a_passkey() -> None:
    rule = Rule({"owner": 1}, 30, "passkey")
    by_password = by("ann", "owner", 2)
    assert standing(made(by_password, rule=rule)) is Standing.PENDING
    assert standing(made(replace(by_password, method="passkey"), rule=rule)) is Standing.IN_FORCE
    assert standing(made(replace(by_password, method="unheard of"), rule=rule)) is Standing.PENDING


any_of_rule = st.builds(
    Rule,
    roles=st.dictionaries(st.sampled_from(ROLES), st.integers(1, 2), max_size=2),
    validity_days=st.integers(1, 50),
    any_of=st.tuples(st.frozensets(st.sampled_from(ROLES), min_size=1), st.integers(1, 3)),
)


@given(any_of_rule, st.lists(signed, max_size=7).map(in_ledger_order))
def test_n_of_m_is_met_by_people_beyond_those_the_roles_need(wanted, signatures) -> None:
    first: dict[str, Signed] = {}
    for s in signatures:
        if not s.fault:
            first.setdefault(s.signer, s)
    have = [s.role for s in first.values()]
    complete = all(have.count(role) >= count for role, count in wanted.roles.items())
    roles, count = wanted.any_of
    spare = sum(have.count(role) for role in roles) - sum(
        min(have.count(role), wanted.roles.get(role, 0)) for role in roles
    )
    assert (missing_roles(wanted, signatures) == ()) == (complete and spare >= count)


def test_what_n_of_m_still_lacks_is_named_by_its_roles() -> None:
    two_of = Rule({"owner": 1}, 30, any_of=(frozenset({"officer", "expert"}), 2))
    assert missing_roles(two_of, [by("ann", "owner", 2), by("ben", "expert", 3)]) == (("expert|officer", 1),)
    assert two_of.asked == {"owner", "officer", "expert"}


def test_a_request_runs_out_but_not_an_agreement() -> None:
    rule = Rule({"owner": 1}, 30, request_days=5)
    asked = made(rule=rule, at=START)
    assert standing(asked, day=4) is Standing.PENDING
    assert standing(asked, day=5) is Standing.RAN_OUT
    assert standing(replace(asked, signatures=(by("ann", "owner", 2, day=4),)), day=6) is Standing.IN_FORCE


def task(due: int, met: int | None = None) -> Condition:
    at = START + timedelta(days=met) if met is not None else None
    return Condition("c", "task", "Do it", "eve", START + timedelta(days=due), 9 if met is not None else None, at)


@pytest.mark.parametrize(
    ("condition", "day", "expected"),
    [
        (task(5), 4, Standing.IN_FORCE),
        (task(5), 5, Standing.LAPSED),
        (task(5, met=5), 6, Standing.IN_FORCE),
        (task(5, met=6), 7, Standing.LAPSED),
        (task(40), 30, Standing.EXPIRED),
    ],
)
def test_a_signature_lapses_with_a_task_that_was_not_done_in_time(condition, day, expected) -> None:
    under = replace(BOTH[0], conditions=(condition,))
    assert standing(made(under, BOTH[1]), day=day) is expected


def test_one_lapsed_signature_takes_nothing_from_a_quorum_that_does_without_it() -> None:
    under = replace(BOTH[0], conditions=(task(5),))
    found = in_force([made(under, *BOTH[1:], by("cleo", "owner", 4))], ledger_size=50, time=START + timedelta(days=9))
    assert (found.standing, found.lapses) == (Standing.IN_FORCE, None)


def test_a_gate_condition_holds_acts_back_until_it_is_met() -> None:
    gate = Condition("c", "gate", "Load test first")
    c = made(replace(BOTH[0], conditions=(gate,)), BOTH[1])
    found = in_force([c], ledger_size=50, time=START + timedelta(days=1))
    assert (found.standing, found.ok, found.unmet) == (Standing.IN_FORCE, False, (gate,))
    met = replace(gate, met_seq=20, met_at=START)
    c = made(replace(BOTH[0], conditions=(met,)), BOTH[1])
    assert in_force([c], ledger_size=21, time=START + timedelta(days=1)).ok
    assert not in_force([c], ledger_size=20, time=START + timedelta(days=1)).ok


@pytest.mark.parametrize(
    ("review", "day", "expected"),
    [
        (Review("r", 9, START + timedelta(days=5)), 4, Standing.IN_FORCE),
        (Review("r", 9, START + timedelta(days=5)), 5, Standing.LAPSED),
        (Review("r", 9, START + timedelta(days=5), "drift", 12, START + timedelta(days=4)), 6, Standing.IN_FORCE),
        (Review("r", 9, START + timedelta(days=5), "drift", 12, START + timedelta(days=6)), 7, Standing.LAPSED),
        (Review("r", 2, START + timedelta(days=5)), 6, Standing.IN_FORCE),
        (Review("r", 60, START + timedelta(days=5)), 6, Standing.IN_FORCE),
    ],
)
def test_a_review_that_is_not_closed_in_time_ends_the_agreement_it_reopened(review, day, expected) -> None:
    assert standing(made(*BOTH), day=day, reviews=[review]) is expected


def test_a_delegate_and_who_delegated_are_one_signature() -> None:
    two = Rule({"owner": 2}, 30)
    for_ann = replace(by("ben", "owner", 2), principal="ann")
    assert missing_roles(two, [for_ann, by("ann", "owner", 3)]) == (("owner", 1),)
    assert missing_roles(two, [for_ann, by("ben", "owner", 3)]) == (("owner", 1),)
    assert missing_roles(two, [for_ann, by("cleo", "owner", 3)]) == ()
    assert standing(made(for_ann, rule=Rule({"owner": 1}, 30), excluded=frozenset({"ann"}))) is Standing.PENDING
