"""Fixtures of the control plane's tests: an installation with people in it."""

import pytest
from django.db import transaction

from governance import registry
from tests.governance import cast


@pytest.fixture
def note_kind(monkeypatch):
    """A kind of document without subject matter, known for this test alone."""
    monkeypatch.setitem(registry.KINDS, cast.NOTE, cast.NOTE_KIND)
    return cast.NOTE_KIND


@pytest.fixture
def world(db, state, note_kind) -> cast.World:
    """An installation with people, projects and a policy in force; rolled back after the test."""
    return cast.found()


@pytest.fixture
def bare_world(db, state, note_kind) -> cast.World:
    """The same before its first policy is signed."""
    return cast.found(with_policy=False)


@pytest.fixture
def committed_world(fresh_database, state, note_kind) -> cast.World:
    """An installation in a database of its own, where everything is committed."""
    return cast.found()


@pytest.fixture
def broken(db):
    """For tests that break rows on purpose: spares them the check of foreign keys when the test is rolled back."""
    yield
    transaction.set_rollback(True)
