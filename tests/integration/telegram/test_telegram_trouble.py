"""What goes wrong with an account is told in words that say what to do, and what passes is waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from signalos.domain.errors import ConfigError
from signalos.sources.telegram.account import Accounts
from tests.support.telegram.double import TelegramDouble
from tests.support.telegram.rig import ENVIRON, ShortPauses, TelegramRig

LOGIN = "signalos desktop login"


async def test_without_a_sign_in_it_says_how_to_sign_in(rig: TelegramRig) -> None:
    rig.double.chat(100, "Gold")
    Accounts(rig.home, ENVIRON).forget("telegram")
    async with rig.reading():
        with pytest.raises(ConfigError, match=f"not signed in.*{LOGIN} .*--source telegram"):
            await rig.begun()


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "is encrypted: set SIGNALOS_PASSPHRASE"),
        ({"SIGNALOS_PASSPHRASE": "another"}, "not the passphrase it was made with"),
    ],
)
async def test_without_its_passphrase_the_session_stays_shut(
    rig: TelegramRig, environ: dict[str, str], words: str
) -> None:
    rig.double.chat(100, "Gold")
    async with rig.reading(environ=environ):
        with pytest.raises(ConfigError, match=words):
            await rig.begun()


async def test_a_session_that_was_ended_elsewhere_asks_for_a_new_sign_in(rig: TelegramRig) -> None:
    rig.double.chat(100, "Gold")
    rig.double.authorized.clear()
    async with rig.reading():
        with pytest.raises(ConfigError, match=f"has ended its session.*{LOGIN}"):
            await rig.begun()


async def test_a_session_that_is_ended_while_it_runs_asks_for_a_new_sign_in(rig: TelegramRig) -> None:
    rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        rig.double.authorized.clear()
        await rig.clock.advance(30)
        with pytest.raises(ConfigError, match=f"does not take its session any more.*{LOGIN}"):
            await rig.inbox.until(lambda: False)


async def test_one_session_in_two_places_says_what_happened(rig: TelegramRig) -> None:
    rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        rig.double.fails("GetHistory", 406, "AUTH_KEY_DUPLICATED")
        await rig.clock.advance(30)
        with pytest.raises(ConfigError, match=r"another program used the same one.*session of its own"):
            await rig.inbox.until(lambda: False)


async def test_a_long_flood_wait_is_shown_and_told(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading() as source:
        await rig.begun()
        rig.double.lose_pushes = True
        rig.double.says(gold, "while it waits")
        rig.double.fails("GetHistory", 420, "FLOOD_WAIT_90")
        await rig.clock.advance(30)
        await rig.inbox.until(lambda: rig.inbox.codes == ["source_flood_wait"])
        assert "wait 90 s" in source.health.error
        assert not source.health.connected
        assert rig.inbox.texts == []
    assert "wait 90 s" in rig.inbox.problems[0][1]


async def test_after_a_flood_wait_it_goes_on(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading() as source:
        await rig.begun()
        rig.double.lose_pushes = True
        rig.double.says(gold, "while it waits")
        # Telethon itself keeps to the wait in real time, whatever the clock of the source says.
        rig.double.fails("GetHistory", 420, "FLOOD_WAIT_1")
        await rig.clock.advance(30)
        await rig.inbox.has("while it waits")
        await rig.inbox.until(lambda: source.health.connected)
    assert rig.inbox.codes == []


async def test_a_chat_that_is_lost_is_told_once_and_the_others_go_on(rig: TelegramRig) -> None:
    gold, oil = rig.double.chat(100, "Gold"), rig.double.chat(101, "Oil")
    async with rig.reading() as source:
        await rig.begun()
        gold.private = True
        for _ in range(3):
            rig.double.lose_pushes = True
            rig.double.says(oil, "oil goes on")
            await rig.clock.advance(30)
            await rig.inbox.has("oil goes on")
            rig.inbox.posts.clear()
        assert rig.inbox.codes == ["source_chat_lost"]
        assert "may not read 'Gold' any more" in rig.inbox.problems[0][1]
        gold.private = False
        rig.double.says(gold, "let in again")
        await rig.clock.advance(30)
        await rig.inbox.has("let in again")
        assert source.health.connected


async def test_an_unknown_chat_is_told_and_the_others_are_read(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading("Gold", "@nowhere", 999):
        await rig.begun()
        rig.double.says(gold, "read")
        await rig.inbox.has("read")
    assert rig.inbox.codes == ["source_chat_unknown"] * 2
    assert "'@nowhere'" in rig.inbox.problems[0][1]
    assert "--list-chats" in rig.inbox.problems[0][1]


async def test_nothing_to_read_and_two_chats_of_one_name_are_refused(rig: TelegramRig) -> None:
    rig.double.chat(100, "Gold")
    rig.double.chat(101, "gold ")
    async with rig.reading("Gold"):
        with pytest.raises(ConfigError, match=r"reads nothing: 2 chats are called 'Gold'.*-1000000000100"):
            await rig.inbox.until(lambda: False)


async def test_a_fault_of_telegrams_own_is_waited_for(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading() as source:
        await rig.begun()
        for _ in range(2):  # Telethon asks a second time by itself
            rig.double.fails("GetHistory", 500, "INTERNAL_SERVER_ERROR")
        rig.double.lose_pushes = True
        rig.double.says(gold, "missed")
        await rig.clock.advance(30)
        await rig.double.until(lambda: not rig.double.faults["GetHistory"])
        rig.double.lose_pushes = False
        await rig.inbox.has("missed")
        await rig.handled()
        assert source.health.connected


async def test_without_a_network_it_waits_and_then_reads_what_was_missed(tmp_path: Path) -> None:
    double = TelegramDouble()
    gold = double.chat(100, "Gold")
    rig = TelegramRig(tmp_path, double, ShortPauses(datetime(2024, 3, 4, 9, 0, tzinfo=UTC)))
    async with double.running():
        await rig.sign_in()
        async with rig.reading():
            await rig.begun()
    double.says(gold, "missed")
    async with rig.reading() as source:
        while "does not answer" not in source.health.error:
            await rig.clock.advance(0)
        assert not source.health.connected
        async with double.running(double.port):
            for _ in range(3):
                await rig.clock.advance(60)
            await rig.inbox.has("missed")
            assert source.health.connected


async def test_a_failing_journal_ends_it_and_nothing_is_lost(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    async with rig.reading():
        await rig.begun()
        rig.inbox.fails = RuntimeError("the disk is full")
        rig.double.says(gold, "not journalled")
        with pytest.raises(RuntimeError, match="disk is full"):
            await rig.inbox.until(lambda: False)
    rig.inbox.fails = rig.inbox.end = None
    async with rig.reading():
        await rig.inbox.has("not journalled")


async def test_a_position_that_cannot_be_read_is_told_and_begins_with_what_comes(rig: TelegramRig) -> None:
    gold = rig.double.chat(100, "Gold")
    rig.double.says(gold, "old")
    rig.inbox.position = "not a position"
    async with rig.reading():
        await rig.inbox.until(lambda: "first" in (rig.inbox.position or ""))
        rig.double.says(gold, "new")
        await rig.inbox.has("new")
    assert rig.inbox.codes == ["source_position_bad"]
    assert rig.inbox.texts == ["new"]


@pytest.mark.parametrize(
    "proxy", ["127.0.0.1:1080", "ftp://127.0.0.1:1080", "socks5://127.0.0.1", "socks5://h:x"]
)
async def test_a_proxy_that_cannot_be_used_is_refused_and_never_left_out(
    rig: TelegramRig, proxy: str
) -> None:
    rig.double.chat(100, "Gold")
    async with rig.reading(environ=ENVIRON | {"TELEGRAM_PROXY": proxy}):
        with pytest.raises(ConfigError, match="TELEGRAM_PROXY is no address of a proxy"):
            await rig.begun()


async def test_through_a_dead_proxy_nothing_is_reached_directly(rig: TelegramRig) -> None:
    rig.double.chat(100, "Gold")
    asked = rig.double.asked.total()
    async with rig.reading(
        environ=ENVIRON | {"TELEGRAM_PROXY": "socks5://ada:secret@127.0.0.1:9"}
    ) as source:
        await rig.double.until(lambda: True)
        while "does not answer" not in source.health.error:
            await rig.clock.advance(1)
        assert "secret" not in source.health.error
    assert rig.double.asked.total() == asked


async def test_the_session_is_kept_encrypted_and_for_its_owner_alone(rig: TelegramRig) -> None:
    files = [path for path in Path(rig.home).rglob("*") if path.is_file()]
    account = Accounts(rig.home, ENVIRON).read("telegram")
    assert account is not None
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o777 == 0o600
    content = files[0].read_bytes()
    assert account.session.encode() not in content
    assert account.api_hash.encode() not in content
