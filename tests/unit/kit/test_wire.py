"""The JSON-lines wire, over real sockets: what is certain and what is unknown after a failure."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from signalos.kit.wire import (
    LINE_LIMIT,
    Answer,
    LineTransport,
    WireLost,
    WireNeverSent,
    WireTimeout,
    connect_tcp,
)

Serve = Callable[[dict[str, Any], asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(serve: Serve) -> AsyncIterator[tuple[LineTransport, list[dict[str, Any]]]]:
    """A listening peer that hands every request to ``serve``, and a transport connected to it."""
    heard: list[dict[str, Any]] = []
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                heard.append(json.loads(line))
                await serve(heard[-1], writer)
        except ConnectionError:
            return
        finally:
            writer.close()
            gone.set()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=LINE_LIMIT)
    port = server.sockets[0].getsockname()[1]
    transport = await connect_tcp("127.0.0.1", port)
    try:
        yield transport, heard
    finally:
        await transport.close()
        server.close()
        await gone.wait()


async def say(writer: asyncio.StreamWriter, **fields: Any) -> None:
    writer.write(json.dumps(fields).encode() + b"\n")
    await writer.drain()


async def echo(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    await say(writer, id=request["id"], ok=[request["fn"], request["args"], request["kwargs"]])


async def silent(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Hear and do not answer."""


async def hang_up(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_call_carries_function_arguments_and_answer() -> None:
    async with peer(echo) as (transport, _):
        answer = await transport.call("order_send", [{"volume": 0.1}], {"x": 1}, deadline=5)
    assert answer == Answer(id=1, ok=["order_send", [{"volume": 0.1}], {"x": 1}])
    assert answer.last_error == (1, "Success")


async def test_peer_may_answer_in_any_order() -> None:
    kept: list[int] = []

    async def backwards(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        kept.append(request["id"])
        if len(kept) == 3:
            for number in reversed(kept):
                await say(writer, id=number, ok=number)

    async with peer(backwards) as (transport, _):
        calls = [transport.call(name, deadline=5) for name in ("a", "b", "c")]
        answers = await asyncio.gather(*calls)
    assert [a.ok for a in answers] == [a.id for a in answers]


async def test_error_of_the_function_is_an_answer() -> None:
    async def refuse(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await say(writer, id=request["id"], error="no such function", last_error=[-2, "Invalid params"])

    async with peer(refuse) as (transport, _):
        answer = await transport.call("nonsense", deadline=5)
    assert answer.error == "no such function"
    assert answer.last_error == (-2, "Invalid params")


async def test_silence_until_the_deadline_is_an_unknown_outcome() -> None:
    async with peer(silent) as (transport, heard):
        with pytest.raises(WireTimeout, match="order_send"):
            await transport.call("order_send", deadline=0.05)
        assert heard[0]["fn"] == "order_send"
        assert not transport.lost


async def test_answer_that_comes_too_late_belongs_to_nobody() -> None:
    waiting: list[int] = []

    async def late(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        waiting.append(request["id"])
        if len(waiting) == 2:
            for number in waiting:
                await say(writer, id=number, ok=f"answer {number}")

    async with peer(late) as (transport, _):
        with pytest.raises(WireTimeout):
            await transport.call("first", deadline=0.05)
        answer = await transport.call("second", deadline=5)
    assert answer.ok == "answer 2"


async def test_peer_that_hangs_up_after_hearing_leaves_the_outcome_unknown() -> None:
    async with peer(hang_up) as (transport, heard):
        with pytest.raises(WireLost):
            await transport.call("order_send", deadline=5)
        assert len(heard) == 1


async def test_all_calls_under_way_learn_of_the_loss() -> None:
    async def third_time(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if request["id"] == 3:
            writer.close()

    async with peer(third_time) as (transport, _):
        outcomes = await asyncio.gather(
            *(transport.call(n, deadline=5) for n in "abc"), return_exceptions=True
        )
    assert [type(o) for o in outcomes] == [WireLost] * 3


async def test_call_on_a_lost_wire_was_certainly_never_sent() -> None:
    async with peer(hang_up) as (transport, heard):
        with pytest.raises(WireLost):
            await transport.call("first", deadline=5)
        assert transport.lost
        with pytest.raises(WireNeverSent):
            await transport.call("second", deadline=5)
        assert [request["fn"] for request in heard] == ["first"]


async def test_nobody_listening_was_certainly_never_sent() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(WireNeverSent, match=str(port)):
        await connect_tcp("127.0.0.1", port)


@pytest.mark.parametrize("line", [b"no json\n", b"[1, 2]\n", b'{"id": "one"}\n', b"\xff\xfe\n"])
async def test_peer_that_talks_nonsense_is_lost(line: bytes) -> None:
    async def nonsense(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(line)
        await writer.drain()

    async with peer(nonsense) as (transport, _):
        with pytest.raises(WireLost):
            await transport.call("order_send", deadline=5)
        assert transport.lost


async def test_closing_ends_the_calls_under_way() -> None:
    arrived = asyncio.Event()

    async def notice(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        arrived.set()

    async with peer(notice) as (transport, _):
        call = asyncio.ensure_future(transport.call("slow", deadline=60))
        await arrived.wait()
        await transport.close()
        with pytest.raises(WireLost):
            await call


async def test_large_answer_passes() -> None:
    async def large(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await say(writer, id=request["id"], ok="x" * 3_000_000)

    async with peer(large) as (transport, _):
        answer = await transport.call("history_deals_get", deadline=30)
    assert len(answer.ok) == 3_000_000


async def test_a_request_leaves_before_its_answer_is_waited_for() -> None:
    arrived = asyncio.Event()

    async def note(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await echo(request, writer)

    async with peer(note) as (transport, heard):
        calling = transport.call("snapshot", ["EURUSD"], deadline=5)
        async with asyncio.timeout(5):
            await arrived.wait()
        assert [request["fn"] for request in heard] == ["snapshot"]
        assert (await calling).ok == ["snapshot", ["EURUSD"], {}]
