"""The cast of the API's tests."""

from tests.governance.api.conftest import api, cast

__all__ = ["api", "cast"]
