"""A strategy: the user's rules in one document."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits that an entry must pass. None switches a filter off.

    Counts are per account and day (UTC, the terminal's market time); ages in seconds; spread and
    distance relative: ``max_spread_share`` is spread / stop distance, ``max_entry_distance_share``
    the market's distance from the stated entry / stop distance.
    """

    max_daily_trades: int | None = 20
    max_open_trades: int | None = 20
    max_signal_age: float | None = 180.0
    max_spread_share: Decimal | None = Decimal("0.33")
    max_entry_distance_share: Decimal | None = Decimal("0.5")
    min_risk_reward: Decimal | None = Decimal("0.3")
    require_stop: bool = True
    skip_duplicates: bool = True
    skip_conflicts: bool = True
    confirm_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Management:
    """What happens to an open trade."""

    break_even_after_target: int | None = 1
    break_even_buffer_points: int = 0
    close_unstated_fraction: Decimal = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Strategy:
    """The user's rules. ``risk_percentage`` of equity is the budget of all legs of a signal together.

    ``legs`` is ``per_target`` (one position a target) or ``per_signal``. ``pending_expiry`` seconds
    until the broker deletes a waiting order. ``version`` is named by every decision.
    """

    name: str = "Default"
    version: str = "0"
    risk_percentage: Decimal = Decimal(1)
    legs: str = "per_target"
    max_targets: int = 100
    pending_expiry: float = 86_400.0
    max_slippage_points: int = 20
    magic: int = 517_001
    allow_missing_stop_fixed_lots: Decimal | None = None
    convert_risk_reward: bool = False
    filters: Filters = field(default_factory=Filters)
    management: Management = field(default_factory=Management)
