"""Whether the cases of a holdout are like what comes in: held against a production sample, and against the data.

Three looks at the same question: which kinds of cases, how long they are, and whether a program can tell the texts
apart. A difference is told when chance does not make it and it is large enough to matter; where too few rows would have
shown a medium difference, the answer is that nobody can tell. Neither ever fails a report: cases may be chosen to
differ, and who signs decides.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from statistics import median
from typing import Final

from evals.engine.spec import Case, EvaluationSetBody, Message
from evals.quality import two_samples
from evals.quality.found import Found, Place, Status, Tick, quiet
from evals.quality.rows import Row
from evals.quality.two_samples import Compared

ALPHA: Final = 0.05
"""chance that any of the looks at one comparison tells of a difference that is none, shared between them"""
LOOKS: Final = 3
MOST: Final = 5000
"""texts of one side that a program learns from and is asked about; more would take long and show no more"""
ELSEWHERE: Final = ("red_team", "regression")
"""roles of slices whose cases are there for other reasons than being like production"""
NONE: Final = "of no slice that production rows name"
SMALL: Final = {"slices": 0.1, "lengths": 0.1, "texts": 0.55}
"""below, a difference does not matter: Cohen's w, distance of the distributions, share told right (0.5 is guessing)"""
MEDIUM: Final = {"slices": 0.3, "lengths": 0.25, "texts": 0.65}
"""what must be seen if it is there, or nobody can tell"""

Asked = Case | Row


def against_production(
    cases: Sequence[Case], sample: Sequence[Case], evaluation_set: EvaluationSetBody, tick: Tick = quiet
) -> list[Found]:
    """Hold the cases against a production sample: kinds, lengths, texts. One case or row of each cluster counts."""
    left, dropped = _comparable(cases, evaluation_set)
    rows = _one_of_each(sample)
    found = [_slices(left, rows, dropped)]
    tick(0.2)
    found.append(_lengths("representative.lengths", left, rows, "production"))
    tick(0.3)
    found.append(_texts("representative.texts", left, rows, "production"))
    return found


def against_data(
    cases: Sequence[Case], rows: Sequence[Row], evaluation_set: EvaluationSetBody, tick: Tick = quiet
) -> list[Found]:
    """Hold the cases against the data that is trained on: lengths and texts."""
    left, _ = _comparable(cases, evaluation_set)
    found = [_lengths("data_like.lengths", left, rows, "the data")]
    tick(0.1)
    return [*found, _texts("data_like.texts", left, rows, "the data")]


def _comparable(cases: Sequence[Case], evaluation_set: EvaluationSetBody) -> tuple[list[Case], int]:
    """Return one case of each cluster, without attacks and regression, and how many cases those are."""
    elsewhere = {name for name, role in evaluation_set.roles.items() if role in ELSEWHERE}
    left = [case for case in cases if elsewhere.isdisjoint(case.slices)]
    return _one_of_each(left), len(cases) - len(left)


def _one_of_each(cases: Sequence[Case]) -> list[Case]:
    """Return the cases, of each cluster the one whose id comes first by its digest, in the order of the ids."""
    by: dict[str, Case] = {}
    for case in sorted(cases, key=lambda case: sha256(case.id.encode()).digest()):
        by.setdefault(f"cluster:{case.cluster}" if case.cluster else f"case:{case.id}", case)
    return sorted(by.values(), key=lambda case: case.id)


def _slices(cases: Sequence[Case], rows: Sequence[Case], dropped: int) -> Found:
    check = "representative.slices"
    labelled = [row for row in rows if row.slices]
    known = {name for row in labelled for name in row.slices}
    if not labelled:
        expected = "rows that say which slices they belong to"
        return Found(check, "warn", "cannot tell: no row of the production sample names a slice", expected)

    def kind(case: Case) -> str:
        return " + ".join(sorted(known.intersection(case.slices))) or NONE

    first, second = Counter(map(kind, cases)), Counter(map(kind, labelled))
    found = two_samples.mix(first, second, ALPHA / LOOKS)
    if found is None:
        counts = f"{len(cases)} cases and {len(labelled)} rows"
        if len({*first, *second}) == 1:
            return Found(check, "ok", f"{counts}, all of one kind: {next(iter(first))}", "the same kinds")
        return Found(check, "warn", f"cannot tell with {counts}", "at least 5 expected of two kinds on either side")
    status, verdict = _verdict("slices", found)
    words = {
        "differs": f"the mix differs: {found.moved:.0%} of the cases would have to be of other slices",
        "same": f"no difference that matters: {found.moved:.0%} of the cases would have to be of other slices",
        "unknown": f"cannot tell with {found.first} cases and {found.second} rows that name slices",
    }[verdict]
    tail = f" (χ² {found.statistic:.1f}, {found.freedom} degrees of freedom, p {_p(found.p)}, w {found.effect:.2f})"
    left_out = f"; {dropped} cases of attacks and regression left out" if dropped else ""
    expected = f"production’s mix; w {found.seen:.2f} would be seen in 8 of 10 samples{left_out}"
    places = [
        Place(f"{name}: {a / found.first:.0%} of cases, {b / found.second:.0%} of production")
        for name, (a, b) in sorted(found.kinds.items(), key=lambda one: -_apart(one[1], found))
    ]
    return Found(check, status, words + tail, expected, places)


