"""The cast and its clients, as for the API below."""

from tests.governance.api.conftest import api, cast

__all__ = ["api", "cast"]
