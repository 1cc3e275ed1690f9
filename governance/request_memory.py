"""What one request need not read twice. Pure.

Memory is open only while the web process answers one request: worker and commands, which live long, always read.
While a mutation holds the ledger's lock it is set aside, because decisions rest on what is true under the lock; and
afterwards it starts empty, because the mutation may have changed what was remembered.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_memory: ContextVar[dict[Hashable, Any] | None] = ContextVar("request_memory", default=None)


def remembered(key: Hashable, read: Callable[[], T]) -> T:
    """Return what `read` returned for `key` before in this request, or what it returns now. It must not be altered."""
    memory = _memory.get()
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    return cast(T, memory[key])


def remembered_each(key: Hashable, wanted: Iterable[K], read: Callable[[list[K]], Mapping[K, T]]) -> dict[K, T]:
    """Return for each of `wanted` what `read` returned before in this request; the rest is read now, all at once."""
    asked, memory = list(wanted), _memory.get()
    if memory is None:
        return dict(read(asked))
    known = cast(dict[K, T], memory.setdefault(key, {}))
    if missing := [one for one in asked if one not in known]:
        known.update(read(missing))
    return {one: known[one] for one in asked}


def answering() -> bool:
    """Return whether a request is being answered, and nothing rests on it that the ledger's lock must decide."""
    return _memory.get() is not None


@contextmanager
def during_request() -> Iterator[None]:
    """Open an empty memory for the duration of one request."""
    before = _memory.get()
    _memory.set({})
    try:
        yield
    finally:
        _memory.set(before)


@contextmanager
def set_aside() -> Iterator[None]:
    """Read everything afresh inside, and forget what was remembered before."""
    memory = _memory.get()
    _memory.set(None)
    try:
        yield
    finally:
        if memory is not None:
            memory.clear()
        _memory.set(memory)
