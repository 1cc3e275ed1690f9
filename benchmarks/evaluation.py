"""Evaluation speed: our engine beside a plain transformers loop, with the same tiny model, prompts and limits."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks.measurement import Goal, Measurement
from demo.plan import PROMPT
from evals.engine.answers import Answer, render
from evals.engine.backends.base import Key, Request
from evals.engine.backends.loading import quieten
from evals.engine.backends.local_model import LocalModel
from evals.engine.spec import Decoding, Message, Prompt
from training.trainers.tiny import make_tiny

CASES = 256
BATCH = 32
NEW_TOKENS = 16
ROUNDS = 5
DECODING = Decoding(max_new_tokens=NEW_TOKENS, do_sample=False, batch_size=BATCH, precision="fp32")


def measure() -> Measurement:
    """Return the samples per second of the engine, the plain loop as peer; the median of interleaved rounds.

    Both decode greedily and stop at the end of an answer; both get prompts of mixed length with one system message.
    """
    quieten()
    words = ["acute", "chronic", "fracture", "of", "the", "left", "eye", "with", "infection", "unspecified"]
    phrases = [" ".join(words[(number + place) % 10] for place in range(2 + number % 9)) for number in range(CASES)]
    prompt = Prompt.model_validate(PROMPT)
    chats = [render(prompt, [Message(role="user", content=phrase)]) for phrase in phrases]
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        make_tiny(base, [*phrases, str(prompt.system)])
        generator = LocalModel.load(base, None, DECODING)
        tokenizer = AutoTokenizer.from_pretrained(base, padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    ours, plain = [], []
    for _ in range(ROUNDS):
        ours.append(_speed(lambda: _engine(generator, chats)))
        plain.append(_speed(lambda: _plain(model, tokenizer, chats)))
    return Measurement(
        name="evaluation, greedy generation on the tiny model",
        value=statistics.median(ours),
        unit="samples/s",
        peer=statistics.median(plain),
        beside="transformers generate() in batches of the same size",
        goal=Goal("ratio", ">=", 1.0),
    )


def _speed(work: Callable[[], int]) -> float:
    started = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - started)


def _engine(generator: LocalModel, chats: list[list[dict[str, str]]]) -> int:
    answers: dict[Key, Answer] = {}
    requests = [Request(str(number), 1, chat) for number, chat in enumerate(chats)]
    generator.answer(requests, DECODING, answers.update)
    return len(answers)


def _plain(model: Any, tokenizer: Any, chats: list[list[dict[str, str]]]) -> int:
    answers: list[str] = []
    for start in range(0, len(chats), BATCH):
        batch = tokenizer.apply_chat_template(
            chats[start : start + BATCH],
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
            padding=True,
        )
        with torch.inference_mode():
            found = model.generate(**batch, do_sample=False, max_new_tokens=NEW_TOKENS)
        answers += tokenizer.batch_decode(found[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    return len(answers)
