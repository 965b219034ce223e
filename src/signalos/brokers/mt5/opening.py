"""Opens a position or places a waiting order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.facts import Facts
from signalos.brokers.mt5.filling import filling_modes
from signalos.brokers.mt5.mapping import Conditions, exact
from signalos.brokers.mt5.plan import Answer, Prepared, Tools, refused_by, unproven
from signalos.brokers.mt5.preflight import Entry, beyond_worst, first_objection
from signalos.brokers.mt5.request import TradeRequest, market_type, pending_type
from signalos.brokers.mt5.retcodes import AnswerClass
from signalos.domain.money import ceil_to_step, floor_to_step, round_to_step
from signalos.domain.order import OpenLeg, Outcome, OutcomeKind
from signalos.domain.signal import OrderKind, Side

_DEAD = {
    mt5.STATE_CANCELED: "was cancelled",
    mt5.STATE_REJECTED: "was rejected by the broker",
    mt5.STATE_EXPIRED: "expired",
}


class Opening:
    """Plan of an :class:`~signalos.domain.order.OpenLeg`.

    A limit order whose price the market has reached by the time it is sent enters at the market, at its price or
    better: a terminal takes no limit order there, and a decision at that moment would enter so as well.
    """

    adds_exposure = True

    def __init__(self, tools: Tools, leg: OpenLeg, tag: str, magic: int) -> None:
        self._tools = tools
        self._leg = leg
        self._tag = tag
        self._magic = magic
        self._worst = leg.worst_price
        self._market = leg.kind is OrderKind.MARKET
        self._volume = leg.volume

    async def prepare(self, filling: int) -> Prepared:
        name = await self._tools.book.resolve(self._leg.symbol)
        return self._build(self._read_already(name) or await self._tools.facts(symbol=name), filling)

    def prepare_at_once(self) -> Prepared | None:
        """The first ``prepare`` where the decision's reading serves for it; None where the terminal must be asked."""
        name = self._tools.book.known(self._leg.symbol)
        facts = None if name is None else self._read_already(name)
        return None if facts is None else self._build(facts, 0)

    def _build(self, facts: Facts, filling: int) -> Prepared:
        leg = self._leg
        symbol, tick = facts.symbol, facts.tick
        if symbol is None or tick is None:
            raise ValueError("an opening is prepared with a symbol")
        self._choose(tick.entry_price(leg.side), symbol)
        entry = self._entry(facts, symbol)
        objection = first_objection(entry)
        if objection is not None:
            return refused_by(objection)
        quote = tick.entry_price(leg.side)
        if self._market and self._worst is None:
            # Later tries at new prices are held to the first one's slippage limit.
            self._worst = quote + leg.side.sign * leg.max_slippage_points * symbol.point
        elif self._market and (moved := beyond_worst(leg.side, quote, self._worst)) is not None:
            return refused_by(moved)
        expires = self._expiry(tick.time)
        if isinstance(expires, Outcome):
            return expires
        modes = filling_modes(symbol, pending=not self._market)
        self._volume = entry.volume
        return TradeRequest(
            action=mt5.ACTION_DEAL if self._market else mt5.ACTION_PENDING,
            symbol=symbol.name,
            magic=self._magic,
            volume=entry.volume,
            price=quote if entry.price is None else entry.price,
            sl=entry.stop_loss,
            tp=entry.take_profit,
            deviation=self._deviation(quote, symbol) if self._market else None,
            type=market_type(leg.side) if self._market else pending_type(leg.side, leg.kind),
            type_filling=modes[min(filling, len(modes) - 1)],
            type_time=mt5.TIME_SPECIFIED if expires else mt5.TIME_GTC,
            expiration=expires,
            comment=self._tag,
            worst=None if facts.just_read else self._worst,
        )

    def _read_already(self, symbol: str) -> Facts | None:
        """What was read for the decision, if that has just been; a waiting order's price is looked at anew."""
        return self._tools.newest.take(symbol) if self._leg.kind is OrderKind.MARKET else None

    def _choose(self, quote: Decimal, symbol: Conditions) -> None:
        """Decide anew at each try whether a limit order's price is reached."""
        leg = self._leg
        if leg.kind is not OrderKind.LIMIT or leg.price is None:
            return
        price = round_to_step(leg.price, symbol.tick_size)
        self._market = beyond_worst(leg.side, quote, price) is None
        self._worst = price if self._market else leg.worst_price

    def _deviation(self, quote: Decimal, symbol: Conditions) -> int:
        """Points that the fill may be off the quote; never beyond a limit order's own price."""
        allowed = self._leg.max_slippage_points
        if self._leg.kind is not OrderKind.LIMIT or self._worst is None:
            return allowed
        return min(allowed, int(abs(quote - self._worst) / symbol.point))

    async def carried_out(self, answer: Answer) -> Outcome:
        if not answer.deal and not answer.order:
            return unproven(answer)
        rest = answer.meaning.answer is not AnswerClass.DONE
        async for _ in self._tools.pauses():
            found = await self._tools.link.read(
                "after_send", deal=answer.deal, order=answer.order, rest=rest
            )
            outcome = self._proof(found, answer)
            if outcome is not None:
                return outcome
        return unproven(answer, ticket=str(answer.order) if answer.order else None)

    async def gone(self) -> Outcome | None:
        return None

    def _entry(self, facts: Facts, symbol: Conditions) -> Entry:
        if facts.tick is None:
            raise ValueError("an entry needs a quote")
        leg = self._leg
        price = round_to_step(leg.price, symbol.tick_size) if leg.price is not None else None
        return Entry(
            terminal=facts.terminal,
            account=facts.account,
            symbol=symbol,
            tick=facts.tick,
            side=leg.side,
            kind=OrderKind.MARKET if self._market else leg.kind,
            asked=leg.volume,
            volume=floor_to_step(leg.volume, symbol.volume_step),
            price=None if self._market else price,
            stop_loss=nearer(leg.side, leg.stop_loss, symbol.tick_size),
            take_profit=(
                round_to_step(leg.take_profit, symbol.tick_size) if leg.take_profit is not None else None
            ),
            expires=leg.expires_at is not None,
            worst_price=self._worst,
            max_quote_age=self._tools.settings.max_quote_age,
            held=_held(facts, leg.side) if symbol.volume_limit else None,
            clock_off=self._tools.clock_off,
            experts_allowed=bool(facts.rows["account"]["trade_expert"]),
        )

    def _expiry(self, quoted_at: datetime) -> int | Outcome | None:
        """Server epoch of the expiry, None without one, an Outcome where it cannot be sent."""
        if self._market or self._leg.expires_at is None:
            return None
        if not self._tools.server_time.known:
            return Outcome(
                kind=OutcomeKind.WAITING,
                reason="server_time_unknown",
                explanation=(
                    "Not sent: the server's clock is not known until a quote changes, and the order's "
                    "expiry is written in it. It is sent with the next quote."
                ),
            )
        if self._leg.expires_at <= max(self._tools.market.now(), quoted_at):
            return Outcome(
                kind=OutcomeKind.REFUSED,
                retcode=10022,
                reason="expired",
                explanation=(
                    f"Not sent: the order's expiry ({self._leg.expires_at:%H:%M:%S} UTC) has passed."
                ),
            )
        return self._tools.server_time.to_server(self._leg.expires_at)

    def _proof(self, found: dict[str, Any], answer: Answer) -> Outcome | None:
        position, order, past = found["position"], found["order"], found["past_order"]
        entered = [d for d in found["deals"] if d["entry"] in (0, 2)]
        ticket = str(answer.order) if answer.order else None
        if position is not None or entered:
            volume = sum((exact(d["volume"]) for d in entered), Decimal(0))
            if not entered:
                volume = exact(answer.volume or position["volume"])
            price = _average(entered) or exact(position["price_open"] if position else answer.price)
            done = Outcome(
                kind=OutcomeKind.DONE,
                retcode=answer.retcode,
                identifier=str(found["identifier"]),
                ticket=ticket,
                volume=volume,
                price=price,
            )
            if volume < self._volume and (
                order is not None or answer.meaning.answer is AnswerClass.PARTIAL
            ):
                return replace(
                    done,
                    kind=OutcomeKind.PARTIAL,
                    reason="partially_filled",
                    explanation=(
                        f"{volume} of {self._volume} lots were filled; "
                        + ("the rest waits at the broker." if order else "the rest is not sent again.")
                    ),
                )
            return replace(done, explanation=self._slipped(price))
        if order is not None and not self._market:
            return Outcome(
                kind=OutcomeKind.PLACED,
                retcode=answer.retcode,
                ticket=str(order["ticket"]),
                volume=exact(order["volume_current"]),
                price=exact(order["price_open"]),
            )
        if past is not None and past["state"] in _DEAD:
            return Outcome(
                kind=OutcomeKind.REFUSED,
                retcode=answer.retcode,
                ticket=ticket,
                reason="order_dead",
                explanation=f"The terminal took the order, but it {_DEAD[past['state']]} without a fill.",
            )
        return None

    def _slipped(self, price: Decimal) -> str:
        late = beyond_worst(self._leg.side, price, self._worst) if self._market else None
        if late is None:
            return ""
        return (
            f"Filled at {price}, beyond the worst acceptable entry {self._worst}: under market execution "
            "the broker fills at what the market gives. The realised risk is larger than planned."
        )


def nearer(side: Side, stop: Decimal | None, tick_size: Decimal) -> Decimal | None:
    """Round a stop to the tick size towards the entry: rounding must not add risk."""
    if stop is None:
        return None
    return ceil_to_step(stop, tick_size) if side is Side.BUY else floor_to_step(stop, tick_size)


def _held(facts: Facts, side: Side) -> Decimal:
    rows = [(r["type"], r["volume"]) for r in facts.rows["held"]]
    rows += [(r["type"], r["volume_current"]) for r in facts.rows["waiting"]]
    return sum((exact(v) for kind, v in rows if mapping.side_of(kind) is side), Decimal(0))


def _average(deals: list[dict[str, Any]]) -> Decimal | None:
    """Volume-weighted price of ``deals``, None without any."""
    volume = sum((exact(d["volume"]) for d in deals), Decimal(0))
    if not volume:
        return None
    return exact(sum((exact(d["volume"]) * exact(d["price"]) for d in deals), Decimal(0)) / volume)
