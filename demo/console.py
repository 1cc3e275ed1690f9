"""What the demo prints and remembers: steps with their time, refusals, and the peak memory of all its processes."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

MIB = 1024 * 1024


@dataclass
class Console:
    """The demo's running commentary. `steps` maps each step to its seconds, in order."""

    steps: dict[str, float] = field(default_factory=dict)
    refused: list[dict[str, str]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, title: str, where: str = "") -> Iterator[None]:
        """Time a step; print it with where to look."""
        begun = time.monotonic()
        self.write(f"\n▸ {title}")
        yield
        self.steps[title] = round(time.monotonic() - begun, 2)
        self.write(f"  done in {self.steps[title]:.1f} s" + (f"   look at {where}" if where else ""))

    def note(self, text: str) -> None:
        """Print a finding of the step."""
        self.write(f"  {text}")

    def refusal(self, what: str, why: str) -> None:
        """Print and remember something that was refused, as it had to be."""
        self.refused.append({"what": what, "why": why})
        self.write(f"  refused: {what}\n    because {why}")

    def progress(self, done: float, message: str) -> None:
        """Show a progress bar on a terminal, nothing elsewhere."""
        if sys.stdout.isatty():
            width = int(30 * done)
            sys.stdout.write(f"\r  [{'█' * width}{'·' * (30 - width)}] {done:4.0%} {message[:60]:60}")
            sys.stdout.flush()

    def end_progress(self) -> None:
        """Leave the progress line."""
        if sys.stdout.isatty():
            sys.stdout.write("\r" + " " * 110 + "\r")

    def write(self, text: str) -> None:
        """Print a line."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class Memory:
    """Samples the resident memory of this process and everything below it."""

    def __init__(self, every: float = 2.0) -> None:
        self.peak = 0
        self._every = every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    @property
    def peak_mib(self) -> int:
        """The highest sum seen, in MiB."""
        return self.peak // MIB

    def _watch(self) -> None:
        while not self._end.wait(self._every):
            total = 0
            top = psutil.Process(os.getpid())
            for process in [top, *top.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total)
