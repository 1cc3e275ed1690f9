"""The register from a whole range of entries: complete, the same for everybody, and different when anything is gone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import events
from governance.proof.formats.leaf import Leaf
from governance.proof.history import register
from governance.proof.history.jobs import EVENTS
from governance.proof.history.register import GapError, Register

PROJECT, OTHER = (f"{n}b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c" for n in (1, 2))
RELEASE = "training.release"
JOBS = [f"00000000-0000-0000-0000-0000000000{n:02}" for n in range(4)]
ATTEMPTS = [f"00000000-0000-0000-0000-0000000001{n:02}" for n in range(4)]
DIGESTS = [f"sha256:{n:064x}" for n in range(6)]
UUID = "00000000-0000-0000-0000-0000000000ff"

job, attempt, digest = st.sampled_from(JOBS), st.sampled_from(ATTEMPTS), st.sampled_from(DIGESTS)
state = st.sampled_from(["succeeded", "failed", "lost"])
Said = tuple[str, list[str], dict[str, Any]]


def about_job(event: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Said]:
    data = st.fixed_dictionaries({"job": job, **more})
    return data.map(lambda data: (event, [f"job:{data['job']}"], data))


def about_document(event: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Said]:
    return st.tuples(digest, st.fixed_dictionaries(more)).map(lambda pair: (event, [pair[0]], pair[1]))


train, one_of = st.just("train"), st.sampled_from
said: st.SearchStrategy[Said] = st.one_of(
    about_job("job:gate:opened", purpose=train, spec=digest),
    about_job("job:gate:armed", purpose=train, spec=digest, waiting=st.just([])),
    about_job("job:run:cancelled"),
    about_job("job:gate:refused", checks=st.just(["plan"])),
    about_job("job:run:ended", state=state, output=st.none()),
    about_job("permit:attempt:issued", attempt=attempt, number=st.integers(1, 3), permit=digest),
    about_job("permit:attempt:expired", attempt=attempt, state=st.just("expired")),
    about_job("attempt:run:ended", attempt=attempt, state=st.just("failed")),
    about_document(
        "document:version:frozen", kind=one_of([RELEASE, "evals.rubric"]), series=st.just(UUID), number=st.just(1)
    ),
    about_document(
        "signoff:document:signed", request=st.just(UUID), signature=st.just(UUID), role=train, statement=digest
    ),
    about_document("signoff:document:revoked"),
    about_document("refusal:rule:applied", action=st.just("run.launch"), checks=st.just(["plan"])),
    st.just(("access:session:ended", [], {"session": UUID, "why": "left"})),
)


def leaf(seq: int, event: str, subjects: list[str], data: dict[str, Any], project: str | None = PROJECT) -> Leaf:
    events.check(event, data)
    return Leaf(seq=seq, time=f"2026-01-02T03:{seq % 60:02}:05Z", event=event, actor="worker", project=project,
                subjects=subjects, data=data)  # fmt: skip


ledgers = st.lists(st.tuples(said, st.sampled_from([PROJECT, OTHER])), max_size=30).map(
    lambda rows: [leaf(seq, *one, project=project) for seq, (one, project) in enumerate(rows)]
)


def made(leaves: list[Leaf], first: int = 0, project: str | None = None) -> Register:
    return register.make(
        leaves[first:], first=first, stop=len(leaves), project=project, kinds=[RELEASE], before=leaves[:first]
    )


@given(ledgers)
def test_every_run_attempt_release_and_refusal_of_the_range_has_a_row(leaves: list[Leaf]) -> None:
    found = made(leaves)
    jobs = {one.data["job"] for one in leaves if one.event in EVENTS}
    assert {row[4] for row in found.runs if "." not in str(row[0])} == jobs
    issued = {one.data["attempt"]: one for one in leaves if one.event == "permit:attempt:issued"}
    assert {row[4] for row in found.runs if "." in str(row[0])} >= set(issued)
    frozen = {
        one.subjects[0] for one in leaves if one.event == "document:version:frozen" and one.data["kind"] == RELEASE
    }
    assert {row[4] for row in found.releases} == frozen
    assert [row[1] for row in found.refused] == [one.seq for one in leaves if one.event.startswith("refusal:")]
    numbers = [int(str(row[0])) for row in found.runs if str(row[0]).isdigit()]
    assert numbers == list(range(1, len(numbers) + 1))
    entries = [int(row[1]) for row in found.runs if str(row[0]).isdigit()]
    assert entries == sorted(entries)
    assert [row[0] for row in found.releases] == [f"R{n}" for n in range(1, len(frozen) + 1)]


@given(ledgers, st.data())
def test_a_hidden_doubled_moved_or_foreign_entry_makes_no_register(leaves: list[Leaf], data: st.DataObject) -> None:
    if len(leaves) < 2:
        return
    place = data.draw(st.integers(0, len(leaves) - 2))
    wrong = {
        "hidden": leaves[:place] + leaves[place + 1 :],
        "doubled": leaves[:place] + [leaves[place]] * 2 + leaves[place + 2 :],
        "moved": [*leaves[:place], leaves[place + 1], leaves[place], *leaves[place + 2 :]],
        "cut": leaves[:-1],
    }
    for name, given_ in wrong.items():
        with pytest.raises(GapError):
            register.make(given_, first=0, stop=len(leaves), project=None, kinds=[RELEASE])
        assert name


@given(ledgers, st.integers(0, 30))
def test_a_later_range_says_of_what_began_before_what_the_whole_says(leaves: list[Leaf], first: int) -> None:
    first = min(first, len(leaves))
    whole, later = made(leaves), made(leaves, first)
    states = {row[4]: row[6] for row in whole.runs if "." not in str(row[0])}
    for row in later.runs:
        assert int(row[-1]) >= first or "." in str(row[0])
        if "." not in str(row[0]):
            assert states[row[4]] == row[6]
            assert (row[0] == register.BEFORE) == (int(row[1]) < first or row[3] == "unknown")
    assert later.refused == tuple((f"X{n}", *row[1:]) for n, row in enumerate(
        (row for row in whole.refused if int(row[1]) >= first), start=1))  # fmt: skip


@given(ledgers)
def test_a_projects_register_has_its_own_rows_alone_and_together_they_are_all(leaves: list[Leaf]) -> None:
    own, other, all_ = made(leaves, project=PROJECT), made(leaves, project=OTHER), made(leaves)
    assert len(own.refused) + len(other.refused) == len(all_.refused)
    again = register.of(reversed(leaves), first=0, stop=len(leaves), project=PROJECT, kinds=[RELEASE])
    assert (again, again.digest) == (own, own.digest)
    telling = [one for one in leaves if one.event != "access:session:ended"]
    assert register.of(telling, first=0, stop=len(leaves), project=PROJECT, kinds=[RELEASE]) == own


def test_a_run_a_retry_and_a_release_as_they_are_printed() -> None:
    run = {"job": JOBS[0], "purpose": "train", "spec": DIGESTS[0]}
    first, second = (
        {"job": JOBS[0], "attempt": ATTEMPTS[n], "number": n + 1, "permit": DIGESTS[n + 1]} for n in (0, 1)
    )
    ended = {"job": JOBS[0], "state": "succeeded", "output": DIGESTS[4]}
    both = {"job": JOBS[0], "attempt": ATTEMPTS[1]}
    used = {**both, "permit": DIGESTS[2], "nonce": DIGESTS[3], "again": False}
    signing = {"request": UUID, "signature": UUID, "role": "owner", "statement": DIGESTS[0]}
    told: list[tuple[str, list[str], dict[str, Any]]] = [
        ("refusal:rule:applied", [DIGESTS[0]], {"action": "run.launch", "checks": ["plan", "data"]}),
        ("job:gate:opened", [f"job:{JOBS[0]}"], run),
        ("permit:attempt:issued", [f"job:{JOBS[0]}"], first),
        ("permit:attempt:expired", [f"job:{JOBS[0]}"], {**both, "attempt": ATTEMPTS[0], "state": "expired"}),
        ("permit:attempt:issued", [f"job:{JOBS[0]}"], second),
        ("permit:attempt:consumed", [f"job:{JOBS[0]}"], used),
        ("attempt:result:received", [f"job:{JOBS[0]}"], {**both, "result": DIGESTS[4]}),
        ("job:run:ended", [f"job:{JOBS[0]}"], ended),
        ("document:version:frozen", [DIGESTS[5]], {"kind": RELEASE, "series": UUID, "number": 1}),
        ("signoff:request:opened", [DIGESTS[5]], {"request": UUID, "policy": None}),
        ("signoff:document:signed", [DIGESTS[5]], signing),
        ("signoff:document:signed", [DIGESTS[5]], signing),
    ]  # fmt: skip
    found = made([leaf(seq, *one) for seq, one in enumerate(told)])
    assert [(row[0], row[1], row[3], row[6], row[7]) for row in found.runs] == [
        ("1", 1, "train", "succeeded", 7),
        ("1.1", 2, "attempt", "expired", 3),
        ("1.2", 4, "attempt", "accepted", 7),
    ]
    assert [(row[0], row[1], row[5], row[6]) for row in found.releases] == [("R1", 8, "2 signatures", 11)]
    assert found.refused == (("X1", 0, "2026-01-02T03:00:05Z", "run.launch", DIGESTS[0], "plan, data"),)
    assert found.counts == {"runs": 1, "runs begun before": 0, "attempts": 2, "releases": 1, "refused acts": 1}


def told(*rows: tuple[str, dict[str, Any]]) -> list[Leaf]:
    return [leaf(seq, event, [f"job:{data['job']}"], data) for seq, (event, data) in enumerate(rows)]


def test_a_run_without_a_beginning_or_an_attempt_numbered_twice_is_no_register_of_the_verifiers() -> None:
    """In a ledger from its first entry on, too: whoever has its keys can write what no service writes."""
    run = {"job": JOBS[0], "purpose": "train", "spec": DIGESTS[0]}

    def attempt(number: int, which: int | None = None) -> tuple[str, dict[str, Any]]:
        named = ATTEMPTS[number if which is None else which]
        return "permit:attempt:issued", {"job": JOBS[0], "attempt": named, "number": number, "permit": DIGESTS[number]}

    opened, armed = ("job:gate:opened", run), ("job:gate:armed", {**run, "waiting": []})
    ended = ("attempt:run:ended", {"job": JOBS[0], "attempt": ATTEMPTS[1], "state": "failed"})
    for right in ([opened], [armed, opened], [armed, opened, attempt(1), ended, attempt(2)]):
        assert register.without_beginning(told(*right), first=0, project=None) == []
    for wrong, words in (
        ([attempt(1)], "beginning of run"),
        ([opened, attempt(2)], "counted from 1"),
        ([opened, attempt(1), attempt(1, 2)], "counted from 1"),
        ([opened, attempt(1), attempt(1)], "fits none before it"),
        ([opened, attempt(1), attempt(3)], "counted from 1"),
        ([opened, ended], "fits none before it"),
        ([opened, ("job:gate:opened", {**run, "spec": DIGESTS[1]})], "fits none before it"),
        ([armed, ("job:gate:opened", {**run, "purpose": "evaluate"})], "fits none before it"),
    ):
        found = register.without_beginning(told(*wrong), first=0, project=None)
        assert any(words in one for one in found), (wrong, found)
    frozen = {"kind": RELEASE, "series": UUID, "number": 1}
    twice = [leaf(seq, "document:version:frozen", [DIGESTS[0]], frozen) for seq in (0, 1)]
    assert "frozen twice" in register.without_beginning(twice, first=0, project=None)[0]
    unfrozen = [leaf(0, "signoff:document:revoked", [DIGESTS[0]], {})]
    assert "freezing of" in register.without_beginning(unfrozen, first=0, project=None)[0]
