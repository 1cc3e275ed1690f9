"""How long the quality checks of 12,000 rows take, in processor time; and rows that are all alike beside clean ones.

Whoever compares every row with every other takes far longer where all are alike.
"""

import time

from benchmarks.measurement import Goal, Measurement
from evals.engine.spec import Case
from evals.quality.report import report
from evals.quality.rows import Row

ALIKE = 4000
CASES = 300


def measure() -> list[Measurement]:
    """Return the seconds for 12,000 clean rows, and those for 4,000 that are alike beside as many clean ones."""
    from tests.evals.quality.made import clean_cases, clean_rows, rows_alike

    cases = clean_cases(CASES)
    return [
        Measurement(
            name="quality checks of 12,000 rows against 300 cases",
            value=_seconds(clean_rows(4000), cases),
            unit="s CPU",
            goal=Goal("value", "<=", 20),
        ),
        Measurement(
            name="quality checks of 4,000 rows that are all alike",
            value=_seconds(rows_alike(ALIKE), cases),
            unit="s CPU",
            goal=Goal("ratio", "<=", 2),
            peer=_seconds(clean_rows(ALIKE // 3), cases),
            beside="as many clean rows",
        ),
    ]


def _seconds(rows: list[Row], cases: list[Case]) -> float:
    from tests.evals.engine.builders import evaluation_set, rubric

    started = time.process_time()
    report(rows, cases, title="q", evaluation_set=evaluation_set(len(cases)), rubric=rubric())
    return time.process_time() - started
