"""A broker over a trading house: reading, checks before each send, and outcomes in the common words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from signalos.brokers._template.venue import Instrument, Venue, VenueDown, VenueRefused
from signalos.brokers.base import Found, Gate, Snapshot
from signalos.domain.errors import Refused, TerminalDown, WrongAccount
from signalos.domain.market import Account, Deal, MarginMode, SymbolSpec, Tick
from signalos.domain.money import floor_to_step
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

STEP, SMALLEST, LARGEST = Decimal("0.01"), Decimal("0.01"), Decimal(100)
# The app knows MetaTrader's return codes: a house's own words are translated to the nearest.
INVALID_VOLUME, INVALID_STOPS, NO_MONEY, DONE, PLACED, GONE = 10014, 10016, 10019, 10009, 10008, 10036


class TemplateBroker:
    """Implements :class:`signalos.brokers.base.Broker` over ``venue``."""

    def __init__(self, terminal_id: str, venue: Venue) -> None:
        self.terminal_id = terminal_id
        self._venue = venue
        self._identity = ""

    # ------------------------------------------------------------------ connection and reading

    async def start(self) -> None:
        """Connect, and pin the account: what is sent later goes to this one or nowhere."""
        self._reach()
        self._identity = self._identity or self._seen()

    async def stop(self) -> None:
        """A house with a connection closes it here."""

    async def account(self) -> Account:
        self._reach()
        held, money = self._venue.margin, self._venue.balance
        return Account(
            login=self._venue.login,
            server=self._venue.server,
            currency="USD",
            margin_mode=MarginMode.HEDGING,
            balance=money,
            equity=money,
            margin=held,
            free_margin=money - held,
            leverage=100,
            trade_allowed=True,
            demo=True,
        )

    async def resolve(self, canonical: str) -> str:
        """Never guess: an unknown or ambiguous symbol is Refused, with what to do."""
        return self._instrument(canonical).name

    async def spec(self, canonical: str) -> SymbolSpec:
        at = self._instrument(canonical)
        point = Decimal(1).scaleb(-at.digits)
        return SymbolSpec(
            name=at.name,
            canonical=canonical,
            digits=at.digits,
            point=point,
            tick_size=point,
            contract_size=at.contract_size,
            volume_min=SMALLEST,
            volume_max=LARGEST,
            volume_step=STEP,
            stops_distance=Decimal(0),
            freeze_distance=Decimal(0),
            loss_per_lot=at.loss_per_lot,
        )

    async def tick(self, canonical: str) -> Tick:
        """``age`` counts from the last change of the quote, by the monotonic clock."""
        self._reach()
        at = self._instrument(canonical)
        return Tick(at.bid, at.ask, self._venue.clock.now())

    async def snapshot(self) -> Snapshot:
        """Account, positions and orders of one moment: the app believes that they fit together."""
        account = await self.account()
        self._must_be_ours()
        held, waiting = tuple(self._venue.positions.values()), tuple(self._venue.orders.values())
        return Snapshot(account, held, waiting, self._venue.clock.now())

    async def deals(self, position: str) -> Sequence[Deal]:
        self._reach()
        return [deal for deal in self._venue.deals if deal.position == position]

    async def deals_since(self, since: datetime) -> Sequence[Deal]:
        self._reach()
        return [deal for deal in self._venue.deals if deal.at >= since]

    async def find(self, tag: str, magic: int) -> Found:
        """Find all that carries ``tag``, living and past: what a lost answer is made good with."""
        del magic  # for houses that cut or replace the mark: then both are needed
        self._reach()
        numbers = {deal.position for deal in self._venue.deals if deal.tag == tag}
        return Found(
            next((p for p in self._venue.positions.values() if p.tag == tag), None),
            next((o for o in self._venue.orders.values() if o.tag == tag), None),
            tuple(deal for deal in self._venue.deals if deal.position in numbers),
        )

    async def loss_at_stop(
        self, canonical: str, side: str, volume: Decimal, entry: Decimal, stop: Decimal
    ) -> Decimal:
        """Ask the house where it can compute this; its contract is the truth, not a constant of ours."""
        gain = (stop - entry) * Side(side).sign * volume * self._instrument(canonical).loss_per_lot
        return max(Decimal(0), -gain)

    # ------------------------------------------------------------------ sending

    async def execute(
        self, request: OrderRequest, *, key: LegKey, tag: str, magic: int, gate: Gate
    ) -> Outcome:
        """Check, ask the gate, send once.

        Where an answer may be lost on the way, say UNKNOWN: never send again, never raise.
        """
        del key
        try:
            self._reach()
            self._must_be_ours()
            objection = self._objection(request)
            if objection is not None:
                return objection
            # Nothing may be waited for between the gate's answer and the send.
            halted = gate(request) if self._adds_exposure(request) else ""
            if halted:
                return _refused(0, halted, f"Not sent: no new exposure is allowed now ({halted}).")
            return self._carried_out(request, tag, str(magic))
        except WrongAccount as why:
            return _refused(0, "wrong_account", str(why))
        except TerminalDown as why:
            return Outcome(kind=OutcomeKind.NEVER_SENT, reason="terminal_down", explanation=str(why))
        except Refused as why:
            return _refused(why.retcode, "symbol_unknown", why.explanation)
        except VenueRefused as why:
            return _refused(
                NO_MONEY,
                why.code,
                "Not opened: the free margin is too small for this volume. Lower the risk.",
            )

    def _objection(self, request: OrderRequest) -> Outcome | None:
        """Say what the house would refuse, before anything is sent and in words that help."""
        if not isinstance(request, OpenLeg):
            return None
        at = self._instrument(request.symbol)
        volume = floor_to_step(request.volume, STEP)
        if not SMALLEST <= volume <= LARGEST:
            small = volume < SMALLEST
            return _refused(
                INVALID_VOLUME,
                "volume_too_small" if small else "volume_too_large",
                f"Not sent: {request.volume} lots of {at.name}, where {SMALLEST} to {LARGEST} are traded. "
                "Change the risk of the strategy.",
            )
        entry = (
            request.price if request.price is not None else (at.bid if request.side is Side.BUY else at.ask)
        )
        for level, sign in ((request.stop_loss, -1), (request.take_profit, 1)):
            if level is not None and (level - entry) * request.side.sign * sign <= 0:
                return _refused(
                    INVALID_STOPS,
                    "stops_wrong_side",
                    f"Not sent: the level {level} is on the wrong side of {entry} for a {request.side} of {at.name}.",
                )
        return None

    def _carried_out(self, request: OrderRequest, tag: str, group: str) -> Outcome:
        house = self._venue
        match request:
            case OpenLeg(price=price) if request.kind is not OrderKind.MARKET and price is not None:
                order = house.place(request, price, floor_to_step(request.volume, STEP), tag, group)
                return Outcome(kind=OutcomeKind.PLACED, retcode=PLACED, ticket=order.ticket)
            case OpenLeg():
                made = house.open(request, floor_to_step(request.volume, STEP), tag, group)
                return _done(made.identifier, made.volume, made.entry_price)
            case ClosePosition(identifier=number):
                held = house.positions.get(number)
                # What the first try of a partial close has closed is not closed again.
                if held is None or held.volume <= request.remaining:
                    return _gone("position_gone")
                most = held.volume - request.remaining
                volume = min(most, floor_to_step(request.volume or most, STEP))
                deal = house.close(number, volume, tag)
                return _done(number, deal.volume, deal.price)
            case ModifyPosition(identifier=number):
                if number not in house.positions:
                    return _gone("position_gone")
                house.positions[number] = replace(
                    house.positions[number], stop_loss=request.stop_loss, take_profit=request.take_profit
                )
                return _done(number)
            case ModifyOrder(ticket=number):
                if number not in house.orders:
                    return _gone("order_gone")
                house.orders[number] = replace(
                    house.orders[number],
                    price=request.price,
                    stop_loss=request.stop_loss,
                    take_profit=request.take_profit,
                )
                return Outcome(kind=OutcomeKind.DONE, retcode=DONE, ticket=number)
            case CancelOrder(ticket=number):
                if house.orders.pop(number, None) is None:
                    return _gone("order_gone")
                return Outcome(kind=OutcomeKind.DONE, retcode=DONE, ticket=number)

    def _adds_exposure(self, request: OrderRequest) -> bool:
        """Entries do, and stops that are moved away or removed; closing never does."""
        if isinstance(request, ModifyPosition):
            held = self._venue.positions.get(request.identifier)
            if held is None or held.stop_loss is None:
                return False
            new = request.stop_loss
            return new is None or (held.stop_loss - new) * held.side.sign > 0
        return isinstance(request, OpenLeg)

    # ------------------------------------------------------------------ inside

    def _reach(self) -> None:
        try:
            self._venue.ask()
        except VenueDown:
            raise TerminalDown("The trading house cannot be reached; it is tried again.") from None

    def _seen(self) -> str:
        return f"{self._venue.login}@{self._venue.server}"

    def _must_be_ours(self) -> None:
        """Checked directly before each send: a key or session may have been changed to another account."""
        if self._identity != self._seen():
            raise WrongAccount(
                f"This is {self._seen()}, but this terminal trades on {self._identity or 'none yet'}."
            )

    def _instrument(self, canonical: str) -> Instrument:
        found = self._venue.instruments.get(canonical)
        if found is None:
            raise Refused(0, f"The trading house has no symbol {canonical}. Check the symbol's name there.")
        return found


def _done(number: str, volume: Decimal | None = None, price: Decimal | None = None) -> Outcome:
    return Outcome(
        kind=OutcomeKind.DONE, retcode=DONE, identifier=number, ticket=number, volume=volume, price=price
    )


def _gone(reason: str) -> Outcome:
    return Outcome(kind=OutcomeKind.GONE, retcode=GONE, reason=reason)


def _refused(retcode: int, reason: str, explanation: str) -> Outcome:
    return Outcome(kind=OutcomeKind.REFUSED, retcode=retcode, reason=reason, explanation=explanation)
