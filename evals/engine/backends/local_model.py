"""A model on this machine, by transformers: batched by length, padded on the left, shared beginnings computed once.

Cases of one plan begin alike (system message, template), and reading the prompt costs most of the time of a short
answer. So the tokens that all prompts of a group share go through the model once, and their keys and values are reused
for every batch: shared | padding | rest. Positions count real tokens only and the mask hides the padding, so a row's
logits are those it would have alone, up to the order of floating-point sums.
"""

import contextlib
import copy
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache

from evals.engine.answers import Answer
from evals.engine.backends.base import Chat, EachBatch, Request, draw
from evals.engine.backends.choosing import choose
from evals.engine.backends.loading import load
from evals.engine.spec import Decoding
from governance.runner.protocol import RunFailed


class LocalModel:
    """A causal language model, with or without an adapter, that answers chats."""

    def __init__(self, model: Any, tokenizer: Any, *, adapted: bool = False, silenced: bool = False) -> None:
        """Take a model and its tokenizer, which must have a chat template; `silenced` passes the adapter by.

        Raises:
            RunFailed: there is no chat template, or no token that ends an answer.
        """
        if not tokenizer.chat_template:
            raise RunFailed("the model's tokenizer has no chat template; add one, prompts are rendered through it")
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._adapted = adapted
        self._silenced = silenced
        configured = model.generation_config.eos_token_id
        ends = set(configured if isinstance(configured, list) else [configured]) | {tokenizer.eos_token_id}
        self._ends = torch.tensor(sorted(end for end in ends if end is not None), dtype=torch.long)
        if not self._ends.numel():
            raise RunFailed("neither the model nor its tokenizer names an end-of-sequence token; add one")
        self._controls = [str(token) for token in tokenizer.all_special_tokens]

    @classmethod
    def load(cls, base: Path, adapter: Path | None, decoding: Decoding) -> "LocalModel":
        """Return the model in `base`, with the PEFT adapter in `adapter` if given, in the precision of `decoding`.

        Raises:
            RunFailed: the files are not a model, tokenizer or adapter.
        """
        model, tokenizer = load(base, adapter, decoding)
        return cls(model, tokenizer, adapted=adapter is not None)

    def without_adapter(self) -> "LocalModel":
        """Return the base model under the adapter, sharing its weights: both are measured with one load."""
        return LocalModel(self._model, self._tokenizer, adapted=self._adapted, silenced=True)

    def environment(self) -> dict[str, str]:
        """Return device and threads."""
        return {"device": "cpu", "threads": str(torch.get_num_threads())}

    def fits(self, request: Request, decoding: Decoding) -> bool:
        """Return whether the model can be given a chat: no control token of its own in it, and not too long."""
        try:
            self._check_length([self._encode(request)], decoding)
        except RunFailed:
            return False
        return True

    def answer(self, requests: Sequence[Request], decoding: Decoding, each_batch: EachBatch) -> None:
        """Answer every request; see `Backend`.

        Raises:
            RunFailed: a chat contains one of the template's control tokens or does not fit the model's context.
        """
        prompts = [self._encode(request) for request in requests]
        self._check_length(prompts, decoding)
        openings = [_opening(request.chat) for request in requests]
        order = sorted(range(len(requests)), key=lambda index: (openings[index], len(prompts[index]), index))
        with torch.inference_mode(), self._arm():
            for _, members in groupby(order, key=lambda index: openings[index]):
                group = list(members)
                shared = _shared_length([prompts[index] for index in group])
                past = self._read(prompts[group[0]][:shared]) if shared and len(group) > 1 else None
                for start in range(0, len(group), decoding.batch_size):
                    batch = group[start : start + decoding.batch_size]
                    asked = [requests[index] for index in batch]
                    tokens = [prompts[index] for index in batch]
                    found = self._decode(asked, tokens, shared if past is not None else 0, past, decoding)
                    each_batch(dict(zip((request.key for request in asked), found, strict=True)))

    def _arm(self) -> AbstractContextManager[Any]:
        silence = self._adapted and self._silenced
        return self._model.disable_adapter() if silence else contextlib.nullcontext()

    def _check_length(self, prompts: list[list[int]], decoding: Decoding) -> None:
        longest = max((len(prompt) for prompt in prompts), default=0) + decoding.max_new_tokens
        context = getattr(self._model.config, "max_position_embeddings", None)
        if context is not None and longest > context:
            raise RunFailed(f"found a prompt and answer of {longest} tokens, expected at most the model's {context}")

    def _encode(self, request: Request) -> list[int]:
        for message in request.chat:
            for token in self._controls:
                if token in message["content"]:
                    raise RunFailed(
                        f"case {request.case!r} contains the control token {token!r}; it would be read as structure"
                    )
        rendered = self._tokenizer.apply_chat_template(
            list(request.chat), add_generation_prompt=True, return_dict=False
        )
        return [int(token) for token in rendered]

    def _read(self, tokens: list[int]) -> Any:
        return self._model(input_ids=torch.tensor([tokens]), use_cache=True, logits_to_keep=1).past_key_values

    def _decode(
        self, asked: list[Request], prompts: list[list[int]], shared: int, past: Any, decoding: Decoding
    ) -> list[Answer]:
        """Return the answers to `prompts`, the keys and values of whose first `shared` tokens are in `past`."""
        started = time.perf_counter()
        rows = len(prompts)
        ids, mask = self._padded(prompts, shared)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, shared:]
        cache = DynamicCache(config=self._model.config)
        if past is not None:
            cache = copy.deepcopy(past)
            cache.batch_repeat_interleave(rows)

        new: list[list[int]] = [[] for _ in range(rows)]
        texts: list[str | None] = [None] * rows  # of those that a stop text ended
        finished = [False] * rows
        seconds = [0.0] * rows
        alive = torch.arange(rows)
        for step in range(decoding.max_new_tokens):
            output = self._model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            here = alive.tolist()
            draws = [draw(decoding.seed or 0, asked[row].key, step) for row in here] if decoding.do_sample else []
            chosen = choose(output.logits[:, -1, :], decoding, draws)
            ended = torch.isin(chosen, self._ends)
            now = time.perf_counter() - started
            for place, (row, token, end) in enumerate(zip(here, chosen.tolist(), ended.tolist(), strict=True)):
                new[row].append(token)
                if decoding.stop and not end and (cut := self._stopped(new[row], decoding.stop)) is not None:
                    texts[row], end = cut, True
                    ended[place] = True
                finished[row], seconds[row] = end, now
            keep = (~ended).nonzero().squeeze(1)
            if not keep.numel() or step == decoding.max_new_tokens - 1:
                break
            if keep.numel() < alive.numel():
                # Rows that have ended leave the batch: the others go on faster.
                cache.batch_select_indices(keep)
                alive, chosen, mask, positions = alive[keep], chosen[keep], mask[keep], positions[keep]
            ids = chosen[:, None]
            mask = torch.cat([mask, torch.ones((alive.numel(), 1), dtype=torch.long)], dim=1)
            positions = positions[:, -1:] + 1
        return [
            Answer(self._answer(new[row], finished[row], texts[row]), len(new[row]), finished[row], len(prompts[row]),
                   seconds[row])
            for row in range(rows)
        ]  # fmt: skip

    def _padded(self, prompts: list[list[int]], shared: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the tokens after the shared ones, padded on the left, and the mask of all."""
        width = max(len(prompt) for prompt in prompts) - shared
        ids = torch.full((len(prompts), width), int(self._ends[0]))
        mask = torch.zeros((len(prompts), shared + width), dtype=torch.long)
        mask[:, :shared] = 1
        for row, prompt in enumerate(prompts):
            rest = prompt[shared:]
            ids[row, width - len(rest) :] = torch.tensor(rest)
            mask[row, shared + width - len(rest) :] = 1
        return ids, mask

    def _stopped(self, tokens: list[int], stops: Sequence[str]) -> str | None:
        """Return the text before the first stop text, None if there is none yet."""
        text = self._text(tokens)
        found = [place for stop in stops if (place := text.find(stop)) >= 0]
        return text[: min(found)] if found else None

    def _answer(self, tokens: list[int], finished: bool, cut: str | None) -> str:
        if cut is not None:
            return cut
        return self._text(tokens[:-1] if finished else tokens)

    def _text(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        # Half a character at the limit of tokens must not make the record unwritable.
        return text.encode("utf-8", "replace").decode("utf-8")


def _opening(chat: Chat) -> tuple[tuple[str, str], ...]:
    """Return what identifies chats that probably begin alike: everything before the last message."""
    return tuple((message["role"], message["content"]) for message in chat[:-1])


def _shared_length(prompts: list[list[int]]) -> int:
    """Return how many tokens all `prompts` begin with in common, leaving each at least one of its own."""
    first, last = min(prompts), max(prompts)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return min(same, min(len(prompt) for prompt in prompts) - 1)
