"""MetaTrader 5: one worker process a terminal, spoken to by JSON lines, and the broker over it."""

from signalos.brokers.mt5.broker import Mt5Broker
from signalos.brokers.mt5.launcher import WorkerLauncher
from signalos.brokers.mt5.process import mt5linux_worker, native_worker, simulated_worker
from signalos.brokers.mt5.reconcile import settle
from signalos.brokers.mt5.settings import Deadlines, Settings
from signalos.brokers.mt5.traces import Before

__all__ = [
    "Before",
    "Deadlines",
    "Mt5Broker",
    "Settings",
    "WorkerLauncher",
    "mt5linux_worker",
    "native_worker",
    "settle",
    "simulated_worker",
]
