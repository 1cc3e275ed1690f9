"""The register on the command line: from the server, and the same off line from the leaves alone."""

from pathlib import Path

from client.failure import FAILED, NOT_ALLOWED, OK, USAGE
from tests.client.conftest import Command, Server
from tests.support.cast import PASSWORD, Cast


def test_the_server_and_the_leaves_give_one_register(
    server: Server, countersign: Command, cast: Cast, tmp_path: Path
) -> None:
    def as_(name: str) -> None:
        ran = countersign("login", server.url, "--username", name, "--password-stdin", stdin=f"{PASSWORD}\n")
        assert ran.code == OK, ran.err

    leaves, table = tmp_path / "leaves.jsonl", tmp_path / "refused.csv"
    as_("mallory")
    assert countersign("register").code == NOT_ALLOWED
    assert countersign("leaves", "-o", str(leaves)).code == NOT_ALLOWED
    as_("carl")
    raising = ("--severity", "minor", "--owner", "olga", "--due", "2099-01-31T00:00:00Z", "--text", "x")
    assert countersign("findings", "raise", cast.policy.title, *raising).code == NOT_ALLOWED  # a refused act
    as_("ada")
    assert countersign("leaves", "-o", str(leaves)).code == OK
    size = len(leaves.read_bytes().splitlines())
    told = countersign("register", "--json").json
    assert told["counts"]["refused acts"] >= 1
    assert told["stop"] >= size
    until = ("--until", "2099-01-01T00:00:00Z")
    assert countersign("leaves", "-o", str(leaves)).code == OK
    told = countersign("register", "--json").json
    offline = countersign("register", "--leaves", str(leaves), "--json", *until).json
    assert {**offline, "stop": 0, "digest": ""} == {**told, "stop": 0, "digest": ""}
    same = countersign("register", "--leaves", str(leaves), "--expect", offline["digest"], "--table", "refused")
    assert (same.code, "X1" in same.out) == (OK, True)
    assert countersign("register", "--leaves", str(leaves), "--table", "refused", "-o", str(table)).code == OK
    assert table.read_text().startswith("No.,Entry,When,Act,About,Checks\nX1,")
    lines = leaves.read_bytes().splitlines(keepends=True)
    leaves.write_bytes(b"".join(lines[:3] + lines[4:]))  # one entry hidden
    ran = countersign("register", "--leaves", str(leaves))
    assert (ran.code, "expected each of 0 to" in ran.err) == (FAILED, True)
    leaves.write_bytes(b"{}\n")
    assert countersign("register", "--leaves", str(leaves)).code == USAGE
    assert countersign("register", "--table", "all").code == USAGE
    assert countersign("register", "--project", cast.triage.slug).code == OK
