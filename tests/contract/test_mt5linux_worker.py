"""What only the way through an mt5linux server can get wrong: another process, another machine's program."""

from __future__ import annotations

import ast
import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from random import Random
from typing import Any

import pytest

from signalos.brokers.mt5 import Mt5Broker, Settings, WorkerLauncher, mt5linux_worker
from signalos.brokers.mt5.remote import OLDEST_PYTHON, Connect, RemoteModule, Unusable, must_be_here
from signalos.brokers.simulated.faults import Effect, Fault, Faults
from signalos.domain.errors import TerminalDown
from signalos.domain.order import OutcomeKind
from signalos.kit.clock import SystemClock
from tests.contract.conftest import World
from tests.support.mt5linux_server import Mt5LinuxServer


@pytest.fixture
def module(mt5linux_server: Mt5LinuxServer) -> Iterator[Callable[..., RemoteModule]]:
    """Make modules over the server: they block, as the terminal's, so they are used on a thread."""
    made: list[RemoteModule] = []

    def make(order_seconds: float = 20.0, *connect: Connect) -> RemoteModule:
        made.append(RemoteModule("127.0.0.1", mt5linux_server.port, order_seconds, *connect))
        return made[-1]

    yield make
    for one in made:
        one.shutdown()


ORDER = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "type_filling": 1}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the package mt5linux is for Linux")


@pytest.mark.fault
@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_server_that_hangs_costs_the_worker_and_the_order_is_looked_for(
    through_mt5linux: World, mt5linux_server: Mt5LinuxServer, carried_out: bool
) -> None:
    """The module holds the server's lock: nobody gets in any more before it is started again."""
    world = through_mt5linux
    assert world.launcher is not None
    before = world.launcher.current
    assert before is not None
    world.service.faults.add(Fault(fn="order_send", effect=Effect.NEVER_ANSWER, nth=1, execute=carried_out))
    leg = await world.leg()
    assert (await world.do(leg)).kind is OutcomeKind.UNKNOWN
    assert not before.alive
    await mt5linux_server.kill()
    await mt5linux_server.start()
    settled = await world.settled(leg)
    assert settled.reason == ("adopted" if carried_out else "not_executed")
    assert len(world.deals_of(1)) == int(carried_out)


