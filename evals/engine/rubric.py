"""Rubrics: how answers are asked for, generated and graded. Import them from `evals.engine.spec`."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from evals.engine.catalogue import CATALOGUE, checked_parameters
from evals.engine.endpoints import Endpoint
from evals.engine.fields import Arm, Body, DecimalText, Digest, Line, Name, Share, Text, unique
from evals.engine.provenance import Priced


class Anchor(Body):
    """What one score of a criterion looks like, in words."""

    score: Share
    description: Line


class Criterion(Body):
    """One thing an answer is graded for.

    `parameters` are those of the grader (`evals.engine.catalogue`), with every default written out.
    """

    name: Name
    description: Text
    grader: str
    grader_version: Annotated[int, Field(ge=1)] = 1
    parameters: dict[str, Any]
    weight: Share
    anchors: Annotated[list[Anchor], Field(min_length=2)]

    @field_validator("parameters")
    @classmethod
    def _in_full(cls, parameters: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        # What is signed says everything: a default that a later version changes must not change an old rubric.
        if "grader" not in info.data or "grader_version" not in info.data:
            return parameters  # refused already
        return checked_parameters(info.data["grader"], info.data["grader_version"], parameters)


class OutputFormat(Body):
    """The form of an answer: JSON that satisfies `schema`, plain text, or one of the case's choices.

    `label_field` is the member of a JSON answer that holds the label.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True, validate_by_name=True)

    format: Literal["json", "text", "choice"]
    json_schema: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    label_field: Name | None = None

    @model_validator(mode="after")
    def _fits(self) -> "OutputFormat":
        if self.format == "json" and self.json_schema is None:
            raise ValueError("answers in JSON need a schema, found none")
        if self.format != "json" and (self.json_schema is not None or self.label_field is not None):
            raise ValueError(f"answers in the format {self.format!r} have neither schema nor label field")
        return self


class Prompt(Body):
    """What surrounds a case's user message: `template` holds `{input}` exactly once; `system` goes before."""

    system: Text | None
    template: Text

    @model_validator(mode="after")
    def _one_input(self) -> "Prompt":
        if (found := self.template.count("{input}")) != 1:
            raise ValueError(f"found {{input}} {found} times in the template, expected it once")
        return self


class Decoding(Body):
    """How answers are generated: greedily, or drawn with a temperature and a seed, `repeats` times for each case."""

    max_new_tokens: Annotated[int, Field(ge=1, le=4096)]
    do_sample: bool
    temperature: DecimalText | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    batch_size: Annotated[int, Field(ge=1, le=512)]
    precision: Literal["fp32", "bf16", "4bit"]
    stop: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=8)] = []

    @model_validator(mode="after")
    def _reproducible(self) -> "Decoding":
        sampling = [name for name in ("temperature", "top_p", "top_k", "seed") if getattr(self, name) is not None]
        if not self.do_sample and sampling:
            raise ValueError(f"found {', '.join(sampling)} with do_sample False, which draws nothing; leave them out")
        if self.do_sample and (self.temperature is None or self.seed is None):
            raise ValueError("found do_sample True without temperature and seed; give both, or make it False")
        if self.temperature is not None and not 0 < Decimal(self.temperature) <= 2:
            raise ValueError(f"found the temperature {self.temperature}, expected more than '0' and at most '2'")
        if self.top_p is not None and Decimal(self.top_p) == 0:
            raise ValueError("found top_p '0', expected a share above it")
        unique(self.stop, "stop texts")
        return self


class JudgeDecoding(Body):
    """How a judge generates its score."""

    max_new_tokens: Annotated[int, Field(ge=1, le=4096)] = 64
    temperature: DecimalText = "0"
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 0


