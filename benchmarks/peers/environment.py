"""The peers' environment: made once, beside the project's own, whose torch and transformers it shares."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import version
from pathlib import Path
from typing import Any

PINS = ("lm-eval==0.4.13", "inspect-ai==0.3.285", "weasyprint==70.0")
SHARED = ("torch", "transformers", "tokenizers", "accelerate", "numpy")


class NoPeer(Exception):
    """The peer is not installed and could not be."""


def python() -> Path:
    """Return the interpreter of the peers' environment, made if it is not there (COUNTERSIGN_PEERS names another).

    Raises:
        NoPeer: it could not be made.
    """
    folder = Path(os.environ.get("COUNTERSIGN_PEERS") or Path(os.environ.get("COUNTERSIGN_VAR", "var")) / "peers")
    folder = folder.resolve()
    interpreter = folder / "bin" / "python"
    done = folder / "installed"
    if done.exists() and done.read_text() == "\n".join(PINS):
        return interpreter
    print("installing the peers …", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "zz_project.pth").write_text(sysconfig.get_path("purelib") + "\n")  # after the peers' own packages
    shared = folder / "shared.txt"
    shared.write_text("".join(f"{name}=={version(name).partition('+')[0]}\n" for name in SHARED))
    command = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["-c", str(shared), *PINS]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        raise NoPeer(f"peer not installed: {found.stderr.strip()[-300:]}")
    done.write_text("\n".join(PINS))
    return interpreter


def run(peer: str, work: dict[str, Any]) -> dict[str, Any]:
    """Return what the script `peer` of this package measured: its seconds for all cases, and its answers.

    Raises:
        NoPeer: it could not be run.
    """
    script = Path(__file__).parent / f"{peer}.py"
    kept = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    found = subprocess.run(
        [python(), script], input=json.dumps(work), capture_output=True, text=True, env=environment, check=False
    )
    if found.returncode:
        raise NoPeer(f"{peer} did not run: {found.stderr.strip()[-1000:]}")
    measured: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    sys.stdout.write(f"{python()}\n")