@pytest.mark.fault
@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_server_that_dies_in_an_order_leaves_it_unknown(
    through_mt5linux: World, mt5linux_server: Mt5LinuxServer, carried_out: bool
) -> None:
    world, arrived = through_mt5linux, asyncio.Event()

    class Told(Faults):
        def strike(self, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Fault | None:
            found = super().strike(fn, args, kwargs)
            if found is not None:
                arrived.set()
            return found

    rule = Fault(fn="order_send", effect=Effect.NEVER_ANSWER, nth=1, execute=carried_out)
    world.service.faults = Told([rule])
    leg = await world.leg()
    sending = asyncio.create_task(world.do(leg))
    await arrived.wait()
    await mt5linux_server.kill()
    outcome = await sending
    assert outcome.kind is OutcomeKind.UNKNOWN
    with pytest.raises(TerminalDown, match="no connection to the mt5linux server"):
        await world.broker.account()
    with pytest.raises(TerminalDown, match="Connection refused"):
        await world.broker.account()
    await mt5linux_server.start()
    assert (await world.settled(leg)).reason == ("adopted" if carried_out else "not_executed")
    assert len(world.deals_of(1)) == int(carried_out)


async def test_a_dead_server_sends_nothing_and_a_new_one_is_used(
    through_mt5linux: World, mt5linux_server: Mt5LinuxServer
) -> None:
    world = through_mt5linux
    leg = await world.leg()
    await mt5linux_server.kill()
    # What the broker checks first cannot be read: the order is provably not on its way.
    assert (await world.do(leg)).kind is OutcomeKind.NEVER_SENT
    await mt5linux_server.start()
    assert (await world.do(leg)).kind is OutcomeKind.DONE
    assert len(world.deals_of(1)) == 1


async def test_an_order_that_arrives_late_is_not_handed_over(
    module: Callable[..., RemoteModule],
) -> None:
    """Its worker was killed meanwhile, and the order may have been found missing: it must stay missing."""

    def work() -> None:
        late = module(-1.0)
        assert late.initialize()
        assert late.order_send(ORDER) is None
        assert late.last_error()[0] == -10004
        assert "too late and was not handed over" in late.last_error()[1]
        assert late.account_info() is None, "the clocks are compared anew"
        assert late.initialize()
        assert late.positions_get() == []

        punctual = module(60.0)
        assert punctual.initialize()
        assert punctual.order_send(ORDER)["retcode"] == 10009
        assert len(late.positions_get()) == 1

    await asyncio.to_thread(work)


async def test_a_call_is_one_round_trip_and_readings_ahead_are_one_together(
    module: Callable[..., RemoteModule],
) -> None:
    from signalos.brokers.mt5.remote import _connector

    written: list[int] = []

    def counting(host: str, port: int) -> tuple[Any, Any]:
        stream, far = _connector()(host, port)

        class Counted(type(stream)):  # type: ignore[misc]  # rpyc's stream, with each write counted
            __slots__ = ()

            def write(self, data: bytes) -> None:
                written.append(len(data))
                super().write(data)

        stream.__class__ = Counted
        return stream, far

    def work() -> None:
        far = module(20.0, counting)
        assert far.initialize()
        for _ in range(30):
            assert far.order_send(ORDER)["retcode"] == 10009
        written.clear()
        rows = far.positions_get()
        assert (len(rows), len(written)) == (30, 1)
        assert all(type(row) is dict and type(row["ticket"]) is int for row in rows)
        written.clear()
        readings = [("account_info", (), {}), ("positions_get", (), {"symbol": "EURUSD"})]
        far.ask_ahead(*readings)
        assert far.account_info()["login"] == 90000001
        assert len(far.positions_get(symbol="EURUSD")) == 30
        assert len(written) == 1
        far.ask_ahead(*readings)
        assert far.positions_get(symbol="USDJPY") == [], (
            "what was asked ahead is not given for another call"
        )
        assert far.account_info()["login"] == 90000001
        assert len(written) == 4

    await asyncio.to_thread(work)


async def test_a_refusal_comes_with_its_pair_and_a_mistake_as_an_error(
    module: Callable[..., RemoteModule],
) -> None:
    def work() -> None:
        far = module()
        assert far.positions_get() is None
        assert far.last_error()[0] == -10004, "nothing without initialize"
        assert far.initialize()
        assert far.__version__ == "5.0.5000"
        assert far.symbol_info("NOPE") is None
        assert far.last_error()[0] == -4
        with pytest.raises(RuntimeError, match="AttributeError"):
            far._call("positions_got")
        assert far.account_info()["login"] == 90000001, "the connection is as good as before"
        with pytest.raises(AttributeError, match="no 'exec'"):
            far.exec("1")
        far.shutdown()
        assert far.account_info() is None

    await asyncio.to_thread(work)


# ---------------------------------------------------------------- what cannot serve


def _down(address: str) -> str:
    """What a broker says that cannot connect to ``address``."""

    async def start() -> None:
        launcher = WorkerLauncher(mt5linux_worker(address, 2.0), SystemClock(), Random(1))
        broker = Mt5Broker("t1", launcher, SystemClock(), Settings())
        try:
            await broker.start()
        finally:
            await broker.stop()

    with pytest.raises(TerminalDown) as caught:
        asyncio.run(start())
    return str(caught.value)


@pytest.fixture
def old_rpyc() -> Iterator[str]:
    """The first words of an rpyc 5.0 server, which had another form of messages."""
    from rpyc.core import brine, consts
    from rpyc.core.channel import Channel
    from rpyc.core.stream import SocketStream

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            opened, _ = listener.accept()
            channel = Channel(SocketStream(opened))
            channel.send(
                brine.dump((consts.MSG_REQUEST, 1, (consts.HANDLE_GETROOT, (consts.LABEL_TUPLE, ()))))
            )
            channel.recv()
            channel.close()

        thread = threading.Thread(target=greet)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_server_with_another_rpyc_is_named_with_what_to_do(old_rpyc: str) -> None:
    said = _down(old_rpyc)
    assert "its rpyc is older than 6" in said
    assert '"mt5linux>=1.0.11,<1.1"' in said


async def test_a_python_without_the_module_is_named() -> None:
    server = Mt5LinuxServer({"PYTHONPATH": ""})
    await server.start()
    try:
        said = await asyncio.to_thread(_down, server.address)
    finally:
        await server.kill()
    assert "MetaTrader5 cannot be imported there: ModuleNotFoundError" in said
    assert "Install it in the Python under Wine" in said


def test_a_python_that_is_too_old_is_named() -> None:
    class Far:
        def eval(self, text: str) -> tuple[int, int]:
            return (3, 7)

    with socket.socket() as stream:
        module = RemoteModule("127.0.0.1", 1, 20.0, lambda host, port: (stream, Far()))
        assert module.initialize() is False
    assert "the Python under Wine is 3.7; 3.8 is the oldest that serves" in module.last_error()[1]


def test_a_name_that_leads_to_another_machine_is_refused() -> None:
    must_be_here("localhost", "127.0.0.1")
    must_be_here("localhost", "::1")
    with pytest.raises(Unusable, match=r"is 192[.]168[.]1[.]5, which is not this machine"):
        must_be_here("terminal.lan", "192.168.1.5")


def test_without_rpyc_the_worker_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['rpyc'] = sys.modules['rpyc.core.service'] = None\n"
        "from signalos.brokers.mt5.worker import main; main(['--mt5linux', '127.0.0.1:1'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=30, check=False)
    assert done.returncode != 0
    assert b"pip install 'signalos[wine]'" in done.stderr


@pytest.mark.parametrize("name", ["plain.py", "far_side.py"])
def test_what_runs_there_is_written_for_the_oldest_python(name: str) -> None:
    source = resources.files("signalos.brokers.mt5").joinpath(name).read_text("utf-8")
    tree = ast.parse(source, feature_version=OLDEST_PYTHON)
    for node in tree.body:
        if isinstance(node, ast.Import):
            assert all(alias.name in sys.stdlib_module_names for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.module in sys.stdlib_module_names | {"collections.abc"}
