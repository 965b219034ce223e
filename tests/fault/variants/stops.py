"""The desktop app with one fault in its stop, to show that the campaign of stops sees it.

``python -m tests.fault.variants.forgetful desktop run --config FILE --home DIR`` and ``... .blind ...``
run it as a process, in the place of ``signalos``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from signalos.desktop.app import App
from signalos.desktop.journal import Journal
from signalos.desktop.journal.latches import EVERY_CHAT, Latches
from signalos.desktop.parts import build_terminals, load
from signalos.desktop.stop import Stopper
from signalos.desktop.terminal import Terminal
from signalos.kit.ids import SystemIds
from signalos.kit.single import SingleInstance


class ForgetfulLatches(Latches):
    """Closes what is open when a stop comes, and forgets it where new orders are sent."""

    def halted(self, terminal_id: str, chat_id: str = EVERY_CHAT) -> str:
        found = super().halted(terminal_id, chat_id)
        return "" if found == "stopped" else found


class BlindStopper(Stopper):
    """Calls an account flat while an order is still on its way to it."""

    def _entries_in_flight(self) -> list[dict[str, Any]]:
        return []


class BlindTerminal(Terminal):
    """A terminal with a blind stopper."""

    stopper_class = BlindStopper


def run(*, latches: type[Latches] = Latches, terminal: type[Terminal] = Terminal) -> None:
    """Run the app with these parts until SIGTERM, with the arguments that ``signalos`` takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs=2)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    asyncio.run(_run(parser.parse_args(), latches, terminal))


async def _run(options: argparse.Namespace, latches: type[Latches], terminal: type[Terminal]) -> None:
    options.home.mkdir(parents=True, exist_ok=True)
    with SingleInstance(options.home, "the desktop app"):
        parts = load(options.config, options.home, dict(os.environ))
        journal = Journal(
            options.home, clock=parts.clock, market=parts.market, ids=SystemIds(), latches=latches
        )
        parts = replace(parts, journal=journal)
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
        await App(parts, {}, build_terminals(parts, terminal)).run(asked)
