"""The followed file: every complete line once, through stops, rotation, truncation and bad lines."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from signalos.domain.errors import ConfigError, JournalError
from signalos.kit.clock import SystemClock, VirtualClock
from signalos.sources import SOURCES, build_source
from signalos.sources._follow import CHUNK
from signalos.sources.base import Post, SourceParts
from signalos.sources.file import FileSource
from tests.unit.sources.source_rig import START, Journal, append, line, running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.jsonl"


@pytest.fixture
def source(path: Path, clock: VirtualClock, journal: Journal) -> FileSource:
    return FileSource(path, clock, journal.on_problem)


async def test_delivers_what_is_there_and_what_comes(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1), line(2))
    async with running(source, journal):
        await clock.advance(0.02)
        assert journal.texts == ["m1", "m2"]
        append(path, line(3))
        await clock.advance(0.005)
        assert journal.texts == ["m1", "m2", "m3"]
        assert source.health.connected
        assert source.health.last_message_at == START
    assert not source.health.connected
    assert journal.problems == []


async def test_a_line_counts_only_once_it_is_complete(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    whole = line(1, "ä 🟢")
    async with running(source, journal):
        for byte in whole[:-1]:
            append(path, bytes([byte]))
            await clock.advance(0.005)
            assert journal.posts == []
        append(path, b"\n")
        await clock.advance(0.005)
    assert journal.texts == ["ä 🟢"]
    assert journal.problems == []


async def test_goes_on_where_it_stood_with_lines_written_meanwhile(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1), line(2))
    async with running(source, journal):
        await clock.advance(0.02)
    append(path, line(3), line(4))
    async with running(FileSource(path, clock, journal.on_problem), journal):
        await clock.advance(0.02)
    assert journal.texts == ["m1", "m2", "m3", "m4"]
    assert journal.problems == []


async def test_a_stop_between_two_deliveries_repeats_and_loses_nothing(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    append(path, *(line(n) for n in range(1, 31)))

    def dying(post: Post, position: str, *, given_again: bool = False) -> None:
        if len(journal.posts) in deaths:
            deaths.discard(len(journal.posts))
            raise JournalError("the disk is full")
        journal.deliver(post, position)

    deaths = {0, 6, 16, 29}
    died = 0
    while len(journal.posts) < 30:
        source = FileSource(path, clock, journal.on_problem)
        task = asyncio.create_task(source.run(journal.position, dying))
        await clock.advance(0.1)
        if task.done():
            died += 1
            with pytest.raises(JournalError):
                await task
        else:
            task.cancel()
    assert died == 4
    assert journal.texts == [f"m{n}" for n in range(1, 31)]


async def test_a_bad_line_is_reported_by_number_and_the_next_ones_go_on(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    bad = [
        b"{broken\n",
        b"[]\n",
        b'{"chatId": 7, "id": 1, "date": "2024-03-04T09:00:00Z", "text": ""}\n',
        b'{"chatId": "c", "id": true, "date": "2024-03-04T09:00:00Z", "text": ""}\n',
        b'{"chatId": "c", "id": 1, "date": "yesterday", "text": ""}\n',
        b'{"chatId": "c", "id": 1, "text": "no date"}\n',
        b'{"chatId": "c", "id": 1, "date": "2024-03-04T09:00:00Z"}\n',
        b'{"chatId": "c", "id": 1, "date": "2024-03-04T09:00:00Z", "text": "\xff"}\n',
        b'{"chatId": "c", "id": 1, "date": "2024-03-04T09:00:00Z", "text": "", "deleted": true, "editOf": 1}\n',
        line(10**20),
    ]
    append(path, line(1), *bad, b"\n", b"  \r\n", line(2))
    async with running(source, journal):
        await clock.advance(0.05)
        assert journal.texts == ["m1", "m2"]
    assert journal.codes == ["source_line_bad"] * len(bad)
    for number, (_, text) in enumerate(journal.problems, start=2):
        assert f"line {number} " in text


async def test_the_health_tells_of_the_last_bad_line_until_a_good_one_comes(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, b"nonsense\n")
    async with running(source, journal):
        await clock.advance(0.02)
        assert "line 1 cannot be read" in source.health.error
        append(path, line(1))
        await clock.advance(0.02)
        assert source.health.error == ""


async def test_an_endless_line_is_skipped_without_filling_the_memory(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1), b"x" * (2 * CHUNK + 17))
    async with running(source, journal):
        await clock.advance(0.02)
        append(path, b"yyy")
        await clock.advance(0.02)
        append(path, b"\n", line(2))
        await clock.advance(0.02)
    assert journal.texts == ["m1", "m2"]
    assert journal.codes == ["source_line_bad"]
    assert "line 2 " in journal.problems[0][1]


async def test_edits_and_deletions_name_the_message_they_are_about(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(
        path,
        line(1, replyTo=None),
        line(2, "SL to entry", replyTo=1),
        line(3, "new text", editOf=1, date="2024-03-04T09:05:00+01:00"),
        b'{"chatId": "c1", "id": 2, "deleted": true}\n',
    )
    async with running(source, journal):
        await clock.advance(0.02)
    first, reply, edit, deletion = journal.posts
    assert (first.edit, first.deleted, first.edited_at) == (False, False, None)
    assert reply.reply_to == 1
    assert (edit.message_id, edit.edit, edit.text) == (1, True, "new text")
    assert edit.edited_at == datetime(2024, 3, 4, 8, 5, tzinfo=UTC)
    assert (deletion.message_id, deletion.deleted, deletion.edit, deletion.text) == (2, True, False, "")
    assert deletion.posted_at == clock.now().replace(microsecond=0)


async def test_dates_without_offset_are_utc_and_control_characters_become_spaces(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(
        path,
        b"\xef\xbb\xbf" + line(1, "a\x00b\x0bc\nd\te", date="2024-03-04T10:00:00").replace(b"\n", b"\r\n"),
    )
    async with running(source, journal):
        await clock.advance(0.02)
    assert journal.posts[0].posted_at == datetime(2024, 3, 4, 10, tzinfo=UTC)
    assert journal.texts == ["a b c\nd\te"]


async def test_a_missing_file_is_waited_for(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    async with running(source, journal):
        await clock.advance(1)
        assert not source.health.connected
        assert "waited for" in source.health.error
        append(path, line(1))
        await clock.advance(0.1)
        assert source.health.connected
        assert source.health.error == ""
    assert journal.texts == ["m1"]
    assert journal.problems == []


async def test_a_folder_cannot_be_followed(tmp_path: Path, clock: VirtualClock, journal: Journal) -> None:
    with pytest.raises(ConfigError, match="cannot follow"):
        await FileSource(tmp_path, clock, journal.on_problem).run(None, journal.deliver)


async def test_a_rotated_file_is_read_to_its_end_before_the_new_one(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1))
    async with running(source, journal):
        await clock.advance(0.02)
        append(path, line(2))
        path.rename(path.with_suffix(".old"))
        append(path, line(3))
        await clock.advance(0.1)
        append(path, line(4))
        await clock.advance(0.02)
    assert journal.texts == ["m1", "m2", "m3", "m4"]
    assert journal.codes == ["source_replaced"]


async def test_an_unfinished_last_line_of_a_rotated_file_is_reported(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1), b'{"half')
    async with running(source, journal):
        await clock.advance(0.02)
        path.unlink()
        await clock.advance(0.1)
    assert journal.codes == ["source_line_bad"]
    assert "6 bytes" in journal.problems[0][1]


async def test_a_shortened_file_is_read_from_its_beginning(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1), line(2))
    async with running(source, journal):
        await clock.advance(0.02)
        path.write_bytes(line(3))
        await clock.advance(0.02)
        # Longer than before, but another text in the place of the old one.
        path.write_bytes(b"".join(line(n) for n in range(4, 9)))
        await clock.advance(0.02)
    assert journal.texts == [f"m{n}" for n in range(1, 9)]
    assert journal.codes == ["source_replaced", "source_replaced"]


async def test_a_file_that_was_replaced_while_down_is_noticed(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1), line(2))
    async with running(source, journal):
        await clock.advance(0.02)
    path.write_bytes(b"".join(line(n) for n in range(11, 20)))
    async with running(FileSource(path, clock, journal.on_problem), journal):
        await clock.advance(0.02)
    assert journal.texts == ["m1", "m2", *(f"m{n}" for n in range(11, 20))]
    assert journal.codes == ["source_replaced"]


async def test_a_copy_of_the_same_text_is_the_same_file(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, *(line(n) for n in range(1, 40)))
    async with running(source, journal):
        await clock.advance(0.1)
        # An editor saves by putting another file in the place of the old one.
        beside = path.with_suffix(".new")
        beside.write_bytes(path.read_bytes() + line(40))
        beside.replace(path)
        await clock.advance(0.1)
    assert journal.texts == [f"m{n}" for n in range(1, 41)]
    assert journal.problems == []


async def test_a_touched_file_brings_nothing(
    path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1))
    async with running(source, journal):
        await clock.advance(0.02)
        os.utime(path, (1, 1))
        await clock.advance(0.02)
    assert journal.texts == ["m1"]
    assert journal.problems == []


@pytest.mark.parametrize("position", ["", "nonsense", "{}", '{"offset": "x"}', '{"round": 1, "at": 5}'])
async def test_a_position_that_is_none_begins_anew(
    position: str, path: Path, source: FileSource, clock: VirtualClock, journal: Journal
) -> None:
    append(path, line(1))
    journal.position = position
    async with running(source, journal):
        await clock.advance(0.02)
    assert journal.texts == ["m1"]


async def test_a_backlog_lets_others_run(path: Path, journal: Journal) -> None:
    append(path, *(line(n) for n in range(1, 2001)))
    source = FileSource(path, SystemClock(), journal.on_problem)
    turns = 0
    async with running(source, journal):
        while len(journal.posts) < 2000:
            await asyncio.sleep(0)
            turns += 1
    assert turns > 100
    assert journal.texts == [f"m{n}" for n in range(1, 2001)]


async def test_the_registry_builds_it_from_its_entry(
    path: Path, clock: VirtualClock, journal: Journal
) -> None:
    entry = {"type": "file", "path": str(path), "name": "desk", "chat_name": "My desk", "poll_ms": 50}
    settings = msgspec.convert(entry, SOURCES["file"].settings)
    source = build_source(settings, SourceParts(clock, clock, journal.on_problem))
    append(path, line(1), line(2, chatName="Other"))
    async with running(source, journal):
        await clock.advance(0.02)
    assert [post.chat_name for post in journal.posts] == ["My desk", "Other"]
    assert {post.source for post in journal.posts} == {"desk"}
