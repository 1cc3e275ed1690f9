"""Did training change what it was meant to change? A layer that got no gradient is otherwise not noticed."""

import hashlib
from typing import Any, Final

from governance.runner.protocol import RunFailed

_NAMED: Final = 5


def fingerprints(model: Any) -> dict[str, str]:
    """Return the SHA-256 (hexadecimal) of each trainable tensor of a torch model, by name."""
    return {name: _digest(tensor) for name, tensor in model.named_parameters() if tensor.requires_grad}


def require_movement(model: Any, before: dict[str, str]) -> int:
    """Check that every trained module differs from `before` and is finite; return how many modules that is.

    Of an adapter, `lora_B` is what counts: it starts at zero, so the adapter does nothing until it moved, whereas
    `lora_A` starts at random and need not move in the first step.

    Raises:
        RunFailed: names the modules that did not move, or hold values that are not finite.
    """
    after = fingerprints(model)
    watched = [name for name in before if ".lora_A." not in name]
    still = [name for name in watched if after.get(name) == before[name]]
    if still or not watched:
        raise RunFailed(
            f"{len(still)} of {len(watched)} trained modules did not move: {_some(still)}; the result would be the "
            "base model under another name. Check target modules and learning rate, and the quantisation library"
        )
    broken = [name for name, tensor in model.named_parameters() if name in before and not tensor.isfinite().all()]
    if broken:
        raise RunFailed(f"found values that are not finite in {_some(broken)}; lower the learning rate")
    return len(watched)


def _digest(tensor: Any) -> str:
    return hashlib.sha256(tensor.detach().cpu().contiguous().numpy()).hexdigest()


def _some(names: list[str]) -> str:
    shown = ", ".join(name.removesuffix(".default.weight") for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
