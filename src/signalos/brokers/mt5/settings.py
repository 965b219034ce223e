"""What may be set about a MetaTrader terminal's broker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Seconds a call to the terminal may take before its worker is killed."""

    connect: float = 60.0
    read: float = 10.0
    history: float = 30.0
    send: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one terminal.

    ``close_deviation_points`` limits the slippage of closes under instant execution: wide, since a
    close that is refused leaves the risk open. ``max_quote_age`` seconds without a change of the
    quote end entries on a symbol. ``server_offset`` is how far the server's wall clock is ahead of
    UTC; None learns it from fresh quotes. ``watch_clock`` compares this machine's clock with them: not
    where the terminal replays recorded prices. ``account`` (login@server) is the only one to trade on;
    None pins the first one seen. ``history`` is how far back a tag is searched.
    """

    close_deviation_points: int = 100
    max_quote_age: float = 300.0
    spec_seconds: float = 60.0
    price_tries: int = 3
    wait_tries: int = 5
    verify_tries: int = 8
    first_pause: float = 0.05
    server_offset: timedelta | None = None
    watch_clock: bool = True
    account: str | None = None
    history: timedelta = timedelta(days=7)
    symbols: Mapping[str, str] = field(default_factory=dict)
    """Canonical symbol -> the broker's spelling, where the search would not find it."""
    initialize: Mapping[str, int | str] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
