"""The fields of a strategy document: name, type, range and unit of each, for checks, forms and docs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["text", "choice", "integer", "seconds", "decimal", "switch", "id"]
Place: TypeAlias = Literal["strategy", "filters", "management"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the document: its type, range and unit, for checking, forms and documentation.

    ``low`` is inclusive unless ``above`` is set; ``high`` is inclusive unless ``below`` is set.
    ``optional``: null or false switches it off. ``filter`` is the filter's name in ``filters``.
    """

    name: str
    place: Place
    kind: Kind
    meaning: str
    low: Decimal | None = None
    high: Decimal | None = None
    above: bool = False
    below: bool = False
    optional: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    filter: str = ""

    @property
    def camel(self) -> str:
        """The name on the wire."""
        return camel_case(self.name)

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return " or ".join(f'"{choice}"' for choice in self.choices)
        if self.kind == "text":
            return "text of at most 200 characters"
        word = "a whole number" if self.kind in ("integer", "id") else "a number"
        start = "above" if self.above else "from"
        end = "to below" if self.below else "to"
        unit = f" {self.unit}" if self.unit else ""
        off = ", or false for off" if self.optional else ""
        return f"{word} {start} {self.low:f} {end} {self.high:f}{unit}{off}"


def camel_case(name: str) -> str:
    """``max_daily_trades`` -> ``maxDailyTrades``."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def snake_case(name: str) -> str:
    """``maxDailyTrades`` -> ``max_daily_trades``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _field(name: str, place: Place, kind: Kind, meaning: str, bounds: str = "", **more: Any) -> Field:
    """A field whose ``bounds`` are written as an interval: ``[0,100]``, ``(0,1)``."""
    if not bounds:
        return Field(name, place, kind, meaning, **more)
    low, high = bounds[1:-1].split(",")
    return Field(
        name,
        place,
        kind,
        meaning,
        low=Decimal(low),
        high=Decimal(high),
        above=bounds[0] == "(",
        below=bounds[-1] == ")",
        **more,
    )


FIELDS: tuple[Field, ...] = (
    _field("name", "strategy", "text", "what the user calls it"),
    _field("version", "strategy", "text", "named by every decision"),
    _field("risk_percentage", "strategy", "decimal", "budget of a signal", "(0,100]", unit="% of equity"),
    _field(
        "legs",
        "strategy",
        "choice",
        "one position a target, or one a signal",
        choices=("per_target", "per_signal"),
    ),
    _field("max_targets", "strategy", "integer", "nearest targets traded", "[1,100]", unit="targets"),
    _field(
        "pending_expiry",
        "strategy",
        "seconds",
        "when the broker deletes a waiting order",
        "[60,31536000]",
        unit="seconds",
    ),
    _field(
        "max_slippage_points",
        "strategy",
        "integer",
        "worse than the quote by at most",
        "[0,100000]",
        unit="points",
    ),
    _field("magic", "strategy", "id", "mark of our orders at the broker", "[0,9223372036854775807]"),
    _field(
        "allow_missing_stop_fixed_lots",
        "strategy",
        "decimal",
        "lots of a signal that names no stop",
        "(0,1000]",
        optional=True,
        unit="lots",
    ),
    _field(
        "convert_risk_reward",
        "strategy",
        "switch",
        "move targets out that are worth less than min_risk_reward, instead of refusing",
    ),
    _field(
        "max_daily_trades",
        "filters",
        "integer",
        "signals opened a day",
        "[0,100000]",
        optional=True,
        unit="a day",
        filter="max_daily_trades",
    ),
    _field(
        "max_open_trades",
        "filters",
        "integer",
        "signals alive at once",
        "[0,100000]",
        optional=True,
        unit="at once",
        filter="max_open_trades",
    ),
    _field(
        "max_signal_age",
        "filters",
        "seconds",
        "time since the post",
        "(0,2592000]",
        optional=True,
        unit="seconds",
        filter="signal_age",
    ),
    _field(
        "max_spread_share",
        "filters",
        "decimal",
        "spread / stop distance",
        "(0,100]",
        optional=True,
        unit="of the stop distance",
        filter="spread",
    ),
    _field(
        "max_entry_distance_share",
        "filters",
        "decimal",
        "market's distance from the stated entry / stop distance",
        "[0,1000]",
        optional=True,
        unit="of the stop distance",
        filter="entry_distance",
    ),
    _field(
        "min_risk_reward",
        "filters",
        "decimal",
        "nearest target's distance / stop distance",
        "[0,1000]",
        optional=True,
        unit="times the stop distance",
        filter="min_risk_reward",
    ),
    _field("require_stop", "filters", "switch", "refuse without a stop", filter="missing_stop"),
    _field("skip_duplicates", "filters", "switch", "refuse the same trade twice", filter="duplicate"),
    _field("skip_conflicts", "filters", "switch", "refuse against an opposite trade", filter="conflict"),
    _field("confirm_by_hand", "filters", "switch", "wait for the user's yes", filter="confirm_by_hand"),
    _field(
        "break_even_after_target",
        "management",
        "integer",
        "target whose hit moves the stops to entry",
        "[1,100]",
        optional=True,
    ),
    _field(
        "break_even_buffer_points",
        "management",
        "integer",
        "profit kept by a stop at entry",
        "[0,100000]",
        unit="points",
    ),
    _field(
        "close_unstated_fraction",
        "management",
        "decimal",
        'what "take partial profits" closes',
        "(0,1)",
        unit="of the open volume",
    ),
)
"""Every field of the document, in the order in which it is written."""

FIELD: dict[str, Field] = {field.name: field for field in FIELDS}
