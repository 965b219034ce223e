"""SQLite files: schema steps, transactions, two processes at once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from signalos.kit.sqlite import SchemaTooNew, open_sqlite, transaction

NOTES = "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)"
TRIGGER = """
ALTER TABLE note ADD COLUMN seen INTEGER NOT NULL DEFAULT 0; -- a comment; with a semicolon
CREATE TRIGGER note_seen AFTER UPDATE OF text ON note BEGIN
    UPDATE note SET seen = seen + 1 WHERE id = new.id;
    UPDATE note SET seen = seen WHERE text = 'a;b';
END;
INSERT INTO note (text) VALUES ('made by step two; really')
"""


def texts(db: sqlite3.Connection) -> list[str]:
    return [row["text"] for row in db.execute("SELECT text FROM note ORDER BY id")]


def test_steps_run_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.sqlite3"
    open_sqlite(path, [NOTES]).close()
    for _ in range(2):
        db = open_sqlite(path, [NOTES, TRIGGER])
        assert texts(db) == ["made by step two; really"]
        assert db.execute("PRAGMA user_version").fetchone()[0] == 2
        db.close()


def test_file_is_opened_for_safety(tmp_path: Path) -> None:
    db = open_sqlite(tmp_path / "f", [])
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    db.close()


def test_only_an_unsynced_transaction_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    db = open_sqlite(tmp_path / "f", [NOTES])

    def level() -> int:
        return int(db.execute("PRAGMA synchronous").fetchone()[0])

    with transaction(db, synced=False):
        assert level() == 1
        with transaction(db):  # joins the outer one
            assert level() == 1
    assert level() == 2
    with pytest.raises(KeyError), transaction(db, synced=False):
        raise KeyError
    assert level() == 2
    with transaction(db), transaction(db, synced=False):  # as does this
        assert level() == 2
    db.close()


def test_failing_step_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "f"
    open_sqlite(path, [NOTES]).close()
    broken = "CREATE TABLE other (id INTEGER); INSERT INTO nowhere VALUES (1);"
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        open_sqlite(path, [NOTES, broken])
    db = open_sqlite(path, [NOTES])
    assert [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")] == ["note"]
    assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    db.close()


def test_file_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "f"
    open_sqlite(path, [NOTES, TRIGGER]).close()
    with pytest.raises(SchemaTooNew, match="schema 2"):
        open_sqlite(path, [NOTES])


def test_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    db = open_sqlite(tmp_path / "f", [NOTES])
    with transaction(db):
        db.execute("INSERT INTO note (text) VALUES ('kept')")
    with pytest.raises(sqlite3.IntegrityError), transaction(db):
        db.executemany("INSERT INTO note (text) VALUES (?)", [("lost",), ("kept",)])
    assert texts(db) == ["kept"]
    assert not db.in_transaction
    db.close()


def test_inner_transaction_joins_the_outer_one(tmp_path: Path) -> None:
    db = open_sqlite(tmp_path / "f", [NOTES])

    def outer() -> None:
        with transaction(db):
            with transaction(db):
                db.execute("INSERT INTO note (text) VALUES ('inner')")
            assert db.in_transaction
            raise KeyError("outer fails")

    with pytest.raises(KeyError):
        outer()
    assert texts(db) == []
    db.close()


def test_first_error_is_told_when_sqlite_has_rolled_back_itself(tmp_path: Path) -> None:
    db = open_sqlite(tmp_path / "f", [NOTES])
    with transaction(db):
        db.execute("INSERT INTO note (text) VALUES ('kept')")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"), transaction(db):
        db.execute("INSERT OR ROLLBACK INTO note (text) VALUES ('kept')")
    assert not db.in_transaction
    db.close()


def test_committed_rows_are_seen_by_another_connection(tmp_path: Path) -> None:
    one, other = (open_sqlite(tmp_path / "f", [NOTES]) for _ in range(2))
    with transaction(one):
        one.execute("INSERT INTO note (text) VALUES ('x')")
        assert texts(other) == []
    assert texts(other) == ["x"]
    one.close()
    other.close()


OPEN_IT = """
import sys
from pathlib import Path
from signalos.kit.sqlite import open_sqlite
folder, steps = Path(sys.argv[1]), sys.argv[2:]
sys.stdin.readline()
for number in range(20):
    open_sqlite(folder / str(number), steps).close()
"""


def test_processes_that_make_the_same_files_at_once_all_succeed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN_IT, str(tmp_path), NOTES, TRIGGER]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, "\n".join(errors)
    for number in range(20):
        db = open_sqlite(tmp_path / str(number), [NOTES, TRIGGER])
        assert texts(db) == ["made by step two; really"]
        db.close()
