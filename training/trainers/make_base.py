"""`python -m training.trainers.make_base KIND CACHE`: make the base model's files, in a process that may load torch.

Reads training phrases (one a line) from standard input, prints the description as JSON.
"""

import dataclasses
import json
import sys
from pathlib import Path

from training.trainers.base_files import base_model_files


def main() -> int:
    """Make or find the files and print what they are; return the exit code."""
    kind, cache = sys.argv[1], Path(sys.argv[2])
    if kind not in ("smollm2", "tiny"):
        sys.stderr.write(f"found the model {kind!r}, expected smollm2 or tiny\n")
        return 2
    texts = [line for line in sys.stdin.read().splitlines() if line]
    found = base_model_files("tiny" if kind == "tiny" else "smollm2", cache, texts)
    sys.stdout.write(json.dumps(dataclasses.asdict(found), default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
