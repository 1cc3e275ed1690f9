"""Inspect with its `hf` provider. Reads the work from standard input; its own environment runs it.

As its manual says: a task of samples with a system message, greedy generation, scored by `exact`, logged to a file.
Every batch size (its maximum of connections) is tried and the fastest counts. Loading the model is not counted.
"""

import json
import sys
import tempfile
import time

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.scorer import exact
from inspect_ai.solver import generate, system_message

work = json.load(sys.stdin)
samples = [
    Sample(id=number + 1, input=work["template"].replace("{input}", case["input"]), target=case["target"])
    for number, case in enumerate(work["cases"])
]
best = None
for batch_size in work["batch_sizes"]:
    config = GenerateConfig(max_tokens=work["max_new_tokens"], max_connections=batch_size)
    model = get_model(
        "hf/local", config=config, model_path=work["model"], device="cpu", do_sample=False, dtype="float32"
    )
    task = Task(dataset=samples, solver=[system_message(work["system"]), generate()], scorer=exact())
    started = time.perf_counter()
    [log] = evaluate(
        task,
        model=model,
        display="none",
        log_dir=tempfile.mkdtemp(),
        max_samples=max(batch_size, 10),
        log_level="error",
    )
    seconds = time.perf_counter() - started
    if log.status != "success":
        raise SystemExit(str(log.error))
    answers = [sample.output.completion for sample in sorted(log.samples, key=lambda sample: sample.id)]
    if best is None or seconds < best["seconds"]:
        best = {"seconds": seconds, "batch_size": batch_size, "answers": answers}
print(json.dumps(best))
