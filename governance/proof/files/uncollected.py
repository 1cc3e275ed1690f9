"""Work that makes hundreds of thousands of parts which all stay until its end."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: among parts that stay there is none, and looking takes a quarter of the time.

    Garbage in circles, of other threads too, waits so long; what nothing refers to any more is freed as ever.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
