"""`python -m training.lifecycle.feeds FORMAT < feed`: what the feed says, as one JSON object on standard output.

A process of its own with limits of memory and time, because it reads what others wrote. Exit 0 with the answer, 2 with
the place and the reason on standard error.
"""

import json
import resource
import sys
from dataclasses import asdict
from datetime import date

from training.lifecycle.feeds.reading import MOST_BYTES, Unreadable
from training.lifecycle.feeds.registry import FORMATS

MOST_MEMORY = 3 * 1024**3
MOST_SECONDS = 60


def main() -> int:
    """Read one feed and return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        found = FORMATS[sys.argv[1]].read(sys.stdin.buffer.read(MOST_BYTES + 1))
    except (Unreadable, MemoryError) as error:
        sys.stderr.write(f"{str(error) or 'the feed: found more than memory holds, expected a smaller feed'}\n")
        return 2
    answer = {"said": [asdict(one) for one in found.said], "collected_on": found.collected_on, "notes": found.notes}
    json.dump(answer, sys.stdout, default=_day)
    return 0


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"found {type(value).__name__}, expected a day")


if __name__ == "__main__":
    sys.exit(main())
