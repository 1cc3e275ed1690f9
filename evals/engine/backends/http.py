"""A model behind an endpoint that speaks OpenAI's chat protocol: many requests at once, patiently.

Source of the protocol: https://platform.openai.com/docs/api-reference/chat (create: request, usage, finish_reason).
The key is read from the environment when it is needed; it goes into one header and nowhere else. Redirects are not
followed, because they would carry it elsewhere. Errors tell the status and what the server said, with the key blotted
out if it should be repeated there.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from evals.engine.answers import Answer
from evals.engine.backends.base import EachBatch, Key, Request
from evals.engine.backends.retrying import AGAIN, GivenUp, Pace, asked_to_wait, backoff
from evals.engine.endpoints import Endpoint
from evals.engine.spec import Decoding
from governance.runner.protocol import RunFailed, blotted

MAX_BYTES = 8 * 1024 * 1024
"""of one response; an answer of 4,096 tokens has some 20,000"""
MOST_NAMES = 5
LONGEST_NAME = 200
SAID = 500
"""characters of what an endpoint said that a refusal repeats"""


class _TryAgain(Exception):
    """The try failed in a way that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass
class Traffic:
    """What was sent: requests in all, and those among them that were repeats of failed ones."""

    requests: int = 0
    repeated: int = 0


