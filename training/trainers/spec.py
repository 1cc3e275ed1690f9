"""What a training run is told and what it tells: the bodies of `training.run_spec` and `training.run_record`.

Light on purpose (pydantic only): the control plane imports this module, and it must never load torch.
Decimals are strings, because documents are canonical JSON and canonical JSON has no floats.
"""

from decimal import Decimal
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from evals.engine.fields import Body, DecimalText, Line
from evals.engine.spec import Prompt
from governance.proof.formats.canonical import Digest
from governance.proof.formats.manifest import FileEntry

MAX_LOSS_POINTS: Final = 200

Method = Literal["full", "lora", "qlora"]


class Hyperparameters(Body):
    """How the weights are changed. The four adapter settings belong to LoRA and QLoRA and are absent for `full`.

    `steps` are optimiser updates of `batch_size` rows each; rows are drawn in a new seeded order per epoch. Warm-up is
    linear over `warmup_steps`; `scheduler` says what follows. The optimiser is AdamW with decoupled `weight_decay`.
    Lengths are in tokens.
    """

    learning_rate: DecimalText
    scheduler: Literal["linear", "cosine", "constant"] = "cosine"
    warmup_steps: int = Field(default=0, ge=0)
    steps: int = Field(ge=1, le=1_000_000)
    batch_size: int = Field(ge=1, le=1024)
    max_length: int = Field(ge=16, le=131_072)
    weight_decay: DecimalText = "0"
    max_grad_norm: DecimalText = "1"
    r: int | None = Field(default=None, ge=1, le=1024)
    alpha: int | None = Field(default=None, ge=1, le=4096)
    dropout: DecimalText | None = None
    target_modules: list[Line] | None = Field(default=None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        bounds = {"learning_rate": ("0", "1"), "weight_decay": ("0", "1"), "max_grad_norm": ("0", "1000")}
        for name, (low, high) in bounds.items():
            value = Decimal(getattr(self, name))
            if not Decimal(low) <= value <= Decimal(high) or (name != "weight_decay" and value == 0):
                raise ValueError(f"found {name} {value}, expected more than {low} and at most {high}")
        if self.dropout is not None and not 0 <= Decimal(self.dropout) < 1:
            raise ValueError(f"found dropout {self.dropout}, expected at least 0 and less than 1")
        if self.warmup_steps >= self.steps:
            raise ValueError(f"found {self.warmup_steps} warm-up steps of {self.steps} in all, expected fewer")
        if self.target_modules is not None and sorted(set(self.target_modules)) != self.target_modules:
            raise ValueError(f"found target modules {self.target_modules}, expected each once, in alphabetical order")
        return self


class Budget(Body):
    """When to stop: `max_seconds` of wall clock from the start of the entry point; `max_usd` is for paid backends."""

    max_seconds: int = Field(ge=1, le=60 * 60 * 24 * 31)
    max_usd: DecimalText | None = None


class Code(Body):
    """The code the run was approved with: commit id, whether the tree had changes, and the dependency lock file."""

    commit: str = Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$|^unknown$")
    dirty: bool
    lockfile_sha256: Digest


class RunSpecBody(Body):
    """Everything that decides what a run does, apart from the documents it refers to (base model, data, thresholds).

    QLoRA holds the base weights as 4-bit NormalFloat with double quantisation (Dettmers et al. 2023, sections 2 and 3)
    and computes in `precision`; adapters are always fp32.
    """

    title: Line
    objective: Literal["sft"]
    method: Method
    hyperparameters: Hyperparameters
    seed: int = Field(ge=0, le=2**32 - 1)
    precision: Literal["fp32"]
    budget: Budget
    prompt: Prompt
    code: Code
    environment: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _adapter_settings_fit_the_method(self) -> Self:
        settings = {name: getattr(self.hyperparameters, name) for name in ("r", "alpha", "dropout", "target_modules")}
        if self.method == "full":
            wrong, expected = [name for name, value in settings.items() if value is not None], "none of them"
        else:
            wrong, expected = [name for name, value in settings.items() if value is None], "a value for each"
        if wrong:
            raise ValueError(f"method {self.method} with adapter settings {', '.join(wrong)}: expected {expected}")
        return self


class LossPoint(Body):
    """One point of the loss curve: the mean loss (nats per completion token) of the steps since the last point."""

    step: int = Field(ge=1)
    loss: DecimalText
    learning_rate: DecimalText


class TrainingMetrics(Body):
    """Figures of the training itself; quality is measured by an evaluation, never here."""

    first_loss: DecimalText
    final_loss: DecimalText
    rows: int = Field(ge=1)
    steps: int = Field(ge=1)
    epochs: DecimalText
    seconds_per_step: DecimalText
    trainable_parameters: int = Field(ge=1)
    total_parameters: int = Field(ge=1)


class RunRecordBody(Body):
    """What came of a run, as the work plane sent it.

    `seconds` is the wall clock of the whole entry point, `peak_rss_mb` the process's peak resident memory in MiB,
    `moved_modules` how many trained modules (adapters, or tensors for `full`) differ from their initial value: all of
    them, or there is no record. `permit` is the digest of the payload of the permit the run was made under.
    """

    method: Method
    artefact: Literal["adapter", "model"]
    files: list[FileEntry] = Field(min_length=1)
    metrics: TrainingMetrics
    loss_curve: list[LossPoint] = Field(min_length=1, max_length=MAX_LOSS_POINTS)
    seconds: DecimalText
    peak_rss_mb: int = Field(ge=1)
    moved_modules: int = Field(ge=1)
    environment: dict[str, str]
    permit: Digest
    received: Literal["server-received"] = "server-received"
