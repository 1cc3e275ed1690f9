"""Signing in and out on the command line."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from knox.models import get_token_model

from client import settings
from client.failure import CLOSED, NOT_ALLOWED, UNREACHABLE, USAGE
from governance.models import User
from tests.client.conftest import Command, Server
from tests.governance.accounts.authenticator import enrol
from tests.support.cast import PASSWORD
from tests.support.ports import free_port


def test_the_token_is_kept_for_its_owner_alone(erik: Command, server: Server) -> None:
    file = settings.path()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = json.loads(file.read_text())
    assert (kept["url"], kept["username"]) == (server.url, "erik")
    assert erik("documents").code == 0


def test_a_token_others_can_read_is_not_used(erik: Command) -> None:
    settings.path().chmod(0o644)
    ran = erik("documents")
    assert ran.code == NOT_ALLOWED
    assert "found" not in ran.out
    assert "0644" in ran.err


def test_signing_out_ends_the_token_on_the_server_too(erik: Command) -> None:
    assert erik("logout").code == 0
    assert not settings.path().exists()
    assert get_token_model().objects.count() == 0
    assert erik("documents").code == NOT_ALLOWED
    assert erik("logout").code == 0


def test_signing_out_works_while_the_server_is_away(erik: Command, server: Server) -> None:
    server.stop()
    ran = erik("logout")
    server.start()
    assert ran.code == 0
    assert "runs out by itself" in ran.err
    assert not settings.path().exists()


def test_a_wrong_password_is_said_and_nothing_is_kept(server: Server, countersign: Command) -> None:
    ran = countersign("login", server.url, "--username", "erik", "--password-stdin", stdin="wrong\n")
    assert ran.code == NOT_ALLOWED
    assert "username or password" in ran.err
    assert not settings.path().exists()


def test_a_one_time_code_goes_with_the_password(server: Server, countersign: Command) -> None:
    _, recovery = enrol(User.objects.get(username="erik"), PASSWORD)
    login = ("login", server.url, "--username", "erik", "--password-stdin")
    refused = countersign(*login, stdin=f"{PASSWORD}\n")
    assert (refused.code, "one-time code" in refused.err) == (CLOSED, True)
    assert countersign(*login, "--code", recovery[0], stdin=f"{PASSWORD}\n").code == 0
    assert countersign("documents").code == 0


def test_tokens_are_listed_and_ended(erik: Command, server: Server, countersign: Command) -> None:
    more = ("login", server.url, "--username", "erik", "--password-stdin", "--scope", "read", "--days", "3")
    first = json.loads(erik("tokens", "--json").out)["results"][0]["id"]
    assert countersign(*more, stdin=f"{PASSWORD}\n").code == 0
    listed = json.loads(countersign("tokens", "--json").out)["results"]
    assert [row["scopes"] for row in listed] == [["read"], ["launch", "read", "write"]]
    assert "command line on" in countersign("tokens").out
    assert countersign("tokens", "--end", first).code == 0
    assert len(json.loads(countersign("tokens", "--json").out)["results"]) == 1
    assert countersign("tokens", "--end", first).code == NOT_ALLOWED


def test_the_environment_goes_before_the_file(erik: Command, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    token = json.loads(settings.path().read_text())["token"]
    settings.forget()
    monkeypatch.setenv("COUNTERSIGN_URL", server.url + "/")
    monkeypatch.setenv("COUNTERSIGN_TOKEN", token)
    assert erik("documents").code == 0


def test_a_kept_token_is_sent_to_no_other_server(erik: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_URL", f"http://127.0.0.1:{free_port()}")
    ran = erik("documents")
    assert ran.code == NOT_ALLOWED
    assert "not signed in for" in ran.err


def test_bad_addresses_and_missing_answers(countersign: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    login: tuple[Any, ...] = ("--username", "erik", "--password-stdin")
    assert countersign("login", away, *login, stdin=PASSWORD).code == UNREACHABLE
    assert countersign("login", "ftp://example.org", *login, stdin=PASSWORD).code == USAGE
    assert countersign("login", "http://[", *login, stdin=PASSWORD).code in (USAGE, UNREACHABLE)
    assert countersign("login", away).code == USAGE
    assert countersign("nonsense").code == USAGE


def test_a_damaged_file_is_said(countersign: Command, tmp_path: Path) -> None:
    file = settings.path()
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    file.write_text("{")
    ran = countersign("documents")
    assert ran.code == NOT_ALLOWED
    assert "damaged" in ran.err
