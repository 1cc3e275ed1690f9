"""Clocks that misbehave: what the leaf says of them, where people see it, and what a verification remarks."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from governance import events
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import clock
from governance.services.ledger import mutation


def act() -> int:
    with mutation(actor=None, action="test") as m:
        return m.append(events.DRAFT_EDITED, data={"draft": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "revision": 1})


def remarks() -> list[str]:
    outcome = verify()
    assert outcome.code == 0, [str(p) for check in outcome.checks for p in check.problems]
    return [str(remark) for check in outcome.checks if check.name == "clock" for remark in check.remarks]


def test_a_clock_that_behaves_is_not_spoken_of(world) -> None:
    leaf = ledger.leaf(act())
    assert (leaf.v, leaf.clock, leaf.clock_told) == (1, None, "")
    assert remarks() == []


@pytest.mark.attack(
    name="set the clock back",
    caught_by="time stands still, every leaf says by how much the clock was behind; pages and verify_ledger show it",
    unless="the clock goes back by less than a second",
)
@pytest.mark.postgres
def test_a_clock_set_back_is_told_by_every_leaf_meanwhile(world) -> None:
    last = ledger.time_of(ledger.size())
    with time_machine.travel(last - timedelta(hours=3), tick=False):
        first, second = act(), act()
    third = act()
    assert ledger.leaf(first).time == ledger.leaf(second).time == ledger.leaf(first - 1).time
    assert ledger.leaf(first).clock == -3 * 3600 * 1_000_000
    assert ledger.leaf(first).clock_told == "the clock was behind by 3:00:00"
    assert ledger.leaf(third).v == 1
    [remark] = remarks()
    assert remark.startswith(f"entry {first}: the clock was behind by 3:00:00")
    assert f"until entry {second}" in remark


@pytest.mark.postgres
@pytest.mark.attack(
    name="set the clock forward",
    caught_by="who writes compares it with the machine's steady clock, and the leaf says by how much it ran ahead; "
    "once it is right again, time stands still and every leaf says so",
    unless="a fresh process writes and the clock stays wrong: then only a time stamp or witness from elsewhere tells",
)
def test_a_clock_set_forward_is_told_by_the_leaf_and_by_all_after_it(world) -> None:
    act()
    now = ledger.time_of(ledger.size())
    with time_machine.travel(now + timedelta(days=40), tick=False):
        ahead = act()
    behind = act()
    assert timedelta(microseconds=ledger.leaf(ahead).clock or 0) > timedelta(days=39)
    assert timedelta(microseconds=ledger.leaf(behind).clock or 0) < timedelta(days=-39)
    told = remarks()
    assert any(f"entry {ahead}: the clock had run ahead by 39 days" in remark for remark in told)
    assert any(f"entry {ahead}: its time is 40 days" in remark or "39 days" in remark for remark in told)
    assert any(f"entry {behind}: the clock was behind by" in remark for remark in told)


def test_what_is_within_reason_is_not_told(monkeypatch) -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    steady = 0.0
    monkeypatch.setattr("governance.services.clock.time.clock_gettime", lambda _: steady)
    monkeypatch.setattr(clock, "_last", None)
    with time_machine.travel(start, tick=False) as wall:
        assert clock.now_after(None) == (start, None)
        assert clock.now_after(start + clock.BEHIND) == (start + clock.BEHIND, None)
        assert clock.now_after(start + clock.BEHIND * 2) == (start + clock.BEHIND * 2, -2_000_000)
        wall.move_to(start + timedelta(days=1))
        steady = timedelta(days=1).total_seconds() - clock.AHEAD.total_seconds()
        assert clock.now_after(start) == (start + timedelta(days=1), None)
        wall.shift(clock.AHEAD + timedelta(seconds=1))
        later = start + timedelta(days=1) + clock.AHEAD + timedelta(seconds=1)
        assert clock.now_after(start) == (later, 61_000_000)
        assert clock.now_after(start) == (later, None)


def test_the_ledgers_pages_show_it(world, client) -> None:
    with time_machine.travel(ledger.time_of(ledger.size()) - timedelta(minutes=5), tick=False):
        seq = act()
    client.force_login(world.owner)
    assert "the clock was behind by 0:05:00" in client.get(reverse("ledger")).content.decode()
    assert "the clock was behind by 0:05:00" in client.get(reverse("ledger-entry", args=[seq])).content.decode()
