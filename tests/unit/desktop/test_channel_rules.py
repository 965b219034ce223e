"""What the user set for a channel acts: off, ignored words, default symbol, a strategy of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from signalos.desktop.channel_book import LocalChannel
from signalos.desktop.config import load_config
from signalos.desktop.parts import load
from signalos.domain.ceilings import Ceilings
from signalos.domain.errors import ConfigError
from signalos.domain.signal import BreakEven, Close, ModifyStop, Open, OrderKind, Reach, Scope, Side
from signalos.domain.strategy import Strategy
from signalos.parser import load_languages
from signalos.parser.ignored import IgnoredWords
from signalos.protocol.strategies import ChannelRules, StrategyView
from tests.support.fake_broker import FakeBroker
from tests.support.rig import CHAT, START, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))
FIRST = Scope(Reach.ONE, target=1)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path, paired=True)
    await made.start()
    yield made
    await made.crash()


def set_rules(rig: Rig, **rules: Any) -> list[str]:
    return rig.channels.take([ChannelRules(chat_id=CHAT, **rules)])


def of_message(rig: Rig, message_id: int) -> list[tuple[str, str, str]]:
    return [(x["kind"], x["state"], x["reason"]) for x in rig.lines() if x["messageId"] == message_id]


def decided(rig: Rig) -> list[dict[str, Any]]:
    return [json.loads(data) for data in rig.events("decision")]


async def test_a_channel_that_is_off_opens_nothing_and_says_why(rig: Rig) -> None:
    set_rules(rig, enabled=False)
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert not rig.broker.sends
    assert of_message(rig, 1) == [("open", "refused", "channel_off")]
    (decision,) = decided(rig)
    assert (decision["verdict"], decision["reason"]) == ("refuse", "channel_off")
    assert any("this channel is switched off" in step["text"] for step in decision["steps"])
    assert [json.loads(m)["reason"] for m in rig.events("message")] == [""], "it was read all the same"


async def test_what_an_off_channel_refused_is_not_traded_once_it_is_on(rig: Rig) -> None:
    set_rules(rig, enabled=False)
    rig.say(1, "buy", BUY)
    await rig.run(1)
    set_rules(rig, enabled=True)
    await rig.run(2)
    assert not rig.broker.sends
    rig.say(2, "buy again", BUY)
    await rig.run(1)
    assert len(rig.broker.book) == 1


async def test_a_channel_that_is_off_still_manages_its_open_trades(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    set_rules(rig, enabled=False)
    rig.say(2, "tighter", ModifyStop(scope=FIRST, price=D("1.097")))
    await rig.run(1)
    (position,) = rig.broker.book.values()
    assert position.stop_loss == D("1.097")
    rig.say(3, "wider", ModifyStop(scope=FIRST, price=D("1.090")))
    await rig.run(1)
    (position,) = rig.broker.book.values()
    assert position.stop_loss == D("1.097"), "more risk is nothing to manage"
    assert [reason for _, _, reason in of_message(rig, 3)] == ["channel_off"]
    rig.broker.bid, rig.broker.ask = D("1.10300"), D("1.10310")
    rig.say(4, "be", BreakEven(scope=FIRST))
    await rig.run(1)
    (position,) = rig.broker.book.values()
    assert position.stop_loss is not None
    assert position.stop_loss >= position.entry_price
    rig.say(5, "close", Close(scope=FIRST))
    await rig.run(1)
    assert not rig.broker.book


async def test_other_channels_go_on(rig: Rig) -> None:
    rig.channels.take([ChannelRules(chat_id="-999", enabled=False, ignore_words=["buy"])])
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert len(rig.broker.book) == 1


async def test_an_entry_that_waits_for_its_market_is_given_up_when_its_channel_goes_off(rig: Rig) -> None:
    rig.broker.faults = lambda request: "closed"
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert [state for _, state, _ in of_message(rig, 1)] == ["pending"]
    set_rules(rig, enabled=False)
    rig.broker.faults = lambda request: ""
    await rig.run(60)
    assert not rig.broker.book
    assert of_message(rig, 1) == [("open", "refused", "channel_off")]


async def test_an_ignored_word_leaves_a_message_unread_and_is_named(rig: Rig) -> None:
    set_rules(rig, ignore_words=["VIP room", "promo"])
    rig.say(1, "Join our vip\nroom: buy EURUSD", BUY)
    rig.say(2, "buy from the improper prompt", BUY)
    await rig.run(1)
    assert of_message(rig, 1) == []
    assert [json.loads(m)["reason"] for m in rig.events("message")] == ["ignored_word", ""]
    (first, *_) = rig.journal.messages.versions(CHAT, 1)
    assert first.reading is not None
    assert "VIP room" in first.reading.notes[0]
    assert [message["messageId"] for message in decided(rig)] == [2]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PROMO: buy", "promo"),
        ("𝗣𝗥𝗢𝗠𝗢 buy", "promo"),
        ("promotion", None),
        ("no results here", None),
        ("free  trial!", "Free trial"),
        ("free (trial)", None),
        ("стоп РЕКЛАМА.", "реклама"),
    ],
)
def test_ignored_words_are_whole_words_in_any_case_and_lettering(text: str, found: str | None) -> None:
    assert IgnoredWords(["promo", "Free trial", "реклама", "\u0640"]).found_in(text) == found


async def test_the_default_symbol_reaches_the_parser_by_its_canonical_name(rig: Rig) -> None:
    rig.channels.know(load_languages())
    set_rules(rig, default_symbol="gold")
    rig.say(1, "buy now")
    await rig.run(1)
    assert rig.contexts[-1].default_symbol == "XAUUSD"


def view(version: str, **config: Any) -> StrategyView:
    return StrategyView(
        id=9, name="Careful", version=version, config=config, active=False, updated_at=START
    )


async def test_a_channel_is_traded_by_its_own_strategy(rig: Rig) -> None:
    set_rules(rig, strategy=view("4", riskPercentage=0.25))
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (decision,) = decided(rig)
    assert decision["strategyVersion"] == "9.4"
    assert decision["budget"] == 250, "a quarter of a percent of 100,000"
    set_rules(rig)
    rig.say(2, "buy again", BUY)
    await rig.run(1)
    assert decided(rig)[-1]["strategyVersion"] == rig.strategy.version


async def test_a_channels_strategy_cannot_exceed_this_machines_ceilings(tmp_path: Path) -> None:
    rig = Rig(tmp_path, paired=True, ceilings=Ceilings(max_risk_percentage=D("0.5")))
    await rig.start()
    set_rules(rig, strategy=view("4", riskPercentage=50))
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (decision,) = decided(rig)
    assert (decision["strategyVersion"], decision["budget"]) == ("9.4", 500)
    await rig.crash()


async def test_open_trades_are_managed_by_the_channels_own_strategy(rig: Rig) -> None:
    set_rules(rig, strategy=view("4", management={"breakEvenBufferPoints": 7}))
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (position,) = rig.broker.book.values()
    rig.say(2, "be", BreakEven(scope=FIRST))
    await rig.run(1)
    rig.broker.bid, rig.broker.ask = D("1.10300"), D("1.10310")
    await rig.run(2)
    (moved,) = rig.broker.book.values()
    assert moved.stop_loss == position.entry_price + D("0.00007")


async def test_a_strategy_that_cannot_be_used_opens_nothing_and_is_told_once(rig: Rig) -> None:
    bad = [ChannelRules(chat_id=CHAT, strategy=view("1", riskPercentage=5000))]
    (problem,) = rig.channels.take(bad)
    assert CHAT in problem
    assert "opens nothing" in problem
    assert rig.channels.take(bad) == [], "the same answer a minute later is no news"
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert of_message(rig, 1) == [("open", "refused", "channel_off")]


async def test_stand_alone_the_files_channels_count_and_paired_the_servers(tmp_path: Path) -> None:
    own = replace(Strategy(), version="mine")
    channels = [LocalChannel(ChannelRules(chat_id=CHAT, ignore_words=["promo"]), "channels[0]", own)]
    rig = Rig(tmp_path, paired=True, channels=channels)
    assert rig.channels.of(CHAT).ignored.words == ("promo",), "until the server has answered once"
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert decided(rig)[-1]["strategyVersion"] == "mine"
    rig.channels.take([])
    assert rig.channels.of(CHAT).ignored.words == ()
    await rig.restart()
    assert rig.channels.of(CHAT).ignored.words == (), "the server's answer is remembered"
    await rig.crash()


async def test_a_waiting_order_at_the_broker_stays_when_its_channel_goes_off(tmp_path: Path) -> None:
    rig = Rig(tmp_path, paired=True, broker=None)
    await rig.start()
    limit = replace(BUY, order=OrderKind.LIMIT, entry=(D("1.098"),))
    rig.say(1, "limit", limit)
    await rig.run(1)
    set_rules(rig, enabled=False)
    await rig.run(2)
    assert isinstance(rig.broker, FakeBroker)
    assert len(rig.broker.waiting) == 1
    await rig.crash()


# -- config.json -----------------------------------------------------------------------------------


def config(folder: Path, *channels: dict[str, Any]) -> Path:
    path = folder / "config.json"
    terminals = [{"id": "demo", "type": "simulated", "address": "127.0.0.1:1"}]
    path.write_text(json.dumps({"terminals": terminals, "channels": channels}), encoding="utf-8")
    return path


def test_channels_of_the_file_are_read(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        {"chat": "-1", "enabled": False},
        {
            "chat": "-2",
            "default_symbol": "gold",
            "ignore_words": ["promo"],
            "strategy": {"risk_percentage": 2},
        },
    )
    parts = load(path, tmp_path, {})
    parts.channels.know(load_languages())
    assert parts.journal.latches.halted("demo", "-1") == "channel_off"
    assert parts.journal.latches.halted("demo", "-2") == ""
    assert parts.channels.of("-2").profile.default_symbol == "XAUUSD"
    assert parts.strategies.for_message("-2").risk_percentage == 2
    assert parts.strategies.for_message("-2").magic == 517_001
    assert parts.strategies.for_message("-3") == parts.strategies.current()
    parts.journal.close()


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ({"enabled": True}, "channels[0]: object missing required field `chat`"),
        ({"chat": "-1", "on": True}, "channels[0].on is no setting"),
        ({"chat": "-1", "ignore_words": "promo"}, "channels[0].ignore_words is"),
        ({"chat": "-1", "ignore_words": ["  "]}, "channels[0].ignore_words[0] is"),
        ({"chat": "-1", "default_symbol": "NOSUCH"}, "channels[0].default_symbol: “NOSUCH” is no symbol"),
        ({"chat": "-1", "words": {"tp": ["x"]}}, "channels[0].words.tp: “x” is a single letter"),
        ({"chat": "-1", "words": {"goal": ["aim"]}}, "channels[0].words.goal: there is no such role"),
        ({"chat": "-1", "symbols": {"shiny": "SHINY"}}, "channels[0].symbols: “SHINY” is no symbol"),
        ({"chat": "-1", "price_style": "comma"}, "channels[0].price_style is"),
        ({"chat": "-1", "pip_sizes": {"gold": -1}}, "channels[0].pip_sizes: a pip of “gold”"),
        ({"chat": "-1", "strategy": {"risk_percentage": -1}}, "channels[0]: "),
    ],
)
def test_a_mistake_in_the_files_channels_is_said_with_its_place(
    tmp_path: Path, channel: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as why:
        load(config(tmp_path, channel), tmp_path, {}).channels.know(load_languages())
    assert said in str(why.value)


def test_a_channel_is_set_up_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"channels\[1\]\.chat"):
        load_config(config(tmp_path, {"chat": "-1"}, {"chat": "-1"}), {})