class HttpModel:
    """The model that `endpoint` names."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the endpoint, and its key from this process's environment.

        Raises:
            RunFailed: the environment has no such variable.
        """
        self._endpoint = endpoint
        self._key = os.environ.get(endpoint.key_from, "") if endpoint.key_from else ""
        if endpoint.key_from and not self._key:
            raise RunFailed(f"the endpoint's key is to come from {endpoint.key_from}, which is not set here; set it")
        self.traffic = Traffic()
        self._names: set[str] = set()

    def environment(self) -> dict[str, str]:
        """Return what was asked, how often, and what the endpoint called itself where it did (model, fingerprint)."""
        asked = {
            "endpoint": self._endpoint.address,
            "endpoint_model": self._endpoint.model,
            "requests": str(self.traffic.requests),
            "requests_repeated": str(self.traffic.repeated),
        }
        return asked | ({"endpoint_says": ", ".join(sorted(self._names))} if self._names else {})

    def answer(self, requests: Sequence[Request], decoding: Decoding, each_batch: EachBatch) -> None:
        """Answer every request; see `Backend`.

        `precision` and `batch_size` are the server's own affair. A drawn answer's seed is sent along; whether the same
        seed gives the same answer is up to the server.

        Raises:
            RunFailed: `decoding` has what the protocol cannot say, the server refused, or it kept failing.
        """
        if decoding.top_k is not None:
            raise RunFailed("found top_k, which this protocol has no word for; leave it out of the rubric")
        asyncio.run(self._all(list(requests), decoding, each_batch))

    async def _all(self, requests: list[Request], decoding: Decoding, each_batch: EachBatch) -> None:
        """Ask for all; when one fails, no more are asked for, but what is under way is waited for and handed over."""
        pace = Pace(self._endpoint.requests_per_minute)
        waiting, done = iter(requests), asyncio.Queue[tuple[Key, Answer] | None]()
        failures: list[RunFailed] = []
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        limits = httpx.Limits(max_connections=self._endpoint.concurrency)
        seconds = float(self._endpoint.timeout)
        async with httpx.AsyncClient(
            headers=headers, timeout=seconds, limits=limits, trust_env=False, follow_redirects=False
        ) as client:

            async def work() -> None:
                try:
                    for request in waiting:  # shared: each takes the next that nobody has
                        done.put_nowait((request.key, await self._patiently(client, pace, request, decoding)))
                except GivenUp:
                    return
                except RunFailed as failure:
                    failures.append(failure)
                    pace.give_up()

            async def work_all() -> None:
                async with asyncio.TaskGroup() as workers:
                    for _ in range(min(self._endpoint.concurrency, len(requests))):
                        workers.create_task(work())
                done.put_nowait(None)

            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(work_all())
                    tasks.create_task(_hand_over(done, each_batch))
            except* RunFailed as stopped:
                raise _first(stopped) from None
        if failures:
            raise failures[0]

    async def _patiently(self, client: httpx.AsyncClient, pace: Pace, request: Request, decoding: Decoding) -> Answer:
        for attempt in range(self._endpoint.tries):
            await pace.turn()
            self.traffic.requests += 1
            self.traffic.repeated += attempt > 0
            try:
                async with asyncio.timeout(float(self._endpoint.timeout)):
                    return await self._once(client, request, decoding)
            except (httpx.TransportError, TimeoutError) as problem:
                reason, wait = f"no answer ({type(problem).__name__})", 0.0
            except _TryAgain as problem:
                reason, wait = str(problem), problem.wait
            if attempt == self._endpoint.tries - 1:
                tried = f"case {request.case!r}: tried {self._endpoint.tries} times, last: {reason}"
                raise RunFailed(tried, again=True)
            if wait:
                pace.close_for(wait)
            await pace.rest(backoff(attempt))
        raise AssertionError("tries is at least 1")

    async def _once(self, client: httpx.AsyncClient, request: Request, decoding: Decoding) -> Answer:
        started = time.perf_counter()
        url = self._endpoint.address.rstrip("/") + "/chat/completions"
        async with client.stream("POST", url, json=self._body(request, decoding)) as response:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise RunFailed(f"case {request.case!r}: the endpoint's answer is over {MAX_BYTES:,} bytes")
        if response.status_code in AGAIN:
            wait = asked_to_wait(response.headers.get("Retry-After"), datetime.now(UTC))
            raise _TryAgain(f"the endpoint answered {response.status_code}", wait)
        if response.status_code != 200:
            said = self._blotted(bytes(content).decode("utf-8", "replace"))[:SAID]  # blotted whole: no half of a key
            raise RunFailed(f"case {request.case!r}: the endpoint answered {response.status_code}: {said}")
        return self._read(httpx.Response(200, content=bytes(content)), time.perf_counter() - started)

    def _body(self, request: Request, decoding: Decoding) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._endpoint.model,
            "messages": list(request.chat),
            "max_tokens": decoding.max_new_tokens,
            "temperature": float(decoding.temperature or 0) if decoding.do_sample else 0,
        }
        if decoding.do_sample:
            body["seed"] = _seed(decoding.seed or 0, request.key)
        if decoding.top_p is not None:
            body["top_p"] = float(decoding.top_p)
        if decoding.stop:
            body["stop"] = list(decoding.stop)
        return body

    def _read(self, response: httpx.Response, seconds: float) -> Answer:
        try:
            found = response.json()
            choice, usage = found["choices"][0], found["usage"]
            message = choice["message"]
            text = message.get("content") or message.get("refusal") or ""
            tokens_in, tokens = int(usage["prompt_tokens"]), int(usage["completion_tokens"])
            if not isinstance(text, str) or tokens_in < 0 or tokens < 0:
                raise ValueError("wrong types")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as problem:
            # Half an answer, a proxy's page: asked again, and only then an error.
            raise _TryAgain(f"the endpoint's answer is none of the protocol ({type(problem).__name__})") from None
        self._note(found.get("model"), found.get("system_fingerprint"))
        return Answer(
            text=self._blotted(text.encode("utf-8", "replace").decode("utf-8")),
            tokens=tokens,
            finished=choice.get("finish_reason") == "stop",
            tokens_in=tokens_in,
            seconds=seconds,
            cost=self._endpoint.cost(tokens_in, tokens),
        )

    def _note(self, *names: Any) -> None:
        """Remember what the endpoint calls itself; a few such names, each cut short, are all that is kept."""
        said = " ".join(name for name in names if isinstance(name, str) and name.isprintable())
        if said and len(self._names) < MOST_NAMES:
            self._names.add(self._blotted(said.encode("utf-8", "replace").decode("utf-8"))[:LONGEST_NAME])

    def _blotted(self, text: str) -> str:
        """An endpoint could say its caller's key again: it goes into no message and into no answer."""
        return blotted(text, {self._endpoint.key_from or "": self._key})


async def _hand_over(done: asyncio.Queue[tuple[Key, Answer] | None], each_batch: EachBatch) -> None:
    """Hand over what is done, as much at once as there is, until None says that it was all."""
    found: list[tuple[Key, Answer] | None] = []
    while None not in found:
        found = [await done.get()]
        while not done.empty():
            found.append(done.get_nowait())
        if batch := dict(filter(None, found)):
            each_batch(batch)


def _seed(seed: int, key: Key) -> int:
    """Return the seed of one answer: 31 bits of SHA-256, so that repeats differ and batches do not matter."""
    digest = hashlib.sha256(f"{seed}\n{key[0]}\n{key[1]}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _first(failures: BaseExceptionGroup[RunFailed]) -> RunFailed:
    found: BaseException = failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, RunFailed)  # noqa: S101 - the group holds nothing else
    return found
