"""A training step of the train entry point beside one of a plain TRL script: same model, rows, seed and precision.

What the entry point adds (progress, budget, loss curve, movement check) must not cost a tenth of a step.
"""

import json
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measurement import Goal, Measurement
from evals.engine.answers import render
from evals.quality.rows import Row
from governance.proof.formats import canonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.permit import Input, Permit
from training.trainers.environment import quieten, settle
from training.trainers.run import run
from training.trainers.spec import RunSpecBody

STEPS = 40
ROUNDS = 3
_UUID = "00000000-0000-4000-8000-000000000000"
_SYSTEM = 'You code clinical phrases. Answer with one JSON object {"chapter": "<roman numeral>"} and nothing else.'


class Silent:
    """A reporter that only takes calls."""

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        """Take the call."""

    def log(self, line: str) -> None:
        """Take the call."""

    def stopping(self) -> bool:
        """Return False."""
        return False


def measure() -> Measurement:
    """Return the median milliseconds of a LoRA step by the entry point, beside plain TRL's; best of three rounds each.

    Rounds alternate, so that what else the machine does falls on both.
    """
    settle()
    from training.trainers.base_files import base_model_files

    quieten()
    rows = make_rows(160)
    texts = [_SYSTEM, *(row.messages[0].content for row in rows), *(row.target for row in rows)]
    with tempfile.TemporaryDirectory() as name:
        base = base_model_files("tiny", Path(name) / "models", texts).directory
        ours, plain = [], []
        for number in range(ROUNDS):
            ours.append(entry_point_step(Path(name) / f"work-{number}", base, rows))
            plain.append(statistics.median(plain_trl(base, rows, spec(), Path(name) / "plain")[0]))
    return Measurement(
        name="LoRA training step by the entry point",
        value=round(min(ours) * 1000, 3),
        unit="ms",
        goal=Goal("ratio", "<=", 1.10),
        peer=round(min(plain) * 1000, 3),
        beside="a plain TRL script",
    )


def make_rows(count: int) -> list[Row]:
    """Return `count` rows of a made-up classification task."""
    draw = random.Random(0)
    words = ["acute", "chronic", "fracture", "left", "femur", "benign", "neoplasm", "kidney", "virus", "injury"]
    return [
        Row.model_validate(
            {
                "id": f"row-{number}",
                "messages": [{"role": "user", "content": " ".join(draw.choices(words, k=draw.randint(2, 12)))}],
                "target": json.dumps({"chapter": draw.choice(["I", "II", "XIV", "XIX"])}),
            }
        )
        for number in range(count)
    ]


def spec() -> RunSpecBody:
    """Return the run spec that both sides follow."""
    return RunSpecBody.model_validate(
        {
            "title": "Benchmark",
            "objective": "sft",
            "method": "lora",
            "hyperparameters": {
                "learning_rate": "0.001",
                "scheduler": "cosine",
                "steps": STEPS,
                "batch_size": 8,
                "max_length": 512,
                "r": 8,
                "alpha": 16,
                "dropout": "0",
                "target_modules": ["down_proj", "o_proj", "q_proj", "v_proj"],
            },
            "seed": 0,
            "precision": "fp32",
            "budget": {"max_seconds": 600},
            "prompt": {"system": _SYSTEM, "template": "Phrase: {input}\nJSON:"},
            "code": {"commit": "unknown", "dirty": False, "lockfile_sha256": canonical.sha256(b"")},
        }
    )


def entry_point_step(work: Path, base: Path, rows: list[Row]) -> float:
    """Return the median seconds of a step of the entry point in the fresh directory `work`."""
    outcome = run(work, prepare(work, base, rows), Silent())
    return float(outcome.body["metrics"]["seconds_per_step"])


def prepare(work: Path, base: Path, rows: list[Row]) -> Permit:
    """Lay the inputs out as the runner does and return the permit that names them."""
    envelope = Envelope(
        schema_name="training.run_spec/1",
        project=_UUID,
        series=_UUID,
        number=1,
        previous=None,
        contributors=[],
        salt="0" * 32,
        references=[],
        body=spec().model_dump(),
    )
    files = {f"base/{path.name}": path.read_bytes() for path in base.iterdir()}
    files["documents/run_spec.json"] = envelope.to_bytes()
    files["documents/base_model.json"] = b"{}"
    files["data/made/train.jsonl"] = "".join(row.model_dump_json() + "\n" for row in rows).encode()
    for name, content in files.items():
        path = work / "inputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Permit(
        id=_UUID,
        purpose="train",
        entry_point="training.trainers.run:run",
        job=_UUID,
        attempt=_UUID,
        number=1,
        project=_UUID,
        spec=envelope.digest,
        inputs=[
            Input(name=name, sha256=canonical.sha256(content), size=len(content), role="file")
            for name, content in files.items()
        ],
        decisions=[],
        code={},
        audience="local",
        secret_sha256=canonical.sha256(b""),
        issued_at="2026-01-01T00:00:00Z",
        expires_at="2026-01-02T00:00:00Z",
        checkpoint="none",
        bounds={},
    )


def plain_trl(base: Path, rows: list[Row], spec: RunSpecBody, scratch: Path) -> tuple[list[float], list[float]]:
    """Return the seconds and the losses of the steps of what one would write from TRL's documentation.

    Same precision and no recomputation of activations, as in the entry point; all else is TRL's default.
    """
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Clock(TrainerCallback):
        mark = 0.0
        seconds: list[float] = []

        def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
            self.mark = time.monotonic()

        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            now = time.monotonic()
            self.seconds.append(now - self.mark)
            self.mark = now

    clock, chosen = Clock(), spec.hyperparameters
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        processing_class=AutoTokenizer.from_pretrained(base),
        train_dataset=Dataset.from_list(
            [
                {
                    "prompt": render(spec.prompt, row.messages),
                    "completion": [{"role": "assistant", "content": row.target}],
                }
                for row in rows
            ]
        ),
        args=SFTConfig(
            output_dir=str(scratch),
            max_steps=chosen.steps,
            per_device_train_batch_size=chosen.batch_size,
            learning_rate=float(chosen.learning_rate),
            lr_scheduler_type=chosen.scheduler,
            max_length=chosen.max_length,
            seed=spec.seed,
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=True,
            save_strategy="no",
            logging_steps=1,
            report_to="none",
            disable_tqdm=True,
        ),
        peft_config=LoraConfig(
            r=chosen.r or 0,
            lora_alpha=chosen.alpha or 0,
            lora_dropout=float(chosen.dropout or 0),
            target_modules=chosen.target_modules,
            task_type="CAUSAL_LM",
        ),
        callbacks=[clock],
    )
    trainer.train()
    return clock.seconds, [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(json.dumps(measure().as_row(), indent=2))
