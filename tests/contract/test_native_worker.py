"""What only the module itself can get wrong: struct sequences, its lock, its own process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from signalos.brokers.mt5 import native_worker
from signalos.brokers.simulated.faults import Effect, Fault
from signalos.domain.order import OutcomeKind
from signalos.kit.clock import SystemClock
from tests.contract.conftest import World, native_environ

SURFACE = """
import json, pickle, MetaTrader5 as mt5
assert mt5.positions_get() is None and mt5.last_error()[0] == -10004, "nothing without initialize"
assert mt5.initialize() and mt5.last_error() == (1, "Success")
assert mt5.positions_get() == () and mt5.symbol_info("NOPE") is None and mt5.last_error()[0] == -4
sent = mt5.order_send({"action": mt5.TRADE_ACTION_DEAL, "symbol": "EURUSD", "volume": 0.1, "type": 0,
                       "type_filling": mt5.ORDER_FILLING_IOC})
try:
    pickle.dumps(sent)
except TypeError as why:
    unpicklable = str(why)
from signalos.brokers.mt5.plain import plain
print(json.dumps([type(sent).__name__, sent.retcode, sent[0], hasattr(sent, "_fields"), unpicklable,
                  plain(sent)["request"]["symbol"], plain(mt5.positions_get())[0]["volume"],
                  type(plain(sent)).__name__, type(plain(sent)["request"]).__name__]))
"""


async def test_the_module_behaves_as_the_real_one_in_what_matters(address: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SURFACE,
        stdout=subprocess.PIPE,
        env={**native_environ(address), "PATH": ""},
    )
    out, _ = await process.communicate()
    assert json.loads(out) == [
        "OrderSendResult",
        10009,
        10009,
        False,
        "cannot pickle 'OrderSendResult' object",
        "EURUSD",
        0.1,
        "dict",
        "dict",
    ]


@pytest.mark.fault
@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_call_that_hangs_with_the_lock_is_killed_at_its_deadline(
    through_native: World, carried_out: bool
) -> None:
    """No thread of that worker runs while the module holds Python's lock: only a kill frees it."""
    world, clock = through_native, SystemClock()
    assert world.launcher is not None
    before = world.launcher.current
    world.service.faults.add(Fault(fn="order_send", effect=Effect.NEVER_ANSWER, nth=1, execute=carried_out))
    leg = await world.leg()
    begun, longest = clock.monotonic(), 0.0
    sending = asyncio.create_task(world.do(leg))
    while not sending.done():
        last = clock.monotonic()
        await clock.sleep(0.01)
        longest = max(longest, clock.monotonic() - last)
    assert (await sending).kind is OutcomeKind.UNKNOWN
    assert 2.0 <= clock.monotonic() - begun < 3.9, (
        "killed at the 2 s of a send, not 2 s after asking it to end"
    )
    assert longest < 0.5, "our own loop went on meanwhile"
    assert before is not None
    assert not before.alive
    settled = await world.settled(leg)
    assert settled.reason == ("adopted" if carried_out else "not_executed")
    assert len(world.deals_of(1)) == int(carried_out)
    assert world.launcher.pid not in (None, before.pid)


def test_without_the_module_the_worker_says_what_to_do() -> None:
    done = subprocess.run(native_worker(), input=b"", capture_output=True, timeout=30, check=False)
    assert done.returncode != 0
    assert b"exists for Windows only" in done.stderr
