"""A work directory as the runner leaves it for the entry point: verified inputs, and a permit that names them."""

import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.proof.formats import canonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.permit import Input, Permit
from governance.runner.protocol import Outcome

UUID = "00000000-0000-4000-8000-{:012d}"
SYSTEM = 'You code clinical phrases. Answer with JSON: {"chapter": "<roman numeral>"} and nothing else.'
WORDS = ["acute", "chronic", "fracture", "left", "femur", "benign", "neoplasm", "kidney", "virus", "injury"]
CHAPTERS = ["I", "II", "XIV", "XIX"]


def rows(count: int = 12, seed: int = 0) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [
        {
            "id": f"row-{number}",
            "messages": [{"role": "user", "content": " ".join(draw.choices(WORDS, k=draw.randint(2, 7)))}],
            "target": json.dumps({"chapter": draw.choice(CHAPTERS)}),
        }
        for number in range(count)
    ]


def texts() -> list[str]:
    return [SYSTEM, *(text for row in rows(60) for text in (row["messages"][0]["content"], row["target"]))]


def spec_body(method: str = "lora", **changes: Any) -> dict[str, Any]:
    hyperparameters: dict[str, Any] = {
        "learning_rate": "0.001",
        "scheduler": "cosine",
        "warmup_steps": 0,
        "steps": 3,
        "batch_size": 4,
        "max_length": 256,
        "weight_decay": "0",
        "max_grad_norm": "1",
    }
    if method != "full":
        hyperparameters |= {"r": 4, "alpha": 8, "dropout": "0.05", "target_modules": ["down_proj", "q_proj", "v_proj"]}
    body: dict[str, Any] = {
        "title": "Coding triage",
        "objective": "sft",
        "method": method,
        "hyperparameters": hyperparameters | changes.pop("hyperparameters", {}),
        "seed": 7,
        "precision": "fp32",
        "budget": {"max_seconds": 120, "max_usd": None},
        "prompt": {"system": SYSTEM, "template": "Phrase: {input}\nJSON:"},
        "code": {"commit": "unknown", "dirty": False, "lockfile_sha256": canonical.sha256(b"lock")},
        "environment": {},
    }
    return body | changes


@dataclass
class Recorder:
    """A reporter that keeps what it is told; `stop_after` steps it asks the work to end."""

    stop_after: int | None = None
    pause: float = 0
    figures: list[dict[str, Any]] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        self.shares.append(done)
        if "step" in figures:
            self.figures.append(figures)
            time.sleep(self.pause)

    def log(self, line: str) -> None:
        self.lines.append(line)

    def stopping(self) -> bool:
        return self.stop_after is not None and len(self.figures) >= self.stop_after


def envelope(kind: str, body: dict[str, Any]) -> bytes:
    return Envelope(
        schema_name=f"{kind}/1",
        project=UUID.format(1),
        series=UUID.format(2),
        number=1,
        previous=None,
        contributors=[],
        salt="0" * 32,
        references=[],
        body=body,
    ).to_bytes()


def prepare(
    work: Path,
    base: Path,
    spec: dict[str, Any],
    data: dict[str, bytes] | None = None,
    kind: str = "training.run_spec",
) -> Permit:
    """Fill `work`/inputs and return the permit for it; `data` is file contents by name, twelve good rows by default."""
    if data is None:
        data = {"train.jsonl": "".join(json.dumps(row) + "\n" for row in rows()).encode()}
    files = {
        "documents/run_spec.json": envelope(kind, spec),
        "documents/base_model.json": envelope("training.base_model", {"name": "tiny"}),
    }
    files |= {f"data/triage/{name}": content for name, content in data.items()}
    files |= {f"base/{path.name}": path.read_bytes() for path in base.iterdir()}
    for name, content in files.items():
        path = work / "inputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Permit(
        id=UUID.format(3),
        purpose="train",
        entry_point="training.trainers.run:run",
        job=UUID.format(4),
        attempt=UUID.format(5),
        number=1,
        project=UUID.format(1),
        spec=canonical.sha256(files["documents/run_spec.json"]),
        inputs=[
            Input(name=name, sha256=canonical.sha256(content), size=len(content), role=name.partition("/")[0])
            for name, content in sorted(files.items())
        ],
        decisions=[],
        code={},
        audience="local",
        secret_sha256=canonical.sha256(b"secret"),
        issued_at="2026-11-22T02:00:00Z",
        expires_at="2026-11-22T03:00:00Z",
        checkpoint="note",
        bounds={"max_seconds": spec["budget"]["max_seconds"]},
    )


def digests(outcome: Outcome) -> dict[str, str]:
    return {entry["path"]: entry["sha256"] for entry in outcome.body["files"]}
