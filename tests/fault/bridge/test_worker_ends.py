"""A worker whose parent died ends by itself, also in the middle of a call."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from signalos.brokers.mt5.process import simulated_worker, spawn_worker
from signalos.brokers.simulated.faults import Effect
from signalos.kit.wire import WireLost, WireNeverSent, WireTimeout
from tests.fault.bridge.conftest import TerminalProcess

pytestmark = pytest.mark.fault

PARENT = """
import asyncio, sys
from signalos.brokers.mt5.process import simulated_worker, spawn_worker

async def main():
    worker = await spawn_worker(simulated_worker(sys.argv[1]))
    await worker.call("connect", deadline=10)
    print(worker.pid, flush=True)
    if sys.argv[2] == "hang":
        await worker.call("guarded_send", ({},), {"login": 90000001, "server": "SignalOS-Simulated"}, deadline=60)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asking whether a process lives would end it there")
@pytest.mark.parametrize("doing", ["idle", "hang"])
async def test_the_worker_of_a_killed_parent_ends(terminal: TerminalProcess, doing: str) -> None:
    terminal.fault(Effect.DELAY)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, terminal.address, doing, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    if doing == "hang":
        await terminal.clock.reached.wait()
    assert not _ended(pid)
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(15):
        while not _ended(pid):  # noqa: ASYNC110 -- another process sets no event here
            await asyncio.sleep(0.05)


def _ended(pid: int) -> bool:
    """True when the process is gone, or waits only to be counted by whoever adopted it."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


async def test_closing_ends_the_worker_with_success(terminal: TerminalProcess) -> None:
    worker = await spawn_worker(simulated_worker(terminal.address))
    await worker.call("connect", deadline=10)
    await worker.close()
    assert not worker.alive
    with pytest.raises((WireNeverSent, WireLost)):
        await worker.call("account_info", deadline=1)


async def test_a_missed_deadline_kills(terminal: TerminalProcess) -> None:
    terminal.fault(Effect.NEVER_ANSWER, fn="account_info")
    worker = await spawn_worker(simulated_worker(terminal.address))
    with pytest.raises(WireTimeout):
        await worker.call("connect", deadline=1.5)
    assert not worker.alive


async def test_a_program_that_does_not_exist_was_never_sent_to(tmp_path: Path) -> None:
    with pytest.raises(WireNeverSent, match="could not be started"):
        await spawn_worker([str(tmp_path / "nothing")])


def test_the_wire_carries_answers_alone(tmp_path: Path) -> None:
    """Without a terminal, and with a line that is no request: answers, and exit 0 at the end."""
    lines = [
        b"hello\n",
        msgspec.json.encode({"id": 1, "fn": "connect"}) + b"\n",
        msgspec.json.encode({"id": 2, "fn": "order_send", "args": [{}]}) + b"\n",
        msgspec.json.encode({"id": 3, "fn": "__init__"}) + b"\n",
    ]
    done = subprocess.run(
        simulated_worker("127.0.0.1:1"), input=b"".join(lines), capture_output=True, timeout=30, check=False
    )
    answers = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [a["id"] for a in answers] == [0, 1, 2, 3]
    assert "not a request" in answers[0]["error"]
    assert (answers[1]["ok"], answers[1]["last_error"][0]) == (None, -10003)
    assert "no function" in answers[2]["error"], "orders go through the guarded way alone"
    assert "no function" in answers[3]["error"]
