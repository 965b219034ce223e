"""No strategy and no command exceeds the ceilings of this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.desktop.config import load_config
from signalos.domain.ceilings import Ceilings, bounded
from signalos.domain.errors import ConfigError
from signalos.domain.signal import ModifyStop, Open, Reach, Scope, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.protocol.socket import Command, CommandResult
from tests.support.rig import CHAT, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))
WILD = Strategy(
    risk_percentage=D(50),
    allow_missing_stop_fixed_lots=D(100),
    filters=Filters(
        max_daily_trades=None,
        max_open_trades=None,
        require_stop=False,
        skip_duplicates=False,
        skip_conflicts=False,
    ),
)


def decisions(rig: Rig) -> list[dict[str, Any]]:
    return [msgspec.json.decode(data) for data in rig.events("decision")]


async def started(home: Path, ceilings: Ceilings, strategy: Strategy = WILD) -> Rig:
    rig = Rig(home, strategy=strategy, ceilings=ceilings)
    await rig.start()
    return rig


def test_a_strategy_is_brought_down_and_never_up() -> None:
    low = bounded(WILD, Ceilings(max_daily_trades=3))
    assert low.risk_percentage == 5
    assert low.allow_missing_stop_fixed_lots is None
    assert low.filters.require_stop
    assert low.filters.max_daily_trades == 3
    careful = Strategy(risk_percentage=D("0.5"), filters=Filters(max_daily_trades=1))
    assert bounded(careful, Ceilings(max_daily_trades=3)) == careful
    lots = bounded(WILD, Ceilings(require_stop=False, max_lots=D(2))).allow_missing_stop_fixed_lots
    assert lots == 2


async def test_a_wild_strategy_risks_the_ceiling_and_says_so(tmp_path: Path) -> None:
    rig = await started(tmp_path, Ceilings())
    rig.say(1, "buy", BUY)
    await rig.run(1)
    (decision,) = decisions(rig)
    assert decision["verdict"] == "pass"
    assert decision["risk"] <= 5_000 < decision["risk"] * 1.1, "five percent of 100,000 and not fifty"
    step = next(s for s in decision["steps"] if s["rule"] == "ceilings")
    assert "5 % a signal" in step["text"]
    await rig.crash()


@pytest.mark.parametrize(
    ("ceilings", "action", "reason"),
    [
        (Ceilings(symbols=("XAUUSD",)), BUY, "ceiling_symbol"),
        (Ceilings(symbols=()), BUY, "ceiling_symbol"),
        (Ceilings(), replace(BUY, stop_loss=None), "missing_stop"),
        (Ceilings(max_open_lots=D("0.5")), BUY, "ceiling_open_lots"),
        (Ceilings(max_open_risk_percentage=D(1)), BUY, "ceiling_open_risk"),
        (Ceilings(max_daily_loss_percentage=D(4)), BUY, "ceiling_daily_loss"),
    ],
)
async def test_what_exceeds_a_ceiling_is_refused_with_its_own_code(
    tmp_path: Path, ceilings: Ceilings, action: Open, reason: str
) -> None:
    rig = await started(tmp_path, ceilings)
    rig.say(1, "buy", action)
    await rig.run(1)
    assert [(d["verdict"], d["reason"]) for d in decisions(rig)] == [("refuse", reason)]
    assert rig.broker.book == {}
    await rig.crash()


async def test_an_order_is_no_larger_than_the_ceiling(tmp_path: Path) -> None:
    rig = await started(tmp_path, Ceilings(max_lots=D("0.3")))
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert [p.volume for p in rig.broker.book.values()] == [D("0.3")]
    await rig.crash()


async def test_open_risk_counts_what_is_open_until_its_stop_is_at_entry(tmp_path: Path) -> None:
    rig = await started(tmp_path, Ceilings(max_open_risk_percentage=D(8), max_daily_loss_percentage=None))
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.say(2, "again", replace(BUY, stop_loss=D("1.094")))
    await rig.run(1)
    assert [d["reason"] for d in decisions(rig)] == ["", "ceiling_open_risk"]
    (position,) = rig.broker.book.values()
    rig.broker.book[position.identifier] = replace(position, stop_loss=position.entry_price)
    await rig.run(1)
    rig.say(3, "third", replace(BUY, stop_loss=D("1.0945")))
    await rig.run(1)
    assert decisions(rig)[-1]["verdict"] == "pass", "a trade without risk leaves room"
    await rig.crash()


async def test_after_the_days_loss_nothing_is_opened_until_the_next_day(tmp_path: Path) -> None:
    rig = await started(tmp_path, Ceilings(max_daily_loss_percentage=D(10)))
    await rig.run(1)
    rig.broker.balance = D(89_000)
    await rig.restart()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert decisions(rig)[-1]["reason"] == "ceiling_daily_loss"
    rig.clock.shift(24 * 3600)
    await rig.run(1)
    rig.say(2, "next day", BUY)
    await rig.run(1)
    assert decisions(rig)[-1]["verdict"] == "pass"
    await rig.crash()


async def test_directly_before_the_send_the_ceilings_are_asked_again(tmp_path: Path) -> None:
    """A planned order that a crash left behind meets lower ceilings at the next start."""
    rig = Rig(tmp_path, strategy=WILD, ceilings=None)
    await rig.start()
    rig.broker.faults = lambda request: "down"
    rig.say(1, "buy", BUY)
    await rig.run(0.1)
    await rig.crash()
    rig.broker.faults = lambda request: ""
    rig._ceilings = Ceilings()
    rig._open()
    await rig.start()
    await rig.run(2)
    assert rig.broker.book == {}
    assert ("refused", "ceiling_risk") in {(line["state"], line["reason"]) for line in rig.lines()}
    await rig.crash()


class Desk:
    """Commands of a server at one terminal."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.results: dict[str, CommandResult] = {}
        rig.terminal.desk.send_result = self.keep
        self._seq = 0

    def keep(self, result: CommandResult) -> None:
        self.results[result.id] = result

    async def modify(self, **args: Any) -> CommandResult:
        self._seq += 1
        now = self.rig.clock.now()
        name = f"c{self._seq}"
        self.rig.terminal.desk.accept(
            Command(
                id=name,
                terminal_seq=self._seq,
                kind="modify",
                args=args,
                issued_at=now,
                expires_at=now + timedelta(seconds=60),
            )
        )
        await self.rig.run(1)
        return self.results[name]


