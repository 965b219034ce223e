"""The desktop side, the bridge and the simulated terminal in one process, under one clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from signalos.brokers.simulated.faults import Fault
from signalos.brokers.simulated.terminal import Session
from signalos.desktop.journal.latches import Latch
from signalos.desktop.journal.legs import Leg
from signalos.domain.signal import Open, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.protocol.socket import Command
from tests.support.one_process import World
from tests.support.rig import CHAT, Rig
from tests.unit.simulated.bench import BUY, DEAL, SELL

WIDE = Open(
    symbol="EURUSD", side=Side.BUY, stop_loss=Decimal("1.00000"), take_profits=(Decimal("1.30000"),)
)
"""A signal whose levels the terminal's prices never reach."""

FILTERS = Filters(require_stop=False, skip_duplicates=False, skip_conflicts=False)


class SimulatedRig(Rig):
    """A rig whose broker is the bridge over a simulated terminal; ``account`` are the terminal's options,
    ``script`` its faults.

    ``by_hand`` trades at the terminal as the user, or another program, would beside SignalOS.
    """

    def __init__(self, folder: Path, account: Mapping[str, Any], script: Sequence[Fault] = ()) -> None:
        self.world = World(folder / "world", account, script)
        super().__init__(
            folder / "home",
            strategy=Strategy(risk_percentage=Decimal(10), filters=FILTERS),
            clock=self.world.clock,
            broker=self.world.broker,  # type: ignore[arg-type]  # the product's own broker
        )

    async def close(self) -> None:
        await self.crash()
        await self.world.close()

    @property
    def leg(self) -> Leg:
        """The one leg of message 1."""
        (found,) = self.journal.legs.of_message("t1", CHAT, 1)
        return found

    def reasons(self, message_id: int) -> list[str]:
        """Why what a message asked for was refused, decision by decision ("" where it was not)."""
        found = [msgspec.json.decode(data) for data in self.events("decision")]
        return [one["reason"] for one in found if one["messageId"] == message_id]

    def held(self) -> tuple[str, Decimal] | None:
        """Side and lots of the one open position, None without any."""
        rows = Session(self.world.terminal).call("positions_get").ok
        assert rows is not None
        assert len(rows) <= 1
        return ("sell" if rows[0]["type"] else "buy", lots(rows[0]["volume"])) if rows else None

    def waiting(self) -> list[Decimal]:
        """Lots of each order that waits."""
        rows = Session(self.world.terminal).call("orders_get").ok
        return [lots(row["volume_current"]) for row in rows or ()]

    def by_hand(self, side: Side, volume: Decimal) -> None:
        """A market order that is none of SignalOS's."""
        kind = BUY if side is Side.BUY else SELL
        request = {"action": DEAL, "symbol": "EURUSD", "type": kind, "volume": float(volume)}
        answer = Session(self.world.terminal).call("order_send", (request,))
        assert answer.ok is not None, answer
        assert answer.ok["retcode"] == 10009, answer.ok

    def close_by_command(self) -> None:
        """Ask from the dashboard to close the trade, as command c1 with a minute to live."""
        now = self.clock.now()
        self.terminal.desk.accept(
            Command(
                id="c1",
                terminal_seq=1,
                kind="close",
                args={"identifier": self.leg.identifier},
                issued_at=now,
                expires_at=now + timedelta(seconds=60),
            )
        )

    async def stopped(self, mode: str) -> Latch:
        """Latch a stop of ``mode`` and let it work."""
        self.journal.latches.set(["t1"], mode, local=True)
        self.terminal.stopper.wake()
        await self.run(5)
        (latch,) = self.journal.latches.active("t1")
        return latch


def lots(value: Any) -> Decimal:
    """A volume of the terminal, exactly."""
    return Decimal(str(value)).quantize(Decimal("0.01"))
