"""A sample of an evaluation set for a signer to review: drawn by a seed, so that anybody can draw it again. Pure.

Each case gets a rank, SHA-256 of seed, colon and id; no random generator's version can change the sample. First every
slice is represented, the rarest first, by the case of the lowest rank in it; then the lowest ranks fill up, which
gives each slice its share in expectation (stratified sampling with at least one per stratum, then simple random).
"""

import hashlib
from collections.abc import Collection, Mapping


def draw(cases: Mapping[str, Collection[str]], seed: str, size: int) -> list[str]:
    """Return the ids of `size` cases (all, when there are fewer), sorted; `cases` holds each case's slices by id.

    Every slice, and the cases in no slice, are represented whenever `size` is at least their number.
    """
    ranked = sorted(cases, key=lambda case: _rank(seed, case))
    strata: dict[str, list[str]] = {}
    for case in ranked:
        for name in cases[case] or ("",):  # no slice has an empty name
            strata.setdefault(name, []).append(case)
    chosen: set[str] = set()
    for name in sorted(strata, key=lambda name: (len(strata[name]), name)):
        if len(chosen) < size and chosen.isdisjoint(strata[name]):
            chosen.add(strata[name][0])
    rest = (case for case in ranked if case not in chosen)
    chosen.update(case for case, _ in zip(rest, range(size - len(chosen)), strict=False))
    return sorted(chosen)


def _rank(seed: str, case: str) -> bytes:
    return hashlib.sha256(f"{seed}:{case}".encode()).digest()