async def test_a_servers_command_moves_no_stop_beyond_the_ceiling(tmp_path: Path) -> None:
    rig = await started(tmp_path, Ceilings(), replace(WILD, risk_percentage=D(4)))
    rig.say(1, "buy", BUY)
    await rig.run(1)
    ((identifier, before),) = rig.broker.book.items()
    desk = Desk(rig)
    gone = await desk.modify(identifier=identifier, stopLoss=None)
    assert (gone.success, gone.reason) == (False, "stop_required")
    far = await desk.modify(identifier=identifier, stopLoss=1.05)
    assert (far.success, far.reason) == (False, "ceiling_risk")
    assert "config.json" in far.text
    assert rig.broker.book[identifier].stop_loss == before.stop_loss
    near = await desk.modify(identifier=identifier, stopLoss=1.0945)
    assert near.success, near
    await rig.crash()


async def test_a_channels_message_moves_no_stop_beyond_the_ceiling(tmp_path: Path) -> None:
    rig = await started(tmp_path, Ceilings(), replace(WILD, risk_percentage=D(4)))
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.say(2, "sl far", ModifyStop(scope=Scope(Reach.ONE, target=1), price=D("1.05")), reply_to=1)
    await rig.run(1)
    (position,) = rig.broker.book.values()
    assert position.stop_loss == D("1.095")
    assert "ceiling_risk" in {line["reason"] for line in rig.lines()}
    assert decisions(rig)[-1]["chatId"] == CHAT
    await rig.crash()


def config(tmp_path: Path, **ceilings: Any) -> Path:
    path = tmp_path / "config.json"
    terminals = [{"id": "t1", "type": "simulated", "address": "127.0.0.1:18812"}]
    path.write_text(json.dumps({"terminals": terminals, "ceilings": ceilings}))
    return path


def test_ceilings_are_read_from_this_machines_file(tmp_path: Path) -> None:
    assert load_config(config(tmp_path), {}).ceilings == Ceilings()
    read = load_config(config(tmp_path, max_risk_percentage=2.5, symbols=["XAUUSD"], max_lots=None), {})
    assert read.ceilings == Ceilings(max_risk_percentage=D("2.5"), symbols=("XAUUSD",))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"max_risk_percentage": 0}, "max_risk_percentage is 0"),
        ({"max_risk_percentage": None}, "max_risk_percentage is null"),
        ({"max_risk_percent": 5}, "Did you mean `max_risk_percentage`?"),
        ({"symbols": ["gold please"]}, "symbols[0]"),
        ({"require_stop": "yes"}, "require_stop"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(config(tmp_path, **wrong), {})
    assert words in str(caught.value)