def _apart(counts: tuple[int, int], found: Compared) -> float:
    return abs(counts[0] / found.first - counts[1] / found.second)


def _lengths(check: str, cases: Sequence[Asked], rows: Sequence[Asked], other: str) -> Found:
    first, second = [_length(case) for case in cases], [_length(row) for row in rows]
    found = two_samples.lengths(first, second, ALPHA / LOOKS)
    if found is None:
        return Found(check, "warn", f"cannot tell with {len(first)} cases and {len(second)} rows", "some of both")
    status, verdict = _verdict("lengths", found)
    middle = f"half of the cases are up to {median(first):.0f} characters long, of {other} up to {median(second):.0f}"
    words = {
        "differs": f"the lengths differ: {middle}",
        "same": f"no difference that matters: {middle}",
        "unknown": f"cannot tell with {found.first} cases and {found.second} rows: {middle}",
    }[verdict]
    seen = f"a distance of {found.seen:.2f} would be seen in 8 of 10 samples" if found.seen else "too few to see any"
    return Found(check, status, f"{words} (distance {found.effect:.2f}, p {_p(found.p)})", f"the same lengths; {seen}")


def _texts(check: str, cases: Sequence[Asked], rows: Sequence[Asked], other: str) -> Found:
    first, second = [_said(case) for case in cases], [_said(row) for row in rows]
    seed = int.from_bytes(sha256("\0".join(sorted(first) + sorted(second)).encode()).digest()[:8])
    found = two_samples.texts(_some(first), _some(second), ALPHA / LOOKS, seed)
    if found is None:
        counts = f"{len(first)} cases and {len(second)} rows"
        return Found(check, "warn", f"cannot tell with {counts}", f"at least {two_samples.FEWEST_TEXTS} of both")
    status, verdict = _verdict("texts", found)
    told = f"tells cases from {other} in {found.effect:.0%} of {found.held_out} texts it had not seen"
    words = {
        "differs": f"the texts differ: a simple program {told}",
        "same": f"no difference that matters: a simple program {told}",
        "unknown": f"cannot tell with {len(first)} cases and {len(second)} rows: a simple program {told}",
    }[verdict]
    seen = f"{found.seen:.0%} would be seen in 8 of 10 samples" if found.seen else "too few to see any"
    bounds = f"{found.low:.0%} to {found.high:.0%} with 95 % confidence, p {_p(found.p)}"
    return Found(check, status, f"{words} ({bounds})", f"50 %, as by guessing; {seen}")


def _verdict(look: str, found: Compared) -> tuple[Status, str]:
    """Return what is to be said: "differs", "same", or "unknown" where a medium difference would go unseen."""
    if found.p < ALPHA / LOOKS and found.effect >= SMALL[look]:
        return "warn", "differs"
    if found.seen is None or found.seen > MEDIUM[look]:
        return "warn", "unknown"
    return "ok", "same"


def _said(one: Asked) -> str:
    """Return everything the user says."""
    messages: Sequence[Message] = one.messages
    return "\n".join(message.content for message in messages if message.role == "user")


def _length(one: Asked) -> int:
    return len(_said(one))


def _some(found: Sequence[str]) -> list[str]:
    """Return at most so many texts as a program looks at, drawn by their digests."""
    if len(found) <= MOST:
        return list(found)
    return sorted(found, key=lambda text: sha256(text.encode()).digest())[:MOST]


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below 0.001"
