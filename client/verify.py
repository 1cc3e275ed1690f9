"""`countersign verify`: is a report, a package or the proof of an entry right? Off line, by keys got elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from client import output
from governance.proof.checks.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD, FORKED, HOLDS, CheckLine, Verification
from governance.proof.given import LIMITS, MEANING, WORDS, Given, as_dict, verified

MOST_MEMORY = 4 * 1024**3
LONGEST = 2000  # characters of one line
COLOURS = {HOLDS: "green", DOES_NOT_HOLD: "red", COULD_NOT_CHECK: "yellow", FORKED: "red"}


def run(file: Path, given: Given, *, as_json: bool) -> int:
    """Print what holds, what does not and what this does not prove; return 0, 1, 2 or 3."""
    try:
        with _bounded():
            found = verified(file, given)
    except MemoryError:
        found = Verification.impossible("file", f"it takes more than {MOST_MEMORY:,} bytes of memory to read")
    if as_json:
        output.say_json({"file": str(file), "root": given.root, **as_dict(found)})
        return found.code
    output.say(f"{file}: {WORDS[found.code]}", colour=COLOURS[found.code], bold=True)
    output.say(MEANING[found.code])
    _lines("Does not hold", [c for c in found.checks if c.ok is False], "red")
    _lines("Holds", [c for c in found.checks if c.ok is True], "green")
    _lines("Not shown by the file", [c for c in found.checks if c.ok is None], "yellow")
    if found.code != COULD_NOT_CHECK:
        output.say("This does not prove")
        for limit in LIMITS:
            output.say(f"  - {limit}")
    return found.code


@contextmanager
def _bounded() -> Iterator[None]:
    """Let this process take no more than `MOST_MEMORY` besides what it has: a file can unpack to any size."""
    try:
        import resource

        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = [taken + MOST_MEMORY, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
        resource.setrlimit(resource.RLIMIT_AS, (min(most), hard))
    except (ImportError, OSError):  # another system: there it is for its user to stop what takes too much
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _lines(title: str, checks: Sequence[CheckLine], colour: str) -> None:
    if checks:
        output.say(title, colour=colour)
    for check in checks:
        # What a hostile file says of itself can be of any length.
        detail = check.detail if len(check.detail) <= LONGEST else f"{check.detail[:LONGEST]} …"
        output.say(f"  {check.name:<18} {detail}")
