"""Channel rules hold after a restart while the server is down, and for what was on its way."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

from signalos.domain.order import OrderRequest
from signalos.domain.signal import Open, Side
from signalos.protocol.strategies import ChannelRules, StrategyView
from tests.support.rig import CHAT, START, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))


async def test_rules_survive_a_kill_without_a_server(tmp_path: Path) -> None:
    rig = Rig(tmp_path, paired=True)
    await rig.start()
    strategy = StrategyView(
        id=9, name="Careful", version="4", config={"riskPercentage": 0.25}, active=False, updated_at=START
    )
    other = "-2002"
    rig.channels.take(
        [
            ChannelRules(chat_id=CHAT, enabled=False, ignore_words=["promo"], default_symbol="XAUUSD"),
            ChannelRules(chat_id=other, strategy=strategy),
        ]
    )
    for _ in range(2):
        await rig.restart()
        assert rig.journal.latches.halted("t1", CHAT) == "channel_off"
        rules = rig.channels.of(CHAT)
        assert (rules.ignored.words, rules.profile.default_symbol) == (("promo",), "XAUUSD")
        assert rig.strategies.for_message(other).version == "9.4"
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert not rig.broker.sends
    assert [line["reason"] for line in rig.lines()] == ["channel_off"]
    await rig.crash()


async def test_an_entry_that_a_crash_left_unsent_is_refused_once_its_channel_is_off(tmp_path: Path) -> None:
    rig = Rig(tmp_path, paired=True)
    await rig.start()
    rig.broker.faults = lambda request: "closed"  # decided and journalled; its market does not take it yet
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.channels.take([ChannelRules(chat_id=CHAT, enabled=False)])
    sent: list[OrderRequest] = []

    def none(request: OrderRequest) -> str:
        sent.append(request)
        return ""

    rig.broker.faults = none
    await rig.restart()
    await rig.run(60)
    assert not rig.broker.book
    assert sent == []
    assert [(line["state"], line["reason"]) for line in rig.lines()] == [("refused", "channel_off")]
    await rig.crash()


async def test_rules_that_cannot_be_read_leave_what_is_off_off_until_the_server_tells_them(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path, paired=True)
    await rig.start()
    rules = [ChannelRules(chat_id=CHAT, enabled=False, ignore_words=["promo"])]
    rig.channels.take(rules)
    stored = rig.journal.meta("server_channels")
    assert stored is not None
    rig.journal.set_meta(
        "server_channels", stored.replace('["promo"]', '{"written": "by a newer version"}')
    )
    await rig.restart()
    assert rig.journal.latches.halted("t1", CHAT) == "channel_off"
    rig.channels.take(rules)
    assert rig.channels.of(CHAT).ignored.words == ("promo",)
    await rig.crash()
