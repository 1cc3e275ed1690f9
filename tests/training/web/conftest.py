"""The same world as the tests of governance's pages."""

from tests.governance.web.conftest import as_, world

__all__ = ["as_", "world"]
