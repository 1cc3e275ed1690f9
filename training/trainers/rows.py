"""Dataset rows: read strictly, then turned into tokens of which only the answer is learnt."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from evals.engine.cases import CasesInvalid, check_ids, read_lines
from evals.engine.fields import Body
from evals.engine.spec import Message, Prompt
from governance.runner.protocol import RunFailed

IGNORED: Final = -100
"""The label of a token that carries no loss (the convention of torch's and transformers' losses)."""


class Row(Body):
    """One line of a dataset's JSONL file: what is asked, and the answer to learn."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
    messages: Annotated[list[Message], Field(min_length=1)]
    target: Annotated[str, Field(min_length=1, max_length=100_000)]

    @model_validator(mode="after")
    def _ends_with_the_user(self) -> Self:
        if self.messages[-1].role != "user":
            raise ValueError(f"the last message is from {self.messages[-1].role!r}, expected 'user': that is answered")
        return self


def read_rows(files: Iterable[tuple[str, Path]]) -> list[Row]:
    """Return the rows of JSONL `files`, given as (name to show, where it lies), in order.

    Raises:
        RunFailed: a line is not UTF-8 or not a row, an id occurs twice, or there is no row; names file and line.
    """
    rows: list[Row] = []
    seen: dict[str, str] = {}
    try:
        for name, path in files:
            found = read_lines(name, path, Row)
            check_ids(name, found, seen)
            rows += found
    except CasesInvalid as error:
        raise RunFailed(f"the dataset cannot be used: {error}") from error
    if not rows:
        raise RunFailed("found no dataset file among the permit's inputs, expected data/<series>/<file>.jsonl")
    return rows


def encode(rows: list[Row], tokenizer: Any, prompt: Prompt, max_length: int) -> list[dict[str, list[int]]]:
    """Return `input_ids` and `labels` for each row: the prompt as evaluation sends it, then the answer to learn.

    Only the answer's tokens (with the end of its turn) have labels, so only they carry loss. `tokenizer` is a
    transformers tokenizer with a chat template.

    Raises:
        RunFailed: a row is longer than `max_length` tokens (answers are never cut), contains one of the chat
            template's control tokens, or the template renders a prompt differently once an answer follows it.
    """
    if not tokenizer.chat_template:
        raise RunFailed("the base model's tokenizer has no chat template; add one, the prompt is rendered through it")
    return [_encode(row, tokenizer, prompt, max_length) for row in rows]


def _encode(row: Row, tokenizer: Any, prompt: Prompt, max_length: int) -> dict[str, list[int]]:
    where = f"row {row.id!r}"
    for text in [*(message.content for message in row.messages), row.target]:
        for token in tokenizer.all_special_tokens:
            if token in text:
                raise RunFailed(f"{where}: found the control token {token!r} in its text; remove it from the data")
    messages = render(prompt, row)
    answer = {"role": "assistant", "content": row.target}
    asked = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    whole = tokenizer.apply_chat_template([*messages, answer], return_dict=False)
    if whole[: len(asked)] != asked:
        raise RunFailed(
            f"{where}: the chat template renders the prompt differently once an answer follows it, so training would "
            "see other prompts than evaluation; use a template that only appends the answer"
        )
    if len(whole) > max_length:
        raise RunFailed(
            f"{where}: found {len(whole)} tokens, expected at most {max_length}; raise max_length in the run spec or "
            "shorten the row (rows are never cut, a cut answer would be learnt as it is)"
        )
    return {"input_ids": whole, "labels": [IGNORED] * len(asked) + whole[len(asked) :]}


def render(prompt: Prompt, row: Row) -> list[dict[str, str]]:
    """Return the chat messages of a row: its own if they begin with a system message, else inside `prompt`."""
    messages = [{"role": message.role, "content": message.content} for message in row.messages]
    if messages[0]["role"] == "system":
        return messages
    messages[-1]["content"] = prompt.template.replace("{input}", messages[-1]["content"])
    return [{"role": "system", "content": prompt.system}, *messages] if prompt.system else messages
