"""The stages of a plan: what each decides, and what its thresholds came to apart from those of the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evals.engine.fields import Verdict
from governance.proof.charts import results
from governance.proof.charts.results import stage_of

__all__ = ["FIRST", "STAGES", "Stage", "by_stage", "stage_of", "verdict_of"]

STAGES: Final[Mapping[str, str]] = dict(
    zip(
        results.STAGES,
        ("whether the model may be released", "whether the pilot goes on", "whether it stays in production"),
        strict=True,
    )
)
"""The stages in their order, and what each decides where a plan says nothing of its own."""
FIRST: Final = results.STAGES[0]
"""the stage of lines from before there were any, and the only one that a release waits for"""


@dataclass(frozen=True)
class Stage:
    """The verdict lines of one stage. `verdict` is None where no hard threshold is of it: then it decides nothing."""

    name: str
    decides: str
    verdict: Verdict | None
    lines: Sequence[Mapping[str, Any]]


def verdict_of(hard: Iterable[str]) -> Verdict | None:
    """Return what the verdicts of a stage's hard thresholds come to: FAIL before INCONCLUSIVE before PASS."""
    found = set(hard)
    return "FAIL" if "FAIL" in found else "INCONCLUSIVE" if "INCONCLUSIVE" in found else "PASS" if found else None


def by_stage(lines: Sequence[Mapping[str, Any]], said: Mapping[str, str] | None = None) -> list[Stage]:
    """Return the verdict lines of each stage that has any; `said` is what a plan says that stages decide."""
    found = []
    for name, decides in STAGES.items():
        own = [line for line in lines if stage_of(line) == name]
        if own:
            verdict = verdict_of(line["verdict"] for line in own if line["importance"] == "hard")
            found.append(Stage(name, (said or {}).get(name, decides), verdict, own))
    return found
