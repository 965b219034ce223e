"""Closes a position, whole or in part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.filling import filling_modes
from signalos.brokers.mt5.mapping import exact
from signalos.brokers.mt5.plan import Answer, Prepared, Tools, refused_by, unproven
from signalos.brokers.mt5.preflight import close_volume, connected
from signalos.brokers.mt5.request import TradeRequest, market_type
from signalos.brokers.mt5.retcodes import AnswerClass
from signalos.brokers.mt5.tagged_rows import carries
from signalos.domain.market import MarginMode
from signalos.domain.order import ClosePosition, Outcome, OutcomeKind
from signalos.domain.signal import Side

_IN = 0
_HOW = {4: " by its stop loss", 5: " by its take profit", 6: " by a stop-out"}


class Closing:
    """Plan of a :class:`~signalos.domain.order.ClosePosition`.

    The ticket is read anew from the identifier before every try, and never more is closed than what
    leads to ``remaining``: a try after a half-known one cannot close twice.
    """

    adds_exposure = False

    def __init__(self, tools: Tools, request: ClosePosition, tag: str, magic: int) -> None:
        self._tools = tools
        self._request = request
        self._identifier = int(request.identifier)
        self._tag = tag
        self._magic = magic
        self._before = Decimal(0)
        self._volume = Decimal(0)

    async def prepare(self, filling: int) -> Prepared:
        facts = await self._tools.facts(position=self._identifier)
        lost = connected(facts.terminal)
        if lost is not None:
            return refused_by(lost)
        row, symbol, tick = facts.position, facts.symbol, facts.tick
        if row is None or symbol is None or tick is None:
            return await self._ended(10036)
        held, left = exact(row["volume"]), self._request.remaining
        if held <= left:
            return self._already(held)
        asked = wanted = self._request.volume
        if asked is not None:
            wanted = min(asked, held - left)
            if facts.account.margin_mode is not MarginMode.HEDGING:
                # Others may have added to the position since an earlier try: its volume does not tell what that closed.
                wanted = min(wanted, asked - await self._closed_before())
            if wanted <= 0:
                return self._already(held)
        volume, objection = close_volume(symbol, held, wanted)
        if objection is not None:
            return refused_by(objection)
        self._before, self._volume = held, volume
        side = mapping.side_of(row["type"])
        modes = filling_modes(symbol, pending=False)
        mode = modes[min(filling, len(modes) - 1)]
        if mode == mt5.FILL_RETURN and await self._is_under_way(symbol.name, side):
            return _waits(held)
        return TradeRequest(
            action=mt5.ACTION_DEAL,
            symbol=symbol.name,
            magic=self._magic,
            position=row["ticket"],
            volume=volume,
            price=tick.exit_price(side),
            deviation=self._tools.settings.close_deviation_points,
            type=market_type(side.opposite),
            type_filling=mode,
            comment=self._tag,
        )

    async def carried_out(self, answer: Answer) -> Outcome:
        left, closed = self._before, Decimal(0)
        async for _ in self._tools.pauses():
            found = await self._tools.link.read(
                "after_send", deal=answer.deal, order=answer.order, position=self._identifier
            )
            left = exact(found["position"]["volume"]) if found["position"] else Decimal(0)
            # Of a shared position the deals tell more: others may have added to it at the same moment.
            by_deals = sum((exact(row["volume"]) for row in found["deals"]), Decimal(0))
            closed = max(self._before - left, by_deals)
            if closed >= self._volume:
                return self._closed(answer, found["deals"], closed)
            if closed > 0 and answer.meaning.answer is AnswerClass.PARTIAL:
                break
        if closed > 0:
            return Outcome(
                kind=OutcomeKind.PARTIAL,
                retcode=answer.retcode,
                identifier=self._request.identifier,
                volume=closed,
                reason="partially_filled",
                explanation=(
                    f"{closed} of {self._volume} lots were closed; {left} are still open. "
                    "The rest is closed as the market takes it."
                ),
            )
        return unproven(answer, identifier=self._request.identifier)

    async def _closed_before(self) -> Decimal:
        """Lots that earlier tries have closed."""
        rows = await self._tools.link.read("history_deals_get", position=self._identifier)
        ours = (
            row
            for row in rows
            if mapping.is_trade(row)
            and row["entry"] != _IN
            and carries(row["comment"], str(row["magic"]), self._tag, self._magic)
        )
        return sum((exact(row["volume"]) for row in ours), Decimal(0))

    async def _is_under_way(self, symbol: str, side: Side) -> bool:
        """True while the rest of an earlier close waits at the broker: a second one could turn a netted position."""
        waiting = await self._tools.link.read("orders_get", symbol=symbol)
        return any(
            row["type"] == market_type(side.opposite)
            and (row["position_id"] == self._identifier or row["comment"].startswith(self._tag))
            for row in waiting
        )

    async def gone(self) -> Outcome | None:
        facts = await self._tools.facts(position=self._identifier)
        return await self._ended(10036) if facts.position is None else None

    def _closed(self, answer: Answer, deals: list[dict[str, Any]], volume: Decimal) -> Outcome:
        price = exact(deals[-1]["price"]) if deals else (exact(answer.price) or None)
        return Outcome(
            kind=OutcomeKind.DONE,
            retcode=answer.retcode,
            identifier=self._request.identifier,
            volume=volume,
            price=price,
        )

    def _already(self, held: Decimal) -> Outcome:
        return Outcome(
            kind=OutcomeKind.GONE,
            identifier=self._request.identifier,
            volume=Decimal(0),
            reason="already_reduced",
            explanation=f"Nothing to close: the position already is down to {held} lots.",
        )

    async def _ended(self, retcode: int) -> Outcome:
        return await position_ended(self._tools, self._identifier, retcode)


def _waits(held: Decimal) -> Outcome:
    return Outcome(
        kind=OutcomeKind.WAITING,
        reason="being_closed",
        explanation=f"{held} lots are still open; the rest of the last close waits for the market to take it.",
    )


async def position_ended(tools: Tools, identifier: int, retcode: int) -> Outcome:
    """The outcome of a request whose position is no longer there, told from its deals."""
    deals = await tools.link.read("history_deals_get", position=identifier)
    leaving = [row for row in deals if mapping.is_trade(row) and row["entry"] in (1, 2, 3)]
    words = "The position is already closed"
    price = None
    if leaving:
        last = max(leaving, key=lambda row: (row["time_msc"], row["ticket"]))
        price = exact(last["price"])
        words += f"{_HOW.get(last['reason'], '')} at {price}"
    elif not deals:
        words = f"The account has no position {identifier} and no record of one"
    return Outcome(
        kind=OutcomeKind.GONE,
        retcode=retcode,
        identifier=str(identifier),
        price=price,
        reason="position_closed",
        explanation=f"{words}. Nothing was sent.",
    )
