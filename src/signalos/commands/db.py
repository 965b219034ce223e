"""``signalos db migrate``."""

from __future__ import annotations

import argparse
from typing import Any

from signalos.kit.ids import SystemIds


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    actions = subparsers.add_parser("db", help="look after the server's database").add_subparsers(
        metavar="ACTION", required=True
    )
    migrating = actions.add_parser("migrate", help="bring the database's schema up to date")
    migrating.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Bring the schema up to date. Raises ConfigError where settings or file cannot be used."""
    from signalos.server.db.migrate import migrate
    from signalos.server.settings import read_settings

    settings = read_settings(SystemIds())
    changed = migrate(settings.database)
    print(f"{settings.database}: {'migrated' if changed else 'already up to date'}")
    return 0
