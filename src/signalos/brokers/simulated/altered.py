"""What some brokers do to comments, histories, ticks and tickets; used by the faults of these names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from signalos.brokers.simulated import holding
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.faults import COMMENT_LIMIT, Fault
from signalos.brokers.simulated.results import tick_of
from signalos.kit.wire import Answer
from signalos.prices import Quote

_SECOND = 1_000_000


def commented(args: Sequence[Any], fault: Fault) -> Sequence[Any]:
    """The same request with the comment a broker makes of it; wrong arguments stay as they are."""
    if len(args) != 1 or not isinstance(args[0], Mapping):
        return args
    comment = args[0].get("comment", "")
    if type(comment) is not str or len(comment) > COMMENT_LIMIT:
        return args
    return [{**args[0], "comment": (comment[: fault.keep] + fault.text)[:COMMENT_LIMIT]}]


def lagging(account: Account, answer: Answer, seconds: float) -> Answer:
    """The history without what happened during the last ``seconds``."""
    if answer.ok is None:
        return answer
    newest = account.server.shown(account.now - round(seconds * _SECOND)) // 1000
    kept = [
        row
        for row in answer.ok
        if (row["time_done_msc"] if "time_done_msc" in row else row["time_msc"]) <= newest
    ]
    return msgspec.structs.replace(answer, ok=kept)


def stale(account: Account, answer: Answer, symbol: str, seconds: float) -> Answer:
    """The tick that was the newest ``seconds`` ago; the symbol's first, if there was none yet."""
    if answer.ok is None:
        return answer
    series = account.market.feed.series[symbol]
    i = max(0, series.last_at(account.now - round(seconds * _SECOND)))
    quote = Quote(series.times[i], series.bids[i], series.asks[i])
    return msgspec.structs.replace(answer, ok=tick_of(account, symbol, quote))


def reticketed(account: Account, answer: Answer) -> None:
    """Give the position that an order has just opened or changed another ticket, as some servers do."""
    order = account.state.done_orders.get(answer.ok["order"]) if answer.ok else None
    held = holding.identified(account, order.position) if order else None
    if held is not None:
        account.let_go(held)
        held.ticket = account.next_ticket()
        account.hold(held)
