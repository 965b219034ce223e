"""A stop is removed only where the strategy of that very trade lets it be without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from signalos.desktop.channel_book import LocalChannel
from signalos.domain.ceilings import Ceilings
from signalos.domain.signal import Open, OrderKind, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.protocol.socket import Command, CommandResult
from signalos.protocol.strategies import ChannelRules
from tests.support.rig import CHAT, Rig, routed

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))
LIMIT = replace(BUY, order=OrderKind.LIMIT, entry=(D("1.098"),))
STRICT = Strategy()
LOOSE = Strategy(filters=Filters(require_stop=False))


def channel(strategy: Strategy | None, chat_id: str = CHAT) -> LocalChannel:
    return LocalChannel(ChannelRules(chat_id=chat_id), "config.json: channels[0]", strategy)


async def ask(rig: Rig, number: int, kind: Any, **args: Any) -> CommandResult:
    now = rig.clock.now()
    ends = now + timedelta(seconds=60)
    rig.terminal.desk.accept(
        Command(id=f"c{number}", terminal_seq=number, kind=kind, args=args, issued_at=now, expires_at=ends)
    )
    await rig.run(1)
    answer = rig.journal.commands.result("t1", f"c{number}")
    assert answer is not None
    return answer


async def removed(rig: Rig, identifier: str, number: int = 1) -> bool:
    """Ask for the removal of a trade's stop; False where it is refused for the strategy's sake."""
    answer = await ask(rig, number, "modify", identifier=identifier, stopLoss=None)
    assert answer.success or answer.reason == "stop_required", answer
    held = rig.broker.book.get(identifier) or rig.broker.waiting[identifier]
    assert (held.stop_loss is None) == answer.success
    return answer.success


@pytest.mark.parametrize("opening", [BUY, LIMIT], ids=["position", "waiting order"])
@pytest.mark.parametrize(
    ("in_force", "own", "allowed"),
    [(LOOSE, STRICT, False), (STRICT, LOOSE, True), (LOOSE, None, True), (STRICT, None, False)],
)
async def test_the_channels_own_strategy_says_whether_a_stop_may_go(
    tmp_path: Path, in_force: Strategy, own: Strategy | None, allowed: bool, opening: Open
) -> None:
    rig = Rig(tmp_path, strategy=in_force, channels=[channel(own)])
    await rig.start()
    rig.say(1, "buy", opening)
    await rig.run(1)
    (identifier,) = [*rig.broker.book, *rig.broker.waiting]
    assert await removed(rig, identifier) == allowed
    await rig.crash()


async def test_a_filled_orders_position_belongs_to_its_channel(tmp_path: Path) -> None:
    rig = Rig(tmp_path, strategy=LOOSE, channels=[channel(STRICT)])
    await rig.start()
    rig.say(1, "limit", LIMIT)
    await rig.run(1)
    (ticket,) = rig.broker.waiting
    rig.broker.fill(ticket)
    await rig.run(1)
    assert not await removed(rig, ticket)
    await rig.crash()


async def test_a_change_of_the_channels_strategy_counts_at_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, strategy=LOOSE, channels=[channel(STRICT)])
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (identifier,) = rig.broker.book
    assert not await removed(rig, identifier)
    rig.strategies.give_channels({})
    assert await removed(rig, identifier, 2)
    await rig.crash()


@pytest.mark.parametrize(
    ("in_force", "route", "own", "allowed"),
    [
        (LOOSE, STRICT, None, False),
        (STRICT, LOOSE, None, True),
        (LOOSE, LOOSE, STRICT, False),
        (STRICT, STRICT, LOOSE, True),
    ],
)
async def test_a_routes_strategy_counts_where_the_channel_has_none(
    tmp_path: Path, in_force: Strategy, route: Strategy, own: Strategy | None, allowed: bool
) -> None:
    rig = Rig(tmp_path, strategy=in_force, terminal=routed(route), channels=[channel(own)])
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (identifier,) = rig.broker.book
    assert await removed(rig, identifier) == allowed
    await rig.crash()


@pytest.mark.parametrize("in_force", [LOOSE, STRICT])
async def test_a_signal_by_hand_is_a_matter_of_the_strategy_in_force(
    tmp_path: Path, in_force: Strategy
) -> None:
    other = STRICT if in_force is LOOSE else LOOSE
    rig = Rig(tmp_path, strategy=in_force, channels=[channel(other)])
    await rig.start()
    rig.says["by hand"] = (BUY,)
    assert (await ask(rig, 1, "signal", chatId="hand", messageId=1, text="by hand")).success
    (identifier,) = rig.broker.book
    assert await removed(rig, identifier, 2) == (in_force is LOOSE)
    await rig.crash()


@pytest.mark.parametrize("in_force", [LOOSE, STRICT])
async def test_a_position_of_no_signal_is_a_matter_of_the_strategy_in_force(
    tmp_path: Path, in_force: Strategy
) -> None:
    other = STRICT if in_force is LOOSE else LOOSE
    rig = Rig(tmp_path, strategy=in_force, channels=[channel(other)])
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (held,) = rig.broker.book.values()
    rig.broker.book["7"] = replace(held, identifier="7", ticket="7", tag="", magic="0")
    assert await removed(rig, "7") == (in_force is LOOSE)
    await rig.crash()


@pytest.mark.parametrize("in_force", [LOOSE, STRICT])
async def test_this_machines_ceiling_wins_over_the_channels_strategy(
    tmp_path: Path, in_force: Strategy
) -> None:
    rig = Rig(tmp_path, strategy=in_force, channels=[channel(LOOSE)], ceilings=Ceilings())
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (identifier,) = rig.broker.book
    assert not await removed(rig, identifier)
    await rig.crash()
