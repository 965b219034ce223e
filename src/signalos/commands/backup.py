"""``signalos backup create|verify|restore``: the server's database, or a desktop app's journal."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from signalos.domain.errors import ConfigError
from signalos.kit import backup
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from signalos.kit.single import AlreadyRunning, SingleInstance


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "backup", help="copy, verify and put back the server's database or a desktop app's journal"
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a copy while everything goes on running, and prove it")
    _where(create)
    create.add_argument(
        "--to", type=Path, help="folder of the copies (default: backups in the state folder)"
    )
    create.set_defaults(run=run_create)
    verify = actions.add_parser("verify", help="put a copy back into a temporary file and compare it")
    verify.add_argument("file", type=Path)
    verify.set_defaults(run=run_verify)
    restore = actions.add_parser("restore", help="replace the database by a copy; what is replaced is kept")
    restore.add_argument("file", type=Path)
    _where(restore)
    restore.add_argument("--yes", action="store_true", help="really replace it")
    restore.set_defaults(run=run_restore)


def _where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--home", type=Path, help="the server's state folder, instead of SIGNALOS_HOME and DATABASE_URL"
    )
    parser.add_argument("--desktop", type=Path, metavar="DIR", help="the journal of the desktop app in DIR")


def run_create(options: argparse.Namespace) -> int:
    """Make a copy. Raises ConfigError where none could be made."""
    from signalos.server.settings import backup_folder, database_of

    environ = _environ(options.home)
    clock = SystemClock()
    try:
        if options.desktop is None:
            from signalos.server.backup import KIND

            made = backup.create(database_of(environ), options.to or backup_folder(environ), KIND, clock)
        else:
            from signalos.desktop.backup import KIND as JOURNAL
            from signalos.desktop.journal.store import FILE_NAME

            folder = options.to or options.desktop / "backups"
            made = backup.create(options.desktop / FILE_NAME, folder, JOURNAL, clock)
    except (backup.BackupFailed, AlreadyRunning) as why:
        raise ConfigError(str(why)) from why
    print(f"{made.file}: {_told(made.manifest)}, put back and compared")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Prove a copy. Raises ConfigError where it cannot be trusted."""
    try:
        manifest = backup.verify(options.file, _kind_of(options.file))
    except backup.BackupFailed as why:
        raise ConfigError(str(why)) from why
    print(f"{options.file}: {_told(manifest)}, whole")
    return 0


def run_restore(options: argparse.Namespace) -> int:
    """Replace the database or journal. Raises ConfigError where that is refused; nothing is changed then."""
    from signalos.server.settings import database_of

    try:
        kind = backup.kind_name(options.file)
        wanted = "server" if options.desktop is None else "desktop"
        if kind != wanted:
            raise ConfigError(
                f"{options.file} is a backup of the {kind}"
                + (": name its folder with --desktop DIR" if kind == "desktop" else ": leave --desktop out")
            )
        target = options.desktop or database_of(_environ(options.home))
        if not options.yes:
            raise ConfigError(
                f"this replaces what is in {target} by {options.file}: say --yes if that is wanted"
            )
        return (
            _restore_server(options.file, target)
            if kind == "server"
            else _restore_app(options.file, target)
        )
    except (backup.BackupFailed, AlreadyRunning) as why:
        raise ConfigError(str(why)) from why


def _restore_server(file: Path, database: Path) -> int:
    from signalos.server.backup import restore

    with SingleInstance(database.parent, "The server"):
        manifest, kept = restore(file, database, SystemClock())
    print(f"{database} is as it was: {_told(manifest)}")
    if kept is not None:
        print(f"the replaced database is kept as {kept}")
    print(
        "Next: start the server; on each machine with a desktop app run\n"
        f"  signalos desktop resend --home DIR --since {manifest.created:%Y-%m-%dT%H:%M:%SZ}\n"
        "so that it sends again what is missing; and revoke anew what was revoked since."
    )
    return 0


def _restore_app(file: Path, home: Path) -> int:
    from signalos.desktop.backup import restore

    with SingleInstance(home, "the desktop app"):
        manifest, kept, stopped = restore(file, home, SystemClock(), SystemIds())
    print(f"the journal in {home} is as it was: {_told(manifest)}")
    if kept is not None:
        print(f"the replaced journal is kept as {kept}")
    if stopped:
        print(
            f"Entries are stopped on {', '.join(stopped)}, so that nothing is traded twice. Positions opened since "
            f"are unknown to this journal: look after them in the terminal.\nThen: "
            f"signalos desktop resume --home {home}"
        )
    return 0


def _kind_of(file: Path) -> backup.Kind:
    from signalos.desktop.backup import KIND as JOURNAL
    from signalos.server.backup import KIND as SERVER

    kinds: dict[str, backup.Kind] = {"server": SERVER, "desktop": JOURNAL}
    name = backup.kind_name(file)
    if name not in kinds:
        raise backup.BackupFailed(f"{file} is a backup of kind {name!r}, which this version does not know")
    return kinds[name]


def _told(manifest: backup.Manifest) -> str:
    rows = sum(manifest.counts.values())
    return (
        f"{manifest.kind} of {manifest.created:%Y-%m-%d %H:%M:%S} UTC, schema {manifest.schema}, "
        f"{len(manifest.counts)} tables, {rows} rows, {manifest.bytes} bytes"
    )


def _environ(home: Path | None) -> dict[str, str]:
    if home is None:
        return dict(os.environ)
    given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**given, "SIGNALOS_HOME": str(home)}
