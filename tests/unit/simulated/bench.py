"""A simulated terminal under a hand-moved clock, over prices written down in the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.records import AccountState
from signalos.brokers.simulated.terminal import Session, Terminal
from signalos.kit.clock import VirtualClock
from signalos.kit.wire import Answer

START = datetime(2024, 3, 4, 10, 0, tzinfo=UTC)
DEAL, PENDING, SLTP, MODIFY, REMOVE, CLOSE_BY = 1, 5, 6, 7, 8, 10
BUY, SELL, BUY_LIMIT, SELL_LIMIT, BUY_STOP, SELL_STOP, BUY_STOP_LIMIT, SELL_STOP_LIMIT = range(8)
FOK, IOC, RETURN, BOC = range(4)

Ticks = Mapping[str, Sequence[tuple[float, str, str]]]
"""Per symbol: seconds after START, bid, ask."""


def write_prices(folder: Path, ticks: Ticks) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for symbol, rows in ticks.items():
        lines = [f"{(START + timedelta(seconds=s)).isoformat()},{bid},{ask}" for s, bid, ask in rows]
        (folder / f"{symbol}.csv").write_text("\n".join(["time,bid,ask", *lines]) + "\n")
    return folder


class Bench:
    """Moves time and calls; ``restart`` is a kill: nothing is written that was not written before."""

    def __init__(self, folder: Path, ticks: Ticks, **options: Any) -> None:
        prices = write_prices(folder / "prices", ticks)
        self.options = TerminalOptions(state=folder / "state.db", prices=prices, **options)
        self.clock = VirtualClock(START)
        self.terminal: Terminal
        self.session: Session
        self._open()

    def _open(self) -> None:
        self.terminal = open_terminal(self.options, self.clock).terminal
        self.session = Session(self.terminal)

    def restart(self) -> None:
        self.terminal._storage.close()
        self._open()

    def close(self) -> None:
        self.terminal._storage.close()

    def at(self, seconds: float) -> None:
        """Move to ``seconds`` after the start."""
        self.clock.shift(seconds - self.clock.monotonic())

    def answer(self, fn: str, *args: Any, **kwargs: Any) -> Answer:
        return self.session.call(fn, args, kwargs)

    def call(self, fn: str, *args: Any, **kwargs: Any) -> Any:
        answer = self.answer(fn, *args, **kwargs)
        assert answer.error is None, answer.error
        return answer.ok

    def send(self, **request: Any) -> dict[str, Any]:
        result = self.call("order_send", request)
        assert result is not None, self.session.last_error
        return dict(result)

    def buy(self, symbol: str = "EURUSD", volume: float = 0.1, **more: Any) -> dict[str, Any]:
        return self.send(action=DEAL, symbol=symbol, type=BUY, volume=volume, **more)

    def sell(self, symbol: str = "EURUSD", volume: float = 0.1, **more: Any) -> dict[str, Any]:
        return self.send(action=DEAL, symbol=symbol, type=SELL, volume=volume, **more)

    @property
    def state(self) -> AccountState:
        self.terminal.advance()
        return self.terminal.account.state

    @property
    def balance(self) -> Decimal:
        self.terminal.advance()
        return self.terminal.account.balance

    def deals(self, position: int) -> list[dict[str, Any]]:
        return list(self.call("history_deals_get", position=position))
