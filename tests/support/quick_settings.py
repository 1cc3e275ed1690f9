"""The real settings for whole processes, but for the cost of a password (the demo's test runs on the real ones)."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["tests.support.quick_hash.OneRound"]
