"""What one request, or one mutation, need not read twice. Pure.

Memory is open while the web process answers a request, and while a mutation holds the ledger's lock: worker and
commands, which live long, read everything else each time. A mutation has a memory of its own, because its decisions
rest on what is true under the lock, where only itself can change what is remembered; whatever it writes empties that
(`forget`). Afterwards the request's starts empty, because the mutation may have changed what was remembered.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class _Memory(dict[Hashable, Any]):
    """What was read, by key; under the ledger's lock or not."""

    def __init__(self, *, locked: bool) -> None:
        self.locked = locked


_memory: ContextVar[_Memory | None] = ContextVar("request_memory", default=None)


def remembered(key: Hashable, read: Callable[[], T]) -> T:
    """Return what `read` returned for `key` before in this memory, or what it returns now. It must not be altered."""
    memory = _memory.get()
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    return cast(T, memory[key])


def remembered_each(key: Hashable, wanted: Iterable[K], read: Callable[[list[K]], Mapping[K, T]]) -> dict[K, T]:
    """Return for each of `wanted` what `read` returned before in this memory; the rest is read now, all at once."""
    asked, memory = list(wanted), _memory.get()
    if memory is None:
        return dict(read(asked))
    known = cast(dict[K, T], memory.setdefault(key, {}))
    if missing := [one for one in asked if one not in known]:
        known.update(read(missing))
    return {one: known[one] for one in asked}


def answering() -> bool:
    """Return whether a request is being answered, and nothing rests on it that the ledger's lock must decide."""
    memory = _memory.get()
    return memory is not None and not memory.locked


@contextmanager
def during_request() -> Iterator[None]:
    """Open an empty memory for the duration of one request."""
    before = _memory.get()
    _memory.set(_Memory(locked=False))
    try:
        yield
    finally:
        _memory.set(before)


@contextmanager
def under_lock() -> Iterator[None]:
    """Read everything afresh inside, each thing once until something is written, and forget what was known before."""
    before = _memory.get()
    _memory.set(_Memory(locked=True))
    try:
        yield
    finally:
        if before is not None:
            before.clear()
        _memory.set(before)


def forget() -> None:
    """Read everything anew from now on: something was written."""
    memory = _memory.get()
    if memory is not None:
        memory.clear()
