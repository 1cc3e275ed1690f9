"""A key for an endpoint outside reaches the one runner whose permit names it, and nothing that is kept."""

import json
import time
from typing import Any, cast

import pytest
from django.core.exceptions import ImproperlyConfigured

from governance import checks, endpoints
from governance.jobs.executors import Seen
from governance.jobs.executors.local import LocalExecutor
from governance.models import Attempt
from governance.runner.control import ControlPlane
from governance.runner.session import Line
from tests.gate.test_permits import genuine
from tests.support import hands

SECRET = "sk-0123456789-never-to-be-seen"
LISTED = ["https://api.example/v1 EXAMPLE_KEY", " http://127.0.0.1:8001/v1/"]


@pytest.fixture
def listed(settings, monkeypatch):
    settings.COUNTERSIGN_ENDPOINTS = LISTED
    monkeypatch.setenv("EXAMPLE_KEY", SECRET)
    monkeypatch.setenv("OTHER_KEY", f"other-{SECRET}")


def run(site, executor: LocalExecutor, attempt: Attempt, secret: str) -> None:
    site.start_web()
    executor.submit(attempt, secret)
    until = time.monotonic() + 60
    while executor.observe(attempt).seen is not Seen.EXITED and time.monotonic() < until:
        time.sleep(0.05)


def environment(site, attempt: Attempt) -> dict[str, str]:
    known = json.loads((site.var / "attempts" / str(attempt.pk) / "ran").read_text())
    return dict(known["environment"])


def test_only_what_the_permit_names_and_the_operator_lists_is_passed(site, listed) -> None:
    attempt, secret = hands.issued(site.launch(variables=["EXAMPLE_KEY", "OTHER_KEY"]))
    run(site, LocalExecutor(), attempt, secret)
    told = environment(site, attempt)
    assert told["EXAMPLE_KEY"] == SECRET
    assert "OTHER_KEY" not in told, "named by the permit, not on the operator's list"


def test_work_whose_permit_names_none_gets_none(site, listed) -> None:
    attempt, secret = hands.issued(site.launch())
    run(site, LocalExecutor(), attempt, secret)
    assert SECRET not in json.dumps(environment(site, attempt))


@pytest.mark.attack(
    name="get an endpoint's key into the log, the progress, the reason or what is printed",
    caught_by="runner and executor replace its value by the variable's name before anything is sent, kept or shown",
    unless="the work takes the key apart first: its code is what was reviewed",
)
def test_a_key_that_the_work_says_aloud_is_in_nothing_that_is_kept(site, listed) -> None:
    executor = LocalExecutor()
    attempt, secret = hands.issued(site.launch(variables=["EXAMPLE_KEY"], manner="blabbing"))
    run(site, executor, attempt, secret)
    row = hands.fresh(attempt)
    assert row.reason == "reason: (EXAMPLE_KEY)"
    shown = executor.logs(attempt, 0)
    assert "printed: (EXAMPLE_KEY)" in shown
    assert "log: (EXAMPLE_KEY)" in shown
    assert SECRET not in "".join([shown, row.log, row.reason, json.dumps(row.progress), json.dumps(row.result)])
    assert SECRET.encode() not in bytes(row.permit)


@pytest.mark.attack(
    name="alter an attempt's row so that its runner is given a key",
    caught_by="the executor reads the names of variables from a permit that the permit key signed",
    unless="the permit key is stolen too; then the runner still finds no ledger entry for it",
)
def test_a_forged_permit_brings_no_key(site, listed) -> None:
    attempt, _ = hands.issued(site.launch())
    permit = bytes(attempt.permit)
    attempt.permit = permit[:-40] + b"A" * 20 + permit[-20:]
    assert "EXAMPLE_KEY" not in LocalExecutor()._given(attempt)
    attempt.permit = genuine(attempt, bounds={"variables": ["EXAMPLE_KEY"]})
    assert LocalExecutor()._given(attempt) == {"EXAMPLE_KEY": SECRET}, "signed with the stolen key"


@pytest.mark.parametrize(
    ("address", "variable", "fault"),
    [
        ("https://api.example/v1", "EXAMPLE_KEY", ""),
        ("https://api.example/v1/", "EXAMPLE_KEY", ""),
        ("http://127.0.0.1:8001/v1", None, ""),
        ("https://api.example/v1", None, "no key"),
        ("https://api.example/v1", "PATH", "PATH"),
        ("http://127.0.0.1:8001/v1", "EXAMPLE_KEY", "EXAMPLE_KEY"),
        ("https://api.example.evil/v1", "EXAMPLE_KEY", "lists no endpoint"),
        ("https://api.example/v1/elsewhere", "EXAMPLE_KEY", "lists no endpoint"),
    ],
)
def test_an_address_goes_with_its_own_variable(listed, address: str, variable: str | None, fault: str) -> None:
    found = endpoints.fault(address, variable)
    assert fault in found
    assert bool(found) == bool(fault)


@pytest.mark.parametrize("entry", ["ftp://api.example", "https://api.example/v1 lower", "https://a.example KEY MORE"])
def test_an_entry_that_says_nothing_keeps_it_from_starting(settings, entry: str) -> None:
    settings.COUNTERSIGN_ENDPOINTS = [entry]
    assert [message.id for message in checks.outside()] == ["countersign.E013"]
    with pytest.raises(ImproperlyConfigured, match="expected an address"):
        endpoints.listed()


def test_figures_in_words_hold_no_key() -> None:
    """What is sent of progress is words and figures; a figure may be a word, too."""
    sent: list[dict[str, Any]] = []

    class Plane:
        def heartbeat(self, progress: dict[str, Any] | None, lines: list[str]) -> bool:
            sent.append({"progress": progress, "lines": lines})
            return False

    line = Line(cast(ControlPlane, Plane()), {"EXAMPLE_KEY": SECRET})
    line.progress(0.5, f"asking with {SECRET}", doing=f"sent {SECRET}", loss=float("nan"), step=3)
    line.log(f"said {SECRET}")
    line.flush()
    assert sent[0]["progress"]["figures"] == {"doing": "sent (EXAMPLE_KEY)", "loss": "nan", "step": 3}
    assert SECRET not in json.dumps(sent)
