"""`python -m training.lifecycle.feeds.fetch ADDRESS [VARIABLE FORMAT]`: what is at an address, on standard output.

A process of its own, which whoever started it ends when it takes too long: a server that sends a byte now and then
keeps every limit on single reads. VARIABLE is the environment variable that holds a key, FORMAT whose way of sending
it. Exit 0 with all of it, 2 with the reason on standard error.
"""

import os
import sys

from training.lifecycle.feeds.reading import MOST_BYTES

REFUSED = 2
CHUNK = 64 * 1024
SECONDS = 20
"""how long the other side may be silent"""


def main(address: str, variable: str = "", form: str = "") -> int:
    """Write what is there and return the exit code."""
    import httpx

    headers = {"Accept": "application/json, text/csv", "User-Agent": "countersign"}
    if variable:
        headers["Authorization"] = f"Bearer {os.environ[variable]}"
        if form == "azure":
            headers["api-key"] = os.environ[variable]
    size = 0
    try:
        with httpx.stream("GET", address, headers=headers, timeout=SECONDS) as answer:
            if answer.is_redirect:
                return _refused("it sends on to somewhere else; list that address")
            if answer.status_code != httpx.codes.OK:
                return _refused(f"it answered {answer.status_code} {answer.reason_phrase}")
            for chunk in answer.iter_bytes(CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    return _refused(f"it sent more than {MOST_BYTES:,} bytes")
                sys.stdout.buffer.write(chunk)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as problem:
        return _refused(f"it cannot be had ({type(problem).__name__})")
    return 0


def _refused(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
