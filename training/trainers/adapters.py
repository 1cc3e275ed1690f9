"""LoRA (Hu et al. 2021) and QLoRA (Dettmers et al. 2023): small trained matrices beside frozen weights."""

import json
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import peft
import torch
from bitsandbytes.nn import Linear4bit
from safetensors.torch import save_file
from transformers import BitsAndBytesConfig, set_seed

from governance.runner.protocol import RunFailed
from training.trainers.models import load_model
from training.trainers.spec import Hyperparameters, RunSpecBody

QLORA = BitsAndBytesConfig(
    load_in_4bit=True,
    bnb_4bit_quant_type="nf4",
    bnb_4bit_use_double_quant=True,
    bnb_4bit_compute_dtype=torch.float32,
)


def load_with_adapter(base: Path, spec: RunSpecBody) -> Any:
    """Return the base model, frozen and for QLoRA quantised to NF4, with fresh fp32 adapters drawn from the seed.

    Raises:
        RunFailed: a target module does not exist in the model; names those that do.
    """
    model = load_model(base, quantization=QLORA if spec.method == "qlora" else None)
    for layer in model.modules():
        if isinstance(layer, Linear4bit):
            # On processors with AVX512-BF16 the first forward pass without gradients repacks the 4-bit weights for
            # inference; training then silently skips the layer.
            layer.support_avx512bf16_for_cpu = False
    config = adapter_config(model, spec.hyperparameters)
    set_seed(spec.seed)
    return peft.get_peft_model(model, config)


def adapter_config(model: Any, hyperparameters: Hyperparameters) -> Any:
    """Return the LoRA configuration of the adapter settings; raises RunFailed for target modules not in `model`."""
    targets = hyperparameters.target_modules or []
    available = linear_modules(model)
    missing = sorted(set(targets) - available)
    if missing:
        raise RunFailed(
            f"the base model has no target module {', '.join(missing)}; it has: {', '.join(sorted(available))}"
        )
    return peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=hyperparameters.r,
        lora_alpha=hyperparameters.alpha,
        lora_dropout=float(Decimal(hyperparameters.dropout or "0")),
        target_modules=list(targets),
        bias="none",
    )


def linear_modules(model: Any) -> set[str]:
    """Return the last name parts of the linear layers an adapter can sit on: all but the output layer.

    The loss multiplies by the output layer's own weight, so an adapter there would never be trained.
    """
    head = model.get_output_embeddings()
    return {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    }


def save_adapter(model: Any, directory: Path, base_model: str) -> list[str]:
    """Write adapter weights and configuration so that equal adapters are equal bytes; return the file names.

    `base_model` is written where peft keeps the base model's name: the digest of its document, which means the same
    everywhere, instead of the directory it happened to lie in.
    """
    weights = peft.get_peft_model_state_dict(model)
    tensors = {name: weights[name].detach().cpu().contiguous() for name in sorted(weights)}
    save_file(tensors, directory / "adapter_model.safetensors", metadata={"format": "pt"})
    config = model.peft_config["default"].to_dict() | {"base_model_name_or_path": base_model, "inference_mode": True}
    text = json.dumps(canonical_config(config), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (directory / "adapter_config.json").write_text(text, encoding="utf-8")
    return ["adapter_config.json", "adapter_model.safetensors"]


def canonical_config(value: Any) -> Any:
    """Return `value` as plain JSON values in one fixed order: peft keeps sets, whose order changes from run to run."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(key): canonical_config(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(canonical_config(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [canonical_config(item) for item in value]
    return value
