"""Copies of SQLite files: consistent, proven, refused when damaged, rotated by a handed-in clock."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signalos.kit.backup import BackupFailed, create, found, manifest_of, put_back, rotate, swap_in, verify
from signalos.kit.clock import SystemClock, VirtualClock
from signalos.kit.single import AlreadyRunning, SingleInstance
from signalos.kit.sqlite import open_sqlite, transaction

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEPS = (
    """
    CREATE TABLE owner (id INTEGER PRIMARY KEY);
    CREATE TABLE "a ""b" (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owner (id), text TEXT);
    """,
)


class Kind:
    name = "test"
    newest = 1

    def schema(self, db: sqlite3.Connection) -> str:
        return str(db.execute("PRAGMA user_version").fetchone()[0])

    def known(self, schema: str) -> bool:
        return int(schema) <= self.newest


KIND = Kind()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "live.sqlite"
    with closing(open_sqlite(path, STEPS)) as db:
        db.execute("INSERT INTO owner VALUES (1)")
        db.executemany('INSERT INTO "a ""b" (owner, text) VALUES (1, ?)', [("x" * 500,)] * 200)
    return path


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        count: int = db.execute('SELECT COUNT(*) FROM "a ""b"').fetchone()[0]
        return count


def test_a_copy_holds_what_lies_only_in_the_log_of_an_open_database(source: Path, tmp_path: Path) -> None:
    with closing(open_sqlite(source, STEPS)) as db:
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute('INSERT INTO "a ""b" (owner, text) VALUES (1, ?)', ("only in the log",))
        made = create(source, tmp_path / "to", KIND, VirtualClock(START))
    assert made.manifest.counts == {'a "b': 201, "owner": 1}
    assert rows(made.file) == 201
    assert made.file.name == "signalos-test-20260301T120000000Z.sqlite"
    assert verify(made.file, KIND) == made.manifest
    left = {p.name for p in (tmp_path / "to").iterdir()}
    assert left == {made.file.name, manifest_of(made.file).name, "lock"}
    if sys.platform != "win32":
        assert {stat.S_IMODE(p.stat().st_mode) for p in (made.file, manifest_of(made.file))} == {0o600}


def test_everything_stored_before_the_copy_began_is_in_it_and_each_step_is_whole(
    source: Path, tmp_path: Path
) -> None:
    stored = [0]
    done = threading.Event()

    def write() -> None:
        with closing(open_sqlite(source, STEPS)) as db:
            while not done.is_set():
                with transaction(db):  # always two rows together
                    db.execute("INSERT INTO owner DEFAULT VALUES")
                    db.execute('INSERT INTO "a ""b" (owner) VALUES (last_insert_rowid())')
                stored[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            before = stored[0]
            made = create(source, tmp_path / "to", KIND, SystemClock())
            owners, others = made.manifest.counts["owner"] - 1, made.manifest.counts['a "b'] - 200
            assert owners == others >= before
    finally:
        done.set()
        thread.join()
    assert stored[0] > 0


def test_a_damaged_copy_is_refused(source: Path, tmp_path: Path) -> None:
    made = create(source, tmp_path / "to", KIND, VirtualClock(START))
    data = made.file.read_bytes()
    # A letter within a text: no structure is broken, so only the checksum can tell.
    made.file.write_bytes(data.replace(b"x" * 500, b"x" * 499 + b"y", 1))
    with pytest.raises(BackupFailed, match="sha256 differs"):
        verify(made.file, KIND)
    made.file.write_bytes(data[: len(data) // 2])
    with pytest.raises(BackupFailed, match="damaged"):
        verify(made.file, KIND)


def test_a_copy_without_its_manifest_or_with_a_false_one_is_refused(source: Path, tmp_path: Path) -> None:
    made = create(source, tmp_path / "to", KIND, VirtualClock(START))
    manifest = manifest_of(made.file)
    good = manifest.read_text("utf-8")
    manifest.write_text(good.replace('"owner": 1', '"owner": 2'), "utf-8")
    with pytest.raises(BackupFailed, match="other rows"):
        verify(made.file, KIND)
    manifest.write_text(good.replace('"format": 1', '"format": 2'), "utf-8")
    with pytest.raises(BackupFailed, match="newer version"):
        verify(made.file, KIND)
    manifest.write_text("{", "utf-8")
    with pytest.raises(BackupFailed, match="cannot be read"):
        verify(made.file, KIND)
    assert found(tmp_path / "to", KIND) == []
    manifest.unlink()
    with pytest.raises(BackupFailed, match="no manifest"):
        verify(made.file, KIND)


def test_a_source_whose_rows_refer_to_nothing_gives_no_backup(source: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(source)) as db, db:
        db.execute('INSERT INTO "a ""b" (owner) VALUES (77)')
    with pytest.raises(BackupFailed, match="refer to nothing"):
        create(source, tmp_path / "to", KIND, VirtualClock(START))
    assert [p.name for p in (tmp_path / "to").iterdir()] == ["lock"]


def test_a_copy_of_a_newer_schema_or_another_kind_is_refused(source: Path, tmp_path: Path) -> None:
    made = create(source, tmp_path / "to", KIND, VirtualClock(START))

    class Older(Kind):
        newest = 0

    class Other(Kind):
        name = "other"

    with pytest.raises(BackupFailed, match="newer"):
        verify(made.file, Older())
    with pytest.raises(BackupFailed, match="of kind test, not other"):
        verify(made.file, Other())


def test_what_a_killed_backup_has_left_is_no_backup_and_goes_with_the_next(
    source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "to"
    first = create(source, folder, KIND, VirtualClock(START))
    name = "signalos-test-20260301T110000000Z"
    for left in (f".{name}.sqlite.part", f".{name}.sqlite.part.trial", f"{name}.json"):
        (folder / left).write_bytes(first.file.read_bytes())
    (folder / "notes.json").write_text("{}")
    assert [b.file for b in found(folder, KIND)] == [first.file]
    second = create(source, folder, KIND, VirtualClock(START + timedelta(hours=1)))
    assert [b.file for b in found(folder, KIND)] == [second.file, first.file]
    assert sorted(p.name for p in folder.iterdir() if name in p.name) == []
    assert (folder / "notes.json").exists()


def test_two_backups_at_once_are_one_too_many(source: Path, tmp_path: Path) -> None:
    with SingleInstance(tmp_path / "to", "test"), pytest.raises(AlreadyRunning):
        create(source, tmp_path / "to", KIND, VirtualClock(START))


def test_without_a_database_none_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="no database"):
        create(tmp_path / "none.sqlite", tmp_path / "to", KIND, VirtualClock(START))
    assert not (tmp_path / "none.sqlite").exists()


def test_the_newest_and_one_of_each_day_stay(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "to"
    clock = VirtualClock(datetime(2026, 3, 1, 2, tzinfo=UTC))
    for _ in range(18):  # six days, at 2, 10 and 18 o'clock
        create(source, folder, KIND, clock)
        clock.shift(8 * 3600)
    gone = rotate(folder, KIND, keep=4, days=4)
    kept = [f"{b.manifest.created:%d-%H}" for b in found(folder, KIND)]
    # Four newest (6th whole, 5th evening), then the last of the 4th and 3rd: days 6, 5, 4, 3.
    assert kept == ["06-18", "06-10", "06-02", "05-18", "04-18", "03-18"]
    assert len(gone) == 12
    assert not any(manifest_of(file).exists() for file in gone)
    assert rotate(folder, KIND, keep=4, days=4) == []


def test_the_replaced_database_is_kept_and_no_log_of_it_reaches_the_new_one(
    source: Path, tmp_path: Path
) -> None:
    made = create(source, tmp_path / "to", KIND, VirtualClock(START))
    with closing(sqlite3.connect(source)) as db:
        db.execute("PRAGMA wal_autocheckpoint=0")
        with db:
            db.execute("INSERT INTO owner VALUES (99)")
        # As a killed process leaves it: the last row lies in the log alone.
        saved = {s: source.with_name(source.name + s).read_bytes() for s in ("-wal", "-shm")}
    for suffix, data in saved.items():
        source.with_name(source.name + suffix).write_bytes(data)
    with put_back(made.file, source) as fresh:
        kept = swap_in(fresh, source, START)
    assert kept is not None
    assert [p.name for p in tmp_path.iterdir() if "-wal" in p.name or "-shm" in p.name] == []
    with closing(sqlite3.connect(source)) as new, closing(sqlite3.connect(kept)) as old:
        assert new.execute("SELECT COUNT(*) FROM owner WHERE id = 99").fetchone() == (0,)
        assert old.execute("SELECT COUNT(*) FROM owner").fetchone() == (2,)
        assert new.execute('SELECT COUNT(*) FROM "a ""b"').fetchone() == (200,)


def test_a_database_that_somebody_has_open_is_not_replaced(source: Path, tmp_path: Path) -> None:
    made = create(source, tmp_path / "to", KIND, VirtualClock(START))
    with closing(open_sqlite(source, STEPS)) as db:
        db.execute("BEGIN")
        db.execute("SELECT * FROM owner").fetchone()
        with put_back(made.file, source) as fresh, pytest.raises(BackupFailed, match="has it open"):
            swap_in(fresh, source, START)
    assert rows(source) == 200


def test_a_damaged_database_is_replaced_and_kept_with_its_log(source: Path, tmp_path: Path) -> None:
    made = create(source, tmp_path / "to", KIND, VirtualClock(START))
    source.write_bytes(b"no database " * 400)
    log = source.with_name(source.name + "-wal")
    log.write_bytes(b"log")
    with put_back(made.file, source) as fresh:
        kept = swap_in(fresh, source, START)
    assert kept is not None
    assert kept.read_bytes().startswith(b"no database")
    assert kept.with_name(kept.name + "-wal").read_bytes() == b"log"
    assert rows(source) == 200
