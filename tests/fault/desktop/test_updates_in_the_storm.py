"""Updates of every kind mixed with lost answers, closed markets, partial fills, fills by the market and crashes."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.domain.market import DealEntry
from signalos.domain.order import ClosePosition, OpenLeg, OrderRequest
from signalos.domain.signal import (
    Action,
    BreakEven,
    Cancel,
    Close,
    ModifyStop,
    ModifyTargets,
    Open,
    OrderKind,
    Reach,
    Scope,
    Side,
)
from signalos.domain.strategy import Filters, Strategy
from tests.support.rig import CHAT, Rig

LOOSE = Strategy(
    filters=Filters(
        max_daily_trades=None, max_open_trades=None, skip_duplicates=False, skip_conflicts=False
    )
)
FAULTS = ["", "", "", "", "lose_answer", "lose_request", "down", "closed", "partial"]
SETTLED = {"executed", "refused", "not_executed", "expired", "superseded"}


class Storm:
    """A rig with chance: what is said and what goes wrong both come from the seed."""

    def __init__(self, home: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.rig = Rig(home, strategy=LOOSE)
        self.rig.broker.latency = 0.02
        self.rig.broker.faults = self._fault
        self.said = 0
        self.signals: list[int] = []

    def _fault(self, request: OrderRequest) -> str:
        fault = self.chance.choice(FAULTS)
        return "" if fault == "partial" and not isinstance(request, ClosePosition) else fault

    def signal(self) -> None:
        waits = self.chance.random() < 0.5
        opening = Open(
            symbol="EURUSD",
            side=Side.BUY,
            order=OrderKind.LIMIT if waits else OrderKind.MARKET,
            entry=(D("1.098"),) if waits else (),
            stop_loss=D("1.095"),
            take_profits=(D("1.106"), D("1.11")),
        )
        self._say(opening)
        self.signals.append(self.said)

    def update(self) -> None:
        about = Scope(Reach.ONE, target=self.chance.choice(self.signals))
        updates: list[Action] = [
            Close(scope=about, fraction=D("0.5")),
            Close(scope=about),
            BreakEven(scope=about),
            ModifyStop(scope=about, price=D("1.096")),
            ModifyTargets(scope=about, take_profits=(D("1.107"), D("1.112"))),
            Cancel(scope=about),
        ]
        self._say(self.chance.choice(updates))

    def edit_or_delete(self) -> None:
        number = self.chance.choice(self.signals)
        if self.chance.random() < 0.4:
            self.rig.say(number, f"message {number}", deleted=True)
            return
        self.said += 1
        moved = Open(
            symbol="EURUSD",
            side=Side.BUY,
            order=OrderKind.LIMIT,
            entry=(D("1.097"),),
            stop_loss=D("1.094"),
            take_profits=(D("1.106"),),
        )
        text = f"edit {self.said}"
        self.rig.say(number, text, Cancel(scope=Scope(Reach.ONE, target=number)), moved, edit=True)

    def market(self) -> None:
        """The market itself fills an order, closes a position, or moves."""
        broker = self.rig.broker
        if broker.waiting and self.chance.random() < 0.5:
            broker.fill(self.chance.choice(sorted(broker.waiting)))
        elif broker.book:
            broker.hit(self.chance.choice(sorted(broker.book)), D("1.106"), "take_profit")
        up = self.chance.choice([D(0), D("0.003")])
        broker.bid, broker.ask = D("1.1") + up, D("1.1001") + up

    def _say(self, action: Action) -> None:
        self.said += 1
        self.rig.say(self.said, f"message {self.said}", action)

    async def blow(self) -> Rig:
        await self.rig.start()
        self.signal()
        steps = [self.signal, self.update, self.update, self.edit_or_delete, self.market]
        for _ in range(40):
            self.chance.choice(steps)()
            await self.rig.run(self.chance.uniform(0.0, 0.5))
            if self.chance.random() < 0.2:
                await self.rig.restart()
        self.rig.broker.faults = lambda request: ""
        await self.rig.run(30)
        # Beyond every entry, so that no break-even has to wait any longer.
        self.rig.broker.bid, self.rig.broker.ask = D("1.105"), D("1.1051")
        await self.rig.run(10)
        await self.rig.restart()
        await self.rig.run(10)
        return self.rig


def wrongs_of(rig: Rig) -> list[str]:
    """Everything that must not be after a storm, in words."""
    broker, intents = rig.broker, list(rig.journal.intents.everything())
    legs = {
        leg.tag: leg
        for number in {i.key.message_id for i in intents}
        for leg in rig.journal.legs.of_message("t1", CHAT, number)
    }
    wrong = [f"doubled {tag}" for tag, n in Counter(d.tag for d in broker.entries()).items() if n > 1]
    # Nobody touches anything by hand in a storm: every change is ours or the market's.
    wrong += [f"called a change by hand: {a!r}" for a in rig.events("alert") if b"changed_by_hand" in a]
    living = {leg.tag for leg in legs.values() if leg.state == "pending"}
    wrong += [
        f"{i.kind} of {i.key.message_id} is {i.state}"
        for i in intents
        if i.state not in SETTLED and i.tag not in living
    ]
    wrong += [f"no leg of {d.tag}" for d in broker.entries() if d.tag not in legs]
    for leg in legs.values():
        held = broker.book.get(leg.identifier)
        if (held is not None) != (leg.state == "open"):
            wrong.append(f"{leg.tag} is {leg.state}")
        elif held is not None and leg.trade.volume - leg.trade.closed_volume != held.volume:
            wrong.append(f"{leg.tag} holds {held.volume}")
    for intent in intents:
        if isinstance(intent.request, ClosePosition) and intent.request.volume is not None:
            ours = [d for d in broker.all_deals if d.tag == intent.tag and d.entry is DealEntry.OUT]
            closed = sum((d.volume for d in ours), D(0))
            if closed > intent.request.volume:
                wrong.append(f"{intent.tag} closed {closed} of {intent.request.volume}")
    of_message = Counter(
        i.key.message_id
        for i in intents
        if isinstance(i.request, OpenLeg) and i.tag in {d.tag for d in broker.entries()} and i.key.leg == 1
    )
    return wrong + [f"message {number} opened twice" for number, n in of_message.items() if n > 1]


@pytest.mark.parametrize("seed", range(10))
async def test_updates_edits_and_deletions_survive_everything(tmp_path: Path, seed: int) -> None:
    rig = await Storm(tmp_path, seed).blow()
    assert wrongs_of(rig) == []
    assert rig.broker.entries(), "the storm must have traded at all"
    await rig.crash()
