"""The process that trains: settled before any library loads, and described afterwards."""

import os
import platform
import resource
from importlib.metadata import version
from typing import Final

LIBRARIES: Final = ("torch", "transformers", "peft", "trl", "bitsandbytes", "tokenizers", "safetensors")

SETTINGS: Final = {
    # No library may reach out: what a run needs has been approved, fetched and hashed before it starts.
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Only a process started with it has an unsalted `hash()`. Nothing written here depends on it; children inherit it.
    "PYTHONHASHSEED": "0",
    # One thread pool (torch's) is enough, and the tokenizers' own warns after a fork.
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    # Threads that wait for one another soon sleep instead of spinning (a setting of torch's libgomp; its default is
    # 300,000). On a machine that does other work, spinning made a step three to five times slower; idle it costs
    # about a tenth. The bytes are the same.
    "GOMP_SPINCOUNT": "1000",
}


def settle() -> None:
    """Set the environment; call it before the first import of torch, transformers, datasets, peft or trl."""
    os.environ.update(SETTINGS)


def quieten() -> None:
    """Stop the libraries' own progress bars and hints: progress goes to the reporter, refusals are raised."""
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()


def describe() -> dict[str, str]:
    """Return what the result depends on besides its inputs: versions, processor, and the number of threads.

    Sums are taken in another order with another number of threads, so digests only repeat for the same number.
    """
    import torch

    described = {name: version(name) for name in LIBRARIES}
    described |= {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": "cpu",
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
    }
    return dict(sorted(described.items()))


def peak_rss_mb() -> int:
    """Return the peak resident memory of this process so far, in MiB (Linux reports `ru_maxrss` in KiB)."""
    return max(1, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
