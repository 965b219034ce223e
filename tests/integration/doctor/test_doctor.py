"""`signalos doctor`: each finding by what really is the case on disk, on a port, in a journal."""

from __future__ import annotations

import json
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from signalos.cli import main
from signalos.commands.checks import app, machine, server
from signalos.commands.checks.finding import Finding, State, Subject
from signalos.commands.doctor import CHECKS, examine
from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import FILE_NAME, TERMINALS
from signalos.desktop.model_key import ModelKeys
from signalos.desktop.wire_events import alert_event
from signalos.kit.backup import create
from signalos.kit.clock import VirtualClock
from signalos.kit.ids import SystemIds
from signalos.server.backup import KIND
from signalos.server.db.migrate import HEAD, migrate
from signalos.sources.telegram.account import Account, Accounts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "kQ3vZ1t8Xw0LrY7uBn5mHc2eJd9sGa6fPo4iTq-_"
TOKEN = "a-token-of-the-right-shape-0123456789"


def subject(state: Path, clock: VirtualClock | None = None, **more: Any) -> Subject:
    environ = {"SESSION_SECRET": SECRET, "PORT": "0", **more.pop("environ", {})}
    values: dict[str, Any] = {"app": None, "config": None, **more}
    return Subject(state=state, environ=environ, clock=clock or VirtualClock(NOW), **values)


def states(findings: list[Finding] | Finding) -> dict[str, State]:
    listed = findings if isinstance(findings, list) else [findings]
    return {finding.check: finding.state for finding in listed}


@pytest.fixture
def listener() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield f"127.0.0.1:{taken.getsockname()[1]}"


class Answers(BaseHTTPRequestHandler):
    """A server that knows one token and whose clock is as wrong as the test says."""

    offset = timedelta()

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}" or not self.path.startswith("/api")
        body = b'{"status": "ready"}' if self.path == "/health/ready" else b"{}"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        del timestamp
        return (NOW + self.offset).strftime("%a, %d %b %Y %H:%M:%S GMT")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        del format, args


@pytest.fixture
def web() -> Iterator[str]:
    serving = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


def configured(folder: Path, **document: Any) -> Path:
    path = folder / "config.json"
    terminals = [{"id": "t1", "type": "simulated", "address": "127.0.0.1:9"}]
    path.write_text(json.dumps({"terminals": terminals, **document}), "utf-8")
    return path


# -- machine and folders


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_a_folder_that_others_may_enter_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    (found,) = machine.private_folder(subject(tmp_path))
    assert (found.state, found.todo) == (State.WARNING, f"close it: chmod 700 {tmp_path}")
    tmp_path.chmod(0o700)
    assert machine.private_folder(subject(tmp_path))[0].state is State.OK
    assert machine.private_folder(subject(tmp_path / "none"))[0].state is State.NOT_APPLICABLE


def test_a_check_that_breaks_is_a_failed_one_and_the_others_go_on(tmp_path: Path) -> None:
    def broken(_: Subject) -> Finding:
        raise RuntimeError("no such thing")

    found = examine(subject(tmp_path), (broken, machine.python))
    assert [f.state for f in found] == [State.FAILED, State.OK]
    assert "no such thing" in found[0].text


# -- server


def test_database_and_backups(tmp_path: Path) -> None:
    path = tmp_path / "server" / "signalos.sqlite"
    here = subject(tmp_path)
    assert server.database(here).state is State.NOT_APPLICABLE
    assert server.backups(here).state is State.NOT_APPLICABLE
    migrate(path)
    assert server.database(here).state is State.OK
    assert server.backups(here).state is State.WARNING
    create(path, tmp_path / "backups", KIND, VirtualClock(NOW - timedelta(hours=3)))
    assert (server.backups(here).state, "3 h old" in server.backups(here).text) == (State.OK, True)
    create(path, tmp_path / "old", KIND, VirtualClock(NOW - timedelta(days=5)))
    old = server.backups(subject(tmp_path, environ={"SIGNALOS_BACKUP_DIR": str(tmp_path / "old")}))
    assert (old.state, "5 days old" in old.text) == (State.WARNING, True)
    for revision, expected in (("0001", State.WARNING), ("9999", State.FAILED), (HEAD, State.OK)):
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        assert server.database(here).state is expected
    path.write_bytes(b"no database " * 1000)
    damaged = server.database(here)
    assert (damaged.state, "backup restore" in damaged.todo) == (State.FAILED, True)


