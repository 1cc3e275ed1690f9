"""Which function grades for which name of the catalogue. A test holds the two to each other."""

from collections.abc import Mapping
from typing import Final

from evals.engine.graders import conduct, forms, grounding, labels, matching, numbers, overlap, records
from evals.engine.graders.base import Build

GRADERS: Final[Mapping[str, Build]] = {
    "exact": matching.exact,
    "normalised": matching.normal,
    "choice": matching.choice,
    "containment": matching.containment,
    "label": labels.label,
    "fields": records.fields,
    "json_schema": forms.json_schema,
    "regex": forms.regex,
    "policy": forms.policy,
    "numeric": numbers.numeric,
    "rouge": overlap.rouge,
    "chrf": overlap.chrf,
    "bleu": overlap.bleu,
    "groundedness": grounding.groundedness,
    "behaviour": conduct.behaviour,
    "refusal": conduct.refusal,
}
"""Graders that need nothing but the case and the answer."""

ELSEWHERE: Final = ("consistency", "judge", "human")
"""Graders that look at several answers, or read what somebody else said: `agreement` and `scores`."""
