"""A Telegram Desktop export is posted again at the pace of the market's clock."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.domain.errors import ConfigError
from signalos.kit.clock import DemoClock, DemoTime, VirtualClock
from signalos.sources import SOURCES, build_source
from signalos.sources.base import SourceParts
from signalos.sources.export import ExportSource, first_message_at, plain_text
from tests.unit.sources.source_rig import START, Journal, running


def message(number: int, minute: float, text: Any = "", **more: Any) -> dict[str, Any]:
    at = START + timedelta(minutes=minute)
    return {
        "id": number,
        "type": "message",
        "date": at.replace(tzinfo=None).isoformat(timespec="seconds"),
        "date_unixtime": str(int(at.timestamp())),
        "from": "Gold Desk",
        "from_id": "channel777",
        "text": text or f"m{number}",
        "text_entities": [],
    } | more


def channel(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"name": "Gold Desk 🟡", "type": "public_channel", "id": 777}
    return head | more | {"messages": list(messages)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "result.json"


def write(path: Path, document: Any, *, as_ascii: bool = False) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=as_ascii), encoding="utf-8")


async def settled(source: ExportSource, journal: Journal, clock: VirtualClock, posts: int) -> None:
    """Let the indexing thread finish: wait until ``posts`` have come."""
    async with asyncio.timeout(20):
        while len(journal.posts) < posts or not source.health.connected:
            await asyncio.sleep(0.001)
            await clock.advance(0)


async def test_posts_each_message_at_its_time(path: Path, clock: VirtualClock, journal: Journal) -> None:
    write(path, channel(message(1, -5), message(2, 0), message(3, 10), message(4, 10), message(5, 60)))
    source = ExportSource(path, clock)
    async with running(source, journal):
        await settled(source, journal, clock, 2)
        assert journal.texts == ["m1", "m2"]
        await clock.advance(10 * 60 - 1)
        assert journal.texts == ["m1", "m2"]
        await clock.advance(1)
        assert journal.texts == ["m1", "m2", "m3", "m4"]
        assert not source.finished
        await clock.advance(3600)
        assert source.finished
        assert source.health.last_message_at == START + timedelta(hours=1)
    assert journal.texts == ["m1", "m2", "m3", "m4", "m5"]
    first = journal.posts[0]
    assert (first.chat_id, first.chat_name, first.sender) == ("-100777", "Gold Desk 🟡", "channel")
    assert first.posted_at == START - timedelta(minutes=5)


async def test_goes_on_behind_the_last_delivered_one(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    write(path, channel(*(message(n, n) for n in range(1, 6))))
    source = ExportSource(path, clock)
    async with running(source, journal):
        await settled(source, journal, clock, 0)
        await clock.advance(3 * 60)
    assert journal.texts == ["m1", "m2", "m3"]
    # A newer export of the same chat: one message is gone, two have come.
    write(path, channel(*(message(n, n) for n in (1, 3, 4, 5, 6))))
    again = ExportSource(path, clock)
    async with running(again, journal):
        await settled(again, journal, clock, 0)
        await clock.advance(600)
    assert journal.texts == ["m1", "m2", "m3", "m4", "m5", "m6"]


async def test_another_round_is_another_chat_from_the_beginning(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    write(path, channel(message(1, -2), message(2, -1)))
    for number in (1, 2):
        source = ExportSource(path, clock, round_number=number)
        async with running(source, journal):
            await settled(source, journal, clock, 2 * number)
    assert [(post.chat_id, post.message_id) for post in journal.posts] == [
        ("-100777", 1),
        ("-100777", 2),
        ("-100777/2", 1),
        ("-100777/2", 2),
    ]


async def test_start_now_leaves_the_past_out(path: Path, clock: VirtualClock, journal: Journal) -> None:
    write(path, channel(message(1, -60), message(2, -0.5), message(3, 0), message(4, 1)))
    source = ExportSource(path, clock, start="now")
    async with running(source, journal):
        await settled(source, journal, clock, 1)
        await clock.advance(60)
    assert journal.texts == ["m3", "m4"]


async def test_a_demo_clock_that_skips_closed_hours_delays_nothing(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    weekend = (START + timedelta(minutes=1), START + timedelta(hours=48))
    demo = DemoTime(START, START, 10.0, START + timedelta(days=9), (weekend,))
    write(path, channel(message(1, 30), message(2, 48 * 60 + 1)))
    market = DemoClock(demo, clock)
    source = ExportSource(path, market)
    async with running(source, journal):
        await settled(source, journal, clock, 0)
        await clock.advance(5.9)
        assert journal.texts == []
        await clock.advance(0.6)  # the market reopens at 6 s: at most five market seconds later it is seen
        assert journal.texts == ["m1"]
        await clock.advance(6)
    assert journal.texts == ["m1", "m2"]


async def test_texts_replies_edits_and_what_is_no_message(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    parts = ["BUY ", {"type": "bold", "text": "XAUUSD"}, " ", {"type": "link", "text": "now", "href": "x"}]
    write(
        path,
        channel(
            message(1, -9, parts),
            message(2, -8, "pinned", type="service"),
            message(3, -7, "x", type="unsupported"),
            message(4, -6, "close half", reply_to_message_id=1),
            message(
                5, -5, "a quote", reply_to_message_id=1, reply_to_peer_id="channel9", forwarded_from="X"
            ),
            message(6, -4, "final", edited="2024-03-04T08:58:00", edited_unixtime="1709542680"),
            message(7, -3, photo="(File not included)") | {"text": ""},
            message(8, -2, "half \ud83d smile \x00"),
        ),
        as_ascii=True,  # half of a surrogate pair can only be written as an escape
    )
    source = ExportSource(path, clock)
    async with running(source, journal):
        await settled(source, journal, clock, 6)
    assert journal.texts == ["BUY XAUUSD now", "close half", "a quote", "final", "", "half � smile  "]
    assert [post.reply_to for post in journal.posts] == [None, 1, None, None, None, None]
    assert journal.posts[3].edited_at == datetime(2024, 3, 4, 8, 58, tzinfo=UTC)
    assert not any(post.edit for post in journal.posts)
    assert [post.forwarded for post in journal.posts] == [False, False, True, False, False, False]


async def test_hexadecimal_escapes_of_old_versions(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    write(path, channel(message(1, -1, "BUY@@ GOLD \\x41")))
    path.write_bytes(path.read_bytes().replace(b"@@", rb"\x0b\x1F"))
    source = ExportSource(path, clock)
    async with running(source, journal):
        await settled(source, journal, clock, 1)
    assert journal.texts == ["BUY   GOLD \\x41"]


async def test_old_exports_have_local_dates_only(path: Path, clock: VirtualClock, journal: Journal) -> None:
    old = message(1, 0, date="2024-01-15T10:00:00", edited="1970-01-01T01:00:00")
    summer = message(2, 0, date="2024-02-15T10:00:00")
    for row in (old, summer):
        del row["date_unixtime"]
    write(path, channel(old, summer))
    with pytest.raises(ConfigError, match='"time_zone"'):
        await ExportSource(path, clock).run(None, journal.deliver)
    source = ExportSource(path, clock, time_zone="Europe/Berlin")
    async with running(source, journal):
        await settled(source, journal, clock, 2)
    assert journal.posts[0].posted_at == datetime(2024, 1, 15, 9, tzinfo=UTC)
    assert journal.posts[0].edited_at is None


def test_an_unknown_time_zone_is_refused(path: Path, clock: VirtualClock) -> None:
    for zone in ("Mars/Olympus", "../../etc/passwd", ""):
        with pytest.raises(ConfigError, match="IANA"):
            ExportSource(path, clock, time_zone=zone)


async def test_a_full_export_is_merged_by_time(path: Path, clock: VirtualClock, journal: Journal) -> None:
    group = {
        "type": "private_group",
        "id": 5,
        "name": "Group",
        "messages": [message(1, -4, from_id="user9")],
    }
    person = {"name": "A friend", "type": "personal_chat", "id": 6, "messages": [message(1, -3, "private")]}
    nameless = {"messages": [message(9, -3.5)], "id": 8, "type": "private_supergroup", "name": None}
    document = {
        "about": "an export",
        "personal_information": {"user_id": 1},
        "chats": {"about": "x", "list": [channel(message(1, -5), message(2, -1)), group, person, nameless]},
        "left_chats": {"list": [channel(message(3, -2), name="Left", id=778)]},
    }
    write(path, document)
    source = ExportSource(path, clock)
    async with running(source, journal):
        await settled(source, journal, clock, 5)
    assert [(p.chat_id, p.message_id, p.sender) for p in journal.posts] == [
        ("-100777", 1, "channel"),
        ("-5", 1, "member"),
        ("-1008", 9, "member"),
        ("-100778", 3, "channel"),
        ("-100777", 2, "channel"),
    ]
    for wanted in ("A friend", "6"):
        picked = Journal()
        chosen = ExportSource(path, clock, chats=(wanted,))
        async with running(chosen, picked):
            await settled(chosen, picked, clock, 1)
        assert picked.texts == ["private"]
    with pytest.raises(ConfigError, match="none of the chats nobody"):
        await ExportSource(path, clock, chats=("nobody",)).run(None, journal.deliver)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "line 1"),
        (b"[]", "`{` expected"),
        (b'{"name": "x"}', "no Telegram Desktop export"),
        (b'{"name": "x", "messages": [{"id": 1, "type": "message", "date_unixtime": "17', "line 1 (byte"),
        (b'{"messages": [\n{"type": "message", "date_unixtime": "1709542680"}]}', "line 2"),
        (b'{"messages": [{"id": 1, "type": "message", "date_unixtime": "soon"}]}', "without a unix time"),
        (b'{"messages": {}}', "`[` expected"),
    ],
)
async def test_what_is_no_export_is_refused_with_its_place(
    data: bytes, words: str, path: Path, clock: VirtualClock, journal: Journal
) -> None:
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        await ExportSource(path, clock).run(None, journal.deliver)
    assert words in str(caught.value)
    assert journal.posts == []


async def test_a_missing_file_is_the_users_to_mend(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        await ExportSource(path, clock).run(None, journal.deliver)
    with pytest.raises(ConfigError, match="cannot be read"):
        first_message_at(path)


async def test_a_file_changed_while_it_is_replayed_stops_with_a_reason(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    # Further apart than what one read of the file keeps in memory.
    write(path, channel(message(1, -1), message(2, -2, "x" * 200_000), message(3, 1)))
    source = ExportSource(path, clock)
    async with running(source, journal) as task:
        await settled(source, journal, clock, 2)
        path.write_bytes(b"~" * path.stat().st_size)
        await clock.advance(60)
        assert task.done()
        with pytest.raises(ConfigError, match="was changed"):
            await task


async def test_the_registry_builds_it_from_its_entry(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    write(path, channel(message(1, -1), message(2, -2)))
    entry = {"type": "export", "path": str(path), "name": "demo", "chats": [777], "round": 3}
    parts = SourceParts(clock, clock, journal.on_problem)
    source = build_source(msgspec.convert(entry, SOURCES["export"].settings), parts)
    assert isinstance(source, ExportSource)
    async with running(source, journal):
        await settled(source, journal, clock, 2)
    assert {(post.source, post.chat_id) for post in journal.posts} == {("demo", "-100777/3")}
    assert first_message_at(path) == START - timedelta(minutes=2)


@pytest.mark.parametrize(
    ("text", "plain"), [("x", "x"), (["a", {"text": "b"}, 7, {"type": "t"}], "ab"), (None, ""), ({}, "")]
)
def test_plain_text_takes_what_is_text(text: Any, plain: str) -> None:
    assert plain_text(text) == plain
