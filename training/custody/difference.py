"""Whether two samples of answers to the same prompts come from the same model: a permutation test.

Statistic: the squared maximum mean discrepancy (biased estimate: A. Gretton et al., "A Kernel Two-Sample Test", JMLR 13
(2012), equation 5) with a kernel that counts the places at which two answers have the same character. This kernel, for
this question, is from I. Gao, P. Liang and C. Guestrin, "Model Equality Testing: Which Model Is This API Serving?",
ICLR 2025, arXiv:2410.20247, section 3. Where answers repeat word for word it tells counts apart, where no two are alike
it still sees how alike they are.

p: the share of samples dealt out anew that are at least as far apart, the observed one among them (B. Phipson and G. K.
Smyth, "Permutation P-values Should Never Be Zero", Stat. Appl. Genet. Mol. Biol. 9 (2010), article 39). Answers are
dealt out within their prompt.

One test over all prompts together, and one for each prompt. Half of the wrong alarms that are allowed go to the first,
half to the others (Bonferroni); these are adjusted for one another by S. Holm, "A Simple Sequentially Rejective
Multiple Test Procedure", Scand. J. Statist. 6 (1979). Neither needs independence. So a small change everywhere is not
harder to see for there being many prompts, and a change in one place is found there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.bodies.custody import HALVES, PERMUTATIONS

LENGTH: Final = 1000
"""characters of an answer that are compared"""
NO_CHARACTER: Final = -1
Samples = Mapping[str, Sequence[str]]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Tested:
    """A test: how far apart, per compared character (0 the same, 2 as far as can be), p, and p adjusted."""

    statistic: float
    p: float
    adjusted: float


def compare(before: Samples, now: Samples, seed: int) -> tuple[Tested, dict[str, Tested]]:
    """Return the test over all prompts together, and that of each prompt, by its name.

    The statistic over all is the mean of the prompts', so that each counts alike, however long its answers are. Every
    prompt needs an answer in both samples. The same seed gives the same p.
    """
    numbers = np.random.default_rng(seed)
    rows = [_statistics(first, now[prompt], numbers) for prompt, first in before.items()]
    whole = np.mean(rows, axis=0)
    each = [
        Tested(float(row[0]), _p(row), _half(q)) for row, q in zip(rows, holm([_p(row) for row in rows]), strict=True)
    ]
    return Tested(float(whole[0]), _p(whole), _half(_p(whole))), dict(zip(before, each, strict=True))


def _half(p: float) -> float:
    """Return a p adjusted for its family having half of the wrong alarms."""
    return min(1.0, HALVES * p)


def holm(ps: Sequence[float]) -> list[float]:
    """Return each p adjusted for all of them (Holm 1979): the smallest times their number, the next times one less …"""
    adjusted, highest = [1.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda place: ps[place])):
        highest = max(highest, min(1.0, ps[place] * (len(ps) - rank)))
        adjusted[place] = highest
    return adjusted


def _statistics(first: Sequence[str], second: Sequence[str], numbers: np.random.Generator) -> Numbers:
    """Return the statistic per compared character: of the samples as they are, then of `PERMUTATIONS` dealt out anew.

    With weights 1/n for one sample and -1/m for the other it is w'Kw. Multiplied by (nm)² all of it are whole numbers
    far below 2^53, so that samples as far apart as each other tie.
    """
    alike = _alike([*first, *second])
    weights = np.repeat([float(len(second)), -float(len(first))], [len(first), len(second)])
    dealt = numbers.permuted(np.tile(weights, (PERMUTATIONS, 1)), axis=1)
    rows = np.vstack([weights, dealt])
    whole: Numbers = np.einsum("ij,ij->i", rows @ alike, rows)
    found: Numbers = whole / (len(first) * len(second)) ** 2 / _longest([*first, *second])
    return found


def _alike(answers: Sequence[str]) -> Numbers:
    """Return, for each pair of answers, at how many of the first `LENGTH` places they have the same character.

    Places after an answer's end hold no character, and are alike when both have ended.
    """
    width = _longest(answers)
    places = np.full((len(answers), width), NO_CHARACTER, dtype=np.int64)
    for row, answer in enumerate(answers):
        codes = [ord(character) for character in answer[:width]]
        places[row, : len(codes)] = codes
    found: Numbers = np.stack([(places == row).sum(axis=1) for row in places]).astype(np.float64)
    return found


def _longest(answers: Sequence[str]) -> int:
    return max(1, min(LENGTH, max(map(len, answers))))


def _p(row: Numbers) -> float:
    """Return the share of a row that is as large as its first, up to the error of adding up floats."""
    return float(np.count_nonzero(row >= row[0] - 1e-9) / len(row))
