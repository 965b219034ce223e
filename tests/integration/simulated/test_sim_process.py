"""The simulated terminal as a process: its wire, its module client, kills and stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signalos.brokers.simulated.client import SimulatedModule
from signalos.kit.wire import LineTransport, WireLost, connect_tcp

ORDER: dict[str, Any] = {"action": 1, "symbol": "EURUSD", "type": 0, "volume": 0.1}


class Simulator:
    """A started process and where it listens."""

    def __init__(self, folder: Path, *options: str, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "signalos.cli", "sim"),
                *("--listen", f"127.0.0.1:{port}"),
                *("--state", str(folder / "account.db"), "--prices", str(folder / "prices"), *options),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        found = re.search(r":(\d+) ", self.ready)
        self.port = int(found.group(1)) if found else 0

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Signal it, wait, and return its exit code and what it said on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Simulator]]:
    prices = tmp_path / "prices"
    prices.mkdir()
    begin = datetime(2024, 1, 2, tzinfo=UTC)
    rows = [f"{(begin + timedelta(hours=n)).isoformat()},1.1{n % 10},1.2" for n in range(100)]
    (prices / "EURUSD.csv").write_text("\n".join(["time,bid,ask", *rows]))
    started: list[Simulator] = []

    def begin_one(*options: str, port: int = 0) -> Simulator:
        started.append(Simulator(tmp_path, *options, port=port))
        return started[-1]

    yield begin_one
    for one in started:
        one.kill()


@contextlib.asynccontextmanager
async def wire(simulator: Simulator) -> AsyncIterator[LineTransport]:
    transport = await connect_tcp("127.0.0.1", simulator.port)
    try:
        yield transport
    finally:
        await transport.close()


def module_of(simulator: Simulator) -> SimulatedModule:
    module = SimulatedModule("127.0.0.1", simulator.port)
    assert module.initialize() is True
    return module


def test_the_module_over_the_wire(start: Callable[..., Simulator]) -> None:
    simulator = start("--balance", "5000", "--login", "42")
    assert (
        simulator.ready
        == f"simulated terminal ready at 127.0.0.1:{simulator.port} (account 42, 1 symbols)\n"
    )
    m = SimulatedModule("127.0.0.1", simulator.port)
    assert (m.account_info(), m.last_error()[0]) == (None, m.RES_E_INTERNAL_FAIL_CONNECT)
    assert m.initialize(login=42, password="unused") is True
    assert m.version() == (500, 5000, "simulated")
    assert (m.account_info().login, m.account_info().balance) == (42, 5000.0)
    assert m.positions_get() == ()
    sent = m.order_send({**ORDER, "type": m.ORDER_TYPE_BUY, "magic": (1 << 64) - 1})
    assert (sent.retcode, sent.request.volume) == (m.TRADE_RETCODE_DONE, 0.1)
    (position,) = m.positions_get(symbol="EURUSD")
    assert position._asdict()["magic"] == (1 << 64) - 1
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    assert [d.position_id for d in m.history_deals_get(datetime(2024, 1, 1, tzinfo=UTC), tomorrow)] == [
        0,
        position.ticket,
    ]
    assert (m.order_send({"volume": 1}), m.last_error()) == (None, (-2, 'Invalid "volume" argument'))
    assert m.symbol_info("NOSUCH") is None
    with pytest.raises(AttributeError):
        m.order_hope("EURUSD")
    (bar,) = m.copy_rates_from_pos("EURUSD", m.TIMEFRAME_H1, 0, 1)
    assert (bar.open, bar.tick_volume) == (1.1, 1)
    assert m.market_book_add("EURUSD") is True
    assert [row.type for row in m.market_book_get("EURUSD")] == [m.BOOK_TYPE_SELL, m.BOOK_TYPE_BUY]
    m.shutdown()
    assert (m.positions_total(), m.last_error()[0]) == (None, -10004)
    assert m.initialize(login=43) is False
    assert m.last_error()[0] == m.RES_E_AUTH_FAILED


def test_the_kind_of_account_is_kept(start: Callable[..., Simulator]) -> None:
    simulator = start("--margin-mode", "netting", "--stop-out", "20", "--server-zone", "America/New_York+7")
    m = module_of(simulator)
    ticket = m.order_send(ORDER).order
    m.order_send({**ORDER, "volume": 0.2})
    m.shutdown()
    simulator.kill()
    simulator = start()
    m = module_of(simulator)
    assert [(p.ticket, round(p.volume, 2)) for p in m.positions_get()] == [(ticket, 0.3)]
    info = m.account_info()
    assert (info.margin_mode, info.margin_so_so) == (m.ACCOUNT_MARGIN_MODE_RETAIL_NETTING, 20.0)
    ahead = m.positions_get()[0].time - datetime.now(UTC).timestamp()
    assert 7000 < ahead < 10_900  # two hours in winter, three in summer
    m.shutdown()
    simulator.kill()
    code, said = start("--margin-mode", "hedging").end()
    assert (code, "margin_mode RETAIL_NETTING, not RETAIL_HEDGING" in said) == (2, True)


def test_a_killed_terminal_keeps_every_answered_order(start: Callable[..., Simulator]) -> None:
    simulator = start()
    tickets: list[int] = []
    for _ in range(3):
        m = module_of(simulator)
        tickets += [m.order_send(ORDER).order for _ in range(5)]
        simulator.kill()
        assert m.order_send(ORDER) is None
        assert m.last_error()[0] in (-10001, -10002)
        simulator = start()
    m = module_of(simulator)
    assert [p.ticket for p in m.positions_get()] == tickets
    assert tickets == sorted(set(tickets))
    m.shutdown()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_with_clients_connected(
    start: Callable[..., Simulator], number: int
) -> None:
    simulator = start()
    async with wire(simulator) as client:
        assert (await client.call("positions_total", deadline=10)).ok == 0
        assert simulator.end(number) == (0, "")


async def test_many_connections_at_once(start: Callable[..., Simulator]) -> None:
    simulator = start()

    async def trade() -> list[int]:
        async with wire(simulator) as client:
            sent = [client.call("order_send", [ORDER], deadline=30) for _ in range(10)]
            return [answer.ok["order"] for answer in await asyncio.gather(*sent)]

    tickets = [t for some in await asyncio.gather(*(trade() for _ in range(8))) for t in some]
    assert len(set(tickets)) == 80
    async with wire(simulator) as client:
        assert (await client.call("positions_total", deadline=10)).ok == 80


async def test_bad_lines_are_answered_and_the_connection_stays(start: Callable[..., Simulator]) -> None:
    simulator = start()
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    for bad in (b"hello", b"[]", b'{"id": 1}', b'{"id": "a", "fn": "version"}', b"\xff\xfe", b""):
        writer.write(bad + b"\n")
        answer = json.loads(await reader.readline())
        assert answer["id"] is None
        assert "not a request" in answer["error"]
    writer.write(b'{"id": 7, "fn": "no_such", "args": [], "kwargs": {}}\n')
    assert "no_such" in json.loads(await reader.readline())["error"]
    writer.write(b'{"id": 8, "fn": "positions_get"}\n')
    assert json.loads(await reader.readline()) == {"id": 8, "ok": [], "last_error": [1, "Success"]}
    writer.close()
    await writer.wait_closed()


async def test_faults_from_a_file(start: Callable[..., Simulator], tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(
        json.dumps(
            [
                {"fn": "order_send", "nth": 1, "effect": "drop_answer"},
                {"fn": "order_send", "nth": 2, "effect": "die_after"},
            ]
        )
    )
    simulator = start("--faults", str(faults))
    for expected in (1, 2):
        async with wire(simulator) as client:
            with pytest.raises(WireLost):
                await client.call("order_send", [ORDER], deadline=10)
        if expected == 2:
            assert simulator.end()[0] == 9
            simulator = start()
        async with wire(simulator) as client:
            assert (await client.call("positions_total", deadline=10)).ok == expected


def test_one_state_file_one_terminal(start: Callable[..., Simulator]) -> None:
    start()
    second = start()
    assert second.ready == ""
    code, said = second.end()
    assert (code, "already running" in said) == (2, True)


def test_a_busy_port_is_said_plainly(start: Callable[..., Simulator]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = start(port=port).end()
    assert code == 2
    assert f"cannot listen at 127.0.0.1:{port}" in said
    assert "choose another" in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--prices", "nowhere"], "does not exist"),
        (["--margin-mode", "betting"], "hedging"),
        (["--faults", "nowhere.json"], "nowhere.json"),
        (["--clock", "nowhere.json"], "nowhere.json"),
        (["--listen", "0.0.0.0:0"], "this machine only"),
        (["--state", "/dev/null/account.db"], "/dev/null"),
        (["--balance", "lots"], "'lots' is not an amount"),
    ],
)
def test_what_cannot_start_says_why(start: Callable[..., Simulator], options: list[str], says: str) -> None:
    code, said = start(*options).end()
    assert code == 2
    assert says in said
    assert "Traceback" not in said
