"""Build a simulated terminal from its options: the one place where its parts meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from signalos.brokers.simulated.codes import MarginMode
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.faults import Faults
from signalos.brokers.simulated.market import Market
from signalos.brokers.simulated.records import AccountSettings, AccountState, opened_account
from signalos.brokers.simulated.servertime import ServerTime
from signalos.brokers.simulated.service import InProcess, Service
from signalos.brokers.simulated.storage import Storage
from signalos.brokers.simulated.symbols import SymbolProperties, symbol_table
from signalos.brokers.simulated.terminal import Terminal
from signalos.brokers.simulated.timeline import Timeline, demo_timeline, first_timeline, shifted
from signalos.domain.errors import ConfigError
from signalos.domain.symbols import CURRENCIES
from signalos.kit.clock import Clock, DemoTime
from signalos.prices import PriceSeries, load_prices, price_files, to_micros

MARGIN_MODES = {
    "hedging": MarginMode.RETAIL_HEDGING,
    "netting": MarginMode.RETAIL_NETTING,
    "exchange": MarginMode.EXCHANGE,
}


class TerminalOptions(msgspec.Struct, kw_only=True, frozen=True):
    """What a simulated terminal is started with. None leaves an existing account as it is; a new one is a
    hedging account with everything allowed, its server's clock UTC. ``margin_mode`` is one of
    ``MARGIN_MODES``, ``server_zone`` as ``servertime`` reads it.

    ``demo`` is a shared demo clock: account time is then recorded time. Without it the account has its
    recording to itself, at ``speed`` times wall pace.
    """

    state: Path
    prices: Path
    speed: float = 1.0
    balance: Decimal | None = None
    currency: str | None = None
    leverage: int | None = None
    login: int | None = None
    trade_mode: int | None = None
    margin_mode: str | None = None
    fifo_close: bool | None = None
    hedging_allowed: bool | None = None
    margin_call: int | None = None
    stop_out: int | None = None
    server_zone: str | None = None
    limit_orders: int | None = None
    limit_positions: int | None = None
    demo: DemoTime | None = None
    seed: int = 0
    symbols: dict[str, dict[str, Any]] = {}


class Opened(NamedTuple):
    """A terminal that is ready, with what a user should be told."""

    terminal: Terminal
    notes: list[str]


def in_process(
    options: TerminalOptions,
    clock: Clock,
    faults: Faults | None = None,
    die: Callable[[], None] = lambda: None,
) -> tuple[InProcess, Service]:
    """Open a terminal inside this process: a transport to it, and the service for more of them.

    ``die`` is called by the fault ``die_after``, when the order is on disk. Raises ConfigError.
    """
    service = Service(open_terminal(options, clock).terminal, faults or Faults(), clock, die)
    return InProcess(service, clock), service


def open_terminal(options: TerminalOptions, clock: Clock) -> Opened:
    """Open the account of the state file, or make it, and let the market catch up with the clock.

    Raises ConfigError for options, prices or a state file that cannot be used.
    """
    _usable(options)
    table = symbol_table(price_files(options.prices), options.symbols)
    series = load_prices(options.prices, digits_of=lambda name: table[name].digits, seed=options.seed)
    storage = Storage(options.state)
    try:
        return _opened(options, clock, series, table, storage)
    except BaseException:
        storage.close()
        raise


def _opened(
    options: TerminalOptions,
    clock: Clock,
    series: Mapping[str, PriceSeries],
    table: Mapping[str, SymbolProperties],
    storage: Storage,
) -> Opened:
    stored = storage.settings()
    settings = _settings(options, stored)
    wall = clock.now()
    timeline = _timeline(options, storage.timeline(), wall, min(s.times[0] for s in series.values()))
    market = Market(shifted(series, timeline.shift or 0), table, settings.currency, settings.digits)

    def now() -> int:
        wall = clock.now()
        return to_micros(options.demo.at(wall)) if options.demo else timeline.at(wall)

    digits = {name: symbol.digits for name, symbol in table.items()}
    if stored is None:
        state, changes = opened_account(settings, now())
        storage.create(settings, timeline, digits, state, changes)
    else:
        state = storage.load()
        _symbols_fit(state, storage.digits(), digits, options.prices)
        storage.put_timeline(timeline)
    terminal = Terminal(Account(settings, market, state), storage, now, str(options.state.resolve()))
    terminal.advance()
    return Opened(terminal, sorted(market.not_tradable.values()))


def _usable(options: TerminalOptions) -> None:
    if options.margin_mode is not None and options.margin_mode not in MARGIN_MODES:
        raise ConfigError(
            f"margin mode {options.margin_mode!r} is not known: use one of {', '.join(MARGIN_MODES)}"
        )
    ServerTime(options.server_zone or "UTC")
    for name in ("margin_call", "stop_out"):
        level = getattr(options, name)
        if level is not None and not 0 <= level <= 1000:
            raise ConfigError(
                f"{name} {level} cannot be used: it is a margin level between 0 and 1000 percent"
            )
    if not 0 < options.speed <= 1_000_000:
        raise ConfigError(f"speed {options.speed:g} cannot be used: it is a number above 0, 1 = real time")
    if options.balance is not None and not 0 < options.balance < 10**12:
        raise ConfigError(f"balance {options.balance} cannot be used: it is an amount above 0")
    if options.leverage is not None and not 1 <= options.leverage <= 10_000:
        raise ConfigError(f"leverage {options.leverage} cannot be used: it lies between 1 and 10000")
    if options.currency is not None and options.currency not in CURRENCIES:
        raise ConfigError(
            f"currency {options.currency!r} is not known: use one of {', '.join(sorted(CURRENCIES))}"
        )


def _settings(options: TerminalOptions, stored: AccountSettings | None) -> AccountSettings:
    wanted = {
        "deposit": options.balance,
        "currency": options.currency,
        "leverage": options.leverage,
        "login": options.login,
        "trade_mode": options.trade_mode,
        "margin_mode": options.margin_mode and MARGIN_MODES[options.margin_mode],
        "fifo_close": options.fifo_close,
        "hedging_allowed": options.hedging_allowed,
        "margin_call": options.margin_call,
        "stop_out": options.stop_out,
        "server_zone": options.server_zone,
        "limit_orders": options.limit_orders,
        "limit_positions": options.limit_positions,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    if stored is None:
        settings = msgspec.structs.replace(AccountSettings(), **given)
        deposit = settings.deposit.quantize(Decimal(1).scaleb(-settings.digits))
        return msgspec.structs.replace(settings, deposit=deposit)
    for name, value in given.items():
        has = getattr(stored, name)
        if has != value:
            then, now = (v.name if isinstance(v, MarginMode) else v for v in (has, value))
            raise ConfigError(
                f"the account in {options.state} was opened with {name} {then}, not {now}. "
                "Leave the option out, or name another state file for a new account."
            )
    return stored


def _timeline(
    options: TerminalOptions, stored: Timeline | None, wall: datetime, first_row: int
) -> Timeline:
    if stored is not None and (stored.shift is None) != (options.demo is not None):
        how = "with a shared clock file" if stored.shift is None else "without a clock file"
        raise ConfigError(
            f"the account in {options.state} was started {how}; its times would not fit any more. "
            "Start it the same way, or name another state file for a new account."
        )
    if options.demo is not None:
        return demo_timeline(options.demo)
    if stored is None:
        return first_timeline(wall, options.speed, first_row)
    return stored.from_here(wall, options.speed)


def _symbols_fit(
    state: AccountState, then: Mapping[str, int], now: Mapping[str, int], prices: Path
) -> None:
    # Every position was opened by an order, and each order is waiting or done.
    used = {o.symbol for o in state.orders.values()} | {o.symbol for o in state.done_orders.values()}
    for symbol in sorted(used):
        if symbol not in now:
            raise ConfigError(
                f"the account has traded {symbol}, but {prices} holds no prices of it. "
                "Put its file back, or name another state file for a new account."
            )
        if then.get(symbol, now[symbol]) != now[symbol]:
            raise ConfigError(
                f"{symbol} had {then[symbol]} digits when the account traded it and has {now[symbol]} now: "
                "its prices would be misread. Undo that change."
            )
