"""The server of this machine: settings, database, backups, port, dashboard."""

from __future__ import annotations

import socket
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.request import pathname2url

import httpx

from signalos.commands.checks.finding import Finding, Subject, failed, not_applicable, ok, warning
from signalos.domain.errors import ConfigError
from signalos.kit import backup
from signalos.kit.ids import SystemIds
from signalos.server.backup import KIND
from signalos.server.db.migrate import HEAD
from signalos.server.settings import Settings, backup_folder, database_of, read_settings

WITHIN_SECONDS = 5.0
NONE_HERE = "no server has run in this state folder"


def _environ(subject: Subject) -> dict[str, str]:
    return {**subject.environ, "SIGNALOS_HOME": str(subject.state)}


def _settings(subject: Subject) -> Settings | None:
    """The server's settings; None where reading them would make a first secret. Raises ConfigError."""
    environ = _environ(subject)
    fixed = environ.get("SESSION_SECRET") or environ.get("SIGNALOS_ENV") == "production"
    if not fixed and not (subject.state / "server" / "session_secret").exists():
        return None
    return read_settings(SystemIds(), environ)


def settings(subject: Subject) -> Finding:
    """Tell whether the server would start with these settings."""
    try:
        found = _settings(subject)
    except ConfigError as why:
        return failed(
            "server settings", str(why), "mend that setting; docs/guides/settings.md lists them all"
        )
    if found is None:
        return not_applicable("server settings", NONE_HERE)
    mode = "production" if found.production else "development"
    return ok("server settings", f"{mode}, on {found.host}:{found.port}")


def database(subject: Subject) -> Finding:
    """Tell whether the database is there, whole, and of this version."""
    name = "database"
    path = database_of(_environ(subject))
    if not path.exists():
        return not_applicable(name, f"{NONE_HERE} ({path} does not exist)")
    try:
        with closing(sqlite3.connect(f"file:{pathname2url(str(path))}?mode=ro", uri=True, timeout=5)) as db:
            schema = KIND.schema(db)
            told = [str(row[0]) for row in db.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as why:
        return failed(
            name, f"{path} cannot be read: {why}", "put a backup back: signalos backup restore FILE"
        )
    if told != ["ok"]:
        return failed(
            name, f"{path} is damaged: {'; '.join(told)}", "put a backup back: signalos backup restore FILE"
        )
    if not KIND.known(schema):
        return failed(name, f"{path} has schema {schema}, newer than {HEAD}", "use the newer SignalOS")
    if schema != HEAD:
        return warning(name, f"{path} has schema {schema}, this version {HEAD}", "signalos db migrate")
    return ok(name, f"{path}, schema {schema}, {path.stat().st_size / (1 << 20):.1f} MiB, whole")


def backups(subject: Subject) -> Finding:
    """Tell how old the newest backup is."""
    name = "backups"
    environ = _environ(subject)
    if not database_of(environ).exists():
        return not_applicable(name, NONE_HERE)
    folder = backup_folder(environ)
    known = backup.found(folder, KIND)
    if not known:
        return warning(name, f"there is none in {folder}", "make one: signalos backup create")
    age = subject.clock.now() - known[0].manifest.created
    text = f"{len(known)} in {folder}, the newest {_age(age)} old"
    if age > timedelta(days=2):
        return warning(
            name,
            text,
            "look into the server's log, or make one: signalos backup create; and keep copies on another machine",
        )
    return ok(name, text)


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours * 60:.0f} min" if hours < 2 else f"{hours:.0f} h" if hours < 72 else f"{age.days} days"


def port(subject: Subject) -> Finding:
    """Tell whether the server answers, or could take its port."""
    name = "server port"
    try:
        found = _settings(subject)
    except ConfigError:
        return not_applicable(name, "the settings have to be mended first")
    if found is None:
        return not_applicable(name, NONE_HERE)
    if found.port == 0:
        return not_applicable(name, "PORT is 0: any free one")
    address = f"{'https' if found.tls_certificate else 'http'}://{_reached(found.host)}:{found.port}"
    try:
        # Whether the certificate is right is the browser's question; here only who answers counts.
        answer = httpx.get(f"{address}/health/ready", timeout=WITHIN_SECONDS, trust_env=False, verify=False)  # noqa: S501 -- see above
    except httpx.HTTPError:
        return _free(name, found)
    try:
        ready = answer.status_code == httpx.codes.OK and answer.json() == {"status": "ready"}
    except ValueError:  # a page of another program
        ready = False
    if ready:
        return ok(name, f"the server answers on {address}")
    return failed(
        name,
        f"{address} answers {answer.status_code} to /health/ready",
        "look into the server's log; if another program answers there, choose another PORT",
    )


def _free(name: str, found: Settings) -> Finding:
    family = socket.AF_INET6 if ":" in found.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # where it would let us share a port that is taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((found.host, found.port))
        except OSError as why:
            return failed(
                name,
                f"{found.host}:{found.port} is taken ({why.strerror}), and no SignalOS answers there",
                "end that program, or set PORT to another one",
            )
    return ok(name, f"the server does not run; {found.host}:{found.port} is free")


def _reached(host: str) -> str:
    """The address under which this machine reaches what listens on ``host``."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 -- compared with, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def dashboard(subject: Subject) -> Finding:
    """Tell whether there are pages to serve."""
    name = "dashboard"
    named = subject.environ.get("SIGNALOS_DASHBOARD", "").strip()
    folder = Path(named) if named else Path(__file__).resolve().parents[4] / "dashboard" / "dist"
    if (folder / "index.html").is_file():
        return ok(name, f"built, in {folder}")
    if not named and not folder.parent.is_dir():
        return not_applicable(name, "this installation has no dashboard")
    return failed(name, f"{folder} has no index.html: the pages are not built", "python start.py setup")
