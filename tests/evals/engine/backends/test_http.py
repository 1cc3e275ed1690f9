"""A model behind an endpoint, against a server that refuses, stalls, hangs up and talks nonsense."""

import json
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import ValidationError

from evals.engine.answers import Answer
from evals.engine.backends.base import Key, Request
from evals.engine.backends.http import HttpModel
from evals.engine.backends.retrying import FIRST_WAIT, LONGEST_OBEYED, LONGEST_WAIT, asked_to_wait, backoff
from evals.engine.endpoints import Endpoint
from evals.engine.spec import Decoding
from governance.runner.protocol import RunFailed
from tests.evals.engine.backends.endpoint import Reply, Script, proper, serving

GREEDY = {"max_new_tokens": 9, "do_sample": False, "batch_size": 1, "precision": "fp32"}
SECRET = "sk-not-to-be-seen-4711"


def requests(count: int, repeats: int = 1) -> list[Request]:
    return [
        Request(f"c{n}", r, [{"role": "user", "content": f"question {n}"}])
        for n in range(count)
        for r in range(1, repeats + 1)
    ]


def ask(script: Script, asked: list[Request], decoding: dict[str, Any] | None = None, **endpoint: Any) -> Any:
    found: dict[Key, Answer] = {}
    with serving(script) as (address, seen):
        model = HttpModel(Endpoint.model_validate({"address": address, "model": "m"} | endpoint))
        model.answer(asked, Decoding.model_validate(GREEDY | (decoding or {})), found.update)
    return found, seen, model


def fine(body: dict[str, Any], before: int) -> Reply | None:
    return None


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.engine.backends.retrying.FIRST_WAIT", 0.01)


def test_every_case_is_answered_with_what_it_took() -> None:
    found, seen, model = ask(fine, requests(20), price_in="2", price_out="8")
    assert sorted(found) == sorted(request.key for request in requests(20))
    answer = found["c7", 1]
    assert (answer.text, answer.tokens_in, answer.tokens, answer.finished) == ("QUESTION 7", 2, 2, True)
    assert answer.cost == pytest.approx((2 * 2 + 2 * 8) / 1e6)
    assert answer.seconds is not None
    assert seen.paths == ["/v1/chat/completions"] * 20
    assert seen.keys == [None] * 20
    assert seen.bodies[0].items() >= {"model": "m", "max_tokens": 9, "temperature": 0}.items()
    assert model.environment()["requests"] == "20"


def test_what_the_endpoint_calls_itself_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", SECRET)

    def named(body: dict[str, Any], before: int) -> Reply:
        number = body["messages"][-1]["content"][-1]
        name = {"0": "m-2026-01", "1": 7, "2": f"{SECRET}" + "x" * 900, "3": "a\nb"}.get(number, f"m-{number}")
        said = json.loads(proper(body)) | {"model": name, "system_fingerprint": None if number == "0" else "fp_1"}
        return Reply(content=json.dumps(said).encode())

    _, _, model = ask(named, requests(4), key_from="SOME_KEY", concurrency=1)
    names = model.environment()["endpoint_says"].split(", ")
    assert names == [("(SOME_KEY)" + "x" * 900)[:200], "fp_1", "m-2026-01"]
    _, _, model = ask(named, requests(10), key_from="SOME_KEY", concurrency=1)
    assert len(model.environment()["endpoint_says"].split(", ")) == 5
    _, _, model = ask(fine, requests(1))
    assert "endpoint_says" not in model.environment()


def test_as_many_are_asked_at_once_as_allowed_and_no_more() -> None:
    six = threading.Barrier(6, timeout=60)  # on a slow machine, too, the first is answered when all have come

    def together(body: dict[str, Any], before: int) -> Reply:
        six.wait()
        return Reply(content=proper(body), delay=0.05)

    _, seen, _ = ask(together, requests(24), concurrency=6)
    assert seen.most_at_once == 6


@pytest.mark.parametrize(
    "bad",
    [
        Reply(429),
        Reply(500),
        Reply(503, headers={"Retry-After": "soon"}),
        Reply(200, b'{"choices": [{"mess', cut=True),
        Reply(200, b"<html>Bad gateway</html>"),
        Reply(200, b'{"choices": []}'),
        Reply(200, b'{"choices": [{"message": {"content": "x"}}]}'),
        Reply(200, b"[1, 2]"),
    ],
    ids=["429", "500", "503", "cut off", "html", "no choice", "no usage", "a list"],
)
def test_what_fails_once_or_twice_is_asked_again(bad: Reply) -> None:
    found, seen, model = ask(lambda body, before: bad if before < 2 else None, requests(5))
    assert {key: answer.text for key, answer in found.items()} == {(f"c{n}", 1): f"QUESTION {n}" for n in range(5)}
    assert len(seen.bodies) == 15
    assert model.environment()["requests_repeated"] == "10"


