"""Greedy generation with transformers: batched by length, padded on the left, shared beginnings computed once.

Cases of one plan begin alike (system message, template), and reading the prompt costs most of the time of a short
answer. So the tokens that all prompts of a group share go through the model once, and their keys and values are reused
for every batch: shared | padding | rest. Positions count real tokens only and the mask hides the padding, so a row's
logits are those it would have alone, up to the order of floating-point sums.
"""

import copy
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
from transformers.utils import logging as transformers_logging

from evals.engine.answers import Answer
from governance.runner.protocol import RunFailed

Chat = Sequence[dict[str, str]]


class Generator:
    """A model, with or without an adapter, that answers chats; always the most likely next token, in fp32."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Take a causal language model and its tokenizer, which must have a chat template.

        Raises:
            RunFailed: there is no chat template, or no token that ends an answer.
        """
        if not tokenizer.chat_template:
            raise RunFailed("the model's tokenizer has no chat template; add one, prompts are rendered through it")
        self._model = model.eval()
        self._tokenizer = tokenizer
        configured = model.generation_config.eos_token_id
        ends = set(configured if isinstance(configured, list) else [configured]) | {tokenizer.eos_token_id}
        self._ends = torch.tensor(sorted(end for end in ends if end is not None), dtype=torch.long)
        if not self._ends.numel():
            raise RunFailed("neither the model nor its tokenizer names an end-of-sequence token; add one")

    @classmethod
    def load(cls, base: Path, adapter: Path | None) -> "Generator":
        """Return the generator of the model in `base`, with the PEFT adapter in `adapter` if given.

        Only safetensors weights are read and no code of the directories runs.

        Raises:
            RunFailed: the files are not a model, tokenizer or adapter.
        """
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(
                str(base), dtype=torch.float32, use_safetensors=True, local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise RunFailed(
                f"the model's files cannot be read ({error}); expected config, safetensors and tokenizer"
            ) from error
        return cls(model if adapter is None else _with_adapter(model, adapter), tokenizer)

    def answer(
        self,
        chats: Sequence[Chat],
        *,
        max_new_tokens: int,
        batch_size: int,
        each_batch: Callable[[dict[int, Answer]], None],
    ) -> None:
        """Answer every chat, handing `each_batch` the answers by index into `chats` as they come.

        What `each_batch` raises ends the work.

        Raises:
            RunFailed: a chat contains one of the template's control tokens or does not fit the model's context.
        """
        prompts = [self._encode(index, chat) for index, chat in enumerate(chats)]
        longest = max((len(prompt) for prompt in prompts), default=0) + max_new_tokens
        context = getattr(self._model.config, "max_position_embeddings", None)
        if context is not None and longest > context:
            raise RunFailed(f"found a prompt and answer of {longest} tokens, expected at most the model's {context}")
        order = sorted(range(len(chats)), key=lambda index: (_opening(chats[index]), len(prompts[index]), index))
        with torch.inference_mode():
            for _, members in groupby(order, key=lambda index: _opening(chats[index])):
                group = list(members)
                shared = _shared_length([prompts[index] for index in group])
                past = self._read(prompts[group[0]][:shared]) if shared and len(group) > 1 else None
                for start in range(0, len(group), batch_size):
                    batch = group[start : start + batch_size]
                    tokens = [prompts[index] for index in batch]
                    decoded = self._decode(tokens, shared if past is not None else 0, past, max_new_tokens)
                    each_batch(dict(zip(batch, decoded, strict=True)))

    def _encode(self, index: int, chat: Chat) -> list[int]:
        for message in chat:
            for token in self._tokenizer.all_special_tokens:
                if token in message["content"]:
                    raise RunFailed(f"chat {index} contains the control token {token!r}; it would be read as structure")
        rendered = self._tokenizer.apply_chat_template(list(chat), add_generation_prompt=True, return_dict=False)
        return [int(token) for token in rendered]

    def _read(self, tokens: list[int]) -> Any:
        return self._model(input_ids=torch.tensor([tokens]), use_cache=True, logits_to_keep=1).past_key_values

    def _decode(self, prompts: list[list[int]], shared: int, past: Any, limit: int) -> list[Answer]:
        """Return the answers to `prompts`, the keys and values of whose first `shared` tokens are in `past`."""
        rows = len(prompts)
        width = max(len(prompt) for prompt in prompts) - shared
        ids = torch.full((rows, width), int(self._ends[0]))
        mask = torch.zeros((rows, shared + width), dtype=torch.long)
        mask[:, :shared] = 1
        for row, prompt in enumerate(prompts):
            rest = prompt[shared:]
            ids[row, width - len(rest) :] = torch.tensor(rest)
            mask[row, shared + width - len(rest) :] = 1
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, shared:]
        cache = DynamicCache(config=self._model.config)
        if past is not None:
            cache = copy.deepcopy(past)
            cache.batch_repeat_interleave(rows)

        new: list[list[int]] = [[] for _ in range(rows)]
        finished = [False] * rows
        alive = torch.arange(rows)
        for step in range(limit):
            output = self._model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            chosen = output.logits[:, -1, :].argmax(dim=-1)
            ended = torch.isin(chosen, self._ends)
            for row, token, end in zip(alive.tolist(), chosen.tolist(), ended.tolist(), strict=True):
                new[row].append(token)
                finished[row] = end
            keep = (~ended).nonzero().squeeze(1)
            if not keep.numel() or step == limit - 1:
                break
            if keep.numel() < alive.numel():
                # Rows that have ended leave the batch: the others go on faster.
                cache.batch_select_indices(keep)
                alive, chosen, mask, positions = alive[keep], chosen[keep], mask[keep], positions[keep]
            ids = chosen[:, None]
            mask = torch.cat([mask, torch.ones((alive.numel(), 1), dtype=torch.long)], dim=1)
            positions = positions[:, -1:] + 1
        return [
            Answer(self._text(tokens[:-1] if end else tokens), len(tokens), end)
            for tokens, end in zip(new, finished, strict=True)
        ]

    def _text(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        # Half a character at the limit of tokens must not make the record unwritable.
        return text.encode("utf-8", "replace").decode("utf-8")


def quieten() -> None:
    """Stop the model libraries' own progress bars and hints; progress goes to the reporter."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def _with_adapter(model: Any, directory: Path) -> Any:
    from peft import PeftModel, get_peft_model_state_dict

    weights = directory / "adapter_model.safetensors"
    if not weights.is_file():
        raise RunFailed("found no adapter_model.safetensors among the adapter's files, expected one")
    try:
        with safe_open(weights, framework="pt") as stored:
            names = set(stored.keys())
        adapted = PeftModel.from_pretrained(model, str(directory), is_trainable=False)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise RunFailed(
            f"the adapter cannot be put on the base model ({error}); was it trained on this one?"
        ) from error
    # peft only warns about weights it lacks or cannot place, and would measure the base model in the adapter's name.
    if odd := sorted(names ^ set(get_peft_model_state_dict(adapted))):
        raise RunFailed(f"{len(odd)} adapter weights do not match the base model, such as {odd[0]}")
    return adapted


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
