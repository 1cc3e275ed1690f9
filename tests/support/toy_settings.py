"""The same with the tests' own purpose installed; nothing but tests of whole processes names this module."""

from tests.support.quick_settings import *  # noqa: F403

INSTALLED_APPS += ["tests.support.toy_app.ToyConfig"]  # noqa: F405
