"""The real settings for whole processes, but for what takes time and no test is about.

The demo's test runs on the real ones.
"""

from config.settings import *  # noqa: F403
from config.settings import SQLITE_OPTIONS

PASSWORD_HASHERS = ["tests.support.quick_hash.OneRound"]
# Tests kill processes, never the machine: nothing waits for the disk (as for PostgreSQL in tests/support/postgres.py).
SQLITE_OPTIONS["init_command"] += " PRAGMA synchronous=OFF;"  # type: ignore[operator]
