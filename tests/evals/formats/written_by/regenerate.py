"""Has Inspect and lm-evaluation-harness write the files beside this script; README.md says how.

`ours/` holds what Countersign exported; what each tool read in it goes to `as_read.json`.
"""

import json
import os
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent


def inspect_files() -> None:
    from inspect_ai.dataset import MemoryDataset, Sample, json_dataset
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser

    samples = MemoryDataset(
        [
            Sample(id=1, input="What is 1 plus 2?", target="3", metadata={"source": "written here", "level": 2}),
            Sample(id="chosen", input="Which is a fish?", choices=["cat", "cod, fresh"], target="B"),
            Sample(input="Name a primary colour.", target=["red", "blue", "yellow"]),
            Sample(
                id="chat",
                input=[ChatMessageSystem(content="Be brief."), ChatMessageUser(content="Hello?")],
                target="Hello.",
            ),
        ]
    )
    lines = [sample.model_dump_json(exclude_none=True, fallback=lambda _: None) for sample in samples]
    (HERE / "inspect" / "samples.jsonl").write_text("\n".join(lines) + "\n")
    read = [
        {
            "id": s.id,
            "input": s.input if isinstance(s.input, str) else [(m.role, m.text) for m in s.input],
            "target": s.target,
            "choices": s.choices,
            "metadata": s.metadata,
        }
        for s in json_dataset(str(HERE / "ours" / "dataset.jsonl"))
    ]
    told = {"inspect_ai": version("inspect_ai"), "read": read}
    (HERE / "inspect" / "as_read.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def inspect_log() -> None:
    from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

    path = HERE / "ours" / "log.eval"
    log = read_eval_log(str(path))
    summaries = read_eval_log_sample_summaries(str(path))
    told = {
        "inspect_ai": version("inspect_ai"),
        "status": log.status,
        "model": log.eval.model,
        "epochs": log.eval.config.epochs,
        "figures": {name: metric.value for name, metric in log.results.scores[0].metrics.items()},
        "completed": (log.results.completed_samples, log.results.total_samples),
        "reductions": {one.scorer: [(s.sample_id, s.value) for s in one.samples] for one in log.reductions},
        "samples": [
            {
                "id": s.id,
                "epoch": s.epoch,
                "asked": [(m.role, m.text) for m in s.input],
                "target": s.target,
                "said": s.output.completion,
                "stopped": s.output.choices[0].stop_reason if s.output.choices else None,
                "tokens": s.output.usage.output_tokens if s.output.usage else None,
                "scores": {name: score.value for name, score in (s.scores or {}).items()},
                "error": s.error.message if s.error else None,
                "metadata": s.metadata,
            }
            for s in log.samples
        ],
        "summaries": [(s.id, s.epoch, s.completed, bool(s.error)) for s in summaries],
    }
    (HERE / "inspect" / "log_as_read.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def harness_files() -> None:
    import yaml
    from lm_eval.tasks import TaskManager

    read = {}
    manager = TaskManager()
    for folder, name in (("lm_eval", "triage"), ("lm_eval", "sums"), ("ours", "cases")):
        os.chdir(HERE / folder)
        config = yaml.safe_load((HERE / folder / f"{name}.yaml").read_text())
        task = next(iter(manager.load([config])["tasks"].values()))
        docs = list(task.test_docs())
        read[name] = [
            {
                "text": task.doc_to_text(doc),
                "target": task.doc_to_target(doc),
                "choices": task.doc_to_choice(doc) if config["output_type"] == "multiple_choice" else None,
            }
            for doc in docs
        ]
    told = {"lm_eval": version("lm_eval"), "read": read}
    (HERE / "lm_eval" / "as_read.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    inspect_files()
    inspect_log()
    harness_files()
