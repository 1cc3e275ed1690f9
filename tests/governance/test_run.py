"""`manage.py run`: web process and worker start together and stop together, however they are told."""

import signal
import time

import httpx
import psutil
import pytest

from tests.support.deployment import Deployment

SECONDS = 60.0


def wait_for(condition) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/sign-in/", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_both_stop_when_one_command_is_told_to(deployment: Deployment, told: signal.Signals) -> None:
    program = deployment.start("run", "run", "--bind", f"127.0.0.1:{deployment.port}", COUNTERSIGN_PROCESS="command")
    wait_for(lambda: answers(deployment.url))
    below = psutil.Process(program.pid).children(recursive=True)
    assert any("worker" in process.cmdline() for process in below)
    program.process.send_signal(told)
    assert program.process.wait(SECONDS) == 0
    wait_for(lambda: not any(process.is_running() for process in below))
    assert not answers(deployment.url)


def test_when_one_of_them_dies_the_other_is_stopped_and_the_command_says_so(deployment: Deployment) -> None:
    program = deployment.start("run", "run", "--bind", f"127.0.0.1:{deployment.port}", COUNTERSIGN_PROCESS="command")
    wait_for(lambda: answers(deployment.url))
    below = psutil.Process(program.pid).children(recursive=True)
    next(process for process in below if "worker" in process.cmdline()).kill()
    assert program.process.wait(SECONDS) != 0
    wait_for(lambda: not any(process.is_running() for process in below))


def test_whoever_tells_it_again_need_not_wait_for_a_worker_that_does_not_answer(deployment: Deployment) -> None:
    program = deployment.start("run", "run", "--bind", f"127.0.0.1:{deployment.port}", COUNTERSIGN_PROCESS="command")
    wait_for(lambda: answers(deployment.url))
    below = psutil.Process(program.pid).children(recursive=True)
    next(process for process in below if "worker" in process.cmdline()).suspend()
    program.process.send_signal(signal.SIGINT)
    wait_for(lambda: not answers(deployment.url))
    assert program.process.poll() is None, "it leaves while its worker is there"
    program.process.send_signal(signal.SIGINT)
    assert program.process.wait(SECONDS) == 0
    wait_for(lambda: not any(process.is_running() for process in below))
