"""``signalos sim``: the simulated terminal as a process."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sqlite3
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

from signalos.brokers.simulated.assembly import MARGIN_MODES, Opened, TerminalOptions, open_terminal
from signalos.brokers.simulated.faults import Faults, read_faults
from signalos.brokers.simulated.server import SimulatorServer, listen_address
from signalos.brokers.simulated.service import Service
from signalos.brokers.simulated.symbols import read_symbol_changes
from signalos.brokers.simulated.timeline import read_demo_time
from signalos.domain.errors import ConfigError
from signalos.kit import collector, loop
from signalos.kit.clock import SystemClock
from signalos.kit.single import AlreadyRunning, SingleInstance

_KILLED = 9
_ACCOUNT_TYPES = ("demo", "contest", "real")


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe ``sim`` to the command line."""
    parser = subparsers.add_parser(
        "sim",
        help="start a simulated trading terminal",
        description="A trading terminal over recorded prices.",
    )
    parser.add_argument("--listen", required=True, metavar="127.0.0.1:PORT", help="port 0 takes a free one")
    parser.add_argument(
        "--state", required=True, type=Path, metavar="FILE", help="where the account is kept"
    )
    parser.add_argument(
        "--prices",
        required=True,
        type=Path,
        metavar="DIR",
        help="SYMBOL.csv, SYMBOL.parquet or SYMBOL.script",
    )
    parser.add_argument("--speed", type=float, default=1.0, help="recorded seconds in one second (1)")
    parser.add_argument("--balance", type=_amount, help="deposit of a new account (100000)")
    parser.add_argument("--currency", type=str.upper, help="currency of a new account (USD)")
    parser.add_argument("--leverage", type=int, help="leverage of a new account (100)")
    parser.add_argument("--login", type=int, help="login of a new account (90000001)")
    parser.add_argument(
        "--account-type", choices=_ACCOUNT_TYPES, help="what a new account calls itself (demo)"
    )
    parser.add_argument("--margin-mode", help=f"of a new account: {', '.join(MARGIN_MODES)} (hedging)")
    parser.add_argument(
        "--fifo-close",
        action="store_const",
        const=True,
        help="a new account closes the oldest position first",
    )
    parser.add_argument(
        "--no-hedging",
        dest="hedging_allowed",
        action="store_const",
        const=False,
        help="a new account may not hold both directions of a symbol",
    )
    parser.add_argument("--margin-call", type=int, metavar="PERCENT", help="level of a new account (100)")
    parser.add_argument("--stop-out", type=int, metavar="PERCENT", help="level of a new account (50)")
    parser.add_argument(
        "--limit-orders", type=int, metavar="N", help="waiting orders of a new account (200)"
    )
    parser.add_argument("--limit-positions", type=int, metavar="N", help="positions of a new account (any)")
    parser.add_argument(
        "--server-zone",
        metavar="ZONE",
        help="clock of a new account's server (UTC), e.g. America/New_York+7",
    )
    parser.add_argument("--clock", type=Path, metavar="FILE", help="a shared demo clock (JSON)")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="faults on demand (JSON)")
    parser.add_argument("--symbols", type=Path, metavar="FILE", help="changed symbol properties (JSON)")
    parser.add_argument(
        "--seed", type=int, default=0, help="chooses the path inside bars, of walks, and faults"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the terminal until it is told to stop. Exit 0: stopped; 1: broke; 2: cannot start as asked."""
    try:
        host, port = listen_address(args.listen)
        lock = SingleInstance(args.state.with_name(args.state.name + ".lock"), "a simulated terminal")
    except (ConfigError, AlreadyRunning, OSError) as why:
        print(f"signalos sim: {why}", file=sys.stderr)
        return 2
    with lock:
        try:
            return loop.run(_serve(args, host, port))
        except ConfigError as why:
            print(f"signalos sim: {why}", file=sys.stderr)
            return 2
        except (sqlite3.Error, OSError) as why:
            print(f"signalos sim: the account cannot be written: {why}. It stops here.", file=sys.stderr)
            return 1


async def _serve(args: argparse.Namespace, host: str, port: int) -> int:
    clock = SystemClock()
    opened = _open(args, clock)
    terminal = opened.terminal
    try:
        faults = Faults(read_faults(args.faults) if args.faults else (), args.seed)
        server = SimulatorServer(Service(terminal, faults, clock, _die))
        host, port = await server.start(host, port)
        stop = asyncio.Event()
        _stop_on_signals(stop)
        for note in opened.notes:
            print(f"signalos sim: {note}", file=sys.stderr)
        settings = terminal.account.settings
        print(
            f"simulated terminal ready at {host}:{port} "
            f"(account {settings.login}, {len(terminal.account.market.symbols)} symbols)",
            flush=True,
        )
        collector.settle()
        await server.run(stop)
    finally:
        terminal.close()
    return 0


def _open(args: argparse.Namespace, clock: SystemClock) -> Opened:
    options = TerminalOptions(
        state=args.state,
        prices=args.prices,
        speed=args.speed,
        balance=args.balance,
        currency=args.currency,
        leverage=args.leverage,
        login=args.login,
        trade_mode=_ACCOUNT_TYPES.index(args.account_type) if args.account_type else None,
        margin_mode=args.margin_mode,
        fifo_close=args.fifo_close,
        hedging_allowed=args.hedging_allowed,
        margin_call=args.margin_call,
        stop_out=args.stop_out,
        server_zone=args.server_zone,
        limit_orders=args.limit_orders,
        limit_positions=args.limit_positions,
        demo=read_demo_time(args.clock) if args.clock else None,
        seed=args.seed,
        symbols=read_symbol_changes(args.symbols) if args.symbols else {},
    )
    return open_terminal(options, clock)


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    names = ["SIGINT", "SIGTERM", "SIGBREAK"]
    for number in [getattr(signal, name) for name in names if hasattr(signal, name)]:
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            # Windows' event loop takes no handlers: the plain ones wake it through the loop.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _die() -> None:
    os._exit(_KILLED)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount") from None
    if not amount.is_finite():
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount")
    return amount
