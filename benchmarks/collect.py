"""Find the benchmarks of this package and run one in a process of its own."""

import importlib
import pkgutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import benchmarks
from benchmarks.measurement import Measurement

NOT_BENCHMARKS = {"__main__", "collect", "installed", "made_up", "measurement", "peers", "writers"}


def names() -> list[str]:
    """Return the benchmark modules of this package, in alphabetical order."""
    return sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in NOT_BENCHMARKS
    )


def measure(name: str) -> list[dict[str, Any]]:
    """Return the rows that benchmark `name` measured.

    Raises:
        TypeError: its `measure()` returned something else than measurements.
    """
    result = importlib.import_module(f"benchmarks.{name}").measure()
    found = [result] if isinstance(result, Measurement) else list(result)
    for item in found:
        if not isinstance(item, Measurement):
            raise TypeError(f"benchmarks.{name}.measure(): found {type(item).__name__}, expected Measurement")
    return [item.as_row() for item in found]


def alone(name: str) -> list[dict[str, Any]]:
    """Return what `measure` does, from a fresh process: no benchmark inherits another's imports, caches or memory."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, name).result()
