"""Evaluation speed: our engine beside lm-evaluation-harness's `hf` model and Inspect's `hf` provider.

Same machine, model, cases, prompts, limit of new tokens and threads, in one run whose rounds alternate. The peers try
several batch sizes and their fastest counts; ours takes the demo's. Everything but loading the model is counted:
reading, asking, keeping (journal, log), scoring. How many answers agree word for word is part of each row's name,
because a faster program that does something else shows nothing.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks.made_up import phrase, rubric, target, write_cases
from benchmarks.measurement import Goal, Measurement
from benchmarks.peers.environment import run
from demo.plan import PROMPT
from evals.engine.__main__ import NOTE, Places, evaluate_arm
from evals.engine.backends.loading import quieten
from evals.engine.backends.local_model import LocalModel
from evals.engine.spec import EvaluationSpecBody
from training.trainers.base_files import base_model_files

Model = Literal["tiny", "smollm2"]
CASES: Final[dict[Model, int]] = {"tiny": 256, "smollm2": 48}
ROUNDS: Final[dict[Model, int]] = {"tiny": 3, "smollm2": 1}
BATCHES: Final[dict[Model, list[int]]] = {"tiny": [32, 64, 128], "smollm2": [8, 16, 32]}
PEERS: Final = (("lm_eval_hf", "lm-evaluation-harness (hf)", 1.5), ("inspect_hf", "Inspect (hf)", 2.0))


def measure() -> Iterator[Measurement]:
    """Yield the samples per second of the engine beside each peer's, for the tiny model and for SmolLM2."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # for the peers too: threads that spin slow all down
    quieten()
    for kind in CASES:
        yield from _beside_peers(kind)


def _beside_peers(kind: Model) -> Iterator[Measurement]:
    texts = [*(phrase(number) for number in range(CASES[kind])), str(PROMPT["system"])]
    cache = Path(os.environ.get("COUNTERSIGN_VAR", "var")) / "models"
    base = base_model_files(kind, cache, texts).directory.resolve()
    work = {
        "model": str(base),
        "cases": [{"input": phrase(number), "target": target(number)} for number in range(CASES[kind])],
        "system": PROMPT["system"],
        "template": PROMPT["template"],
        "max_new_tokens": 16,
        "batch_sizes": BATCHES[kind],
    }
    model = LocalModel.load(base, None, rubric(["exact"]).decoding)
    ours: list[float] = []
    answers: list[str] = []
    theirs: dict[str, list[dict[str, Any]]] = {peer: [] for peer, _, _ in PEERS}
    for _ in range(ROUNDS[kind]):
        seconds, answers = _engine(model, CASES[kind])
        ours.append(CASES[kind] / seconds)
        for peer, found in theirs.items():
            found.append(run(peer, work))
    for peer, name, limit in PEERS:
        speed = statistics.median(CASES[kind] / each["seconds"] for each in theirs[peer])
        same = sum(a.strip() == b.strip() for a, b in zip(answers, theirs[peer][-1]["answers"], strict=True))
        yield Measurement(
            name=f"evaluation with {kind}, {same} of {CASES[kind]} answers the same",
            value=statistics.median(ours),
            unit="samples/s",
            peer=speed,
            beside=f"{name}, batches of {theirs[peer][-1]['batch_size']}",
            goal=Goal("ratio", ">=", limit),
        )


def _engine(model: LocalModel, count: int) -> tuple[float, list[str]]:
    """Evaluate from the first byte to the result; return seconds and answers in the order of the cases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = write_cases(folder / "cases", count)
        spec = EvaluationSpecBody(arm="base", attempt_index=1, note=NOTE)
        started = time.perf_counter()
        evaluate_arm(Places(folder / "out", folder / "cases"), spec, rubric(["exact"]), cases, model)
        seconds = time.perf_counter() - started
        lines = (folder / "out" / "base" / "outputs" / "outputs.jsonl").read_text().splitlines()
    return seconds, [json.loads(line)["output"] for line in lines]
