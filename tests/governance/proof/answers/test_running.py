"""What ran when, by records of every exactness, learnt in any order: never guessed, never the truth left out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from governance.proof.answers.running import NOTHING, Answer, Claim, at, settled, spans, together

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 24 * 12
NAMES = ("A", "B", "C", NOTHING)


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def exact(number: float, what: str, instead_of: str = NOTHING, seq: int = 0) -> Claim:
    return Claim(what, hour(number), hour(number), seq, instead_of)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, str]]:
    """What really ran: moments in hours, each with what ran from then on; something first, never the same twice."""
    within = draw(st.sampled_from([30, 72, HOURS]))  # the fewer days, the more happens in one
    hours = sorted(draw(st.lists(st.integers(1, within), min_size=1, max_size=8, unique=True)))
    found: list[tuple[int, str]] = []
    for number in hours:
        choices = [name for name in NAMES if not found or name != found[-1][1]]
        found.append((number, draw(st.sampled_from(choices if found else NAMES[:3]))))
    return found


def truth(history: list[tuple[int, str]], number: float) -> str:
    return next((what for begins, what in reversed(history) if begins <= number), NOTHING)


def events(history: list[tuple[int, str]]) -> list[Claim]:
    before = [NOTHING, *(what for _, what in history)]
    return [exact(number, what, instead, seq) for seq, ((number, what), instead) in enumerate(zip(history, before))]  # noqa: B905


@given(histories(), st.randoms(), st.integers(-5, HOURS + 5))
def test_events_recorded_in_any_order_tell_what_ran(history: list[tuple[int, str]], random, number: int) -> None:
    known = events(history)
    random.shuffle(known)
    found = at(settled(known), hour(number))
    expected = truth(history, number)
    assert (found.what or NOTHING) == expected
    assert found.state == ("before" if number < history[0][0] else "runs" if expected else "nothing")
    assert not found.hazy


@given(histories(), st.data(), st.integers(0, HOURS))
def test_what_is_not_recorded_yet_shows_where_records_contradict_each_other(
    history: list[tuple[int, str]], data: st.DataObject, number: int
) -> None:
    """The oracle: the last known before, and what the next known says that it took the place of."""
    every = events(history)
    known = data.draw(st.lists(st.sampled_from(every), unique=True, max_size=len(every)))
    earlier = [c for c in known if c.latest <= hour(number)]
    later = [c for c in known if c.latest > hour(number)]
    last = max(earlier, key=lambda c: c.latest, default=None)
    following = min(later, key=lambda c: c.latest, default=None)
    expected = {last.what} if last else set()
    if last is not None and following is not None:
        expected.add(following.instead_of)
    found = at(settled(known), hour(number))
    assert set(found.candidates) == expected - {NOTHING}
    assert found.overlap == (len(expected - {NOTHING}) > 1)


@given(histories(), st.data(), st.floats(0, HOURS))
def test_records_of_every_exactness_never_leave_the_truth_out(
    history: list[tuple[int, str]], data: st.DataObject, number: float
) -> None:
    """Each change is recorded before the next: exactly, or by its day, or as found changed since it was last asked."""
    claims: list[Claim] = []
    asked = hour(0)
    ends = [*(begins for begins, _ in history[1:]), HOURS + 100]
    before = [NOTHING, *(what for _, what in history)]
    for seq, ((begins, what), until, instead) in enumerate(zip(history, ends, before)):  # noqa: B905
        at_ = hour(begins)
        registered = hour(data.draw(st.just(begins) | st.floats(begins, until - 0.01)))
        how = data.draw(st.sampled_from(["exact", "day", "since asked"]))
        if how == "exact":
            claims.append(Claim(what, at_, at_, seq, instead))
        elif how == "day":
            day = at_.replace(hour=0)
            over = day + timedelta(days=1)
            claims.append(Claim(what, day, registered if what and registered < over else over, seq))
        else:
            claims.append(Claim(what, asked, registered, seq))
        asked = max(asked, registered)
    data.draw(st.randoms()).shuffle(claims)
    found = at(settled(claims), hour(number))
    really = truth(history, number)
    if really:
        assert really in found.candidates
    else:
        assert found.state in ("before", "nothing") or found.hazy or found.state == "unclear"


def test_what_took_its_place_says_that_it_had_begun_by_then() -> None:
    """Deployed on a day, rolled back within it: at the day's end nobody may believe that it still runs."""
    day = Claim("B", hour(24), hour(48), 1)
    known = settled([exact(0, "A"), day, exact(30, "A", "B", 2)])
    assert at(known, hour(50)) == Answer("runs", ("A",), (known[-1],))
    assert set(at(known, hour(26)).candidates) == {"A", "B"}


def test_an_exact_record_settles_an_inexact_one() -> None:
    known = settled([exact(0, "A"), Claim("B", hour(10), hour(90), 1), exact(20, "B", "A", 2)])
    assert [c.what for c in known] == ["A", "B"]
    assert (at(known, hour(19)).what, at(known, hour(20)).what) == ("A", "B")
    assert not at(known, hour(60)).hazy


def test_what_began_again_within_a_day_does_not_begin_before_it_was_replaced() -> None:
    """A runs, B takes its place at one, and a register tells of A that it began that day: after B, not before."""
    known = settled([exact(1, "A"), exact(25, "B", "A", 1), Claim("A", hour(24), hour(27), 2)])
    assert set(at(known, hour(25.5)).candidates) == {"A", "B"}
    assert set(at(known, hour(30)).candidates) == {"A", "B"}  # or the register told of A late, and B still runs


def test_an_exact_record_of_an_earlier_time_does_not_settle_a_later_one() -> None:
    known = settled([exact(25, "A"), exact(26, "B", "A", 1), Claim("A", hour(24), hour(48), 2)])
    assert set(at(known, hour(30)).candidates) == {"A", "B"}
    assert set(at(known, hour(50)).candidates) == {"A", "B"}


def test_of_one_day_the_register_tells_in_its_order() -> None:
    """Stopped on a day, and serving again later that day: at its end the stop is over."""
    known = settled([exact(10, "A"), Claim(NOTHING, hour(24), hour(48), 1), Claim("B", hour(24), hour(40), 2)])
    assert at(known, hour(50)).what == "B"


def test_the_last_word_about_one_moment_counts() -> None:
    assert at(settled([exact(5, "A", seq=1), exact(5, "C", seq=7), exact(5, "B", seq=3)]), hour(5)).what == "C"


def test_two_deployments_that_both_serve_are_an_overlap() -> None:
    one, other = settled([exact(0, "A")]), settled([exact(10, "B"), exact(20, NOTHING, "B", 1)])
    found = together([at(one, hour(15)), at(other, hour(15))])
    assert (found.state, found.overlap) == ("unclear", True)
    assert together([at(one, hour(25)), at(other, hour(25))]).what == "A"
    assert [(s.answer.state, s.answer.what) for s in spans([one, other])] == [
        ("runs", "A"), ("unclear", None), ("runs", "A"),
    ]  # fmt: skip


@given(histories(), st.randoms())
def test_spans_are_whole_and_say_what_is_asked_of_each_moment(history: list[tuple[int, str]], random) -> None:
    known = events(history)
    random.shuffle(known)
    found = spans([settled(known)])
    assert all(earlier.ends == later.begins for earlier, later in pairwise(found))
    assert found[-1].ends is None
    assert [(s.begins, s.answer.what or NOTHING) for s in found] == [(hour(number), what) for number, what in history]
