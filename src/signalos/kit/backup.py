"""Copies of SQLite files that can be trusted: taken while others write, proven by putting them back, rotated.

A backup is two files: the copy, and beside it a manifest that says what must be found in it. The
manifest is written first and the copy appears under its name last, so a copy that has its name is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from urllib.request import pathname2url

import msgspec

from signalos.kit.clock import Clock
from signalos.kit.paths import write_atomically
from signalos.kit.single import SingleInstance

FORMAT = 1
OWNER_ONLY = 0o600


class BackupFailed(RuntimeError):
    """No copy was made, or what should be put back cannot be trusted; nothing was replaced."""


class Kind(Protocol):
    """What a database is: its name in file names, its schema, and whether this version can use it."""

    name: str

    def schema(self, db: sqlite3.Connection) -> str:
        """The schema of an open database. Raises sqlite3.DatabaseError where it is none of this kind."""
        ...

    def known(self, schema: str) -> bool:
        """Tell whether this version can read that schema; False = a newer version wrote it."""
        ...


class Manifest(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """What must be found in a copy. ``counts`` has the rows of every table."""

    kind: str
    created: datetime
    schema: str
    sha256: str
    bytes: int
    counts: dict[str, int]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy with its manifest."""

    file: Path
    manifest: Manifest


def manifest_of(file: Path) -> Path:
    """Where the manifest of the copy ``file`` lies."""
    return file.with_suffix(".json")


def create(source: Path, folder: Path, kind: Kind, clock: Clock) -> Backup:
    """Copy the database ``source`` into ``folder``; others may go on writing to it.

    Everything that was committed before the call is in the copy. Raises BackupFailed, and AlreadyRunning
    while another backup works in that folder.
    """
    if not source.is_file():
        raise BackupFailed(f"there is no database {source}: has it been started once?")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with SingleInstance(folder, "Another backup"):
        _sweep(folder)
        now = clock.now()
        name = f"signalos-{kind.name}-{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z.sqlite"
        part = folder / f".{name}.part"
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
            schema, counts = _copy(source, part, kind)
            manifest = Manifest(
                kind=kind.name,
                created=now,
                schema=schema,
                sha256=_sha256(part),
                bytes=part.stat().st_size,
                counts=counts,
            )
            _prove(part, manifest, kind, folder)
            file = folder / name
            text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
            write_atomically(manifest_of(file), text, mode=OWNER_ONLY)
            part.replace(file)
            flush_folder(folder)
        except (OSError, sqlite3.Error) as why:
            raise BackupFailed(f"no backup of {source} was made in {folder}: {why}") from why
        finally:
            part.unlink(missing_ok=True)
    return Backup(file, manifest)


def verify(file: Path, kind: Kind) -> Manifest:
    """Put the copy ``file`` back into a temporary file and compare it with its manifest. Raises BackupFailed."""
    manifest = _manifest(file)
    if manifest.kind != kind.name:
        raise BackupFailed(
            f"{file} is a backup of kind {manifest.kind}, not {kind.name}: name the right file"
        )
    if not kind.known(manifest.schema):
        raise BackupFailed(
            f"{file} has schema {manifest.schema}, which is newer than this version: use the newer SignalOS"
        )
    try:
        with tempfile.TemporaryDirectory(prefix="signalos-verify-") as folder:
            _prove(file, manifest, kind, Path(folder))
    except (OSError, sqlite3.Error) as why:
        raise BackupFailed(f"{file} cannot be put back: {why}") from why
    return manifest


def kind_name(file: Path) -> str:
    """The kind that the manifest of ``file`` names. Raises BackupFailed."""
    return _manifest(file).kind


def swap_in(fresh: Path, target: Path, now: datetime) -> Path | None:
    """Make ``fresh`` (in the same file system) the database ``target``; nobody may have it open.

    At no moment is there no database. Answers where the replaced one is kept, None if there was none.
    """
    kept = None
    if target.exists():
        kept = target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
        _settle(target, kept)
        _second_name(target, kept)
    fresh.replace(target)
    flush_folder(target.parent)
    return kept


def found(folder: Path, kind: Kind) -> list[Backup]:
    """The backups of that kind in ``folder``, newest first; a copy without a readable manifest is none."""
    backups = []
    for file in sorted(folder.glob(f"signalos-{kind.name}-*.sqlite")):
        with contextlib.suppress(BackupFailed):
            backups.append(Backup(file, _manifest(file)))
    return sorted(backups, key=lambda backup: backup.manifest.created, reverse=True)


def rotate(folder: Path, kind: Kind, *, keep: int, days: int) -> list[Path]:
    """Remove all but the ``keep`` newest and the newest of each of the last ``days`` days that have one.

    Answers what was removed.
    """
    wanted: set[Path] = set()
    seen: set[date] = set()
    backups = found(folder, kind)
    for backup in backups:
        day = backup.manifest.created.date()
        if len(wanted) < max(keep, 1):
            wanted.add(backup.file)
        elif day not in seen and len(seen) < days:
            wanted.add(backup.file)
        seen.add(day)
    gone = [backup.file for backup in backups if backup.file not in wanted]
    for file in gone:
        file.unlink(missing_ok=True)
        manifest_of(file).unlink(missing_ok=True)
    return gone