class Judge(Priced):
    """A model that grades, pinned: files by their document's digest, or a model of an OpenAI-compatible endpoint.

    `model_digest` is that of the document (base model or run record) whose files answer; the rubric refers to it as
    `judge_model`. `key_from` names the environment variable with the endpoint's key. The prices are those of the
    endpoint's tokens.

    `prompt` holds `{answer}` once, and where they are wanted `{question}`, `{target}`, `{passages}` and `{criterion}`.
    """

    backend: Literal["local", "http"]
    model_digest: Digest | None = None
    endpoint: Annotated[str, Field(pattern=r"^https?://[^\s?#@]{1,300}$")] | None = None
    model: Line | None = None
    key_from: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")] | None = None
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    prompt: Text
    parameters: JudgeDecoding = JudgeDecoding()

    @property
    def folder(self) -> str:
        """Where the files of a local judge lie among the inputs of an evaluation, such as "judges/0a1b…"."""
        return f"judges/{str(self.model_digest).removeprefix('sha256:')[:32]}"

    @property
    def reached(self) -> Endpoint | None:
        """How the judge is reached where it is behind an endpoint; None for one whose files are here."""
        if self.endpoint is None or self.model is None:
            return None
        return Endpoint(
            address=self.endpoint,
            model=self.model,
            key_from=self.key_from,
            requests_per_minute=self.requests_per_minute,
            price_in=self.price_in,
            price_out=self.price_out,
        )

    @model_validator(mode="after")
    def _pinned(self) -> "Judge":
        if self.backend == "local" and (self.model_digest is None or self.endpoint is not None):
            raise ValueError("a local judge is pinned by the digest of its model, and has no endpoint")
        if self.backend == "local" and (self.key_from is not None or self.requests_per_minute is not None):
            raise ValueError("a local judge needs neither a key nor a limit of requests")
        if self.backend == "local" and self.price_in is not None:
            raise ValueError("a local judge's tokens have no price; leave price_in and price_out out")
        if self.backend == "http" and (self.endpoint is None or self.model is None):
            raise ValueError("a judge behind an endpoint needs the endpoint's address and the model's name there")
        if (found := self.prompt.count("{answer}")) != 1:
            raise ValueError(f"found {{answer}} {found} times in the judge's prompt, expected it once")
        return self


class RubricBody(Body):
    """How answers are asked for, generated and graded.

    A case's score is the sum over the criteria of weight times 1 if met (weights sum to 1); it passes from `pass_mark`
    up. `prompts` holds the prompts of arms that have their own; the others get `prompt`.
    """

    title: Line
    criteria: Annotated[list[Criterion], Field(min_length=1)]
    pass_mark: Share
    output: OutputFormat
    prompt: Prompt
    prompts: dict[Arm, Prompt] = {}
    decoding: Decoding
    judges: dict[Name, Judge] = {}
    unparsed: Literal["counts as failure"]

    def prompt_of(self, arm: Arm) -> Prompt:
        """Return the prompt that `arm` is asked with."""
        return self.prompts.get(arm, self.prompt)

    def criteria_of(self, grader: str) -> list[Criterion]:
        """Return the criteria that `grader` grades, in their order."""
        return [criterion for criterion in self.criteria if criterion.grader == grader]

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """Every JSON Schema of the rubric: of its output and of its graders."""
        own = [criterion.parameters["json_schema"] for criterion in self.criteria_of("json_schema")]
        return [schema for schema in (self.output.json_schema, *own) if schema is not None]

    @model_validator(mode="after")
    def _consistent(self) -> "RubricBody":
        unique([criterion.name for criterion in self.criteria], "criteria")
        unique([c.grader for c in self.criteria if CATALOGUE[c.grader].once], "graders that a rubric has once")
        total = sum((Decimal(criterion.weight) for criterion in self.criteria), Decimal(0))
        if total != 1:
            raise ValueError(f"the criteria's weights sum to {total}, expected 1")
        for criterion in self.criteria:
            self._check(criterion)
        return self

    def _check(self, criterion: Criterion) -> None:
        where, entry = f"criterion {criterion.name!r}", CATALOGUE[criterion.grader]
        if self.output.format not in entry.formats:
            raise ValueError(
                f"{where}: the grader {criterion.grader!r} reads {' or '.join(entry.formats)}, "
                f"but answers are {self.output.format}"
            )
        field = criterion.parameters.get("field")
        if field is not None and self.output.format != "json":
            raise ValueError(f"{where} grades the field {field!r}, but answers are {self.output.format}, not json")
        if criterion.grader == "label" and self.output.format == "json" and not (field or self.output.label_field):
            raise ValueError(f"{where}: found no label field; name it in the output, or as the grader's field")
        if criterion.grader == "json_schema" and not (self.output.json_schema or criterion.parameters["json_schema"]):
            raise ValueError(f"{where}: found no schema, neither in the output nor in the grader's parameters")
        named = criterion.parameters.get("judge")
        if named is not None and named not in self.judges:
            raise ValueError(f"{where} names the judge {named!r}, expected one of: {', '.join(self.judges) or 'none'}")
