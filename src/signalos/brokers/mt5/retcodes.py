"""What each answer of ``order_send`` means: its class, a stable reason, and plain words.

A number that is not in the table is unknown: the request may have been carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from signalos.brokers.mt5 import constants as mt5


class AnswerClass(StrEnum):
    """What the broker does about an answer."""

    DONE = "done"
    PLACED = "placed"
    PARTIAL = "partial"
    NO_CHANGE = "no_change"
    NEW_PRICE = "new_price"
    WAIT = "wait"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    ACCOUNT = "account"
    CLOSED = "market_closed"
    GONE = "gone"
    NEVER_SENT = "never_sent"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One answer explained: ``what`` happened, ``why``, and what ``todo`` about it."""

    answer: AnswerClass
    reason: str
    what: str
    why: str
    todo: str

    @property
    def text(self) -> str:
        """The whole explanation for the user."""
        return f"{self.what}: {self.why}. {self.todo}"


UNKNOWN_TODO = "Nothing is sent again; positions, orders and history are searched for it first."
OUR_MISTAKE = "Please report this with the journal: the request was built wrongly."
_A = AnswerClass

_RETCODES: dict[int, Meaning] = {
    10009: Meaning(_A.DONE, "", "Done", "the terminal carried out the request", "Nothing to do."),
    10008: Meaning(_A.PLACED, "", "Placed", "the terminal accepted the order", "Its fill is watched for."),
    10010: Meaning(
        _A.PARTIAL,
        "partially_filled",
        "Filled in part",
        "the market offered less volume than asked for",
        "The rest is not sent again.",
    ),
    10025: Meaning(
        _A.NO_CHANGE, "no_change", "Nothing to change", "these levels are already set", "Nothing to do."
    ),
    10004: Meaning(
        _A.NEW_PRICE,
        "requote",
        "Requoted",
        "the price moved before the order was filled",
        "It is tried again at the new price while the slippage limit allows.",
    ),
    10020: Meaning(
        _A.NEW_PRICE,
        "price_changed",
        "Price changed",
        "the price moved before the order was filled",
        "It is tried again at the new price while the slippage limit allows.",
    ),
    10021: Meaning(
        _A.NEW_PRICE,
        "price_off",
        "No quotes",
        "the broker had no price to fill the order at",
        "It is tried again with a fresh quote while the slippage limit allows.",
    ),
    10023: Meaning(
        _A.WAIT,
        "order_changed",
        "Order just changed",
        "its state changed while the request was under way",
        "It is read and tried again shortly.",
    ),
    10024: Meaning(
        _A.WAIT,
        "too_many_requests",
        "Too many requests",
        "the broker limits how many requests may come in a while",
        "It is tried again more slowly.",
    ),
    10028: Meaning(
        _A.WAIT,
        "locked",
        "Locked",
        "the broker is working on this order or position",
        "It is tried again shortly.",
    ),
    10029: Meaning(
        _A.WAIT,
        "frozen",
        "Frozen",
        "the market is too close to the order's own price, where brokers allow no change",
        "It is tried again once the price has moved away.",
    ),
    10011: Meaning(
        _A.UNKNOWN,
        "processing_error",
        "Outcome unknown",
        "the broker reported an error while processing",
        UNKNOWN_TODO,
    ),
    10012: Meaning(
        _A.UNKNOWN,
        "timeout",
        "Outcome unknown",
        "the broker did not answer the terminal in time",
        UNKNOWN_TODO,
    ),
    10031: Meaning(
        _A.UNKNOWN,
        "connection",
        "Outcome unknown",
        "the terminal lost its connection to the broker",
        UNKNOWN_TODO,
    ),
    10006: Meaning(
        _A.REJECTED,
        "rejected",
        "Rejected",
        "the broker's dealing desk or server refused the request without a reason",
        "Try by hand in the terminal, or ask the broker.",
    ),
    10007: Meaning(
        _A.REJECTED,
        "canceled_by_trader",
        "Cancelled",
        "the request was cancelled in the terminal",
        "Send it again by hand if it was not meant to be cancelled.",
    ),
    10013: Meaning(
        _A.REJECTED,
        "invalid_request",
        "Refused as invalid",
        "the broker does not accept a request of this form for the symbol",
        OUR_MISTAKE,
    ),
    10014: Meaning(
        _A.REJECTED,
        "invalid_volume",
        "Volume refused",
        "the broker does not accept this volume for the symbol",
        "Compare it with the symbol's smallest, largest and step volume.",
    ),
    10015: Meaning(
        _A.REJECTED,
        "invalid_price",
        "Price refused",
        "the broker does not accept this price: it is on the wrong side of the market or missing",
        "Check the entry price against the current quote.",
    ),
    10016: Meaning(
        _A.REJECTED,
        "invalid_stops",
        "Stop or target refused",
        "a level is on the wrong side or closer to the price than the broker allows",
        "Move the level further from the price.",
    ),
    10022: Meaning(
        _A.REJECTED,
        "invalid_expiration",
        "Expiry refused",
        "the broker does not accept this expiry for the symbol",
        "Choose a later expiry, or none.",
    ),
    10030: Meaning(
        _A.REJECTED,
        "invalid_filling",
        "Filling mode refused",
        "the broker accepts neither of the filling modes that it advertises for the symbol",
        "Ask the broker which filling mode the symbol takes.",
    ),
    10035: Meaning(
        _A.REJECTED,
        "invalid_order",
        "Order refused",
        "the broker does not allow this kind of order for the symbol, or the order does not exist",
        "Check the order in the terminal.",
    ),
    10038: Meaning(
        _A.REJECTED,
        "invalid_close_volume",
        "Close refused",
        "the volume to close is larger than the position",
        "Read the position again and close what is left of it.",
    ),
    10039: Meaning(
        _A.REJECTED,
        "close_order_exists",
        "Close refused",
        "another closing order for this position is already waiting",
        "Wait for that order, or delete it in the terminal.",
    ),
    10041: Meaning(
        _A.REJECTED,
        "reject_cancel",
        "Refused",
        "the broker rejected the activation and cancelled the order",
        "Place the order again if the signal still holds.",
    ),
    10017: Meaning(
        _A.ACCOUNT,
        "trade_disabled",
        "Trading disabled",
        "the broker has switched trading off for this account or symbol",
        "Ask the broker; nothing is traded there until then.",
    ),
    10018: Meaning(
        _A.CLOSED,
        "market_closed",
        "Market closed",
        "the symbol has no trading session now",
        "It waits for the session.",
    ),
    10019: Meaning(
        _A.ACCOUNT,
        "no_money",
        "Not enough money",
        "the free margin does not cover the order",
        "Lower the risk or the volume, or close something first.",
    ),
    10026: Meaning(
        _A.ACCOUNT,
        "autotrading_disabled_server",
        "Automated trading disabled",
        "the broker's server does not allow programs to trade on this account",
        "Ask the broker to allow automated trading.",
    ),
    10027: Meaning(
        _A.ACCOUNT,
        "autotrading_disabled",
        "Automated trading disabled",
        "the terminal's Algo Trading button is off",
        "Switch Algo Trading on in the terminal.",
    ),
    10032: Meaning(
        _A.ACCOUNT,
        "only_real",
        "Real accounts only",
        "the broker allows this operation on real accounts only",
        "Use another symbol or account.",
    ),
    10033: Meaning(
        _A.ACCOUNT,
        "too_many_orders",
        "Too many orders",
        "the account's limit of waiting orders is reached",
        "Delete waiting orders that are no longer needed.",
    ),
    10034: Meaning(
        _A.ACCOUNT,
        "volume_limit",
        "Volume limit reached",
        "the broker limits the total volume of the symbol in one direction",
        "Close or shrink what is open there first.",
    ),
    10040: Meaning(
        _A.ACCOUNT,
        "too_many_positions",
        "Too many positions",
        "the account's limit of open positions is reached",
        "Close positions first.",
    ),
    10042: Meaning(
        _A.ACCOUNT,
        "long_only",
        "Sell refused",
        "the broker allows only buying this symbol",
        "Skip sell signals of this symbol.",
    ),
    10043: Meaning(
        _A.ACCOUNT,
        "short_only",
        "Buy refused",
        "the broker allows only selling this symbol",
        "Skip buy signals of this symbol.",
    ),
    10044: Meaning(
        _A.ACCOUNT,
        "close_only",
        "Entry refused",
        "the broker allows only closing on this symbol",
        "No new trade is possible there.",
    ),
    10045: Meaning(
        _A.ACCOUNT,
        "fifo_close",
        "Close refused",
        "the account must close its oldest position of the symbol first",
        "Close the older position first.",
    ),
    10046: Meaning(
        _A.ACCOUNT,
        "hedge_prohibited",
        "Entry refused",
        "the account may not hold both directions of a symbol",
        "Close the opposite position first.",
    ),
    mt5.RETCODE_POSITION_CLOSED: Meaning(
        _A.GONE,
        "position_closed",
        "Position already closed",
        "it was closed before the request arrived",
        "Nothing to do; its deals say how it ended.",
    ),
}


def meaning_of(retcode: int) -> Meaning:
    """Explain a retcode of ``order_send``; an unlisted one is unknown."""
    known = _RETCODES.get(retcode)
    if known is not None:
        return known
    return Meaning(
        AnswerClass.UNKNOWN,
        "unlisted_answer",
        "Outcome unknown",
        f"the terminal answered with the unlisted code {retcode}",
        UNKNOWN_TODO,
    )


def all_retcodes() -> dict[int, Meaning]:
    """Every listed retcode with its meaning."""
    return dict(_RETCODES)
