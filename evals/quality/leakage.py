"""Whether evaluation cases have reached the training data: equal, nearly equal, or one inside the other."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from evals.quality.found import Tick, quiet
from evals.quality.likeness import NearIndex, containments


@dataclass(frozen=True)
class Leaks:
    """Sorted pairs (row id, case id). A pair is listed once, under the strongest of the three.

    `parts` are those among `contained` whose row stands inside the case. Whoever learns them can put a case together
    from three words on, word by word.
    """

    exact: list[tuple[str, str]]
    near: list[tuple[str, str]]
    contained: list[tuple[str, str]]
    parts: list[tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.exact or self.near or self.contained)


def find_leaks(rows: Mapping[str, str], cases: Mapping[str, str], tick: Tick = quiet) -> Leaks:
    """Return the leaks between `rows` and `cases`, both id → normal text (`evals.quality.likeness.normal`)."""
    same: dict[str, list[str]] = defaultdict(list)
    for name, text in rows.items():
        same[text].append(name)
    exact = {(row, case) for case, text in cases.items() for row in same.get(text, [])}

    def near_tick(share: float) -> None:
        tick(share / 2)

    def contained_tick(share: float) -> None:
        tick((1 + share) / 2)

    # The smaller side is indexed; the larger one is only looked up.
    near = {(row, case) for row, found in NearIndex().add(cases).matches(rows, near_tick) for case in found} - exact
    contained = set(containments(rows, cases, contained_tick)) - exact - near
    parts = [(row, case) for row, case in contained if len(rows[row]) < len(cases[case])]
    return Leaks(sorted(exact), sorted(near), sorted(contained), sorted(parts))