def test_a_server_that_stalls_is_not_waited_for() -> None:
    slow = Reply(content=b"{}", delay=6)
    found, seen, _ = ask(lambda body, before: slow if before == 0 else None, requests(2), timeout="2")
    assert len(found) == 2
    assert len(seen.bodies) == 4


def test_a_server_that_says_when_to_come_back_is_obeyed_by_all() -> None:
    started = time.monotonic()

    def once(body: dict[str, Any], before: int) -> Reply | None:
        return (
            Reply(429, headers={"Retry-After": "1"})
            if body["messages"][-1]["content"] == "question 0" and not before
            else None
        )

    _, seen, _ = ask(once, requests(6), concurrency=1)
    assert seen.times[1] - seen.times[0] >= 0.9
    assert seen.times[0] >= started


def test_the_pace_is_kept() -> None:
    _, seen, _ = ask(fine, requests(6), requests_per_minute=600, concurrency=6)
    times = sorted(seen.times)
    assert times[-1] - times[0] >= 0.4, "six requests, a tenth of a second apart"


def test_what_keeps_failing_ends_the_work_and_names_the_case() -> None:
    with pytest.raises(RunFailed, match=r"case 'c\d': tried 3 times, last: the endpoint answered 503"):
        ask(lambda body, before: Reply(503), requests(3), tries=3)


def test_what_is_refused_is_not_asked_again() -> None:
    asked = 0

    def refuse(body: dict[str, Any], before: int) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(400, b'{"error": "context length exceeded"}')

    with pytest.raises(RunFailed, match=r"400: .*context length exceeded"):
        ask(refuse, requests(1))
    assert asked == 1


def test_when_one_fails_what_was_under_way_is_kept_and_nobody_waits_for_another_turn() -> None:
    found: dict[Key, Answer] = {}
    failed = threading.Event()

    def script(body: dict[str, Any], before: int) -> Reply | None:
        number = body["messages"][-1]["content"][-1]
        if number == "0":
            failed.set()
            return Reply(400, b"no")
        if number == "1":  # turned away, and told to come back long after
            return Reply(429, headers={"Retry-After": "500"})
        assert failed.wait(20)
        return Reply(content=proper(body), delay=0.3)

    with serving(script) as (address, seen):
        model = HttpModel(Endpoint.model_validate({"address": address, "model": "m", "concurrency": 4}))
        with pytest.raises(RunFailed, match="'c0': the endpoint answered 400: no"):
            model.answer(requests(9), Decoding.model_validate(GREEDY), found.update)
    assert {key[0] for key in found} == {"c2", "c3"}, "answers that were paid for are kept"
    assert len(seen.bodies) == 4, "and nothing more was asked for"


def test_an_endless_answer_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.engine.backends.http.MAX_BYTES", 1000)
    with pytest.raises(RunFailed, match="over 1,000 bytes"):
        ask(lambda body, before: Reply(content=b"x" * 5000), requests(1))


def test_what_a_batch_raises_ends_the_work_at_once() -> None:
    def stop(batch: Any) -> None:
        raise RunFailed("stopped")

    with serving(fine) as (address, seen):
        model = HttpModel(Endpoint(address=address, model="m", concurrency=2))
        with pytest.raises(RunFailed, match=r"^stopped$"):
            model.answer(requests(500), Decoding.model_validate(GREEDY), stop)
    assert len(seen.bodies) < 100


def test_the_key_goes_into_the_header_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SOME_KEY", SECRET)
    _, seen, model = ask(fine, requests(1), key_from="SOME_KEY")
    assert seen.keys == [f"Bearer {SECRET}"]
    echo = Reply(401, f"wrong key {SECRET}".encode())
    with pytest.raises(RunFailed) as refused:
        ask(lambda body, before: echo, requests(1), key_from="SOME_KEY")
    told = [
        str(refused.value),
        repr(refused.value.__cause__),
        str(model.environment()),
        caplog.text,
        *capfd.readouterr(),
    ]
    assert "wrong key (SOME_KEY)" in told[0]
    assert not [text for text in told if SECRET in text]


