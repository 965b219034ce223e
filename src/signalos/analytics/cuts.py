"""The same figures, cut by what the trades have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from signalos.analytics.figures import ClosedTrade, Figures, figures

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

CUTS: dict[str, Callable[[ClosedTrade], tuple[str, str]]] = {
    "provider": lambda trade: (trade.provider, trade.provider_name or "By hand or unknown"),
    "symbol": lambda trade: (trade.symbol, trade.symbol),
    "side": lambda trade: (trade.side, trade.side),
    "hour": lambda trade: (f"{trade.opened_at.hour:02}", f"{trade.opened_at.hour:02}:00"),
    "weekday": lambda trade: (str(trade.opened_at.weekday()), DAYS[trade.opened_at.weekday()]),
}
"""How trades are cut: name -> (key, label) of a trade. Hour and weekday are those of the entry, UTC."""
IN_ORDER = frozenset(("hour", "weekday"))


def cut(by: str, trades: Iterable[ClosedTrade]) -> list[tuple[str, str, Figures]]:
    """Rows (key, label, figures) of ``CUTS[by]``; hours and days in their order, else the best net first.

    Every trade is in exactly one row. Raises KeyError for a cut that is not registered.
    """
    place = CUTS[by]
    groups: dict[str, list[ClosedTrade]] = {}
    labels: dict[str, str] = {}
    for trade in trades:
        key, label = place(trade)
        groups.setdefault(key, []).append(trade)
        labels.setdefault(key, label)
    rows = [(key, labels[key], figures(group)) for key, group in groups.items()]
    if by in IN_ORDER:
        return sorted(rows, key=lambda row: row[0])
    return sorted(rows, key=lambda row: (-row[2].net, row[0]))
