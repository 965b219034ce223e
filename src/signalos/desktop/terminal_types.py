"""The types of terminals: ``TERMINAL_TYPES`` names every ``type`` that a terminal of config.json may have."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from signalos.brokers.base import Broker
from signalos.brokers.mt5.broker import Mt5Broker
from signalos.brokers.mt5.launcher import WorkerLauncher
from signalos.brokers.mt5.process import mt5linux_worker, native_worker, simulated_worker
from signalos.brokers.mt5.settings import Settings
from signalos.desktop.config import TerminalConfig
from signalos.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class BrokerParts:
    """What the composition root hands to each broker. ``clock`` is wall time, ``market`` the quotes' time."""

    clock: Clock
    market: Clock
    random: random.Random


@dataclass(frozen=True, slots=True)
class TerminalType:
    """How a terminal's entry becomes a broker. ``absence_proves``: what it does not show, it never got."""

    build: Callable[[TerminalConfig, BrokerParts], Broker]
    absence_proves: bool = False


def _simulated(config: TerminalConfig, parts: BrokerParts) -> Broker:
    launcher = WorkerLauncher(simulated_worker(str(config.address)), parts.clock, parts.random)
    return Mt5Broker(config.id, launcher, parts.clock, Settings(watch_clock=False), parts.market)


def _mt5(config: TerminalConfig, parts: BrokerParts) -> Broker:
    return _metatrader(config, parts, native_worker(config.path), Settings())


def _mt5linux(config: TerminalConfig, parts: BrokerParts) -> Broker:
    settings = Settings()
    command = mt5linux_worker(str(config.address), settings.deadlines.send, config.path)
    return _metatrader(config, parts, command, settings)


def _metatrader(
    config: TerminalConfig, parts: BrokerParts, command: list[str], settings: Settings
) -> Broker:
    launcher = WorkerLauncher(command, parts.clock, parts.random, credentials(config))
    return Mt5Broker(config.id, launcher, parts.clock, settings, parts.market)


def credentials(config: TerminalConfig) -> dict[str, str]:
    """Return a MetaTrader terminal's account as its worker's environment: never on a command line."""
    given = {"MT5_LOGIN": config.login, "MT5_PASSWORD": config.password, "MT5_SERVER": config.server}
    return {name: str(value) for name, value in given.items() if value is not None}


TERMINAL_TYPES: dict[str, TerminalType] = {
    # The simulated terminal keeps every order it received; what it does not show, it never got.
    "simulated": TerminalType(_simulated, absence_proves=True),
    "mt5": TerminalType(_mt5),
    "mt5linux": TerminalType(_mt5linux),
}