def test_settings_that_would_not_start(tmp_path: Path) -> None:
    assert server.settings(subject(tmp_path)).state is State.OK
    guessed = subject(tmp_path, environ={"SESSION_SECRET": "short", "SIGNALOS_ENV": "production"})
    assert (server.settings(guessed).state, "SESSION_SECRET" in server.settings(guessed).text) == (
        State.FAILED,
        True,
    )
    # Looking must not make a first secret.
    none = subject(tmp_path, environ={"SESSION_SECRET": ""})
    assert server.settings(none).state is State.NOT_APPLICABLE
    assert list(tmp_path.iterdir()) == []


def test_who_has_the_port(tmp_path: Path, web: str, listener: str) -> None:
    def at(address: str) -> Finding:
        return server.port(subject(tmp_path, environ={"PORT": address.rpartition(":")[2]}))

    assert (at(web).state, "answers" in at(web).text) == (State.OK, True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = f":{probe.getsockname()[1]}"
    assert (at(free).state, "is free" in at(free).text) == (State.OK, True)


def test_a_port_of_another_program(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def hang_up() -> None:
            other.accept()[0].close()

        thread = Thread(target=hang_up)
        thread.start()
        found = server.port(subject(tmp_path, environ={"PORT": str(other.getsockname()[1])}))
        thread.join()
    assert (found.state, "PORT" in found.todo) == (State.FAILED, True)


def test_a_port_of_a_program_that_answers_with_a_page(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def page() -> None:
            with closing(other.accept()[0]) as visitor:
                visitor.recv(4096)
                visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<p/>")

        thread = Thread(target=page)
        thread.start()
        found = server.port(subject(tmp_path, environ={"PORT": str(other.getsockname()[1])}))
        thread.join()
    assert (found.state, "another PORT" in found.todo) == (State.FAILED, True)


def test_the_dashboard_is_built_or_not(tmp_path: Path) -> None:
    here = subject(tmp_path, environ={"SIGNALOS_DASHBOARD": str(tmp_path)})
    assert server.dashboard(here).state is State.FAILED
    (tmp_path / "index.html").write_text("<p>")
    assert server.dashboard(here).state is State.OK


# -- desktop app


def test_a_wrong_configuration_is_told_with_its_place(tmp_path: Path) -> None:
    path = configured(tmp_path, sauces=[])
    here = subject(tmp_path, config=path)
    assert (app.config(here).state, "Did you mean `sources`" in app.config(here).text) == (
        State.FAILED,
        True,
    )
    assert states(app.terminals(here)) == {"terminals": State.NOT_APPLICABLE}


def test_terminals_that_answer_and_that_do_not(tmp_path: Path, listener: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    terminals = [
        {"id": "up", "type": "simulated", "address": listener},
        {"id": "down", "type": "simulated", "address": nobody},
        {"id": "native", "type": "mt5"},
        {"id": "wine up", "type": "mt5linux", "address": listener},
        {"id": "wine down", "type": "mt5linux", "address": nobody},
    ]
    found = app.terminals(subject(tmp_path, config=configured(tmp_path, terminals=terminals)))
    native = State.WARNING if sys.platform == "win32" else State.FAILED
    assert states(found) == {
        "terminal up": State.OK,
        "terminal down": State.FAILED,
        "terminal native": native,
        "terminal wine up": State.FAILED if sys.platform == "win32" else State.WARNING,
        "terminal wine down": State.FAILED,
    }


def test_tokens_missing_refused_and_taken(tmp_path: Path, web: str) -> None:
    here = subject(tmp_path, config=configured(tmp_path, server_url=web))
    assert states(app.token(here)) == {"token t1": State.FAILED}
    AuthTokenManager(tmp_path).store_auth_token(TOKEN + "x")
    assert "refuses" in app.token(here)[0].text
    AuthTokenManager(tmp_path).store_auth_token(TOKEN)
    assert states(app.token(here)) == {"token t1": State.OK}
    alone = subject(tmp_path, config=configured(tmp_path))
    assert states(app.token(alone)) == {"token": State.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, State.OK), (10, State.WARNING), (-10, State.WARNING), (-120, State.FAILED)],
)
def test_the_clock_is_compared_with_the_servers(
    tmp_path: Path, web: str, seconds: int, expected: State
) -> None:
    Answers.offset = timedelta(seconds=seconds)
    assert app.clock(subject(tmp_path, config=configured(tmp_path, server_url=web))).state is expected


def test_a_telegram_source_that_is_signed_in_and_one_that_is_not(tmp_path: Path) -> None:
    listed = [{"type": "telegram", "name": name, "chats": ["@x"]} for name in ("one", "two")]
    environ = {"SIGNALOS_PASSPHRASE": "open sesame"}
    Accounts(tmp_path, environ).write("one", Account(api_id=1, api_hash="h", session="s"))

    def found(**more: str) -> dict[str, Finding]:
        of = subject(tmp_path, app=tmp_path, config=configured(tmp_path, sources=listed), environ={**more})
        return {finding.check: finding for finding in app.sources(of)}

    assert states([*found(**environ).values()]) == {"source one": State.OK, "source two": State.FAILED}
    assert "signalos desktop login" in found(**environ)["source two"].todo
    without = found()["source one"]
    assert (without.state, "set SIGNALOS_PASSPHRASE" in without.text) == (State.FAILED, True)


def test_a_language_model_that_is_on(tmp_path: Path) -> None:
    on = {"enabled": True, "base_url": "http://127.0.0.1:11434/v1", "model": "small"}
    environ = {"SIGNALOS_PASSPHRASE": "open sesame"}

    def found(server: str | None = None, **more: str) -> Finding:
        config = configured(tmp_path, language_model=on, server_url=server)
        return app.language_model(subject(tmp_path, app=tmp_path, config=config, environ={**more}))

    assert found().state is State.WARNING
    assert "stand-alone" in found().text
    here = "http://127.0.0.1:5000"
    assert (found(here).state, "without a key" in found(here).text) == (State.OK, True)
    ModelKeys(tmp_path, environ).write("sk-kept")
    assert "encrypted file" in found(here, **environ).text
    assert found(here).state is State.FAILED, "the passphrase is missing"
    named = found(here, SIGNALOS_LANGUAGE_MODEL_KEY="sk-named")
    assert (named.state, "SIGNALOS_LANGUAGE_MODEL_KEY" in named.text) == (State.OK, True)
    off = app.language_model(subject(tmp_path, config=configured(tmp_path)))
    assert (off.state, off.text) == (State.NOT_APPLICABLE, "it is off")


def test_sources_that_are_there_and_that_are_not(tmp_path: Path) -> None:
    (tmp_path / "here.jsonl").write_text("")
    listed = [
        {"type": "file", "name": "here", "path": "here.jsonl"},
        {"type": "export", "name": "gone", "path": "gone.json"},
    ]
    found = app.sources(subject(tmp_path, config=configured(tmp_path, sources=listed)))
    assert states(found) == {"source here": State.OK, "source gone": State.WARNING}
    assert states(app.sources(subject(tmp_path, config=configured(tmp_path)))) == {"sources": State.WARNING}


def test_the_journal_tells_of_stops_and_of_what_waits(tmp_path: Path) -> None:
    clock = VirtualClock(NOW)
    with closing(Journal(tmp_path, clock=clock, market=clock, ids=SystemIds())) as journal:
        journal.set_meta(TERMINALS, '["t1"]')
    here = subject(tmp_path, app=tmp_path)
    assert states(app.journal(here)) == {"journal": State.OK, "outbox": State.OK}
    with closing(Journal(tmp_path, clock=clock, market=clock, ids=SystemIds())) as journal:
        journal.latches.set(["t1"], "close-all", local=True)
        with journal.transaction():
            for number in range(app.BACKLOG + 1):
                journal.outbox.add("alert", None, alert_event("a", "info", str(number)))
    assert states(app.journal(here)) == {
        "journal": State.OK,
        "stop": State.WARNING,
        "outbox": State.WARNING,
    }
    (tmp_path / FILE_NAME).write_bytes(b"no database " * 1000)
    for left in ("-wal", "-shm"):
        (tmp_path / f"{FILE_NAME}{left}").unlink(missing_ok=True)
    assert states(app.journal(here)) == {"journal": State.FAILED}
    assert app.config(here).state is State.NOT_APPLICABLE


# -- the command


def test_the_command_ends_with_1_when_a_check_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listener: str
) -> None:
    terminals = [{"id": "t1", "type": "simulated", "address": listener}]
    good = configured(tmp_path, terminals=terminals)
    assert main(["doctor", "--home", str(tmp_path), "--config", str(good), "--json"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert {"ok", "failed", "warning", "not applicable"} >= {f["state"] for f in told["findings"]}
    assert len(told["findings"]) >= len(CHECKS)
    of_config = [f for f in told["findings"] if f["check"] in ("config.json", "terminal t1")]
    assert [f["state"] for f in of_config] == ["ok", "ok"]

    bad = configured(tmp_path, terminals=[])
    assert main(["doctor", "--home", str(tmp_path), "--config", str(bad)]) == 1
    assert "-> mend it there" in capsys.readouterr().out
    assert main(["doctor", "--home", str(tmp_path / "none")]) == 2
