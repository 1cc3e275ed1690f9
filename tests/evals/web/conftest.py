"""The same world as the tests of governance's pages."""

from tests.governance.api.conftest import cast
from tests.governance.web.conftest import as_, world

__all__ = ["as_", "cast", "world"]
