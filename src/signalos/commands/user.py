"""``signalos user create`` and ``signalos user totp-off``."""

from __future__ import annotations

import argparse
import getpass
import re
import sys
from contextlib import closing
from typing import Any

from signalos.domain.errors import ConfigError
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from signalos.kit.sqlite import transaction

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    actions = subparsers.add_parser("user", help="look after the server's users").add_subparsers(
        metavar="ACTION", required=True
    )
    create = actions.add_parser("create", help="create a user, or give an existing one a new password")
    create.add_argument("--email", required=True)
    create.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    create.add_argument("--demo", action="store_true", help="the demo user: signs in on this machine alone")
    create.set_defaults(run=run)
    off = actions.add_parser("totp-off", help="end a user's second factor, for a lost phone")
    off.add_argument("--email", required=True)
    off.set_defaults(run=end_second_factor)


def run(arguments: argparse.Namespace) -> int:
    """Create a user with the default strategy; an existing one gets the password. Raises ConfigError."""
    from signalos.server.auth import repository
    from signalos.server.auth.passwords import Passwords
    from signalos.server.auth.service import create_user, plain_email
    from signalos.server.db.migrate import migrate
    from signalos.server.db.session import Writing
    from signalos.server.db.store import connect
    from signalos.server.settings import read_settings

    settings = read_settings(SystemIds())
    if arguments.demo and (settings.production or not settings.loopback):
        raise ConfigError("a demo user is for development on this machine alone: leave --demo out")
    email = plain_email(arguments.email)
    if not EMAIL.fullmatch(email) or len(email) > 254:
        raise ConfigError(f"{arguments.email!r} is not an email address")
    hashed = Passwords().hash(_password(from_stdin=arguments.password_stdin))
    migrate(settings.database)
    with closing(connect(settings.database)) as db, transaction(db):
        tx = Writing(db, SystemClock().now())
        known = repository.user_of_email(tx, email)
        if known is None:
            user = create_user(tx, email, hashed, demo=arguments.demo)
        else:
            user = known.view
            repository.set_password(tx, user.id, hashed)
    print(f"user {user.id} {email}: {'created' if known is None else 'password set'}")
    return 0


def end_second_factor(arguments: argparse.Namespace) -> int:
    """Let a user sign in by the password alone again. Raises ConfigError for an unknown user."""
    from signalos.server.auth import repository
    from signalos.server.auth.service import plain_email
    from signalos.server.db.migrate import migrate
    from signalos.server.db.session import Writing
    from signalos.server.db.store import connect
    from signalos.server.settings import read_settings

    settings = read_settings(SystemIds())
    migrate(settings.database)
    with closing(connect(settings.database)) as db, transaction(db):
        tx = Writing(db, SystemClock().now())
        known = repository.user_of_email(tx, plain_email(arguments.email))
        if known is None:
            raise ConfigError(f"no user has the email address {arguments.email!r}")
        had = repository.factor(tx, known.view.id).since is not None
        repository.set_factor(tx, known.view.id, None, None)
    print(f"user {known.view.id} {known.view.email}: {'second factor ended' if had else 'had none'}")
    return 0


def _password(*, from_stdin: bool) -> str:
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else getpass.getpass("Password: ")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ConfigError(f"the password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return password
