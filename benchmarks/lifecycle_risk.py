"""Retirement risk of a large organisation: 200 base models, 2,000 dependants, the queue simulated in 400 runs."""

import datetime as dt
import resource
import time
from dataclasses import replace
from decimal import Decimal
from random import Random

from benchmarks.measurement import Goal, Measurement
from training.lifecycle.model import (
    STAGES,
    Base,
    Capacity,
    Criticality,
    Dependant,
    Estimate,
    Inputs,
    Past,
    Phase,
    Seen,
)
from training.lifecycle.risk import assess

SEED = 20_261_126
NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
BASES, DEPENDANTS, RUNS = 200, 2_000, 400  # runs as many as an assessment has (training/selectors/risk.py)
LEVELS: tuple[Criticality, ...] = ("low", "standard", "high")
SECONDS = 5.0
MEGABYTES = 500.0


def measure() -> list[Measurement]:
    """Return the seconds that the assessment takes beside one of a tenth of the dependants, and the memory."""
    large = world(BASES, DEPENDANTS, RUNS)
    tenth = _seconds(replace(large, dependants=large.dependants[: DEPENDANTS // 10]))
    whole = _seconds(large)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux reports KiB
    name = f"retirement risk, {BASES} base models, {DEPENDANTS:,} dependants, {RUNS} runs"
    return [
        Measurement(name, whole, "s", Goal("value", "<=", SECONDS), peer=tenth, beside="a tenth of the dependants"),
        Measurement(f"{name}, memory", peak, "MB", Goal("value", "<=", MEGABYTES)),
    ]


def world(bases: int, dependants: int, runs: int) -> Inputs:
    """Return made-up inputs, the same for the same arguments: every fourth base without a date, every fourth held; half
    of the stages observed, half estimated.
    """
    random = Random(SEED)
    made = tuple(_base(number, random) for number in range(bases))
    return Inputs(
        as_of=NOW,
        next_review=NOW.date() + dt.timedelta(days=90),
        stale_days=30,
        seed=SEED,
        runs=runs,
        bases=made,
        dependants=tuple(_dependant(number, made, random) for number in range(dependants)),
        past=tuple(
            Past(f"{stage}-{number}", stage, random.uniform(1, 20), number % 5 > 0)
            for stage in STAGES[::2]
            for number in range(40)
        ),
        estimates=tuple(Estimate(stage, 2, 5, 20, _digest("e", 0), signed=True) for stage in STAGES[1::2]),
        capacity=Capacity(signers=60, gpus=80, data=40),
    )


def _base(number: int, random: Random) -> Base:
    dated = () if number % 4 == 0 else (_seen(number, "retired", random), _seen(number, "train-new", random))
    return Base(
        digest=_digest("b", number),
        title=f"model {number}",
        vendor=f"vendor {number % 10}",
        hosted=number % 4 != 1,
        seen=dated,
        licence_ok=True,
        custody_ok=number % 4 == 1,
        drilled_on=NOW.date() if number % 4 == 1 else None,
    )


def _seen(number: int, phase: Phase, random: Random) -> Seen:
    return Seen(
        model=f"model {number}",
        channel="api",
        phase=phase,
        date=NOW.date() + dt.timedelta(days=random.randint(10, 900)),
        precision="exact",
        announced_on=NOW.date() - dt.timedelta(days=random.randint(0, 60)),
        words="shutdown",
        url="https://vendor.example/deprecations",
        source="vendor",
        rank=1,
        retrieved_at=NOW - dt.timedelta(days=1),
        snapshot=None,
        idle_days=None,
        document=_digest("0", number),
        seq=number,
        place=0,
    )


def _dependant(number: int, bases: tuple[Base, ...], random: Random) -> Dependant:
    return Dependant(
        digest=_digest("d", number),
        title=f"service {number}",
        project="made up",
        base=bases[number % len(bases)].digest,
        criticality=random.choice(LEVELS),
        max_outage_hours=24,
        since=NOW.date(),
        need_until=None,
        daily_impact=Decimal(1_000),
        currency="EUR",
        proven=number % 10 > 0,
        retrains=number % 3,
        observed_days=400,
        fallback=None,
    )


def _digest(first: str, number: int) -> str:
    return f"{first}{number:063x}"


def _seconds(inputs: Inputs) -> float:
    started = time.perf_counter()
    found = assess(inputs)
    seconds = time.perf_counter() - started
    if len(found.dependants) != len(inputs.dependants) or not any(one.place for one in found.dependants):
        raise RuntimeError("found no queue, expected the assessment of every dependant")
    return seconds