@contextlib.contextmanager
def put_back(file: Path, target: Path) -> Iterator[Path]:
    """Copy ``file`` to a folder of its own beside ``target``, under the target's name, while the block runs."""
    place = target.parent / f".restoring-{os.getpid()}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, mode=0o700)
    try:
        fresh = place / target.name
        _copy_bytes(file, fresh)
        yield fresh
    finally:
        shutil.rmtree(place, ignore_errors=True)


def flush_folder(folder: Path) -> None:
    """Make new names in ``folder`` durable, where the system can."""
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


# ------------------------------------------------------------------------------------------ pieces


def _copy(source: Path, part: Path, kind: Kind) -> tuple[str, dict[str, int]]:
    """Copy one consistent moment of ``source``; answers its schema and its rows, counted at that moment."""
    address = f"file:{pathname2url(str(source))}?mode=rw"
    with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)) as db:
        db.execute("PRAGMA query_only=ON")
        db.execute("BEGIN")
        schema, counts = kind.schema(db), _counts(db)
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
            # In one step: in WAL mode it reads the transaction begun above, and no writer waits for it.
            db.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        db.execute("ROLLBACK")
    _flush(part)
    return schema, counts


def _prove(file: Path, manifest: Manifest, kind: Kind, folder: Path) -> None:
    """Put ``file`` back into a new file in ``folder`` and look at it. Raises BackupFailed, OSError, sqlite3.Error."""
    trial = folder / f"{file.name}.trial"
    try:
        _copy_bytes(file, trial)
        if trial.stat().st_size != manifest.bytes or _sha256(trial) != manifest.sha256:
            raise BackupFailed(
                f"{file} is damaged: it is not what was written then (sha256 differs). Use another backup"
            )
        address = f"file:{pathname2url(str(trial))}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
            told = [str(row[0]) for row in db.execute("PRAGMA integrity_check(5)")]
            if told != ["ok"]:
                raise BackupFailed(f"{file} is damaged: {'; '.join(told)}")
            if broken := db.execute("PRAGMA foreign_key_check").fetchmany(3):
                raise BackupFailed(f"{file} has rows that refer to nothing: {broken}")
            if (schema := kind.schema(db)) != manifest.schema:
                raise BackupFailed(f"{file} has schema {schema}, its manifest says {manifest.schema}")
            if (counts := _counts(db)) != manifest.counts:
                differing = {
                    table: (counts.get(table), manifest.counts.get(table))
                    for table in counts.keys() | manifest.counts.keys()
                    if counts.get(table) != manifest.counts.get(table)
                }
                raise BackupFailed(f"{file} has other rows than were counted (found, counted): {differing}")
    finally:
        trial.unlink(missing_ok=True)


def _counts(db: sqlite3.Connection) -> dict[str, int]:
    tables = db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY name"
    ).fetchall()
    counts = {}
    for (name,) in tables:
        quoted = str(name).replace('"', '""')
        (rows,) = db.execute(f'SELECT COUNT(*) FROM "{quoted}"').fetchone()  # noqa: S608 -- a name of the schema
        counts[str(name)] = int(rows)
    return counts


def _manifest(file: Path) -> Manifest:
    place = manifest_of(file)
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    try:
        manifest = msgspec.json.decode(place.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BackupFailed(
            f"{file} has no manifest {place.name} beside it, so nothing proves that it is whole: copy both files"
        ) from None
    except (OSError, msgspec.DecodeError) as why:
        raise BackupFailed(f"the manifest {place} cannot be read: {why}") from why
    if manifest.format > FORMAT:
        raise BackupFailed(f"{place} was written by a newer version of SignalOS: use that one")
    return manifest


def _sweep(folder: Path) -> None:
    """Remove what a killed backup has left: parts and their trials, manifests without a copy."""
    for left in [*folder.glob(".signalos-*.part*"), *folder.glob(".signalos-*.json.*.new")]:
        left.unlink(missing_ok=True)
    for manifest in folder.glob("signalos-*.json"):
        if not manifest.with_suffix(".sqlite").exists():
            manifest.unlink(missing_ok=True)


def _settle(target: Path, kept: Path) -> None:
    """Bring everything of a database into its one file, so that no log of it is left beside its successor.

    A damaged one, perhaps the reason for all this, keeps its log under the name of ``kept``.
    """
    log, kept_log = (path.with_name(path.name + "-wal") for path in (target, kept))
    if log.exists():
        # Opening a damaged database may already throw its log away.
        kept_log.unlink(missing_ok=True)
        _copy_bytes(log, kept_log)
    try:
        with contextlib.closing(sqlite3.connect(target, timeout=2)) as db:
            db.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.DatabaseError as why:
        if why.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            kept_log.unlink(missing_ok=True)
            raise BackupFailed(
                f"{target} cannot be replaced ({why}): end every program that has it open, then try again"
            ) from why
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    else:
        kept_log.unlink(missing_ok=True)


def _second_name(file: Path, name: Path) -> None:
    name.unlink(missing_ok=True)
    try:
        os.link(file, name)
    except OSError:
        # A file system without links.
        _copy_bytes(file, name)


def _copy_bytes(source: Path, to: Path) -> None:
    fd = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), OWNER_ONLY)
    with os.fdopen(fd, "wb") as out, source.open("rb") as file:
        shutil.copyfileobj(file, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
