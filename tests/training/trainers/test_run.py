"""The entry point of the "train" purpose, end to end on the tiny model: each method, and each way it must fail."""

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.proof.formats import canonical
from governance.runner.protocol import Outcome, RunFailed
from tests.training.trainers.work import Recorder, digests, prepare, rows, spec_body
from training.trainers.base_files import BaseModelFiles
from training.trainers.run import run
from training.trainers.spec import RunRecordBody, RunSpecBody

pytestmark = pytest.mark.ml


def train(work: Path, tiny: BaseModelFiles, method: str = "lora", **changes: Any) -> tuple[Outcome, Recorder]:
    report = Recorder()
    permit = prepare(work, tiny.directory, spec_body(method, **changes))
    return run(work, permit, report), report


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_each_method_trains_and_says_what_it_did(tiny: BaseModelFiles, tmp_path: Path, method: str) -> None:
    outcome, report = train(tmp_path, tiny, method)
    record = RunRecordBody.model_validate(canonical.loads(canonical.dumps(outcome.body)))
    assert record.artefact == ("model" if method == "full" else "adapter")
    assert record.moved_modules == (20 if method == "full" else 2 * 3)
    assert [point.step for point in record.loss_curve] == [1, 2, 3]
    assert float(record.metrics.final_loss) < float(record.metrics.first_loss)
    assert record.metrics.epochs == "1"
    assert {"torch", "transformers", "peft", "trl", "bitsandbytes", "python", "threads"} <= record.environment.keys()
    assert [file.name for file in outcome.files] == [entry.path for entry in record.files]
    for file, entry in zip(outcome.files, record.files, strict=True):
        content = file.path.read_bytes()
        assert file.path.is_relative_to(tmp_path / "outputs")
        assert (len(content), canonical.sha256(content)) == (entry.size, entry.sha256)
    assert str(tmp_path) not in "".join(
        file.path.read_text() for file in outcome.files if file.path.suffix in {".json", ".jinja"}
    )
    assert report.shares == sorted(report.shares)
    assert [figures["step"] for figures in report.figures] == [1, 2, 3]
    assert all({"loss", "learning_rate", "seconds_per_step", "eta_seconds"} <= f.keys() for f in report.figures)


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_the_adapter_loads_with_peft_and_changes_the_answer(tiny: BaseModelFiles, tmp_path: Path, method: str) -> None:
    import peft
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    train(tmp_path, tiny, method, hyperparameters={"steps": 25, "learning_rate": "0.02", "dropout": "0"})
    tensors = load_file(tmp_path / "outputs" / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    tokenizer = AutoTokenizer.from_pretrained(tiny.directory)
    base = AutoModelForCausalLM.from_pretrained(tiny.directory)
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "a"}], add_generation_prompt=True, return_tensors="pt"
    )
    before = base.generate(**asked, max_new_tokens=8, do_sample=False)
    tuned = peft.PeftModel.from_pretrained(base, tmp_path / "outputs").eval()
    after = tuned.generate(**asked, max_new_tokens=8, do_sample=False)
    assert tokenizer.decode(after[0]) != tokenizer.decode(before[0])
    assert "chapter" in tokenizer.decode(after[0, asked["input_ids"].shape[1] :])


def test_a_full_model_is_the_base_with_other_weights(tiny: BaseModelFiles, tmp_path: Path) -> None:
    outcome, _ = train(tmp_path, tiny, "full")
    base = {path.name: canonical.sha256(path.read_bytes()) for path in tiny.directory.iterdir()}
    tuned = digests(outcome)
    assert {name for name in base.keys() | tuned.keys() if base.get(name) != tuned.get(name)} == {"model.safetensors"}


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_the_seed_decides_the_bytes(tiny: BaseModelFiles, tmp_path: Path, method: str) -> None:
    first, again, other = (
        digests(train(tmp_path / name, tiny, method, seed=seed)[0]) for name, seed in [("a", 7), ("b", 7), ("c", 8)]
    )
    assert first == again
    weights = "model.safetensors" if method == "full" else "adapter_model.safetensors"
    assert first[weights] != other[weights]


