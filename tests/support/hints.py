"""What the source alone does not tell of the values that reports' sentences have: where their words are made.

Where types do not lead from a sentence to the words in its place, a hint names the function that makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from evals.engine.metric_names import METRICS
from evals.engine.stages import STAGES
from governance.proof.answers.inforce import Standing
from governance.proof.sections.besides import UNREADABLE
from governance.proof.sections.stages import ROLES
from governance.proof.words.printed import capital
from tests.support.alternatives import FIGURE, NAMES, PLACE


@dataclass(frozen=True)
class At:
    """What a function or property of a module returns, by its name or, with `of`, what a name in it is.

    `of` may be a number: then it is what calls of that name in the module give as that argument.
    """

    module: str
    name: str
    of: str | int | None = None


def _of_metrics() -> tuple[str, ...]:
    """Return what metrics are called, at the beginning of a sentence and within one."""
    words = {one for known in METRICS.values() for one in (known.words, known.of) if one}
    return tuple(sorted({*words, *(capital(one) for one in words if not one.startswith("{"))}))


SERVICE = At("governance.proof.answers.served", "title")
MODEL = At("governance.proof.answers.served", "named")
WHY_NOT = At("evals.engine.planning.decidability", "_told", "reason")
TYPED: Final = {
    **dict.fromkeys(
        ("governance.proof.words.vocabulary.in_unit", "governance.proof.words.vocabulary.between",
         "governance.proof.words.printed.figure", "governance.proof.words.printed.bounds"), FIGURE,
    ),
    **dict.fromkeys(
        ("governance.proof.words.printed.day", "governance.proof.words.printed.moment",
         "governance.reports.record.at"), PLACE,
    ),
}  # fmt: skip
"""what some functions return"""
KNOWN: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "governance.proof.sections.amounts.in_words": (_of_metrics(), ()),
    "path": (("{}", "{} {#}"), (" › ",)),
    "exchanges": (("{}, exchange {}",), ("; ",)),
}
"""phrases that no function spells out"""
HINTS: Final[dict[tuple[str, str], tuple[str | At, ...]]] = {
    ("evals.reports.result_parts", "', '.join(wrong[:40])"): (NAMES,),
    ("governance.proof.sections.besides", "given_by"): (At("governance.proof.sections.besides", "given"),),
    ("governance.proof.sections.besides", "reasons[name]"): (WHY_NOT,),
    ("governance.proof.sections.besides", "since"): (At("evals.selectors.calibrations", "missed"),),
    ("governance.proof.sections.besides", "stands"): (At("governance.proof.sections.besides", "state"),),
    ("governance.proof.sections.besides", "why[name]"): (UNREADABLE, WHY_NOT),
    ("governance.proof.sections.besides", "'; '.join(exchanges[:NAMED])"): ("{exchanges}",),
    ("governance.proof.sections.results", "section.title"): tuple(title for title, *_ in ROLES.values()),
    ("governance.proof.sections.results", "stage.decides"): (*STAGES.values(), PLACE),
    ("governance.proof.sections.results", "stage.name"): tuple(STAGES),
    ("evals.selectors.calibrations", "one.row.pk"): (NAMES,),
    ("governance.proof.answers.changed", "verb"): (At("governance.proof.answers.changed", "Pair.verb"),),
    ("governance.reports.read_body", "name"): ("{path}",),
    ("governance.proof.answers.standing_words", "found.why"): (
        At("governance.proof.answers.inforce", "_lapse", "ends"),
    ),
    ("governance.proof.answers.standing_words", "other.value"): tuple(one.value for one in Standing),
    ("training.reports.incident", "found.service.title"): (SERVICE,),
    ("governance.proof.answers.unknown", "self.because"): (At("governance.proof.answers.unknown", "Unknown", 1),),
    ("governance.proof.answers.unknown", "self.what"): (At("governance.proof.answers.unknown", "Unknown", 0),),
    ("training.reports.incident", "model.name"): (MODEL,),
    ("governance.proof.answers.unknown", "name"): (MODEL,),
}
"""what an expression of a module is, where that does not show in it"""
