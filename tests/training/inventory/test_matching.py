"""What comes of two lists: every row has one outcome, what is known is seen or missing, and nothing is guessed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from training.inventory.matching import (
    CONFLICT,
    MATCHED,
    MISSING,
    REPEATED,
    RUN,
    SERVICE,
    UNKNOWN,
    Known,
    Ran,
    reconcile,
    strange,
)
from training.inventory.reading import Row

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)
COVERS = (START, START + 30 * DAY)
FILE, OTHER = (f"sha256:{n:064x}" for n in (1, 2))
QUEUE = Known(
    SERVICE, "queue", "document", "sha256:q", START - 90 * DAY, files=frozenset({FILE}), service="Queue",
    environment="production",
)  # fmt: skip
STAGING = replace(QUEUE, label="staging", key="sha256:s", environment="staging", files=frozenset())
RUNS = [
    Known(RUN, f"attempt {n}", "run", f"job-{n}", START + n * DAY, START + (n + 1) * DAY, frozenset({f"job-{n}"}))
    for n in range(3)
]
ROW = Row(2, "pod", "", "", "", "", None, None, "")


def outcome(row: Row, *known: Known, source: str = "serving") -> tuple[str, str, list[str]]:
    found = reconcile([row], known or (QUEUE, STAGING, *RUNS), source=source, covers=COVERS)
    return found.lines[0].outcome, found.lines[0].note, [one.label for one in found.missing]


def test_by_job_by_name_by_file_and_what_does_not_agree() -> None:
    assert outcome(replace(ROW, job="job-1"), source="scheduler") == (MATCHED, "by job", ["attempt 0", "attempt 2"])
    named = replace(ROW, service=" queue ", environment="Production")
    assert outcome(named) == (MATCHED, "by service and environment", ["staging"])
    assert outcome(replace(ROW, digest=FILE))[:2] == (MATCHED, "by file")
    assert outcome(replace(named, digest=FILE))[0] == MATCHED
    for row, said in (
        (replace(named, digest=OTHER), "which is none of queue"),
        (replace(ROW, service="queue"), "fits 2 known here"),
        (replace(ROW, job="job-1", started=START + 20 * DAY), "which is another time"),
    ):
        assert outcome(row)[0] == CONFLICT
        assert said in outcome(row)[1]
    shadow = replace(ROW, service="shadow", digest=FILE)
    assert outcome(shadow)[:2] == (UNKNOWN, "shadow is no service known here; its file is of queue")
    assert outcome(replace(ROW, job="job-9", digest=FILE))[0] == UNKNOWN
    assert outcome(replace(ROW, service="shadow"))[0] == UNKNOWN
    assert outcome(replace(ROW, service="queue", environment="test"))[0] == UNKNOWN
    # A name that fits two is told apart by the file; a conflict does not make what it names missing.
    assert outcome(replace(ROW, service="queue", digest=FILE))[0] == MATCHED
    assert "queue" not in outcome(replace(named, digest=OTHER))[2]


def test_a_name_that_anybody_may_give_covers_nothing_that_did_not_run_here() -> None:
    named = replace(ROW, service="queue", environment="production", job="job-9")
    conflict, note, missing = outcome(named)
    assert (conflict, "queue" in missing) == (CONFLICT, False)
    assert "nothing here has the run job-9 that it names" in note
    for row in (named, replace(ROW, service="queue", environment="production"), replace(ROW, digest=FILE)):
        assert outcome(row, source="scheduler")[:1] == (UNKNOWN,), "a job is called like a service"
    refused = replace(RUNS[0], must=False)
    assert outcome(replace(ROW, job="job-0"), refused, source="scheduler")[:2] == (
        CONFLICT,
        "attempt 0 did not run here: no permit of it was consumed",
    )


def test_times_at_the_ends_of_the_calendar_and_accents_are_compared_like_others() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    row = replace(ROW, service="queue", environment="production")
    assert outcome(replace(row, started=first, ended=last))[0] == MATCHED
    assert outcome(replace(row, started=last))[0] == MATCHED, "it has no end here"
    assert outcome(replace(row, ended=first))[0] == CONFLICT
    cafe = replace(QUEUE, service="Caf\u00e9 B")
    assert outcome(replace(ROW, service="cafe\u0301\u00a0b"), cafe)[0] == MATCHED


def test_what_was_not_there_then_or_is_not_listed_by_such_a_source_is_not_missing() -> None:
    over = replace(QUEUE, label="over", end=START - DAY)
    later = replace(QUEUE, label="later", start=START + 31 * DAY)
    never = replace(RUNS[0], label="expired", must=False)
    known = [QUEUE, STAGING, over, later, never, *RUNS]
    found = reconcile([], known, source="serving", covers=COVERS, environments=["PRODUCTION"])
    assert [one.label for one in found.missing] == ["queue"]
    cloud = reconcile([], known, source="cloud", covers=COVERS)
    assert {one.label for one in cloud.missing} == {"queue", "staging", "attempt 0", "attempt 1", "attempt 2"}
    assert cloud.counts == {MATCHED: 0, UNKNOWN: 0, CONFLICT: 0, REPEATED: 0, MISSING: 5}


def test_a_row_is_held_against_what_ran_in_its_time() -> None:
    """A service that changed in the middle of the list's month, and stopped for a week before."""
    first = Ran("coder 1", START - 90 * DAY, START - 7 * DAY, frozenset({FILE}))
    second = Ran("coder 1", START, START + 14 * DAY, frozenset({FILE}))
    now = Ran("coder 2", START + 14 * DAY, None, frozenset({OTHER}))
    queue = replace(QUEUE, files=frozenset({FILE, OTHER}), ran=(first, second, now))
    pod = replace(ROW, service="queue", environment="production", started=START + DAY)
    for row, outcome_, said in (
        (replace(pod, digest=OTHER), MATCHED, "by service and environment"),
        (replace(pod, digest=FILE), CONFLICT, "is of coder 1, which ran there 2026-08-03 to 2026-10-25, 2026-11-01 to"),
        (replace(pod, digest=FILE, ended=START + 5 * DAY), MATCHED, "by service and environment"),
        (replace(pod, digest=OTHER, ended=START + 5 * DAY), CONFLICT, "is of coder 2, which ran there 2026-11-15 on"),
        (replace(pod, digest=FILE, started=None), MATCHED, "by service and environment"),
        (replace(pod, started=START - 5 * DAY, ended=START - 3 * DAY), CONFLICT, "which is another time"),
        (replace(pod, environment="prod"), UNKNOWN, "queue is known here in production, not in prod"),
    ):
        found = outcome(row, queue)
        assert (found[0], said in found[1]) == (outcome_, True), (row, found)
    over = replace(queue, ran=(first,))
    assert reconcile([], [over], source="serving", covers=COVERS).missing == ()
    # Where one of what may have run has no files on record, no file is a wrong one.
    unsure = replace(queue, ran=(replace(now, files=frozenset()),))
    assert outcome(replace(pod, digest=FILE), unsure)[0] == MATCHED


