"""The broker's side: an account that outlives every process, moving prices, and a log of what arrived."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from signalos.brokers.simulated.codes import DealType, Entry, Execution, MarginMode
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.market import Market
from signalos.brokers.simulated.records import AccountSettings, Deal, opened_account
from signalos.brokers.simulated.symbols import SymbolProperties, symbol_table
from signalos.brokers.simulated.terminal import Session, Terminal
from signalos.kit.wire import Answer
from signalos.prices import PriceSeries, to_micros
from tests.simulation.clocks import START, TrueClock

SECONDS = 240
"""How long prices go on."""
SYMBOLS = {"EURUSD": (5, 110_000, 1, 8), "XAUUSD": (3, 2_030_000, 60, 250)}
"""Digits, first bid, largest step a half second and spread, in points."""


class InMemory:
    """Keeps nothing: here the account outlives the terminal, as at a broker's server it does."""

    def save(self, state: object, changes: object) -> None:
        """What was done is done."""

    def close(self) -> None:
        """Nothing is held."""


@lru_cache(maxsize=64)
def prices(path: int) -> dict[str, PriceSeries]:
    """One of many price paths: small steps, now and then a jump."""
    chance = random.Random(f"prices:{path}")
    made = {}
    for name, (digits, bid, step, spread) in SYMBOLS.items():
        times, bids, asks = array("q"), array("q"), array("q")
        for n in range(2 * SECONDS):
            jump = chance.choice((-40, 40)) * step if chance.random() < 0.004 else 0
            bid += chance.randint(-step, step) + jump
            times.append(to_micros(START) + n * 500_000)
            bids.append(bid)
            asks.append(bid + spread)
        made[name] = PriceSeries(name, digits, times, bids, asks)
    return made


@lru_cache(maxsize=32)
def contracts(filling: int, instant: bool) -> dict[str, SymbolProperties]:
    """The symbols' conditions."""
    execution = Execution.INSTANT if instant else Execution.MARKET
    changes = {"*": {"filling_mode": filling, "execution": execution, "commission": 3.5}}
    return symbol_table(SYMBOLS, changes)


@dataclass
class Arrival:
    """A request that left the terminal. ``carried_out``: the account took it (now or later), as ``order``."""

    tag: str
    request: dict[str, Any]
    at: float
    fate: str
    carried_out: bool
    retcode: int = 0
    order: int = 0


class Brokerage:
    """One account with its terminal program. ``running``: the program runs; ``lag``: seconds of history
    that a terminal shows late; ``stale``: seconds by which its quotes are late. ``comments`` is what the
    broker does to an order's comment: "kept", "cut" or "replaced".
    """

    def __init__(
        self,
        clock: TrueClock,
        path: int,
        *,
        filling: int = 3,
        instant: bool = False,
        comments: str = "kept",
        netting: bool = False,
    ) -> None:
        self._clock = clock
        self._comments = comments
        mode = MarginMode.RETAIL_NETTING if netting else MarginMode.RETAIL_HEDGING
        settings = AccountSettings(deposit=Decimal(100_000), margin_mode=mode)
        state, _ = opened_account(settings, to_micros(START))
        market = Market(prices(path), contracts(filling, instant), settings.currency, settings.digits)
        self._now: Callable[[], int] = lambda: to_micros(clock.now())
        self.account = Account(settings, market, state)
        self.terminal = Terminal(self.account, InMemory(), self._now, "C:/terminal64.exe")  # type: ignore[arg-type]
        self.own_login = settings.login
        self.running = True
        self.lag = 0.0
        self.stale = 0.0
        self.arrivals: list[Arrival] = []
        self._hand = Session(self.terminal)

    def session(self) -> Session:
        """A program's connection to the terminal."""
        return Session(self.terminal)

    def switch_account(self, login: int) -> None:
        """Somebody signs in to another account at the terminal; the first one goes on at the broker."""
        if login == self.account.settings.login:
            self.terminal.account = self.account
            return
        settings = msgspec.structs.replace(self.account.settings, login=login)
        state, _ = opened_account(settings, self._now())
        self.terminal.account = Account(settings, self.account.market, state)

    def price(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Bid and ask now."""
        quote = self.quote(symbol)
        point = self.account.market.symbols[symbol].point
        return quote.bid * point, quote.ask * point

    def quote(self, symbol: str) -> Any:
        """The quote in points."""
        self.account.advance_to(self._now())
        quote = self.account.market.quote(symbol)
        assert quote is not None
        return quote

    def by_hand(self, request: dict[str, Any]) -> None:
        """The user trades in the terminal."""
        self._hand.call("order_send", [request])

    def arrived(self, request: dict[str, Any], fate: str) -> Arrival:
        """Note a request that left the terminal."""
        note = Arrival(str(request.get("comment", "")), dict(request), self._clock.monotonic(), fate, False)
        self.arrivals.append(note)
        return note

    def carry_out(self, session: Session, note: Arrival) -> Answer:
        """What reached the broker is carried out, or refused."""
        answer = session.call("order_send", [self._commented(note.request)])
        note.retcode = 0 if answer.ok is None else int(answer.ok["retcode"])
        note.carried_out = note.retcode in (10008, 10009, 10010)
        note.order = answer.ok["order"] if note.carried_out and answer.ok is not None else 0
        return answer

    def arrives_late(self, note: Arrival) -> None:
        """A request that was long under way reaches the account it was meant for."""
        shown = self.terminal.account
        self.terminal.account = self.account
        self.carry_out(self._hand, note)
        self.terminal.account = shown

    def _commented(self, request: dict[str, Any]) -> dict[str, Any]:
        comment = request.get("comment", "")
        if self._comments == "kept" or not comment:
            return request
        return {**request, "comment": comment[:16] if self._comments == "cut" else "[by dealer]"}

    def deals(self) -> Sequence[Deal]:
        """All deals but the deposit, oldest first."""
        return [d for d in self.account.state.deals.values() if d.type is not DealType.BALANCE]

    def entries(self) -> list[Deal]:
        """The deals that opened something; one that a hand's position stood in the way of turned it round."""
        return [d for d in self.deals() if d.entry is Entry.IN or (d.entry is Entry.INOUT and d.magic)]
