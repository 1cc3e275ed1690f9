"""The next token of each row: the most likely one, or one drawn by temperature, top-k and top-p.

Drawing inverts the cumulative distribution (tokens in the order of their probability, equal ones by number) at a number
that comes from the seed, case, repeat and step. No state is carried from row to row, so batches do not matter. Top-p
(nucleus sampling) keeps the fewest tokens whose probability reaches p: A. Holtzman et al., "The Curious Case of Neural
Text Degeneration", ICLR 2020, section 3.1. As in transformers, temperature comes first, then top-k, then top-p.
"""

from collections.abc import Sequence

import torch

from evals.engine.spec import Decoding


def choose(logits: torch.Tensor, decoding: Decoding, draws: Sequence[float]) -> torch.Tensor:
    """Return a token per row of `logits`, shape (rows, vocabulary); `draws` holds a number in [0, 1) per row."""
    if not decoding.do_sample:
        return logits.argmax(dim=-1)
    scaled = logits.double() / float(decoding.temperature or 1)
    order = scaled.argsort(dim=-1, descending=True, stable=True)
    if decoding.top_k is not None:
        order = order[:, : decoding.top_k]
    cumulative = scaled.gather(1, order).softmax(dim=-1).cumsum(dim=-1)
    if decoding.top_p is not None:
        # What stands before a token must not have reached p yet; the first is always kept.
        kept = torch.searchsorted(cumulative, torch.full((len(draws), 1), float(decoding.top_p), dtype=torch.double))
        kept = kept.clamp(max=cumulative.shape[1] - 1)
        ceiling = cumulative.gather(1, kept)
    else:
        kept = torch.full((len(draws), 1), cumulative.shape[1] - 1)
        ceiling = cumulative[:, -1:]
    wanted = torch.tensor(draws, dtype=torch.double)[:, None] * ceiling
    places = torch.minimum(torch.searchsorted(cumulative, wanted, right=True), kept)
    return order.gather(1, places).squeeze(1)