def test_rows_that_tell_of_one_thing_are_named_and_a_run_is_not_two_things_of_theirs() -> None:
    pod = replace(ROW, service="queue", environment="production", source_id="pod-1")
    listed = [pod, replace(pod, number=3, source_id="pod-2")]
    found = reconcile(listed, [QUEUE], source="serving", covers=COVERS)
    assert [line.note for line in found.lines][1] == "by service and environment, as line 2 is"
    assert found.counts[REPEATED] == 0, "a service has as many copies as it needs"
    job = replace(ROW, job="job-1", source_id="7")
    listed = [job, replace(job, number=3, source_id="7.batch"), replace(job, number=4, source_id="8")]
    listed += [replace(job, number=5, source_id="")]
    found = reconcile(listed, RUNS, source="scheduler", covers=COVERS)
    assert [(line.outcome, line.note) for line in found.lines] == [
        (MATCHED, "by job"), (MATCHED, "by job, as line 2 is"), (REPEATED, "attempt 1 is line 2 already, under 7"),
        (REPEATED, "attempt 1 is line 2 already, under 7"),
    ]  # fmt: skip
    assert (found.counts[REPEATED], len(found.missing)) == (2, 2)


def test_an_environment_that_nothing_is_in_is_told() -> None:
    rows_ = [replace(ROW, service="queue", environment="Staging ")]
    assert strange(["production", "staging", "prodction"], rows_, ["Production"]) == ["prodction"]


rows = st.builds(
    Row,
    number=st.integers(2, 9),
    source_id=st.just("x"),
    job=st.sampled_from(["", "job-0", "job-1", "job-9"]),
    digest=st.sampled_from(["", FILE, OTHER]),
    service=st.sampled_from(["", "queue", "shadow"]),
    environment=st.sampled_from(["", "production", "staging"]),
    started=st.sampled_from([None, START, START + 300 * DAY]),
    ended=st.none(),
    state=st.just(""),
)


@given(st.lists(rows, max_size=6), st.sampled_from(["serving", "cloud", "scheduler"]), st.randoms())
def test_every_row_has_one_outcome_whatever_the_order(listed: list[Row], source: str, chance) -> None:
    known = [QUEUE, STAGING, *RUNS]
    found = reconcile(listed, known, source=source, covers=COVERS)
    assert [line.row for line in found.lines] == listed
    assert sum(found.counts[name] for name in (MATCHED, UNKNOWN, CONFLICT, REPEATED)) == len(listed)
    seen = {line.known.label for line in found.lines if line.known}
    assert seen.isdisjoint(one.label for one in found.missing)
    for line in found.lines:
        assert (line.outcome == MATCHED) <= (line.known is not None)
        if line.outcome == MATCHED and line.known is not None and line.row.digest and line.known.files:
            assert line.row.digest in line.known.files
    shuffled = list(known)
    chance.shuffle(shuffled)
    again = reconcile(listed, shuffled, source=source, covers=COVERS)
    assert {one.label for one in again.missing} == {one.label for one in found.missing}
    assert [line.outcome for line in again.lines] == [line.outcome for line in found.lines]
