"""What the engine itself costs: its overhead per sample, and 100,000 recorded outputs graded, resampled and judged."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.made_up import rubric, write_cases, write_recorded
from benchmarks.measurement import Goal, Measurement
from evals.engine.__main__ import NOTE, Places, evaluate_arm
from evals.engine.spec import EvaluationSpecBody, FileEntry
from governance.proof.formats.canonical import sha256

FEW, MANY = 2_000, 100_000


def measure() -> list[Measurement]:
    """Return milliseconds per sample with recorded answers, and seconds and memory of judging 100,000 of them."""
    # Evaluating happens elsewhere: a process that starts another one hands it its own peak of memory.
    spawned = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
    with tempfile.TemporaryDirectory() as name, spawned as pool:
        seconds = pool.submit(_evaluated, Path(name) / "few", FEW, ["exact", "json_schema"]).result()
        pool.submit(_evaluated, Path(name) / "many", MANY, ["exact", "label"]).result()
        judged, memory = _judged(Path(name) / "many")  # before the other process has ended and counts, too
    return [
        Measurement("evaluation, own overhead with recorded answers", seconds / FEW * 1000, "ms per sample",
                    Goal("value", "<=", 1.0)),
        Measurement("100,000 recorded outputs graded, resampled 10,000 times and judged", judged, "s",
                    Goal("value", "<=", 60.0)),
        Measurement("100,000 recorded outputs judged, memory", memory, "MB", Goal("value", "<=", 1000.0)),
    ]  # fmt: skip


def _evaluated(folder: Path, count: int, graders: list[str]) -> float:
    """Evaluate `count` recorded answers from the first byte to the result; return the seconds it took."""
    cases = write_cases(folder / "cases", count)
    recorded = write_recorded(folder / "recorded.jsonl", count)
    content = recorded.read_bytes()
    entry = FileEntry(path=recorded.name, size=len(content), sha256=sha256(content))
    spec = EvaluationSpecBody(arm="retrieval", attempt_index=1, note=NOTE, recorded=entry)
    chosen = Places(folder / "out", folder / "cases", recorded=recorded)
    started = time.perf_counter()
    evaluate_arm(chosen, spec, rubric(graders), cases, None)
    return time.perf_counter() - started


def _judged(folder: Path) -> tuple[float, float]:
    """Judge by an absolute share and a macro F1; return seconds and peak megabytes of the judging process."""
    work = folder / "out" / "retrieval"

    def body(role: str) -> Any:
        return json.loads((work / "inputs" / "documents" / f"{role}.json").read_bytes())["body"]

    def threshold(name: str, metric: str) -> dict[str, Any]:
        return {"id": name, "metric": metric, "slice": "all", "layer": "quality", "stage": "release", "direction": ">=",
                "kind": "absolute", "limit": "0.85", "importance": "hard", "alpha": "0.05", "n_min": 100,
                "missing_policy": "failure"}  # fmt: skip

    request = {
        "evaluation_set": body("evaluation_set"),
        "rubric": body("rubric"),
        "thresholds": {
            "title": "Made up",
            "preset": "standard",
            "thresholds": [threshold("share", "exact_match"), threshold("balance", "macro_f1")],
        },
        "cases": {"cases.jsonl": str(work / "inputs" / "cases" / "cases.jsonl")},
        "tuned_outputs": str(work / "outputs" / "outputs.jsonl"),
        "baseline_outputs": None,
    }
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "evals.engine.judgement"],
        input=json.dumps(request), capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
    verdict = json.loads(done.stdout)["verdict"]
    if verdict != "PASS":
        raise RuntimeError(f"found the verdict {verdict}, expected PASS: nine of ten answers are right")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
