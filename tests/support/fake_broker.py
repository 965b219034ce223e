"""A broker in memory: executes for real on its own books, and loses or delays answers when told to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_UP, Decimal

from signalos.brokers.base import Found, Gate, Snapshot
from signalos.domain.errors import Refused, TerminalDown, TerminalError
from signalos.domain.market import (
    Account,
    Deal,
    DealEntry,
    MarginMode,
    PendingOrder,
    Position,
    SymbolSpec,
    Tick,
)
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    LegKey,
    ModifyOrder,
    ModifyPosition,
    OpenLeg,
    OrderRequest,
    Outcome,
    OutcomeKind,
)
from signalos.domain.signal import OrderKind, Side
from signalos.kit.clock import Clock

D = Decimal
SPEC = SymbolSpec(
    name="EURUSD",
    canonical="EURUSD",
    digits=5,
    point=D("0.00001"),
    tick_size=D("0.00001"),
    contract_size=D(100_000),
    volume_min=D("0.01"),
    volume_max=D(100),
    volume_step=D("0.01"),
    stops_distance=D(0),
    freeze_distance=D(0),
    loss_per_lot=D(100_000),
)


@dataclass
class FakeBroker:
    """A hedging account with EURUSD. ``faults`` is asked before each send: "" | lose_answer | lose_request
    | down | closed (market) | refused | partial (half of a close). ``lose_answer`` executes and answers
    unknown. ``latency`` passes before and after what is carried out, so that a crash can fall between.
    """

    clock: Clock
    terminal_id: str = "t1"
    faults: Callable[[OrderRequest], str] = lambda request: ""
    bid: Decimal = D("1.10000")
    ask: Decimal = D("1.10010")
    up: bool = True
    login: str = "1"
    silent: bool = False
    latency: float = 0.0
    balance: Decimal = D(100_000)
    book: dict[str, Position] = field(default_factory=dict)
    waiting: dict[str, PendingOrder] = field(default_factory=dict)
    all_deals: list[Deal] = field(default_factory=list)
    sends: list[OrderRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tickets = itertools.count(1000)

    async def start(self) -> None:
        self._must_be_up()

    async def stop(self) -> None:
        pass

    async def account(self) -> Account:
        self._must_be_up()
        return Account(
            self.login,
            "Fake",
            "USD",
            MarginMode.HEDGING,
            self.balance,
            self.balance,
            D(0),
            self.balance,
            100,
            True,
            True,
        )

    async def resolve(self, canonical: str) -> str:
        if canonical != "EURUSD":
            raise Refused(0, f"{canonical} is unknown here")
        return canonical

    async def spec(self, canonical: str) -> SymbolSpec:
        await self.resolve(canonical)
        return SPEC

    async def tick(self, canonical: str) -> Tick:
        await self.resolve(canonical)
        self._must_be_up()
        if self.silent:
            raise TerminalError(f"no answer about {canonical}")
        return Tick(self.bid, self.ask, self.clock.now())

    async def snapshot(self) -> Snapshot:
        account = await self.account()
        return Snapshot(account, tuple(self.book.values()), tuple(self.waiting.values()), self.clock.now())

    async def deals(self, position: str) -> list[Deal]:
        self._must_be_up()
        return [d for d in self.all_deals if d.position == position]

    async def deals_since(self, since: datetime) -> list[Deal]:
        self._must_be_up()
        return [d for d in self.all_deals if d.at >= since]

    async def find(self, tag: str, magic: int) -> Found:
        self._must_be_up()
        return Found(
            next((p for p in self.book.values() if p.tag == tag), None),
            next((o for o in self.waiting.values() if o.tag == tag), None),
            tuple(d for d in self.all_deals if d.tag == tag),
        )

    async def loss_at_stop(
        self, canonical: str, side: str, volume: Decimal, entry: Decimal, stop: Decimal
    ) -> Decimal:
        return abs(entry - stop) * volume * SPEC.loss_per_lot

    async def execute(
        self, request: OrderRequest, *, key: LegKey, tag: str, magic: int, gate: Gate
    ) -> Outcome:
        fault = self.faults(request)
        if fault == "down" or (not self.up and not fault):
            return Outcome(kind=OutcomeKind.NEVER_SENT, reason="terminal_down")
        if fault == "closed":
            return Outcome(kind=OutcomeKind.WAITING, retcode=10018, reason="market_closed")
        if fault == "refused":
            return Outcome(kind=OutcomeKind.REFUSED, retcode=10027, reason="autotrading_disabled")
        barred = gate(request) if self._adds_exposure(request) else ""
        if barred:
            return Outcome(kind=OutcomeKind.REFUSED, reason=barred)
        if self.latency:
            await self.clock.sleep(self.latency)
        self.sends.append(request)
        if fault == "partial" and isinstance(request, ClosePosition) and request.identifier in self.book:
            return self._close_half_of(request, tag)
        if fault == "lose_request":
            return Outcome(kind=OutcomeKind.UNKNOWN, reason="no_answer")
        outcome = self._carry_out(request, tag, str(magic))
        if self.latency:
            await self.clock.sleep(self.latency)
        if fault == "lose_answer":
            return Outcome(kind=OutcomeKind.UNKNOWN, reason="no_answer")
        return outcome

    # -- the market's side -----------------------------------------------------------------------

    def hit(self, identifier: str, price: Decimal, reason: str) -> None:
        """Let the market close a position at its stop or target."""
        self._close(self.book[identifier], self.book[identifier].volume, price, reason)

    def part_by_hand(self, identifier: str, volume: Decimal) -> None:
        """Let the user close ``volume`` of a position in the terminal."""
        self._close(self.book[identifier], volume, self.bid, "client")

    def fill(self, ticket: str) -> None:
        """Let a waiting order fill."""
        order = self.waiting.pop(ticket)
        self._open(
            ticket, order.symbol, order.side, order.volume, order.price, order, order.tag, order.magic
        )

    def entries(self) -> list[Deal]:
        """All deals that opened something."""
        return [d for d in self.all_deals if d.entry is DealEntry.IN]

    def _must_be_up(self) -> None:
        if not self.up:
            raise TerminalDown("the fake terminal is down")

    def _adds_exposure(self, request: OrderRequest) -> bool:
        if isinstance(request, ModifyPosition) and request.identifier in self.book:
            held = self.book[request.identifier]
            if held.stop_loss is None or request.stop_loss is None:
                return held.stop_loss is not None
            return (held.stop_loss - request.stop_loss) * held.side.sign > 0
        return isinstance(request, OpenLeg)

    def _close_half_of(self, request: ClosePosition, tag: str) -> Outcome:
        position = self.book[request.identifier]
        part = ((request.volume or position.volume) / 2).quantize(D("0.01"), ROUND_UP)
        self._close(position, part, self.bid, "expert", tag)
        return Outcome(kind=OutcomeKind.PARTIAL, retcode=10010, volume=part, reason="partially_filled")

    def _carry_out(self, request: OrderRequest, tag: str, magic: str) -> Outcome:
        match request:
            case OpenLeg(kind=OrderKind.MARKET):
                ticket = str(next(self._tickets))
                price = self.ask if request.side is Side.BUY else self.bid
                self._open(ticket, request.symbol, request.side, request.volume, price, request, tag, magic)
                return Outcome(
                    kind=OutcomeKind.DONE,
                    retcode=10009,
                    identifier=ticket,
                    ticket=ticket,
                    volume=request.volume,
                    price=price,
                )
            case OpenLeg():
                ticket = str(next(self._tickets))
                assert request.price is not None
                self.waiting[ticket] = PendingOrder(
                    ticket,
                    request.symbol,
                    request.side,
                    request.kind,
                    request.volume,
                    request.price,
                    request.stop_loss,
                    request.take_profit,
                    request.expires_at,
                    magic,
                    tag,
                    self.clock.now(),
                )
                return Outcome(kind=OutcomeKind.PLACED, retcode=10008, ticket=ticket)
            case ClosePosition(identifier=identifier, volume=volume):
                if identifier not in self.book:
                    return Outcome(kind=OutcomeKind.GONE, retcode=10036, identifier=identifier)
                position = self.book[identifier]
                if position.volume <= request.remaining:
                    return Outcome(kind=OutcomeKind.GONE, identifier=identifier, reason="already_reduced")
                price = self.bid if position.side is Side.BUY else self.ask
                wanted = min(volume or position.volume, position.volume - request.remaining)
                self._close(position, wanted, price, "expert", tag)
            case ModifyPosition(identifier=identifier):
                if identifier not in self.book:
                    return Outcome(kind=OutcomeKind.GONE, retcode=10036, identifier=identifier)
                self.book[identifier] = replace(
                    self.book[identifier], stop_loss=request.stop_loss, take_profit=request.take_profit
                )
            case CancelOrder(ticket=ticket):
                if self.waiting.pop(ticket, None) is None:
                    filled = any(d.position == ticket for d in self.all_deals)
                    return Outcome(
                        kind=OutcomeKind.GONE,
                        retcode=10036,
                        ticket=ticket,
                        identifier=ticket if filled else None,
                        reason="already_filled" if filled else "order_gone",
                    )
            case ModifyOrder(ticket=ticket):
                if ticket not in self.waiting:
                    return Outcome(kind=OutcomeKind.GONE, retcode=10036, ticket=ticket)
                self.waiting[ticket] = replace(
                    self.waiting[ticket],
                    price=request.price,
                    stop_loss=request.stop_loss,
                    take_profit=request.take_profit,
                )
        return Outcome(kind=OutcomeKind.DONE, retcode=10009)

    def _open(
        self,
        ticket: str,
        symbol: str,
        side: Side,
        volume: Decimal,
        price: Decimal,
        levels: OpenLeg | PendingOrder,
        tag: str,
        magic: str,
    ) -> None:
        now = self.clock.now()
        self.book[ticket] = Position(
            ticket,
            ticket,
            symbol,
            side,
            volume,
            price,
            levels.stop_loss,
            levels.take_profit,
            price,
            D(0),
            D(0),
            magic,
            tag,
            now,
        )
        self._deal(ticket, symbol, side, DealEntry.IN, volume, price, D(0), tag, magic, "expert")

    def _close(
        self, position: Position, volume: Decimal, price: Decimal, reason: str, tag: str = ""
    ) -> None:
        profit = (price - position.entry_price) * position.side.sign * volume * SPEC.loss_per_lot
        self.balance += profit
        left = position.volume - volume
        if left > 0:
            self.book[position.identifier] = replace(position, volume=left)
        else:
            del self.book[position.identifier]
        self._deal(
            position.identifier,
            position.symbol,
            position.side.opposite,
            DealEntry.OUT,
            volume,
            price,
            profit,
            tag or position.tag,
            position.magic,
            reason,
        )

    def _deal(
        self,
        position: str,
        symbol: str,
        side: Side,
        entry: DealEntry,
        volume: Decimal,
        price: Decimal,
        profit: Decimal,
        tag: str,
        magic: str,
        reason: str,
    ) -> None:
        ticket = str(next(self._tickets))
        self.all_deals.append(
            Deal(
                ticket,
                position,
                position,
                symbol,
                side,
                entry,
                volume,
                price,
                profit,
                D(0),
                D(0),
                D(0),
                magic,
                tag,
                reason,
                self.clock.now(),
            )
        )
