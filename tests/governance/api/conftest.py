"""The cast, and a client for each of them: as a page's own scripts would ask, or as a program with a token would."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from governance.models import User
from tests.support.cast import PASSWORD, Cast, assemble
from tests.support.stage import Stages

Door = Callable[..., "Api"]


class Api:
    """Somebody at the API: every call says which status it expects and returns the JSON."""

    def __init__(self, token: "str | User | None") -> None:
        self.client: Any = APIClient()
        if isinstance(token, User):
            self.client.force_login(token, backend="django.contrib.auth.backends.ModelBackend")
        elif token is not None:
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def get(self, path: str, expect: int = 200, **query: Any) -> Any:
        return self._checked(self.client.get(f"/api/v1/{path}", query), expect)

    def post(self, path: str, data: Any = None, expect: int = 201, **options: Any) -> Any:
        options = {"format": "json", **options}
        return self._checked(self.client.post(f"/api/v1/{path}", data if data is not None else {}, **options), expect)

    def put(self, path: str, data: Any, expect: int = 200) -> Any:
        return self._checked(self.client.put(f"/api/v1/{path}", data, format="json"), expect)

    def _checked(self, response: Any, expect: int) -> Any:
        shown = response.getvalue() if response.streaming else response.content
        assert response.status_code == expect, shown[:2000]
        return response.json() if response.headers.get("Content-Type", "").startswith("application/json") else shown


@pytest.fixture
def cast(stages: Stages, state: Path) -> Iterator[Cast]:
    """The people and a policy in force; rows are rolled back."""
    with stages.entered(assemble, state) as made:
        yield made


@pytest.fixture
def api(cast: Cast) -> Door:
    """Return a client by username (None: nobody): with the person's session, or with a token for `scopes`."""

    def door(username: str | None, scopes: list[str] | None = None) -> Api:
        if username is None:
            return Api(None)
        if scopes is None:
            return Api(User.objects.get(username=username))
        made = Api(None).post("tokens", {"username": username, "password": PASSWORD, "scopes": scopes})
        return Api(made["token"])

    return door
