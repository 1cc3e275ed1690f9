"""One forward pass over a batch whose prompts begin alike, with nothing computed twice and no padding.

Most prompts of a run start with the same system message and template; a few rows may bring one of their own. Here the
rows of a batch are grouped by how they begin, and the batch is laid out as one sequence,

    prefix of group 1 | rest of its row 1 | rest of its row 2 | … | prefix of group 2 | …

with an attention mask that lets each rest see its group's prefix and itself only, at the positions it would have alone.
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
        tokens: list[int] = []
        labels: list[int] = []
        positions: list[int] = []
        group_of: list[int] = []
        row_of: list[int] = []  # -1: a token of the group's prefix
        for number, group in enumerate(alike(rows)):
            prefix = shared_prefix(group)
            tokens += group[0]["input_ids"][:prefix]
            labels += [IGNORED] * prefix
            positions += range(prefix)
            row_of += [-1] * prefix
            for index, row in enumerate(group):
                tokens += row["input_ids"][prefix:]
                labels += row["labels"][prefix:]
                positions += range(prefix, len(row["input_ids"]))
                row_of += [index] * (len(row["input_ids"]) - prefix)
            group_of += [number] * (len(tokens) - len(group_of))
        groups, owners = torch.tensor(group_of), torch.tensor(row_of)
        own = (owners[None, :] == -1) | (owners[None, :] == owners[:, None])
        visible = (own & (groups[None, :] == groups[:, None])).tril()
        mask = torch.zeros(visible.shape).masked_fill_(~visible, float("-inf"))
        return {
            "input_ids": torch.tensor([tokens]),
            "labels": torch.tensor([labels]),
            "position_ids": torch.tensor([positions]),
            "attention_mask": mask[None, None],
        }


def alike(rows: list[dict[str, list[int]]]) -> list[list[dict[str, list[int]]]]:
    """Return the rows in groups, in their order, each row with the first group that shares at least half of it."""
    groups: list[list[dict[str, list[int]]]] = []
    for row in rows:
        group = next((g for g in groups if 2 * shared_prefix([g[0], row]) >= len(row["input_ids"])), None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return groups


def shared_prefix(rows: list[dict[str, list[int]]]) -> int:
    """Return how many leading tokens all rows share, stopping short of each row's last prompt token.

    That token predicts the row's first answer token, so every row needs one of its own.
    """
    limit = min(next(i for i, label in enumerate(row["labels"]) if label != IGNORED) for row in rows) - 1
    columns = zip(*(row["input_ids"][: max(limit, 0)] for row in rows), strict=True)
    return next((i for i, column in enumerate(columns) if len(set(column)) > 1), max(limit, 0))
