"""Case files that hold what evaluation sets declare: freezing reads them strictly."""

import json
from collections.abc import Sequence


def lines(count: int, labels: Sequence[str], slices: Sequence[str] = ()) -> bytes:
    """Return `count` cases as JSONL, every label and every slice in turn."""
    made = (
        {
            "id": f"case-{number:04}",
            "messages": [{"role": "user", "content": f"phrase {number}"}],
            "target": json.dumps({"chapter": labels[number % len(labels)]}),
            "slices": [slices[number % len(slices)]] if slices else [],
            "provenance": "made for a test",
        }
        for number in range(count)
    )
    return b"".join(json.dumps(case).encode() + b"\n" for case in made)
