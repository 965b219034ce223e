"""The ``signalos`` command: one file a command in ``commands``, each imported only when it is used."""

from __future__ import annotations

import argparse
import importlib
import sys

from signalos import __version__
from signalos.domain.errors import SignalOSError

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("up", "start everything for a first look: server, desktop app, simulated terminal, channel"),
    "server": ("server", "start the server"),
    "desktop": ("desktop", "the desktop app: run, pair, status, journal, stop, resume, quit"),
    "parse": ("parse", "read messages and show what they ask for"),
    "sim": ("sim", "start a simulated trading terminal"),
    "db": ("db", "bring the server's database up to date"),
    "user": ("user", "create users of the server"),
    "backup": ("backup", "copy, verify and put back the server's database or a desktop app's journal"),
    "doctor": ("doctor", "check this installation and say what to do"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code. Errors are one clear sentence on standard error."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        prog="signalos",
        description="Signals of Telegram channels as trades on MetaTrader 5, under your rules.",
    )
    parser.add_argument("--version", action="version", version=f"signalos {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = given[0] if given and given[0] in COMMANDS else None
    for name, (module, summary) in COMMANDS.items():
        if chosen is None or chosen != name:
            subparsers.add_parser(name, help=summary)
        else:
            importlib.import_module(f"signalos.commands.{module}").add(subparsers)
    options = parser.parse_args(given)
    try:
        code: int = options.run(options)
    except SignalOSError as why:
        print(f"signalos: {why}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
