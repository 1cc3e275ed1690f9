"""Supervised fine-tuning by TRL's SFTTrainer: full, LoRA and QLoRA differ only in which weights are trained."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import torch
from datasets import Dataset
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from training.trainers.batching import SHARING_ARCHITECTURES, SharedPrefixCollator
from training.trainers.movement import fingerprints, require_movement
from training.trainers.rows import IGNORED
from training.trainers.spec import RunSpecBody
from training.trainers.watch import Watch

_SCHEDULERS: Final = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


@dataclass(frozen=True)
class Trained:
    """What training did: modules that moved, epochs begun or done, tokens seen, and the parameters' numbers."""

    moved: int
    epochs: float
    trainable: int
    total: int


class SharedPrefixTrainer(SFTTrainer):
    """TRL's trainer over shared-prefix batches, projecting only answer positions onto the vocabulary.

    Off a GPU, TRL's own loss projects every position and drops what it does not need; with a vocabulary much wider
    than the model that is most of the work. The loss is the same: negative log-likelihood of the answer's tokens
    divided by their number.
    """

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        labels = inputs.pop("labels")[0]
        predicting = (labels[1:] != IGNORED).nonzero().flatten()
        outputs = model(**inputs, logits_to_keep=predicting, use_cache=False)
        summed = torch.nn.functional.cross_entropy(outputs.logits[0], labels[predicting + 1], reduction="sum")
        loss = summed / (len(predicting) if num_items_in_batch is None else num_items_in_batch)
        return (loss, outputs) if return_outputs else loss


def train(
    model: Any, tokenizer: Any, rows: list[dict[str, list[int]]], spec: RunSpecBody, watch: Watch, scratch: Path
) -> Trained:
    """Train `model` in place on encoded `rows` as `spec` says; the trainer may use the directory `scratch`.

    Raises:
        RunFailed: stopped, out of budget, the loss is not finite, or a module that was to be trained did not move.
    """
    uses_cache = model.config.use_cache
    shares = model.config.model_type in SHARING_ARCHITECTURES
    drawn = {name: tensor.data for name, tensor in model.named_parameters() if tensor.requires_grad}
    trainer = (SharedPrefixTrainer if shares else SFTTrainer)(
        model=model,
        args=arguments(spec, scratch),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        data_collator=SharedPrefixCollator() if shares else None,
        callbacks=[watch],
    )
    for name, tensor in model.named_parameters():
        # The trainer rounds a quantised model's adapters to bf16; training in fp32 starts from the values as drawn.
        if name in drawn:
            tensor.data = drawn[name]
    trainer.remove_callback(PrinterCallback)
    before = fingerprints(model)
    trainer.train()
    # The trainer turns the cache off, which is no property of the trained model.
    model.config.use_cache = uses_cache
    return Trained(
        moved=require_movement(model, before),
        epochs=float(trainer.state.epoch or 0),
        trainable=sum(tensor.numel() for tensor in model.parameters() if tensor.requires_grad),
        total=int(model.num_parameters()),
    )


def arguments(spec: RunSpecBody, scratch: Path) -> Any:
    """Return TRL's settings for `spec`, with every default that would change the result stated."""
    chosen = spec.hyperparameters
    return SFTConfig(
        output_dir=str(scratch),
        save_strategy="no",
        max_steps=chosen.steps,
        per_device_train_batch_size=chosen.batch_size,
        gradient_accumulation_steps=1,
        learning_rate=float(Decimal(chosen.learning_rate)),
        lr_scheduler_type=_SCHEDULERS[chosen.scheduler],
        warmup_steps=chosen.warmup_steps,
        optim="adamw_torch_fused",
        weight_decay=float(Decimal(chosen.weight_decay)),
        max_grad_norm=float(Decimal(chosen.max_grad_norm)),
        seed=spec.seed,
        data_seed=spec.seed,
        use_cpu=True,
        # TRL turns both on by default: the first costs exactness, the second recomputes to save memory.
        bf16=False,
        gradient_checkpointing=False,
        # Rows come encoded and within length.
        max_length=None,
        packing=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        disable_tqdm=True,
        report_to="none",
    )
