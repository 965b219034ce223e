"""The desktop app that forgets a stop where it sends, to show that the campaign of stops sees that.

``python -m tests.fault.variants.forgetful desktop run --config FILE --home DIR`` runs it in the place of
``signalos``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

from signalos.desktop.app import App
from signalos.desktop.journal import Journal
from signalos.desktop.journal.latches import EVERY_CHAT, Latches
from signalos.desktop.parts import load
from signalos.kit.ids import SystemIds
from signalos.kit.single import SingleInstance


class ForgetfulLatches(Latches):
    """Closes what is open when a stop comes, and opens on."""

    def halted(self, terminal_id: str, chat_id: str = EVERY_CHAT) -> str:
        found = super().halted(terminal_id, chat_id)
        return "" if found == "stopped" else found


async def _run(options: argparse.Namespace) -> None:
    options.home.mkdir(parents=True, exist_ok=True)
    with SingleInstance(options.home, "the desktop app"):
        parts = load(options.config, options.home, dict(os.environ))
        journal = Journal(
            options.home, clock=parts.clock, market=parts.market, ids=SystemIds(), latches=ForgetfulLatches
        )
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
        await App(replace(parts, journal=journal), {}).run(asked)


def main() -> None:
    """Run it until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs=2)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
