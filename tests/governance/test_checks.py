"""What production must not start with."""

import os
import subprocess
import sys

import environ
import pytest

from governance import checks, keyfiles
from governance.access import SIGNERS
from governance.proof.formats import keys


@pytest.fixture
def fit(settings, state):
    """Settings that are fit for production."""
    settings.PRODUCTION = True
    settings.COUNTERSIGN_PROCESS = "web"
    settings.COUNTERSIGN_URL = "https://countersign.example"
    settings.ALLOWED_HOSTS = ["countersign.example"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    settings.COUNTERSIGN_SECOND_FACTOR_ROLES = sorted(SIGNERS)
    return settings


def found() -> list[str | None]:
    return [message.id for message in checks.production()]


def test_nothing_is_said_of_a_fit_installation(fit) -> None:
    assert found() == []
    keyfiles.write("attestation", keys.generate("ed25519")[0], demo=False)
    assert found() == []


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("DEBUG", True, "countersign.E001"),
        ("COUNTERSIGN_PROCESS", "wep", "countersign.E002"),
        ("ALLOWED_HOSTS", ["countersign.example", "*"], "countersign.E003"),
        ("COUNTERSIGN_URL", "http://countersign.example", "countersign.E004"),
        ("COUNTERSIGN_SECOND_FACTOR_ROLES", [], "countersign.W002"),
        ("COUNTERSIGN_SECOND_FACTOR_ROLES", ["owner"], "countersign.W002"),
        ("COUNTERSIGN_SECOND_FACTOR_ROLES", ["emperor"], "countersign.E008"),
        ("COUNTERSIGN_SECRETS_KEYS", ["short"], "countersign.E009"),
        ("COUNTERSIGN_OIDC_ISSUER", "https://sso.example", "countersign.E011"),
        ("PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"], "countersign.E006"),
    ],
)
def test_each_unsafe_setting_is_an_error(fit, setting, value, expected) -> None:
    setattr(fit, setting, value)
    assert found() == [expected]
    fit.PRODUCTION = False
    assert found() == []


def test_runners_on_the_same_machine_need_no_https(fit) -> None:
    fit.COUNTERSIGN_URL = "http://127.0.0.1:8000"
    assert found() == []


def test_keys_that_others_can_read_are_an_error(fit) -> None:
    path = keyfiles.write("attestation", keys.generate("ed25519")[0], demo=False)
    path.chmod(0o640)
    assert found() == ["countersign.E007"]
    path.chmod(0o600)
    path.parent.chmod(0o755)
    assert found() == ["countersign.E007"]


def test_the_root_key_beside_a_running_process_is_a_warning(fit) -> None:
    keyfiles.write("root", keys.generate("ed25519")[0], demo=False)
    assert found() == ["countersign.W001"]
    fit.COUNTERSIGN_PROCESS = "command"
    assert found() == []


def test_a_transaction_around_every_request_is_an_error(fit, monkeypatch) -> None:
    monkeypatch.setitem(fit.DATABASES["default"], "ATOMIC_REQUESTS", True)
    assert found() == ["countersign.E005"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://user@host/name?server_side_binding=true", ["countersign.E012"]),
        ("postgres://user@host/name?server_side_binding=1", ["countersign.E012"]),
        ("postgres://user@host/name", []),
        ("postgres://user@host/name?sslmode=require", []),
        ("sqlite:///db.sqlite3", []),
    ],
)
def test_values_are_never_bound_by_the_server_in_production_or_out_of_it(settings, monkeypatch, url, expected) -> None:
    monkeypatch.setitem(settings.DATABASES, "default", environ.Env.db_url_config(url))
    assert [message.id for message in checks.database()] == expected


def test_a_command_does_not_start_with_values_bound_by_the_server(state) -> None:
    asked = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none?server_side_binding=true"}
    told = subprocess.run(
        [sys.executable, "manage.py", "check"], env=asked, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert "countersign.E012" in told.stderr
