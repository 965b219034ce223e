"""A channel's profile acts: its messages are read by it, its pips become prices, decisions name it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from signalos.desktop.channel_book import LocalChannel
from signalos.desktop.journal.serial import from_json
from signalos.domain.signal import Open, Side
from signalos.parser import load_languages
from signalos.protocol.strategies import ChannelRules
from tests.support.rig import CHAT, Rig

LANGUAGES = load_languages()
UNUSUAL: dict[str, Any] = {
    "words": {"tp": ["bull's eye"], "sl": ["bail"]},
    "symbols": {"the fibre": "eurusd"},
}
TEXT = "Buy the fibre\nbail 1.0950\nbull's eye 1.1060"
PIPS = Open(symbol="EURUSD", side=Side.BUY, stop_loss_pips=D(50), take_profit_pips=(D(60),))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path, paired=True)
    made.channels.know(LANGUAGES)
    await made.start()
    yield made
    await made.crash()


def hears(rig: Rig, message_id: int, text: str) -> None:
    """Post a text that the real parser reads, since no actions are laid down for it."""
    rig.hear(message_id, text)


def steps(rig: Rig) -> dict[str, str]:
    decision = json.loads(rig.events("decision")[-1])
    return {step["rule"]: step["text"] for step in decision["steps"]}


async def test_a_message_is_read_by_the_channels_profile_and_the_decision_names_it(rig: Rig) -> None:
    assert rig.channels.take([ChannelRules(chat_id=CHAT, **UNUSUAL)]) == []
    hears(rig, 1, TEXT)
    await rig.run(1)
    (position,) = rig.broker.book.values()
    assert (position.stop_loss, position.take_profit) == (D("1.0950"), D("1.1060"))
    assert steps(rig)["profile"] == "this channel's profile: 2 words, 1 name of a symbol"
    (stored,) = rig.journal.messages.versions(CHAT, 1)
    assert stored.reading is not None
    assert any("“bail” read as stop loss" in note for note in stored.reading.notes)


async def test_a_profile_holds_after_a_restart_while_the_server_is_away(rig: Rig) -> None:
    rig.channels.take([ChannelRules(chat_id=CHAT, **UNUSUAL)])
    await rig.restart()
    rig.channels.know(LANGUAGES)
    hears(rig, 1, TEXT)
    await rig.run(1)
    assert len(rig.broker.book) == 1


@pytest.mark.parametrize(("size", "stop"), [(None, 50 * D("0.0001")), (D("0.00005"), 50 * D("0.00005"))])
async def test_pips_become_prices_as_the_channel_counts_them(rig: Rig, size: D | None, stop: D) -> None:
    rig.channels.take([ChannelRules(chat_id=CHAT, pip_sizes={} if size is None else {"EURUSD": size})])
    rig.say(1, "buy", PIPS)
    await rig.run(1)
    (position,) = rig.broker.book.values()
    assert position.stop_loss is not None
    assert position.entry_price - position.stop_loss == stop
    assert f"counted as 50 pips of {stop / 50:f}" in steps(rig)["stop_side"]
    assert f"counted as 60 pips of {stop / 50:f}" in steps(rig)["targets"]
    assert ("profile" in steps(rig)) == (size is not None)


async def test_a_profile_that_cannot_be_used_opens_nothing_and_is_told(rig: Rig) -> None:
    (problem,) = rig.channels.take([ChannelRules(chat_id=CHAT, words={"tp": ["x"]})])
    assert "opens nothing" in problem
    assert "single letter" in problem
    rig.say(1, "buy", PIPS)
    await rig.run(1)
    assert not rig.broker.book
    assert json.loads(rig.events("decision")[-1])["reason"] == "channel_off"


async def test_stand_alone_the_files_profile_counts(tmp_path: Path) -> None:
    local = LocalChannel(ChannelRules(chat_id=CHAT, **UNUSUAL), "channels[0]")
    rig = Rig(tmp_path, channels=[local])
    rig.channels.know(LANGUAGES)
    await rig.start()
    hears(rig, 1, TEXT)
    await rig.run(1)
    assert len(rig.broker.book) == 1
    await rig.crash()


def test_other_channels_are_read_by_the_languages_alone(tmp_path: Path) -> None:
    rig = Rig(tmp_path, paired=True)
    rig.channels.know(LANGUAGES)
    rig.channels.take(
        [ChannelRules(chat_id=CHAT, **UNUSUAL), ChannelRules(chat_id="-2", default_symbol="gold")]
    )
    assert rig.channels.of(CHAT).languages is not None
    assert rig.channels.of("-2").languages is None
    assert rig.channels.of("-2").profile.default_symbol == "XAUUSD"
    assert rig.channels.of("-3").languages is None
    rig.journal.close()


def test_a_stored_context_of_an_older_version_is_still_read() -> None:
    from signalos.domain.decision import DecisionContext

    old = (
        '{"terminal_id":"t","chat_id":"1","message_id":1,"version":1,"posted_at":"2024-03-05T10:00:00Z",'
        '"now":"2024-03-05T10:00:00Z","account":null,"symbols":{},"positions":[],"orders":[],"records":[],'
        '"trades_today":0}'
    )
    assert from_json(old, DecisionContext).pip_sizes == {}
