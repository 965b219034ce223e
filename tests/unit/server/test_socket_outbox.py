"""What a connection is sent: in order, once, and never without bound."""

from __future__ import annotations

from datetime import UTC, datetime

from signalos.kit.clock import VirtualClock
from signalos.protocol import decode, socket
from signalos.server.db.session import Durable
from signalos.server.hub import CLOSE_SLOW, QUEUE_FRAMES, Connection, Hub, batches

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def events(user_id: int, *seqs: int) -> list[Durable]:
    return [Durable(user_id, seq, "told", "2026-01-05T00:00:00.000000Z", b'{"n":1}') for seq in seqs]


def live(hub: Hub, user_id: int = 1, last: int = 0) -> Connection:
    connection = Connection(user_id)
    connection.last, connection.live = last, True
    hub.add(connection)
    return connection


async def messages(connection: Connection) -> list[socket.Envelope]:
    connection.close(1000)
    found: list[socket.Envelope] = []
    while (text := await connection.next()) is not None:
        found += decode(text if text.startswith("[") else f"[{text}]", list[socket.Envelope])
    return found


async def test_events_of_one_commit_are_one_batch_to_their_user_alone() -> None:
    hub = Hub(VirtualClock(NOW))
    mine, theirs = live(hub), live(hub, user_id=2)
    hub.publish([*events(1, 1, 2), *events(2, 1)])
    text = await mine.next()
    assert text is not None
    assert [part.seq for part in decode(text, list[socket.Envelope])] == [1, 2]
    assert [part.seq for part in await messages(theirs)] == [1]


async def test_what_was_caught_up_is_not_sent_again() -> None:
    hub = Hub(VirtualClock(NOW))
    connection = live(hub, last=2)
    hub.publish(events(1, 1, 2, 3))
    hub.publish(events(1, 3))
    assert [part.seq for part in await messages(connection)] == [3]


async def test_a_connection_that_is_catching_up_hears_nothing_live() -> None:
    hub = Hub(VirtualClock(NOW))
    connection = live(hub)
    connection.live = False
    hub.publish(events(1, 1))
    assert await messages(connection) == []
    assert hub.newest == {1: 1}


async def test_a_client_that_does_not_read_is_closed() -> None:
    connection = Connection(1)
    for number in range(QUEUE_FRAMES + 1):
        connection.send(str(number))
    assert connection.close_code == CLOSE_SLOW
    assert await connection.next() is None


async def test_a_client_that_reads_nothing_large_is_closed_by_size() -> None:
    connection = Connection(1)
    for _ in range(9):
        connection.send("x" * 1_000_000)
    assert connection.close_code == CLOSE_SLOW


async def test_status_is_coalesced_and_the_newest_wins() -> None:
    connection = Connection(1)
    for number in range(50):
        connection.status(7, f"status {number}", now=100.0)
    connection.status(8, "other terminal", now=100.0)
    assert await connection.next() == "status 0"
    assert await connection.next() == "[status 49,other terminal]"


async def test_nothing_is_encoded_when_nobody_looks() -> None:
    hub = Hub(VirtualClock(NOW))
    asked: list[int] = []

    def make() -> socket.StatusUpdate:
        asked.append(1)
        raise AssertionError

    hub.status(1, 7, make)
    assert asked == []


async def test_ending_a_session_closes_its_sockets_alone() -> None:
    hub = Hub(VirtualClock(NOW))
    one, other = Connection(1, session_id="a"), Connection(1, session_id="b")
    hub.add(one)
    hub.add(other)
    hub.close_session("a")
    assert (one.close_code, other.close_code) == (4401, None)
    hub.remove(one)
    assert len(hub) == 1


def test_a_single_message_is_no_array_and_no_batch_grows_too_long() -> None:
    assert batches([]) == []
    assert batches(["{}"]) == ["{}"]
    assert batches(["{}", "{}"]) == ["[{},{}]"]
    long = "x" * 200_000
    assert batches(["{}", long, long, "{}", "{}"]) == [f"[{{}},{long}]", f"[{long},{{}},{{}}]"]
