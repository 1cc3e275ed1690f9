"""R with waiting: what happens when one retirement hits many dependants that need the same people and machines.

All dependants start at the as-of date, in a fixed order. A stage has as many places as the resource that it takes; each
dependant in turn takes the place that is free first, and a place stays with the dependant whose turn it is, though
another might use it meanwhile. That makes the times at which places are free grow with every dependant that is added
and with every length of time, in each single run: J. Kiefer and J. Wolfowitz, "On the theory of queues with many
servers", Transactions of the American Mathematical Society 78 (1955) 1-18. Filling gaps would break that: R. L. Graham,
"Bounds on multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17 (1969) 416-429.

A GPU stays with a dependant from baseline to verdict. People who sign have a place for a plan and one for a release,
so somebody may count at both; against that, the whole length of a stage counts as their work.

A length that nobody has seen the end of holds its place as long as the longest seen, and its dependant's R is infinite.

Each dependant draws from a generator of its own, made from the seed and its digest, the same numbers whatever else is
in the queue: common random numbers, so that two assessments differ by what differs in their inputs.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from operator import add, itemgetter
from random import Random

from training.lifecycle.lengths import Lengths
from training.lifecycle.model import STAGES, Capacity, Stage

Row = list[float]
"""One length of time in days for each run."""


@dataclass(frozen=True)
class Draws:
    """R in each run: `days`, infinite where a stage was not seen to end, and `at_least` so many, finite in any case."""

    days: Row
    at_least: Row

    def ascending(self) -> "Draws":
        """Return the same, each row sorted."""
        at_least = sorted(self.at_least)
        return Draws(at_least if self.days is self.at_least else sorted(self.days), at_least)


@dataclass(frozen=True)
class _Work:
    """What one dependant needs in each run: days of each desk, and whether all its stages are seen to end."""

    data: Row
    plan: Row
    gpu: Row
    release: Row
    endless: frozenset[int]

    @property
    def desks(self) -> tuple[Row, Row, Row, Row]:
        return self.data, self.plan, self.gpu, self.release


def alone(digest: str, lengths: Mapping[Stage, Lengths], seed: int, runs: int) -> Draws:
    """Return R of a dependant that waits for nobody."""
    return _through(_work(digest, lengths, seed, runs), UNLIMITED)


def queue(
    order: Iterable[str], lengths: Mapping[Stage, Lengths], capacity: Capacity, seed: int, runs: int
) -> Iterator[tuple[str, Draws, Draws]]:
    """Yield each dependant's digest, R without and R with the queue, in the order in which they are served."""
    desks = [_desk(places, runs) for places in (capacity.data, capacity.signers, capacity.gpus, capacity.signers)]
    for digest in order:
        work = _work(digest, lengths, seed, runs)
        yield digest, _through(work, UNLIMITED), _through(work, desks)


Desk = Callable[[Row, Row], Row]
"""Takes when each run is ready and how long it takes, returns when it is done; remembers when its places are free."""


def _straight(ready: Row, lasting: Row) -> Row:
    return list(map(add, ready, lasting))


UNLIMITED: Sequence[Desk] = (_straight,) * 4


def _desk(places: int, runs: int) -> Desk:
    """Return a desk of so many places, each run with places of its own."""
    if places == 1:
        free = [0.0] * runs

        def alone_at_the_desk(ready: Row, lasting: Row) -> Row:
            nonlocal free
            free = list(map(add, map(max, ready, free), lasting))
            return free

        return alone_at_the_desk
    heaps = [[0.0] * places for _ in range(runs)]

    def first_free(ready: Row, lasting: Row) -> Row:
        freed = map(itemgetter(0), heaps)
        done = list(map(add, map(max, ready, freed), lasting))
        deque(map(heapreplace, heaps, done), maxlen=0)
        return done

    return first_free


def _through(work: _Work, desks: Sequence[Desk]) -> Draws:
    done = [0.0] * len(work.data)
    for desk, lasting in zip(desks, work.desks, strict=True):
        done = desk(done, lasting)
    if not work.endless:
        return Draws(done, done)
    return Draws([math.inf if run in work.endless else days for run, days in enumerate(done)], done)


def _work(digest: str, lengths: Mapping[Stage, Lengths], seed: int, runs: int) -> _Work:
    random = Random(f"{seed}:{digest}")  # noqa: S311 -- a simulation that others can repeat, no secret
    drawn: dict[Stage, Row] = {}
    endless: set[int] = set()
    for stage in STAGES:
        row = lengths[stage].draw(random, runs)
        if not lengths[stage].bounded:
            endless.update(run for run, days in enumerate(row) if days == math.inf)
            row = [min(days, lengths[stage].longest) for days in row]
        drawn[stage] = row
    gpu = list(map(add, map(add, drawn["baseline"], drawn["run"]), drawn["verdict"]))
    return _Work(drawn["data"], drawn["plan"], gpu, drawn["release"], frozenset(endless))