@pytest.mark.parametrize("before", [500 - len(SECRET) // 2, 490, 499, 0])
def test_no_half_of_a_key_is_left_where_what_the_endpoint_said_is_cut(
    monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    monkeypatch.setenv("SOME_KEY", SECRET)
    said = Reply(401, b"." * before + SECRET.encode() + b"." * 600)
    with pytest.raises(RunFailed) as refused:
        ask(lambda body, before: said, requests(1), key_from="SOME_KEY")
    told = str(refused.value).partition(" 401: ")[2]
    assert len(told) == 500
    assert SECRET[0] not in told.replace("(SOME_KEY)", "")


def test_an_endpoint_that_says_the_key_in_an_answer_gets_it_into_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", SECRET)

    def blab(body: dict[str, Any], before: int) -> Reply:
        return Reply(content=proper(body, message={"role": "assistant", "content": f"You sent {SECRET}."}))

    answers, _, _ = ask(blab, requests(1), key_from="SOME_KEY")
    assert [answer.text for answer in answers.values()] == ["You sent (SOME_KEY)."]


def test_a_redirect_is_not_followed_because_the_key_would_go_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", SECRET)
    with serving(fine) as (elsewhere, seen):
        away = Reply(307, headers={"Location": f"{elsewhere}/chat/completions"})
        with pytest.raises(RunFailed, match="answered 307"):
            ask(lambda body, before: away, requests(1), key_from="SOME_KEY")
    assert seen.bodies == []


def test_without_its_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(RunFailed, match="SOME_KEY, which is not set"):
        HttpModel(Endpoint(address="http://127.0.0.1:9", model="m", key_from="SOME_KEY"))


@pytest.mark.parametrize(
    "change",
    [
        {"address": "https://user:password@api.example/v1"},
        {"address": "https://api.example/v1?key=x"},
        {"address": "ftp://api.example"},
        {"key_from": SECRET},
        {"price_in": "1"},
        {"tries": 0},
    ],
)
def test_an_endpoint_holds_no_secret_and_says_everything(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Endpoint.model_validate({"address": "https://api.example/v1", "model": "m"} | change)


def test_drawing_is_asked_for_with_a_seed_of_each_answer() -> None:
    drawn = {"do_sample": True, "temperature": "0.7", "seed": 5, "top_p": "0.9", "repeats": 3, "stop": ["END"]}
    _, seen, _ = ask(fine, requests(2, repeats=3), drawn, concurrency=1)
    assert len({body["seed"] for body in seen.bodies}) == 6
    first = seen.bodies[0]
    assert (first["temperature"], first["top_p"], first["stop"]) == (0.7, 0.9, ["END"])
    _, again, _ = ask(fine, requests(2, repeats=3)[::-1], drawn)
    assert {b["seed"] for b in again.bodies} == {b["seed"] for b in seen.bodies}
    with pytest.raises(RunFailed, match="top_k"):
        ask(fine, requests(1), drawn | {"top_k": 5})


def test_an_answer_that_ran_into_the_limit_or_is_a_refusal_is_told_as_such() -> None:
    found, _, _ = ask(lambda body, before: Reply(content=proper(body, finish_reason="length")), requests(1))
    assert not found["c0", 1].finished
    refusal = {"message": {"content": None, "refusal": "I must not."}, "finish_reason": "stop"}
    found, _, _ = ask(lambda body, before: Reply(content=proper(body, **refusal)), requests(1))
    assert found["c0", 1].text == "I must not."


def test_waits_grow_and_are_spread() -> None:
    assert [backoff(n, lambda low, high: high) for n in range(3)] == [0.01, 0.02, 0.04]
    assert backoff(30, lambda low, high: high) == LONGEST_WAIT
    assert backoff(5, lambda low, high: low) == 0
    assert FIRST_WAIT == 0.5


def test_retry_after_is_a_number_or_a_date() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert asked_to_wait("7", now) == 7
    assert asked_to_wait(format_datetime(now + timedelta(seconds=30), usegmt=True), now) == 30
    assert asked_to_wait(format_datetime(now - timedelta(seconds=30), usegmt=True), now) == 0
    assert asked_to_wait("99999999", now) == LONGEST_OBEYED
    assert [asked_to_wait(header, now) for header in (None, "", "soon", "-5", "1.5")] == [0, 0, 0, 0, 0]
