"""lm-evaluation-harness with its `hf` model. Reads the work from standard input; its own environment runs it.

As its manual says: a task file with local JSON Lines, the chat template applied, greedy generation. Every batch size is
tried and the fastest counts. Loading the model is not counted, reading the task, asking and scoring are.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import yaml
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

work = json.load(sys.stdin)
folder = Path(tempfile.mkdtemp())
(folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in work["cases"]))
(folder / "task.yaml").write_text(
    yaml.safe_dump(
        {
            "task": "cases",
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(folder / "cases.jsonl")}},
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": work["template"].replace("{input}", "{{input}}"),
            "doc_to_target": "{{target}}",
            "target_delimiter": "",
            "description": "",
            "generation_kwargs": {"until": [], "do_sample": False, "max_gen_toks": work["max_new_tokens"]},
            "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        }
    )
)
best = None
for batch_size in work["batch_sizes"]:
    model = HFLM(pretrained=work["model"], batch_size=batch_size, dtype="float32", device="cpu")
    tasks = TaskManager(include_path=str(folder), include_defaults=False)
    started = time.perf_counter()
    found = simple_evaluate(
        model=model,
        tasks=["cases"],
        task_manager=tasks,
        bootstrap_iters=0,
        apply_chat_template=True,
        system_instruction=work["system"],
        log_samples=True,
        verbosity="ERROR",
    )
    seconds = time.perf_counter() - started
    samples = sorted(found["samples"]["cases"], key=lambda sample: sample["doc_id"])
    answers = [sample["resps"][0][0] for sample in samples]
    if best is None or seconds < best["seconds"]:
        best = {"seconds": seconds, "batch_size": batch_size, "answers": answers}
print(json.dumps(best))
