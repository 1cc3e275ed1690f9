"""Findings on the command line: raised, answered, handed over, closed."""

from pathlib import Path

from client.failure import CLOSED, FAILED, NOT_ALLOWED, OK, USAGE
from tests.client.conftest import Command, Server
from tests.support.cast import PASSWORD, Cast


def test_a_finding_is_raised_answered_and_closed(
    server: Server, countersign: Command, cast: Cast, tmp_path: Path
) -> None:
    def as_(name: str, *arguments: str):
        login = countersign("login", server.url, "--username", name, "--password-stdin", stdin=f"{PASSWORD}\n")
        assert login.code == OK, login.err
        return countersign("findings", *arguments)

    file = tmp_path / "found.txt"
    file.write_text("Nobody but its author read it.")
    asked = ("--severity", "minor", "--due", "2099-01-31T23:59:59Z")
    ran = as_("ada", "raise", cast.policy.title, "--owner", "carl", *asked, "--file", str(file), "--json")
    assert ran.code == OK, ran.err
    key = ran.json["id"]
    assert as_("ada", "raise", "entry:3", "--owner", "ada", *asked, "--text", "x").code == USAGE
    assert as_("ada", "raise", "entry:3", "--owner", "carl", *asked).code == USAGE
    assert as_("carl", "raise", cast.policy.title, "--owner", "olga", *asked, "--text", "x").code == NOT_ALLOWED
    assert as_("carl", "list", "--mine", "--fail-open", "--json").code == FAILED
    assert as_("carl", "answer", key, "--text", "Olga has read it since.").code == OK
    assert as_("carl", "hand-over", key, "--to", "olga").code == OK
    assert as_("olga", "close", key, "--outcome", "mended", "--text", "x").code == NOT_ALLOWED
    assert as_("ada", "close", key, "--outcome", "mended", "--text", "So she has.").code == OK
    assert as_("ada", "close", key, "--outcome", "mended", "--text", "x").code == CLOSED
    shown = as_("olga", "show", key)
    assert "minor, mended" in shown.out
    for words in (
        "Nobody but its author read it.",
        "Olga has read it since.",
        "handed over to Olga Owner",
        "So she has.",
    ):
        assert words in shown.out
    assert as_("olga", "list", "--fail-open").code == OK
    assert as_("mallory", "show", "entry").code == USAGE