def test_another_process_with_another_hash_seed_makes_the_same_bytes(tiny: BaseModelFiles, tmp_path: Path) -> None:
    import torch

    here = digests(train(tmp_path / "here", tiny)[0])
    permit = prepare(tmp_path / "there", tiny.directory, spec_body())
    script = """
import json, sys
from pathlib import Path
from governance.proof.formats.permit import Permit
from tests.training.trainers.work import Recorder, digests
from training.trainers.run import run

outcome = run(Path(sys.argv[1]), Permit.model_validate_json(sys.argv[2]), Recorder())
import datasets, huggingface_hub
assert datasets.config.HF_HUB_OFFLINE and huggingface_hub.constants.HF_HUB_OFFLINE
assert "django" not in sys.modules
print(json.dumps(digests(outcome)))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"PYTHONHASHSEED": "12345", "OMP_NUM_THREADS": str(torch.get_num_threads())}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "there"), permit.model_dump_json()],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == here


def test_the_budget_ends_a_run(tiny: BaseModelFiles, tmp_path: Path) -> None:
    body = spec_body(budget={"max_seconds": 2, "max_usd": None}, hyperparameters={"steps": 50})
    report = Recorder(pause=0.7)
    with pytest.raises(RunFailed, match=r"budget of 2 seconds .* of 50 .*raise budget\.max_seconds"):
        run(tmp_path, prepare(tmp_path, tiny.directory, body), report)
    assert len(report.figures) < 5
    assert not (tmp_path / "outputs").exists()


def test_a_permit_may_allow_less_time_than_the_spec(tiny: BaseModelFiles, tmp_path: Path) -> None:
    permit = prepare(tmp_path, tiny.directory, spec_body(hyperparameters={"steps": 50}))
    permit = permit.model_copy(update={"bounds": {"max_seconds": 1}})
    with pytest.raises(RunFailed, match="budget of 1 seconds"):
        run(tmp_path, permit, Recorder(pause=1))


def test_a_stopped_run_ends_after_its_step(tiny: BaseModelFiles, tmp_path: Path) -> None:
    report = Recorder(stop_after=2)
    permit = prepare(tmp_path, tiny.directory, spec_body(hyperparameters={"steps": 50}))
    with pytest.raises(RunFailed, match="stopped after step 3 of 50"):
        run(tmp_path, permit, report)
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize("wrong", ["qqq_proj", "lm_head", "model.layers.0.self_attn.q_proj"])
def test_target_modules_that_cannot_be_trained_are_refused(tiny: BaseModelFiles, tmp_path: Path, wrong: str) -> None:
    said = f"no target module {re.escape(wrong)}; it has: down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj"
    with pytest.raises(RunFailed, match=said):
        train(tmp_path, tiny, hyperparameters={"target_modules": sorted(["q_proj", wrong])})


def test_an_adapter_that_got_no_gradient_fails_the_run(
    tiny: BaseModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from training.trainers import adapters

    load = adapters.load_with_adapter

    def sabotaged(base: Path, spec: RunSpecBody) -> Any:
        model = load(base, spec)
        still = model.get_submodule("base_model.model.model.layers.1.self_attn.v_proj.lora_B.default")
        still.weight.register_hook(torch.zeros_like)
        return model

    monkeypatch.setattr(adapters, "load_with_adapter", sabotaged)
    with pytest.raises(RunFailed, match=r"1 of 6 trained modules did not move: .*layers\.1\.self_attn\.v_proj"):
        train(tmp_path, tiny)
    assert not (tmp_path / "outputs").exists()


def test_a_full_run_that_changes_nothing_fails(tiny: BaseModelFiles, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"^1?\d of 20 trained modules did not move: model\.layers"):
        train(tmp_path, tiny, "full", hyperparameters={"learning_rate": "0.000000000000000001"})


def test_a_loss_that_explodes_fails_the_run(tiny: BaseModelFiles, tmp_path: Path) -> None:
    weights = tmp_path / "base" / "model.safetensors"
    weights.parent.mkdir()
    for path in tiny.directory.iterdir():
        (weights.parent / path.name).write_bytes(path.read_bytes())
    from safetensors.torch import load_file, save_file

    broken = {name: tensor * float("inf") for name, tensor in load_file(weights).items()}
    save_file(broken, weights, metadata={"format": "pt"})
    with pytest.raises(RunFailed, match="the loss is nan at step 1"):
        run(tmp_path, prepare(tmp_path, weights.parent, spec_body()), Recorder())


def test_four_bit_layers_cannot_be_repacked_and_adapters_stay_fp32(tiny: BaseModelFiles) -> None:
    import torch
    from bitsandbytes.nn import Linear4bit

    from training.trainers import adapters

    model = adapters.load_with_adapter(tiny.directory, RunSpecBody.model_validate(spec_body("qlora")))
    layers = [module for module in model.modules() if isinstance(module, Linear4bit)]
    assert len(layers) == 2 * 7
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)
    assert {layer.weight.quant_type for layer in layers} == {"nf4"}
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}


def test_dataset_errors_reach_the_launcher(tiny: BaseModelFiles, tmp_path: Path) -> None:
    lines = json.dumps(rows(1)[0]).encode() + b"\n\xff\n"
    permit = prepare(tmp_path, tiny.directory, spec_body(), {"train.jsonl": lines})
    with pytest.raises(RunFailed, match=r"data/triage/train\.jsonl:2: not UTF-8"):
        run(tmp_path, permit, Recorder())


def test_files_the_permit_does_not_name_are_not_read(tiny: BaseModelFiles, tmp_path: Path) -> None:
    permit = prepare(tmp_path, tiny.directory, spec_body())
    (tmp_path / "inputs" / "data" / "triage" / "smuggled.jsonl").write_bytes(b"not even JSON")
    assert RunRecordBody.model_validate(run(tmp_path, permit, Recorder()).body).metrics.rows == 12


def test_only_the_permitted_run_spec_is_followed(tiny: BaseModelFiles, tmp_path: Path) -> None:
    permit = prepare(tmp_path, tiny.directory, spec_body())
    path = tmp_path / "inputs" / "documents" / "run_spec.json"
    path.write_bytes(path.read_bytes().replace(b'"steps":3', b'"steps":4'))
    with pytest.raises(RunFailed, match=r"found the run spec sha256:\w+, expected sha256:\w+ as permitted"):
        run(tmp_path, permit, Recorder())


def test_a_document_of_another_kind_is_no_run_spec(tiny: BaseModelFiles, tmp_path: Path) -> None:
    permit = prepare(tmp_path, tiny.directory, spec_body(), kind="training.release")
    with pytest.raises(RunFailed, match=r"kind training\.release, expected training\.run_spec"):
        run(tmp_path, permit, Recorder())


def test_a_run_spec_with_an_unknown_key_is_refused(tiny: BaseModelFiles, tmp_path: Path) -> None:
    permit = prepare(tmp_path, tiny.directory, spec_body(packing=True))
    with pytest.raises(RunFailed, match="packing"):
        run(tmp_path, permit, Recorder())


def test_cut_off_weights_are_a_clean_failure(tiny: BaseModelFiles, tmp_path: Path) -> None:
    permit = prepare(tmp_path, tiny.directory, spec_body())
    weights = tmp_path / "inputs" / "base" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(RunFailed, match="base model's files cannot be read"):
        run(tmp_path, permit, Recorder())


def test_pickled_weights_are_never_read(tiny: BaseModelFiles, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from training.trainers import models

    base = tmp_path / "base"
    base.mkdir()
    for path in tiny.directory.iterdir():
        if path.suffix != ".safetensors":
            (base / path.name).write_bytes(path.read_bytes())
    torch.save(load_file(tiny.directory / "model.safetensors"), base / "pytorch_model.bin")
    with pytest.raises(RunFailed, match=r"expected config\.json, safetensors weights"):
        models.load_model(base)


def test_a_disk_that_is_full_is_a_clean_failure(
    tiny: BaseModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.trainers import adapters

    save = adapters.save_adapter

    def cramped(*arguments: Any) -> list[str]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            return save(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(adapters, "save_adapter", cramped)
    with pytest.raises(RunFailed, match=r"could not be written .*launch again"):
        train(tmp_path, tiny)
