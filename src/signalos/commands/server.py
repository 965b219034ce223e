"""``signalos server``."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from signalos.domain.errors import ConfigError
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from signalos.kit.log import start_log
from signalos.kit.single import AlreadyRunning, SingleInstance


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    server = subparsers.add_parser(
        "server", help="start the server; its settings come from the environment"
    )
    server.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Run the server until it is told to stop. 2 = it could not start, and why stands on stderr."""
    from signalos.server.app import create_app
    from signalos.server.run import serve
    from signalos.server.settings import read_settings

    start_log(os.environ.get("SIGNALOS_LOG_LEVEL", "info"))
    try:
        settings = read_settings(SystemIds())
        with SingleInstance(settings.database.parent, "The server"):
            app = create_app(settings, SystemClock(), SystemIds())
            started = serve(app, settings, lambda url: print(f"SignalOS server on {url}", flush=True))
    except (ConfigError, AlreadyRunning) as why:
        print(f"signalos: {why}", file=sys.stderr)
        return 2
    return 0 if started else 2
