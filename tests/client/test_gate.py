"""`countersign gate`: read-only, exit codes for CI, quick."""

import subprocess
import sys

from client.failure import CLOSED, NOT_ALLOWED, OK, UNREACHABLE, USAGE
from governance.models import Job
from governance.selectors import ledger
from tests.client.conftest import Command, Server
from tests.support.cast import Cast, evaluation_spec
from tests.support.deployment import REPOSITORY

TITLE = "evaluation of the base arm, attempt 1"


def test_an_open_gate(erik: Command, cast: Cast) -> None:
    spec = evaluation_spec(cast)
    size = ledger.size()
    ran = erik("gate", spec.digest)
    assert ran.code == OK, ran.out
    assert "OPEN" in ran.out
    assert "\x1b" not in ran.out
    assert (ledger.size(), Job.objects.count()) == (size, 0)


def test_a_closed_gate_says_what_who_and_how_red_first(erik: Command, cast: Cast) -> None:
    spec = evaluation_spec(cast, signed=False)
    ran = erik("gate", spec.digest)
    assert ran.code == CLOSED
    lines = ran.out.splitlines()
    assert lines[1].startswith("BLOCKS")
    assert "not submitted for signature" in ran.out
    assert "remedy" in ran.out
    assert "(compliance officer)" in ran.out
    marks = [line.split()[0] for line in lines[1:-1] if not line.startswith(" ")]
    assert marks == sorted(marks, key=["BLOCKS", "note", "ok"].index)
    told = erik("gate", spec.digest, "--json")
    assert told.code == CLOSED
    assert told.json["open"] is False
    assert told.json["spec"] == spec.digest


def test_the_spec_may_be_a_prefix_or_a_title(erik: Command, cast: Cast) -> None:
    spec = evaluation_spec(cast)
    short = spec.digest.removeprefix("sha256:")[:12]
    for meant in (short, f"sha256:{short}", short.upper(), TITLE, "base arm"):
        assert erik("gate", meant, "--json").json["spec"] == spec.digest
    evaluation_spec(cast, signed=False, title="Second")
    ran = erik("gate", TITLE)
    assert ran.code == USAGE
    assert "can mean 2 documents" in ran.err


def test_what_cannot_be_found_seen_or_launched(erik: Command, cast: Cast, server: Server) -> None:
    spec = evaluation_spec(cast)
    assert erik("gate", "no such thing").code == NOT_ALLOWED
    assert erik("gate", "sha256:" + "0" * 64).code == NOT_ALLOWED
    assert erik("gate", "abcdef012345").code == NOT_ALLOWED
    assert erik("gate", cast.policy.digest).code == USAGE
    assert erik("gate", "").code == USAGE
    erik("login", server.url, "--username", "mallory", "--password-stdin", stdin="a-long-test-password-1\n")
    hidden = erik("gate", spec.digest, "--json")
    assert (hidden.code, hidden.json["error"]) == (NOT_ALLOWED, "there is no such document")


def test_a_server_that_is_away(erik: Command, server: Server) -> None:
    server.stop()
    ran = erik("gate", TITLE)
    server.start()
    assert ran.code == UNREACHABLE
    assert server.url in ran.err


def test_it_starts_fast_and_loads_no_more_than_it_needs() -> None:
    code = "import sys, client.main, client.gate; print(*sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert not {"django", "rest_framework", "pydantic", "pikepdf", "cryptography", "torch"} & set(loaded.stdout.split())
