"""How much a quote has to offer: endless, unless the symbol says how many lots."""

from __future__ import annotations

from signalos.brokers.simulated.codes import DealType, Filling
from signalos.brokers.simulated.ledger import Ledger
from signalos.brokers.simulated.symbols import VOLUME_UNIT


def offered(books: Ledger, symbol: str, buys: bool, wanted: int) -> int:
    """How much of ``wanted`` the newest quote of ``symbol`` can still fill on this side.

    What has been dealt since that quote came is gone. It is read off the deals, so a restart changes
    nothing. Exits by stop, target and stop-out are always filled whole.
    """
    lots = books.market.symbols[symbol].liquidity
    quote = books.market.quote(symbol)
    if not lots or quote is None:
        return wanted
    left = int(lots / VOLUME_UNIT)
    kind = DealType.BUY if buys else DealType.SELL
    for deal in reversed(books.state.deals.values()):
        if deal.time < quote.time:
            break
        if deal.symbol == symbol and deal.type is kind:
            left -= deal.volume
    return max(0, min(wanted, left))


def takes_part(filling: Filling) -> bool:
    """Whether an order of this filling takes less than it wants; fill-or-kill does not."""
    return filling is not Filling.FOK


def rest_waits(filling: Filling) -> bool:
    """Whether what could not be filled waits for the next quote instead of being cancelled."""
    return filling in (Filling.RETURN, Filling.BOC)
