"""Entry point of the "train" purpose: from verified inputs to a trained adapter or model, or a reason why not."""

import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from safetensors import SafetensorError

from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.manifest import FileEntry
from governance.runner.protocol import Outcome, OutputFile, Reporter, RunFailed
from training.trainers import environment
from training.trainers.rows import encode, read_rows
from training.trainers.spec import RunRecordBody, RunSpecBody, TrainingMetrics

if TYPE_CHECKING:
    from governance.proof.formats.permit import Permit

SPEC_INPUT = "documents/run_spec.json"
BASE_MODEL_INPUT = "documents/base_model.json"
SPEC_KIND = "training.run_spec"


def run(work: Path, permit: "Permit", report: Reporter) -> Outcome:
    """Train as the permitted run spec says; return the record (`RunRecordBody`) and the files made.

    Inputs lie in `work/"inputs"` (documents/run_spec.json, documents/base_model.json, base/…, data/…), outputs go to
    `work/"outputs"`: adapter_model.safetensors and adapter_config.json, or for `full` the model with its tokenizer.
    The same inputs, seed, library versions, processor kind and number of threads give the same bytes.

    Raises:
        RunFailed: the run spec or data cannot be used, the run was stopped, its budget is spent, the loss is not
            finite, or a module that was to be trained did not move.
    """
    started = time.monotonic()
    environment.settle()
    inputs, outputs = work / "inputs", work / "outputs"
    spec = read_spec(inputs, permit)
    data = sorted(item.name for item in permit.inputs if item.name.startswith("data/"))
    rows = read_rows((name, inputs / name) for name in data)

    report.progress(0.0, "loading libraries and base model")
    from training.trainers import adapters, models, sft
    from training.trainers.watch import Watch, decimal_text

    environment.quieten()
    limit = min(spec.budget.max_seconds, int(permit.bounds.get("max_seconds", spec.budget.max_seconds)))
    watch = Watch(report, steps=spec.hyperparameters.steps, started=started, max_seconds=limit)
    tokenizer = models.load_tokenizer(inputs / "base")
    encoded = encode(rows, tokenizer, spec.prompt, spec.hyperparameters.max_length)
    full = spec.method == "full"
    model = models.load_model(inputs / "base") if full else adapters.load_with_adapter(inputs / "base", spec)
    watch.check()
    report.log(f"{spec.method}: {len(rows)} rows, {spec.hyperparameters.steps} steps, budget {limit} s")
    trained = sft.train(model, tokenizer, encoded, spec, watch, work / "scratch")

    report.progress(1.0, "writing files")
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        if full:
            names = models.save_model(model, inputs / "base", outputs)
        else:
            base_model = next(item.sha256 for item in permit.inputs if item.name == BASE_MODEL_INPUT)
            names = adapters.save_adapter(model, outputs, base_model)
        files = [file_entry(name, outputs / name) for name in names]
    except (OSError, SafetensorError) as error:
        raise RunFailed(f"the result could not be written ({error}); free some space and launch again") from error
    record = RunRecordBody(
        method=spec.method,
        artefact="model" if full else "adapter",
        files=files,
        metrics=TrainingMetrics(
            first_loss=decimal_text(watch.losses[0][1]),
            final_loss=decimal_text(watch.losses[-1][1]),
            rows=len(rows),
            steps=len(watch.losses),
            epochs=decimal_text(trained.epochs),
            seconds_per_step=decimal_text(watch.seconds_per_step, 4),
            trainable_parameters=trained.trainable,
            total_parameters=trained.total,
        ),
        loss_curve=watch.curve(),
        seconds=decimal_text(time.monotonic() - started, 1),
        peak_rss_mb=environment.peak_rss_mb(),
        moved_modules=trained.moved,
        environment=environment.describe(),
        permit=canonical.sha256(canonical.dumps(permit.model_dump())),
    )
    return Outcome(record.model_dump(), [OutputFile(name, outputs / name) for name in names])


def read_spec(inputs: Path, permit: "Permit") -> RunSpecBody:
    """Return the body of the run spec document the permit names.

    Raises:
        RunFailed: the document is not the permitted one, of another kind, or its body cannot be used.
    """
    try:
        data = (inputs / SPEC_INPUT).read_bytes()
        found = canonical.sha256(data)
        if found != permit.spec:
            raise RunFailed(f"found the run spec {found}, expected {permit.spec} as permitted")
        envelope = Envelope.from_bytes(data)
        if envelope.kind != SPEC_KIND:
            raise RunFailed(f"found a document of kind {envelope.kind}, expected {SPEC_KIND}")
        return RunSpecBody.model_validate(envelope.body)
    except (OSError, NotCanonical, ValidationError) as error:
        raise RunFailed(f"the run spec cannot be used: {error}") from error


def file_entry(name: str, path: Path) -> FileEntry:
    """Return the manifest entry of the file at `path` under `name`."""
    digest, size = sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
    return FileEntry(path=name, size=size, sha256=f"sha256:{digest.hexdigest()}")


__all__ = ["BASE_MODEL_INPUT", "SPEC_INPUT", "SPEC_KIND", "file_entry", "read_spec", "run"]
