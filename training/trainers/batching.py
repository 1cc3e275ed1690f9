"""One forward pass over a batch whose prompts begin alike, with nothing computed twice and no padding.

Every prompt of a run starts with the same system message and template. Here a batch is laid out as one sequence,

    shared prefix | rest of row 1 | rest of row 2 | …

with an attention mask that lets each rest see the prefix and itself only, and with the positions it would have alone.
Causal attention makes a token's representation a function of the tokens before it, so this is the same computation
as one row after the other: the same loss and the same gradients, up to the order of floating-point sums. The one
difference is LoRA dropout, which is drawn once for the prefix instead of once per row.
"""

from dataclasses import dataclass
from typing import Any

import torch

from training.trainers.rows import IGNORED

SHARING_ARCHITECTURES = frozenset({"llama"})
"""Architectures tested to depend on the past through the mask and positions alone (no recurrence, no window)."""


@dataclass(frozen=True)
class SharedPrefixCollator:
    """Lays rows with `input_ids` and `labels` out as one sequence (see above)."""

    def __call__(self, rows: list[dict[str, list[int]]]) -> dict[str, Any]:
        """Return `input_ids`, `labels`, `position_ids` of shape (1, L) and `attention_mask` of shape (1, 1, L, L).

        The mask is additive: 0 where a token may be seen, minus infinity where not.
        """
        prefix = shared_prefix(rows)
        first = rows[0]["input_ids"][:prefix]
        tokens, labels, positions, owner = list(first), [IGNORED] * prefix, list(range(prefix)), [-1] * prefix
        for index, row in enumerate(rows):
            length = len(row["input_ids"])
            tokens += row["input_ids"][prefix:]
            labels += row["labels"][prefix:]
            positions += range(prefix, length)
            owner += [index] * (length - prefix)
        owners = torch.tensor(owner)
        visible = ((owners[None, :] == -1) | (owners[None, :] == owners[:, None])).tril()
        mask = torch.zeros(visible.shape).masked_fill_(~visible, float("-inf"))
        return {
            "input_ids": torch.tensor([tokens]),
            "labels": torch.tensor([labels]),
            "position_ids": torch.tensor([positions]),
            "attention_mask": mask[None, None],
        }


def shared_prefix(rows: list[dict[str, list[int]]]) -> int:
    """Return how many leading tokens all rows share, stopping short of each row's last prompt token.

    That token predicts the row's first answer token, so every row needs one of its own.
    """
    limit = min(next(i for i, label in enumerate(row["labels"]) if label != IGNORED) for row in rows) - 1
    columns = zip(*(row["input_ids"][: max(limit, 0)] for row in rows), strict=True)
    return next((i for i, column in enumerate(columns) if len(set(column)) > 1), max(limit, 0))
