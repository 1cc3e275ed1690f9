"""The real settings with the tests' own purpose installed; nothing but tests of whole processes names this module."""

from config.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.support.toy_app.ToyConfig"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # as the tests' own process writes them
