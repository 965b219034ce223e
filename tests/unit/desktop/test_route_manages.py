"""What a strategy opened it also manages: the channel's, else its route's, else the one in force."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.desktop.channel_book import LocalChannel
from signalos.domain.signal import Open, Side
from signalos.domain.strategy import Management, Strategy
from signalos.protocol.strategies import ChannelRules
from tests.support.rig import CHAT, Rig, routed

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"), D("1.110")))
MOVES = Strategy(management=Management(break_even_after_target=1))
LEAVES = replace(MOVES, management=Management(break_even_after_target=None))


@pytest.mark.parametrize(
    ("in_force", "route", "own", "moved"),
    [
        (LEAVES, MOVES, None, True),
        (MOVES, LEAVES, None, False),
        (MOVES, MOVES, LEAVES, False),
        (LEAVES, LEAVES, MOVES, True),
    ],
)
async def test_break_even_is_a_matter_of_the_strategy_that_opened(
    tmp_path: Path, in_force: Strategy, route: Strategy, own: Strategy | None, moved: bool
) -> None:
    channels = [LocalChannel(ChannelRules(chat_id=CHAT), "config.json: channels[0]", own)]
    rig = Rig(tmp_path, strategy=in_force, terminal=routed(route), channels=channels)
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.broker.bid, rig.broker.ask = D("1.10600"), D("1.10610")
    first = min(rig.broker.book.values(), key=lambda p: p.take_profit or D(9))
    rig.broker.hit(first.identifier, D("1.10600"), "take_profit")
    await rig.run(1)
    (left,) = rig.broker.book.values()
    assert left.stop_loss is not None
    assert (left.stop_loss >= left.entry_price) == moved
    await rig.crash()
