"""The world of the pages' tests, and a browser-like client for each of its people."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from governance.models import User
from tests.governance.web.addresses import every_page
from tests.governance.web.world import World, build
from tests.support.stage import Stages


@pytest.fixture
def world(stages: Stages, state: Path) -> Iterator[World]:
    """A freshly founded organisation whose plan waits for signatures; rows are rolled back."""
    with stages.entered(build, state) as made:
        yield made


@pytest.fixture
def as_(world: World) -> Callable[[User], Client]:
    """Return a client that is signed in as somebody."""

    def client(user: User) -> Client:
        made = Client()
        made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


@pytest.fixture
def addresses(world: World) -> dict[str, tuple[User, str]]:
    """Every page with somebody who may see it, with something on it."""
    return every_page(world)
