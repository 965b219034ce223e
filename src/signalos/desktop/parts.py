"""Builds the desktop app's parts from its configuration: its composition root.

The app and a stop that works without the app are built from the same parts.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from signalos.brokers.mt5.broker import Mt5Broker
from signalos.brokers.mt5.launcher import WorkerLauncher
from signalos.brokers.mt5.process import native_worker, simulated_worker
from signalos.brokers.mt5.settings import Settings
from signalos.desktop.config import DesktopConfig, TerminalConfig, load_config, load_demo_time
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import CONFIG, TERMINALS
from signalos.desktop.logs import CONFLICT_LOG, RETRY_LOG, JsonLog
from signalos.desktop.secure_file_handler import SecureFileHandler
from signalos.desktop.strategy_book import StrategyBook
from signalos.desktop.terminal import Terminal, TerminalSettings
from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_from_document
from signalos.kit.clock import Clock, DemoClock, SystemClock
from signalos.kit.ids import SystemIds


@dataclass(frozen=True, slots=True)
class Parts:
    """What every part of the app shares. ``clock`` is wall time, ``market`` the messages' time."""

    config: DesktopConfig
    home: Path
    journal: Journal
    strategies: StrategyBook
    clock: Clock
    market: Clock
    round_number: int
    random: random.Random


def load(config_path: Path, home: Path, environ: Mapping[str, str]) -> Parts:
    """Read the configuration and open the journal. Raises ConfigError."""
    config = load_config(config_path, environ)
    clock = SystemClock()
    market: Clock = clock
    number = 1
    if config.demo_clock is not None:
        demo = load_demo_time(config.demo_clock)
        market, number = DemoClock(demo, clock), demo.round
    journal = Journal(home, clock=clock, market=market, ids=SystemIds())
    local = _local(config, config.strategy)
    strategies = StrategyBook(journal, local, paired=config.server_url is not None)
    journal.set_meta(CONFIG, str(config_path.resolve()))
    journal.set_meta(TERMINALS, msgspec.json.encode([t.id for t in config.terminals]).decode())
    return Parts(config, home, journal, strategies, clock, market, number, random.Random())  # noqa: S311 -- backoff jitter


def _local(config: DesktopConfig, document: dict[str, Any]) -> Strategy:
    """A strategy of this machine's own; how orders are marked and sent is always this machine's business."""
    return replace(
        strategy_from_document(document),
        magic=config.mt5_settings.magic_number,
        max_slippage_points=config.mt5_settings.slippage,
    )


def _logs(parts: Parts) -> dict[str, JsonLog]:
    folder = parts.config.logs_folder or parts.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handler = SecureFileHandler(folder)
    return {name: JsonLog(handler, name, parts.clock) for name in (RETRY_LOG, CONFLICT_LOG)}


def load_for(home: Path, environ: Mapping[str, str]) -> Parts:
    """Load with the configuration that the folder's app was last started with. Raises ConfigError."""
    clock = SystemClock()
    journal = Journal(home, clock=clock, market=clock, ids=SystemIds())
    path = journal.meta(CONFIG)
    journal.close()
    if path is None:
        raise ConfigError(f"no app has run in {home} yet")
    return load(Path(path), home, environ)


def build_terminals(parts: Parts) -> list[Terminal]:
    """Every configured terminal with its broker."""
    return [_terminal(parts, terminal) for terminal in parts.config.terminals]


def _terminal(parts: Parts, config: TerminalConfig) -> Terminal:
    simulated = config.type == "simulated"
    command = simulated_worker(str(config.address)) if simulated else native_worker(config.path)
    launcher = WorkerLauncher(command, parts.clock, parts.random, _credentials(config))
    broker = Mt5Broker(config.id, launcher, parts.clock, Settings(), parts.market)
    routes = {r.source: r for r in parts.config.routes if not r.terminals or config.id in r.terminals}
    own = {
        source: _local(parts.config, route.strategy)
        for source, route in routes.items()
        if route.strategy is not None and parts.config.server_url is None
    }
    logs = _logs(parts)

    return Terminal(
        TerminalSettings(
            config.id,
            grace_seconds=config.grace_seconds,
            # The simulated terminal keeps every order it received; what it does not show, it never got.
            absence_proves=simulated,
            allow_real_account=config.allow_real_account,
        ),
        broker,
        parts.journal,
        parts.strategies,
        listens_to=lambda source: source in routes or not parts.config.routes,
        strategy_of=lambda source: own.get(source) or parts.strategies.current(),
        note=lambda name, entry: logs[name].add(entry),
        clock=parts.clock,
        market=parts.market,
    )


def _credentials(config: TerminalConfig) -> dict[str, str]:
    """The worker's environment: credentials are handed over there, never on a command line."""
    given = {"MT5_LOGIN": config.login, "MT5_PASSWORD": config.password, "MT5_SERVER": config.server}
    return {name: str(value) for name, value in given.items() if value is not None}
