"""Models from files: base model, precision, adapter. Only safetensors are read, and no code of the directories runs."""

from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from evals.engine.spec import Decoding
from governance.runner.protocol import RunFailed

UNREADABLE: Final = (OSError, ValueError, KeyError, RuntimeError, SafetensorError)
FOUR_BITS: Final = BitsAndBytesConfig(
    load_in_4bit=True,
    bnb_4bit_quant_type="nf4",
    bnb_4bit_use_double_quant=True,
    bnb_4bit_compute_dtype=torch.float32,
)
"""As adapters are trained on it (QLoRA), so that what is measured is what was trained."""


def load(base: Path, adapter: Path | None, decoding: Decoding) -> tuple[Any, Any]:
    """Return model and tokenizer of `base` in the precision of `decoding`, with the PEFT adapter in `adapter` if given.

    Raises:
        RunFailed: the files are not a model, tokenizer or adapter.
    """
    options: dict[str, Any] = {"dtype": torch.bfloat16 if decoding.precision == "bf16" else torch.float32}
    if decoding.precision == "4bit":
        options["quantization_config"] = FOUR_BITS
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True, trust_remote_code=False)
        model, read = AutoModelForCausalLM.from_pretrained(
            str(base),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **options,
        )
    except UNREADABLE as error:
        raise RunFailed(
            f"the model's files cannot be read ({error}); expected config, safetensors and tokenizer"
        ) from error
    # transformers only warns about weights it was given none of, draws them at random, and would answer with them.
    if missing := sorted(read["missing_keys"]):
        raise RunFailed(f"the model's files lack {len(missing)} of its weights, such as {missing[0]}; expected all")
    if decoding.precision == "4bit":
        _unpacked(model)
    return (model if adapter is None else _with_adapter(model, adapter)).eval(), tokenizer


def quieten() -> None:
    """Stop the model libraries' own progress bars and hints; progress goes to the reporter."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def _unpacked(model: Any) -> None:
    """Keep the 4-bit weights as they were trained on: some processors would repack them and compute in bf16."""
    from bitsandbytes.nn import Linear4bit

    for layer in model.modules():
        if isinstance(layer, Linear4bit):
            layer.support_avx512bf16_for_cpu = False


def _with_adapter(model: Any, directory: Path) -> Any:
    from peft import PeftModel, get_peft_model_state_dict

    weights = directory / "adapter_model.safetensors"
    if not weights.is_file():
        raise RunFailed("found no adapter_model.safetensors among the adapter's files, expected one")
    try:
        with safe_open(weights, framework="pt") as stored:
            names = set(stored.keys())
        adapted = PeftModel.from_pretrained(model, str(directory), is_trainable=False)
    except UNREADABLE as error:
        raise RunFailed(
            f"the adapter cannot be put on the base model ({error}); was it trained on this one?"
        ) from error
    # peft only warns about weights it lacks or cannot place, and would measure the base model in the adapter's name.
    if odd := sorted(names ^ set(get_peft_model_state_dict(adapted))):
        raise RunFailed(f"{len(odd)} adapter weights do not match the base model, such as {odd[0]}")
    return adapted
