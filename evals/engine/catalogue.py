"""The graders a rubric may name, with the parameters that are signed. How each grades: `evals.engine.graders`.

Pydantic and RE2 only, so that the control plane can check a rubric before anybody is asked to sign it. Patterns are
RE2's, which matches in time linear in the text: no pattern and no answer can make grading hang.
Source of the syntax: https://github.com/google/re2/wiki/Syntax
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import re2
from pydantic import AfterValidator, Field, model_validator

from evals.engine.fields import Amount, Body, Name, Positive, Share, Text, unique

Formats = tuple[Literal["json", "text", "choice"], ...]
ANY: Final[Formats] = ("json", "text", "choice")
Need = Literal["target", "choices", "passages", "group", "labels", "judge"]


def pattern_of(value: str) -> str:
    """Return a pattern that RE2 can read. ValueError says why it cannot."""
    try:
        re2.compile(value)
    except re2.error as error:
        raise ValueError(f"found the pattern {value!r}, which RE2 cannot read: {_told(error)}") from None
    return value


def _told(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


Pattern = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(pattern_of)]
Member = Annotated[Name | None, Field(description="member of a JSON answer that is graded; None: the whole answer")]


class NoParameters(Body):
    """For graders that need nothing said."""


class NormalisedParameters(Body):
    """What does not count when texts are compared. Unicode is brought to NFKC and white space collapsed always."""

    field: Member = None
    ignore_case: bool = True
    ignore_punctuation: bool = True
    ignore_articles: bool = False


class ChoiceParameters(Body):
    """How a choice may be named: by its letter (A, B, …), by its text, or either."""

    accept: Literal["letter", "text", "either"] = "either"


class LabelParameters(Body):
    """Where the label stands: in `field` of a JSON answer (None: the rubric's label field), or in the whole text."""

    field: Member = None
    ignore_case: bool = False


class FieldsParameters(Body):
    """Which members of a JSON object are compared, and how much of a field's words must be shared to count.

    `partial` gives a text field the token F1 with the right value; without it a field is right or wrong.
    """

    fields: Annotated[list[Name], Field(min_length=1, max_length=100)]
    partial: bool = False
    normalise: bool = True
    met_from: Share = "1"

    @model_validator(mode="after")
    def _once(self) -> "FieldsParameters":
        unique(self.fields, "fields")
        return self


class RegexParameters(Body):
    """A pattern (RE2) that the answer must match somewhere, as a `whole`, or, with `absent`, nowhere."""

    pattern: Pattern
    field: Member = None
    whole: bool = False
    absent: bool = False
    ignore_case: bool = False


class NumericParameters(Body):
    """How far a number may be off: by `absolute`, or by `relative` times the target, whichever allows more.

    `units` maps each unit to how many of the target's unit it is, such as {"mg": "1", "g": "1000"}; a number with a
    unit that is not listed is no answer, one without a unit only if `unit_required` is false.
    """

    field: Member = None
    absolute: Amount = "0"
    relative: Amount = "0"
    units: dict[Annotated[str, Field(min_length=1, max_length=20)], Positive] = {}
    unit_required: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "NumericParameters":
        if self.unit_required and not self.units:
            raise ValueError("a unit is required, but no units are listed")
        return self


class RougeParameters(Body):
    """Which ROUGE (Lin 2004) against the best-fitting right answer, and from where the criterion is met."""

    variant: Literal["rouge1", "rouge2", "rougeL"] = "rougeL"
    part: Literal["f1", "precision", "recall"] = "f1"
    stem: bool = False
    field: Member = None
    met_from: Share


class ChrfParameters(Body):
    """chrF (Popović 2015) with character n-grams up to 6; `word_order` 2 makes it chrF++."""

    word_order: Literal[0, 2] = 0
    field: Member = None
    met_from: Share


class BleuParameters(Body):
    """Sentence BLEU (Papineni et al. 2002) with exponential smoothing; `tokenize` as sacreBLEU names it."""

    tokenize: Literal["13a", "char", "intl", "none"] = "13a"
    lowercase: bool = False
    field: Member = None
    met_from: Share


class ContainmentParameters(Body):
    """Which of the right answers' texts must be found in the answer: `any` of them or `all`."""

    require: Literal["any", "all"] = "any"
    field: Member = None
    ignore_case: bool = True
    whole_words: bool = True


class GroundednessParameters(Body):
    """Which share of an answer's claims (sentences) must be supported by the case's passages.

    `overlap`: a claim is supported when at least `overlap_from` of its content words stand in one passage. `judge`: the
    named judge is asked claim by claim.
    """

    method: Literal["overlap", "judge"] = "overlap"
    judge: Name | None = None
    field: Member = None
    overlap_from: Share = "0.6"
    met_from: Share = "1"

    @model_validator(mode="after")
    def _consistent(self) -> "GroundednessParameters":
        if (self.method == "judge") != (self.judge is not None):
            raise ValueError("a judge is named exactly when the method is 'judge'")
        return self


class Signs(Body):
    """How a behaviour is recognised: a pattern found in the answer's text, or one of `values` in its JSON `field`."""

    patterns: list[Pattern] = []
    field: Name | None = None
    values: list[Text] = []

    @model_validator(mode="after")
    def _some(self) -> "Signs":
        if not self.patterns and self.field is None:
            raise ValueError("found no sign, expected patterns, or a field with values")
        if (self.field is None) == bool(self.values):
            raise ValueError("a field and its values are given together or not at all")
        return self


class BehaviourParameters(Body):
    """The signs of what an answer does instead of answering; met when it does what the case expects."""

    abstain: Signs | None = None
    escalate: Signs | None = None
    ask: Signs | None = None
    refuse: Signs | None = None

    @model_validator(mode="after")
    def _some(self) -> "BehaviourParameters":
        if not self.declared:
            raise ValueError("found no behaviour, expected signs of at least one")
        return self

    @property
    def declared(self) -> dict[str, Signs]:
        """The behaviours that can be recognised, with their signs."""
        found = {name: getattr(self, name) for name in ("refuse", "escalate", "abstain", "ask")}
        return {name: signs for name, signs in found.items() if signs is not None}


class RefusalParameters(Body):
    """The signs of a refusal; met when the answer refuses exactly where the case expects it."""

    signs: Signs


class PolicyParameters(Body):
    """Patterns (RE2) that no answer may match, and patterns that each answer must."""

    forbidden: list[Pattern] = []
    required: list[Pattern] = []
    ignore_case: bool = True
    field: Member = None

    @model_validator(mode="after")
    def _some(self) -> "PolicyParameters":
        if not self.forbidden and not self.required:
            raise ValueError("found neither forbidden nor required patterns")
        return self


class ConsistencyParameters(Body):
    """When two answers say the same: equal as JSON or text, equal once normalised, or of token F1 `alike_from` up.

    A case is compared with the other cases of its group and with its own repeats; its score is the share of pairs that
    agree.
    """

    compare: Literal["exact", "normalised", "tokens"] = "normalised"
    alike_from: Share = "0.8"
    field: Member = None
    met_from: Share = "1"


class Scale(Body):
    """Whole scores from `low` to `high`; met from `met_from` up. A score s counts as (s - low) / (high - low)."""

    low: Annotated[int, Field(ge=0, le=100)] = 1
    high: Annotated[int, Field(ge=1, le=100)] = 5
    met_from: Annotated[int, Field(ge=0, le=100)] = 4

    @model_validator(mode="after")
    def _ordered(self) -> "Scale":
        if not self.low < self.met_from <= self.high:
            raise ValueError(f"found low {self.low}, met from {self.met_from}, high {self.high}; expected that order")
        return self


class JudgeParameters(Body):
    """Which of the rubric's judges is asked, and on which scale it answers."""

    judge: Name
    scale: Scale = Scale()


class HumanParameters(Body):
    """On which scale people grade, and how many grade each answer, blind to one another."""

    scale: Scale = Scale()
    graders: Annotated[int, Field(ge=1, le=9)] = 2


class SchemaParameters(Body):
    """The JSON Schema (draft 2020-12) that answers satisfy; None: the schema of the rubric's output."""

    json_schema: dict[str, Any] | None = None


@dataclass(frozen=True)
class GraderEntry:
    """One grader: its version, its parameters, what it needs of cases and plan, and the forms of answer it reads.

    `once` marks graders that a rubric may have only one criterion of, because metrics are named after them.
    """

    name: str
    version: int
    summary: str
    parameters: type[Body]
    needs: tuple[Need, ...] = ()
    formats: Formats = ANY
    once: bool = False


_ENTRIES: Final[Sequence[GraderEntry]] = (
    GraderEntry("exact", 1, "equals the target or a reference: as a JSON value, or character by character",
                NoParameters, ("target",), once=True),
    GraderEntry("normalised", 1, "equals the target or a reference once case, punctuation and the like are set aside",
                NormalisedParameters, ("target",)),
    GraderEntry("choice", 1, "names the right choice, by letter or by text", ChoiceParameters, ("target", "choices"),
                ("text", "choice"), once=True),
    GraderEntry("label", 1, "has the target's label; confusion matrix and F1 per label follow from it",
                LabelParameters, ("target", "labels"), once=True),
    GraderEntry("fields", 1, "has the target's fields, each exactly or in part; F1 per field and exact records",
                FieldsParameters, ("target",), ("json",), once=True),
    GraderEntry("json_schema", 1, "is JSON that satisfies a schema", SchemaParameters, once=True),
    GraderEntry("regex", 1, "matches a pattern, or does not", RegexParameters),
    GraderEntry("numeric", 1, "is a number close enough to the target, in a known unit", NumericParameters,
                ("target",)),
    GraderEntry("rouge", 1, "shares words with a right answer (ROUGE)", RougeParameters, ("target",)),
    GraderEntry("chrf", 1, "shares characters with a right answer (chrF)", ChrfParameters, ("target",)),
    GraderEntry("bleu", 1, "shares word sequences with the right answers (sentence BLEU)", BleuParameters,
                ("target",)),
    GraderEntry("containment", 1, "contains the right answer's text", ContainmentParameters, ("target",)),
    GraderEntry("groundedness", 1, "claims only what the case's passages support", GroundednessParameters,
                ("passages",), once=True),
    GraderEntry("behaviour", 1, "answers, abstains, escalates or asks back as the case expects", BehaviourParameters,
                once=True),
    GraderEntry("refusal", 1, "refuses exactly where the case expects it", RefusalParameters, once=True),
    GraderEntry("policy", 1, "has the required content and none of the forbidden", PolicyParameters),
    GraderEntry("consistency", 1, "says the same as the answers to cases of the same meaning and to its repeats",
                ConsistencyParameters, once=True),
    GraderEntry("judge", 1, "gets a score from a model that is not the one being measured", JudgeParameters,
                ("judge",)),
    GraderEntry("human", 1, "gets a score from people, recorded apart", HumanParameters),
)  # fmt: skip

CATALOGUE: Final[dict[str, GraderEntry]] = {entry.name: entry for entry in _ENTRIES}
"""Every grader by name."""


def checked_parameters(grader: str, version: int, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a grader with every default written out.

    Raises:
        ValueError: no such grader or version, or parameters that it does not take.
    """
    entry = CATALOGUE.get(grader)
    if entry is None:
        raise ValueError(f"found the grader {grader!r}, expected one of: {', '.join(sorted(CATALOGUE))}")
    if version != entry.version:
        raise ValueError(f"found version {version} of the grader {grader!r}, expected {entry.version}")
    return entry.parameters.model_validate(parameters).model_dump(mode="json")


def met_from(parameters: Body) -> Decimal:
    """Return the score from which a criterion with these parameters is met; 1 where they do not say."""
    return Decimal(getattr(parameters, "met_from", "1"))
