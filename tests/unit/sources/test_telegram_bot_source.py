"""The bot: every update once, its token nowhere, strangers' chats left out, refusals told in words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from signalos.domain.errors import ConfigError, JournalError
from signalos.kit.clock import SystemClock, VirtualClock
from signalos.sources import SOURCES
from signalos.sources.base import Post, SourceParts
from signalos.sources.telegram_bot import TelegramBotSettings, TelegramBotSource
from tests.support.bot_api import TOKEN, BotApiDouble
from tests.unit.sources.source_rig import Journal, running

GROUP = {"id": -1001, "type": "supergroup", "title": "Group"}


@pytest.fixture
async def bot() -> AsyncIterator[BotApiDouble]:
    made = BotApiDouble()
    async with made.running():
        yield made


@pytest.fixture
def parts(journal: Journal, clock: VirtualClock) -> SourceParts:
    return SourceParts(clock, clock, journal.on_problem, environ={"TELEGRAM_BOT_TOKEN": TOKEN})


def source_of(bot: BotApiDouble, parts: SourceParts, **more: Any) -> TelegramBotSource:
    settings = {"chats": [-1001], "api": bot.address, **more}
    return TelegramBotSource(TelegramBotSettings(type="telegram_bot", **settings), parts)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await SystemClock().sleep(0.002)


async def test_posts_edits_and_replies(bot: BotApiDouble, parts: SourceParts, journal: Journal) -> None:
    bot.says(message_id=7, text="BUY GOLD")
    bot.says("edited_channel_post", message_id=7, text="BUY XAUUSD", edit_date=1_709_542_860)
    bot.says(message_id=8, caption="TP1 hit", reply_to_message={"message_id": 7, "chat": {"id": -1001}})
    bot.says(message_id=9, text="quoted", forward_origin={"type": "channel"})
    bot.says(message_id=10, new_chat_title="no text")
    async with running(source := source_of(bot, parts), journal):
        await until(lambda: len(journal.posts) == 4 and bot.confirmed == 105)
        assert source.health.connected
    first, edit, reply, quoted = journal.posts
    assert (first.chat_id, first.chat_name, first.message_id, first.text) == (
        "-1001",
        "Gold",
        7,
        "BUY GOLD",
    )
    assert first.posted_at == datetime.fromtimestamp(1_709_542_800, UTC)
    assert (first.sender, first.edit, first.edited_at) == ("channel", False, None)
    assert (edit.edit, edit.message_id, edit.text) == (True, 7, "BUY XAUUSD")
    assert edit.edited_at == datetime.fromtimestamp(1_709_542_860, UTC)
    assert (reply.reply_to, reply.text) == (7, "TP1 hit")
    assert quoted.forwarded
    assert bot.asked[0][1]["allowed_updates"] == [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
    ]


async def test_a_restart_goes_on_behind_what_was_journalled(
    bot: BotApiDouble, parts: SourceParts, journal: Journal
) -> None:
    def deliver(post: Post, position: str, *, given_again: bool = False) -> None:
        if post.text == "two":
            raise JournalError("the disk is full")
        journal.deliver(post, position)

    bot.says(message_id=1, text="one")
    bot.says(message_id=2, text="two")
    with pytest.raises(JournalError):
        await source_of(bot, parts).run(None, deliver)
    assert (journal.texts, bot.confirmed) == (["one"], 0), "nothing is confirmed that is not journalled"
    async with running(source_of(bot, parts), journal):
        await until(lambda: len(journal.posts) == 2)
    assert journal.texts == ["one", "two"]
    assert journal.position == "123456:103"


async def test_a_position_of_another_bot_means_nothing(
    bot: BotApiDouble, parts: SourceParts, journal: Journal
) -> None:
    journal.position = "999:5000"
    bot.says(message_id=1, text="one")
    async with running(source_of(bot, parts), journal):
        await until(lambda: journal.posts)
    assert bot.asked[0][1]["offset"] == 0


async def test_chats_that_are_not_named_are_left_out_and_told_once(
    bot: BotApiDouble, parts: SourceParts, journal: Journal
) -> None:
    for number in (1, 2):
        bot.says(message_id=number, text="BUY", chat={"id": -1009, "type": "channel", "title": "Stranger"})
    bot.says(message_id=3, text="ok", chat={"id": -1002, "type": "channel", "username": "MyChannel"})
    async with running(source_of(bot, parts, chats=["@mychannel"]), journal):
        await until(lambda: journal.posts)
    assert journal.texts == ["ok"]
    assert journal.codes == ["source_chat_unknown"]
    assert "-1009" in journal.problems[0][1]


async def test_in_a_group_the_administrators_count(
    bot: BotApiDouble, parts: SourceParts, journal: Journal
) -> None:
    bot.admins = [5]
    for who in (
        {"from": {"id": 5}},
        {"from": {"id": 6}},
        {"sender_chat": {"id": -1001}, "from": {"id": 1}},
    ):
        bot.says("message", message_id=1, text="BUY", chat=GROUP, **who)
    async with running(source_of(bot, parts), journal):
        await until(lambda: len(journal.posts) == 3)
    assert [post.sender for post in journal.posts] == ["admin", "member", "admin"]
    assert [method for method, _ in bot.asked].count("getChatAdministrators") == 1


async def test_what_may_pass_is_waited_for(
    bot: BotApiDouble, parts: SourceParts, journal: Journal, clock: VirtualClock
) -> None:
    bot.fails(429, "Too Many Requests", retry_after=7)
    source = source_of(bot, parts)
    async with running(source, journal):
        await until(lambda: "7 s" in source.health.error)
        await clock.advance(6.9)
        assert len(bot.asked) == 1
        bot.fails(409, "Conflict: terminated by other getUpdates request")
        await clock.advance(0.2)
        await until(lambda: journal.codes == ["source_conflict"])
        assert "one reader" in source.health.error
        bot.fails(502, "Bad Gateway")
        bot.faults.append((200, b"<html>"))
        await clock.advance(10.1)
        await until(lambda: "502" in source.health.error)
        await clock.advance(1.1)
        await until(lambda: "no readable answer" in source.health.error)
        bot.says(message_id=1, text="after all")
        await clock.advance(2.1)
        await until(lambda: journal.posts)
        assert (source.health.connected, source.health.error) == (True, "")


@pytest.mark.parametrize("code", [401, 404])
async def test_a_token_that_is_not_known_is_told(
    bot: BotApiDouble, parts: SourceParts, journal: Journal, code: int
) -> None:
    bot.fails(code, "Unauthorized")
    with pytest.raises(ConfigError, match="BotFather") as told:
        await source_of(bot, parts).run(None, journal.deliver)
    assert "test-token" not in str(told.value)


@pytest.mark.parametrize("token", ["", "nonsense", "abc:def", "12:with/slash"])
async def test_without_a_token_it_does_not_run(
    bot: BotApiDouble, parts: SourceParts, journal: Journal, token: str
) -> None:
    parts = replace(parts, environ={"TELEGRAM_BOT_TOKEN": token})
    with pytest.raises(ConfigError, match="TELEGRAM_BOT_TOKEN"):
        await source_of(bot, parts).run(None, journal.deliver)
    assert bot.asked == []


async def test_the_token_is_in_no_log_and_no_error(
    bot: BotApiDouble,
    parts: SourceParts,
    journal: Journal,
    clock: VirtualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With every library's log at its most talkative, and with a server that is not there."""
    for name in ("", "httpx", "httpcore"):
        # The product's own log quietens these, and may have been started before.
        caplog.set_level(logging.DEBUG, logger=name or None)
    bot.says(message_id=1, text="one")
    bot.fails(500, "a fault")
    source = source_of(bot, parts)
    async with running(source, journal):
        await until(lambda: source.health.error)
        await clock.advance(1.1)
        await until(lambda: journal.posts)
    away = source_of(bot, parts, api="http://127.0.0.1:9")
    async with running(away, journal):
        await until(lambda: away.health.error)
    said = caplog.text + str(journal.problems) + away.health.error + repr(vars(source)["_settings"])
    assert "getUpdates" in caplog.text, "the libraries did write"
    assert "test-token" not in said


def test_it_needs_chats() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "telegram_bot", "chats": []}, SOURCES["telegram_bot"].settings)
