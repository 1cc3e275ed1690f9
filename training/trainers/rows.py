"""Dataset rows turned into tokens of which only the answer is learnt."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from evals.engine.answers import render
from evals.engine.cases import CasesInvalid
from evals.engine.spec import Prompt
from evals.quality import rows as dataset
from evals.quality.rows import Row
from governance.runner.protocol import RunFailed

IGNORED: Final = -100
"""The label of a token that carries no loss (the convention of torch's and transformers' losses)."""


def read_rows(files: Iterable[tuple[str, Path]]) -> list[Row]:
    """Return the rows of JSONL `files`, given as (name to show, where it lies), in order.

    Raises:
        RunFailed: a line is not UTF-8 or not a row, an id occurs twice, or there is no row; names file and line.
    """
    try:
        return dataset.read_rows(files)
    except CasesInvalid as error:
        raise RunFailed(f"the dataset cannot be used: {error}") from error


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
    messages = render(prompt, row.messages)
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
