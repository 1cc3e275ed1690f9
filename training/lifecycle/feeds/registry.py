"""The formats that can be read, each with how much its word weighs. What a person types comes by no feed: `FORM`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from training.lifecycle.feeds import azure, bedrock, bydtech, litellm, llm_sunset, openai_models, table
from training.lifecycle.feeds.reading import Feed

RANKS: Final[dict[int, str]] = {
    1: "the vendor’s own interface",
    2: "the vendor’s published page, as somebody here read it",
    3: "a public collection that names the vendor’s page",
    4: "a public collection that does not say what ends",
    5: "word of mouth, or a paper of our own",
}
"""What a source's rank means; 1 weighs most."""

FORM: Final = "form"
"""The format of what somebody typed."""


@dataclass(frozen=True)
class Format:
    """A format: how it is read, the rank of its word, and what its source is called unless the reader is told.

    `complete`: a feed of it says everything its source says (None: whoever brings it knows). `gone`: what it means when
    something is not listed any more: that the source names no date now, or that the model cannot be had.
    """

    name: str
    label: str
    read: Callable[[bytes], Feed]
    rank: int
    source: str
    complete: bool | None = True
    gone: Literal["no date", "no model"] = "no date"


FORMATS: Final[dict[str, Format]] = {
    one.name: one
    for one in (
        Format("csv", "Table (CSV) with our columns", table.read_csv, 2, "", complete=None),
        Format("json", "JSON with our fields", table.read_json, 2, "", complete=None),
        Format("litellm", "litellm: model_prices_and_context_window.json", litellm.read, 4, "litellm"),
        Format("bydtech", "bydtech-model-retire: models.json", bydtech.read, 3, "bydtech-model-retire"),
        Format("llm-sunset", "llm-sunset or deprecations.info: snapshot.json", llm_sunset.read, 3, "llm-sunset"),
        Format("bedrock", "Amazon Bedrock: ListFoundationModels", bedrock.read, 1, "Amazon Bedrock"),
        Format("azure", "Azure: list of models", azure.read, 1, "Azure"),
        Format("openai", "OpenAI: GET /v1/models", openai_models.read, 1, "OpenAI models", gone="no model"),
    )
}
