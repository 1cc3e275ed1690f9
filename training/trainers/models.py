"""Base models and tokenizers, read from the files that were approved and from nowhere else."""

import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer

from governance.runner.protocol import RunFailed


def load_model(base: Path, *, quantization: Any = None) -> Any:
    """Return the causal language model in `base` in fp32 (or quantised, computing in fp32), in training mode.

    Raises:
        RunFailed: the directory holds no such model, or not all of its weights. Weights in pickle form and code in the
            directory are never used.
    """
    model, read = _load(
        AutoModelForCausalLM,
        base,
        dtype=torch.float32,
        # The shared-prefix batches rely on an implementation that takes any attention mask.
        attn_implementation="sdpa",
        use_safetensors=True,
        quantization_config=quantization,
        device_map={"": "cpu"} if quantization else None,
        output_loading_info=True,
    )
    if missing := sorted(read["missing_keys"]):  # they would be drawn at random, and trained on
        raise RunFailed(f"the base model's files lack {len(missing)} of its weights, such as {missing[0]}")
    return model.train()


def load_tokenizer(base: Path) -> Any:
    """Return the tokenizer in `base`; raises RunFailed if there is none."""
    return _load(AutoTokenizer, base)


def save_model(model: Any, base: Path, directory: Path) -> list[str]:
    """Write the trained model, with everything of `base` but its weights beside it; return the files' names, sorted.

    Tokenizer, chat template and licence text stay byte for byte what was approved with the base model.
    """
    model.save_pretrained(directory)
    for path in base.iterdir():
        weights = path.suffix == ".safetensors" or path.name.endswith(".safetensors.index.json")
        if not weights and not (directory / path.name).exists():
            shutil.copyfile(path, directory / path.name)
    return sorted(path.name for path in directory.iterdir())


def _load(factory: Any, base: Path, **options: Any) -> Any:
    try:
        return factory.from_pretrained(str(base), local_files_only=True, trust_remote_code=False, **options)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise RunFailed(
            f"the base model's files cannot be read ({error}); expected config.json, safetensors weights and the "
            "tokenizer's files, as registered with the base model"
        ) from error
