"""Builds the desktop app's parts from its configuration: its composition root.

The app and a stop that works without the app are built from the same parts.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from signalos.desktop.channel_book import ChannelBook, LocalChannel
from signalos.desktop.config import DesktopConfig, TerminalConfig, load_config, load_demo_time
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import CONFIG, TERMINALS
from signalos.desktop.logs import LOGS, JsonLog
from signalos.desktop.secure_file_handler import SecureFileHandler
from signalos.desktop.stop import reach_new_terminals
from signalos.desktop.strategy_book import StrategyBook
from signalos.desktop.terminal import Terminal, TerminalSettings
from signalos.desktop.terminal_types import TERMINAL_TYPES, BrokerParts, TerminalType
from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_from_document
from signalos.kit.clock import Clock, DemoClock, SystemClock
from signalos.kit.ids import SystemIds
from signalos.protocol.strategies import ChannelRules


@dataclass(frozen=True, slots=True)
class Parts:
    """What every part of the app shares. ``clock`` is wall time, ``market`` the messages' time.

    ``terminal_class`` is what makes a terminal of a broker and the journal. ``watch_seconds`` is the pause
    between two looks at each terminal, ``elsewhere_seconds`` that between two looks at what the command
    line wrote into the journal.
    """

    config: DesktopConfig
    home: Path
    journal: Journal
    strategies: StrategyBook
    channels: ChannelBook
    clock: Clock
    market: Clock
    round_number: int
    random: random.Random
    terminal_types: Mapping[str, TerminalType] = field(default_factory=lambda: TERMINAL_TYPES)
    terminal_class: type[Terminal] = Terminal
    watch_seconds: float = 0.1
    elsewhere_seconds: float = 0.05


def load(config_path: Path, home: Path, environ: Mapping[str, str]) -> Parts:
    """Read the configuration and open the journal; a local stop holds its new terminals too. Raises ConfigError."""
    config = load_config(config_path, environ)
    clock = SystemClock()
    market: Clock = clock
    number = 1
    if config.demo_clock is not None:
        demo = load_demo_time(config.demo_clock)
        market, number = DemoClock(demo, clock), demo.round
    journal = Journal(home, clock=clock, market=market, ids=SystemIds())
    local = _local(config, config.strategy)
    paired = config.server_url is not None
    strategies = StrategyBook(journal, local, paired=paired, ceilings=config.ceilings)
    channels = ChannelBook(journal, strategies, _local_channels(config), paired=paired)
    terminals = [terminal.id for terminal in config.terminals]
    with journal.transaction():
        journal.set_meta(CONFIG, str(config_path.resolve()))
        journal.set_meta(TERMINALS, msgspec.json.encode(terminals).decode())
        reach_new_terminals(journal, terminals)
    return Parts(config, home, journal, strategies, channels, clock, market, number, random.Random())  # noqa: S311 -- backoff jitter


def _local(config: DesktopConfig, document: dict[str, Any]) -> Strategy:
    """A strategy of this machine's own; how orders are marked and sent is always this machine's business."""
    return replace(
        strategy_from_document(document),
        magic=config.mt5_settings.magic_number,
        max_slippage_points=config.mt5_settings.slippage,
    )


def _local_channels(config: DesktopConfig) -> list[LocalChannel]:
    """The channels of config.json. Raises ConfigError naming the place of a strategy that cannot be used."""
    found: list[LocalChannel] = []
    for number, channel in enumerate(config.channels):
        where = f"config.json: channels[{number}]"
        rules = ChannelRules(
            chat_id=channel.chat,
            enabled=channel.enabled,
            default_symbol=channel.default_symbol,
            ignore_words=channel.ignore_words,
            words=channel.words,
            symbols=channel.symbols,
            price_style=channel.price_style,
            pip_sizes=channel.pip_sizes,
        )
        try:
            strategy = None if channel.strategy is None else _local(config, channel.strategy)
        except ConfigError as why:
            raise ConfigError(f"{where}: {why}") from why
        found.append(LocalChannel(rules, where, strategy))
    return found


def _logs(parts: Parts) -> dict[str, JsonLog]:
    """The logs, one object a file: two would overwrite each other's entries."""
    folder = parts.config.logs_folder or parts.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handler = SecureFileHandler(folder)
    return {name: JsonLog(handler, name, parts.clock) for name in LOGS}


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
    logs = _logs(parts)
    return [_terminal(parts, terminal, logs) for terminal in parts.config.terminals]


def _terminal(parts: Parts, config: TerminalConfig, logs: Mapping[str, JsonLog]) -> Terminal:
    kind = parts.terminal_types[config.type]
    broker = kind.build(config, BrokerParts(parts.clock, parts.market, parts.random))
    routes = {r.source: r for r in parts.config.routes if not r.terminals or config.id in r.terminals}
    own = {
        source: _local(parts.config, route.strategy)
        for source, route in routes.items()
        if route.strategy is not None and parts.config.server_url is None
    }
    return parts.terminal_class(
        TerminalSettings(
            config.id,
            grace_seconds=config.grace_seconds,
            absence_proves=kind.absence_proves,
            allow_real_account=config.allow_real_account,
            watch_seconds=parts.watch_seconds,
        ),
        broker,
        parts.journal,
        parts.strategies,
        listens_to=lambda source: source in routes or not parts.config.routes,
        strategy_of=lambda source, chat_id: parts.strategies.for_message(chat_id, own.get(source)),
        profile_of=lambda chat_id: parts.channels.of(chat_id).profile,
        note=lambda name, entry: logs[name].add(entry),
        ceilings=parts.config.ceilings,
        clock=parts.clock,
        market=parts.market,
    )
