"""Searching texts by a pattern that somebody typed into a page.

RE2 does not backtrack, but its work grows with the pattern times the text: two hundred characters of pattern can be a
hundred thousand steps, each taken at every byte. The process that answers requests does so much and no more.
Source: https://github.com/google/re2/wiki/WhyRE2, and `max_mem` in re2.h.
"""

import time
from typing import Annotated, Any, Final

import re2
from pydantic import AfterValidator, Field

from evals.engine.catalogue import pattern_of

MOST_PATTERN: Final = 200
"""characters"""
MOST_STEPS: Final = 4000
"""instructions of the program that RE2 makes of a pattern"""
MOST_WORK: Final = 200_000_000
"""instructions times bytes of one text: the most that a single match can come to, some seconds of a processor"""
MEMORY: Final = 2 * 1024 * 1024
"""bytes for the program and what RE2 remembers of it while it matches"""
SECONDS: Final = 3.0
"""of the processor, for all texts together"""


class TooMuchWork(ValueError):
    """The pattern asks for more than one request may take."""


def _searchable(pattern: str) -> str:
    pattern_of(pattern)
    try:
        steps = _compiled(pattern).programsize
    except re2.error:
        steps = None
    if steps is None or steps > MOST_STEPS:
        found = "too many steps" if steps is None else f"{steps:,} steps"
        raise ValueError(f"found a pattern of {found}, expected at most {MOST_STEPS:,}; ask for fewer repetitions")
    return pattern


SearchPattern = Annotated[str, Field(min_length=1, max_length=MOST_PATTERN), AfterValidator(_searchable)]


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    return re2.compile(pattern, options)


class Search:
    """One search through any number of texts, which is over when its time is spent."""

    def __init__(self, pattern: str) -> None:
        self._compiled = _compiled(pattern)
        self._spent = 0.0

    def found_in(self, text: str) -> bool:
        """Return whether the pattern matches somewhere in the text.

        Raises:
            TooMuchWork: the text is too long for this pattern, or the time for all texts is spent.
        """
        size = len(text.encode())
        if self._compiled.programsize * size > MOST_WORK:
            raise TooMuchWork(f"a text of {size:,} bytes is too long for this pattern; ask for fewer repetitions")
        if self._spent > SECONDS:
            raise TooMuchWork(
                f"the search took more than {SECONDS:g} seconds; choose a slice or criterion, or search for words"
            )
        started = time.thread_time()  # what others do meanwhile is not the pattern's fault
        try:
            return self._compiled.search(text) is not None
        finally:
            self._spent += time.thread_time() - started
