"""The desktop app: configuration, terminals, token, sources, and what its journal says."""

from __future__ import annotations

import importlib.util
import socket
import sqlite3
import sys
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from signalos.commands.checks.finding import Finding, Subject, failed, not_applicable, ok, warning
from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.config import DesktopConfig, TerminalConfig, load_config
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import CONFIG, FILE_NAME
from signalos.desktop.model_key import ModelKeys
from signalos.desktop.server_url import loopback_address
from signalos.desktop.standalone import terminals_of
from signalos.domain.errors import ConfigError, NotAllowed
from signalos.kit.ids import SystemIds
from signalos.kit.single import is_held
from signalos.kit.sqlite import SchemaTooNew
from signalos.sources.telegram import TelegramSettings
from signalos.sources.telegram.account import Accounts

WITHIN_SECONDS = 5.0
BACKLOG = 1_000
SLOW_SECONDS, WRONG_SECONDS = 5.0, 30.0
NO_APP = "no desktop app is named (--home DIR or --config FILE)"
NOT_READ = "the configuration cannot be read"
TIME = "set the clock by the network: timedatectl set-ntp true (Windows: Settings, Time, Synchronise now)"


def _journal(subject: Subject) -> Journal | None:
    """The app's journal; None without one. Raises sqlite3.DatabaseError, SchemaTooNew."""
    if subject.app is None or not (subject.app / FILE_NAME).exists():
        return None
    return Journal(subject.app, clock=subject.clock, market=subject.clock, ids=SystemIds())


def config_path(subject: Subject) -> Path | None:
    """The named configuration, else the one that the app was last started with."""
    if subject.config is not None:
        return subject.config
    try:
        journal = _journal(subject)
    except (sqlite3.DatabaseError, SchemaTooNew):
        return None  # told by the check of the journal
    if journal is None:
        return None
    with closing(journal):
        known = journal.meta(CONFIG)
    return None if known is None else Path(known)


def config_of(subject: Subject) -> DesktopConfig | None:
    """The configuration if it can be read."""
    path = config_path(subject)
    try:
        return None if path is None else load_config(path, subject.environ)
    except ConfigError:
        return None  # told by the check of the configuration


def config(subject: Subject) -> Finding:
    """Tell whether config.json can be used."""
    name = "config.json"
    path = config_path(subject)
    if path is None:
        return not_applicable(name, NO_APP)
    try:
        found = load_config(path, subject.environ)
    except ConfigError as why:
        return failed(name, str(why), "mend it there; docs/guides/settings.md describes the file")
    server = found.server_url or "stand-alone"
    return ok(name, f"{path}: {len(found.terminals)} terminal(s), {len(found.sources)} source(s), {server}")


def terminals(subject: Subject) -> list[Finding]:
    """Tell for each terminal whether it can be reached."""
    found = config_of(subject)
    if found is None:
        return [not_applicable("terminals", NO_APP if config_path(subject) is None else NOT_READ)]
    looks = {"simulated": _simulated, "mt5": _mt5, "mt5linux": _mt5linux}
    return [looks[t.type](t) for t in found.terminals]


def _simulated(terminal: TerminalConfig) -> Finding:
    name = f"terminal {terminal.id}"
    try:
        with socket.create_connection(loopback_address(str(terminal.address)), WITHIN_SECONDS):
            return ok(name, f"the simulated terminal answers on {terminal.address}")
    except OSError as why:
        return failed(
            name,
            f"nothing answers on {terminal.address} ({why})",
            f"start it: signalos sim --listen {terminal.address} --state FILE --prices DIR",
        )


def _mt5(terminal: TerminalConfig) -> Finding:
    name = f"terminal {terminal.id}"
    if importlib.util.find_spec("MetaTrader5") is None:
        todo = "pip install MetaTrader5" if sys.platform == "win32" else "run the desktop app on Windows"
        return failed(name, "the MetaTrader5 module is not installed; it exists for Windows alone", todo)
    if terminal.path is not None and not Path(terminal.path).is_file():
        return failed(
            name, f"there is no {terminal.path}", "name terminal64.exe in `path`, or leave it out"
        )
    return warning(
        name,
        "the MetaTrader5 module is there; whether the terminal is signed in was not tried",
        "signalos doctor mt5 --demo-selftest tries it on a demo account",
    )


def _mt5linux(terminal: TerminalConfig) -> Finding:
    name = f"terminal {terminal.id}"
    if importlib.util.find_spec("rpyc") is None:
        return failed(name, "the package rpyc is not installed", "pip install 'signalos[wine]'")
    try:
        socket.create_connection(loopback_address(str(terminal.address)), WITHIN_SECONDS).close()
    except OSError as why:
        return failed(
            name,
            f"nothing answers on {terminal.address} ({why})",
            "start the terminal and its server under Wine: docs/guides/wine.md",
        )
    return warning(
        name,
        f"a server answers on {terminal.address}; whether the terminal behind it is signed in was not tried",
        "signalos doctor mt5 --demo-selftest tries it on a demo account",
    )


def token(subject: Subject) -> list[Finding]:
    """Tell for each terminal whether its token is there and the server takes it."""
    found = config_of(subject)
    if found is None:
        return [not_applicable("token", NO_APP if config_path(subject) is None else NOT_READ)]
    if found.server_url is None:
        return [not_applicable("token", "the app is stand-alone: `server_url` is null")]
    return [_token(subject, found.server_url, terminal.id) for terminal in found.terminals]


def _token(subject: Subject, server: str, terminal_id: str) -> Finding:
    name = f"token {terminal_id}"
    pair = "pair it: signalos desktop pair, or store the token that the dashboard shows for a new terminal"
    tokens = AuthTokenManager(subject.state)
    try:
        stored = tokens.get_auth_token(terminal_id)
    except NotAllowed as why:
        return failed(name, str(why), pair)
    if stored is None:
        return failed(name, f"there is none in {tokens.place.parent}", pair)
    try:
        answer = _ask(f"{server}/api/me", stored)
    except httpx.HTTPError as why:
        return warning(
            name, f"it is there, but {server} did not answer ({why})", "start the server; then again"
        )
    if answer.status_code == httpx.codes.OK:
        return ok(name, f"{server} takes it")
    return failed(name, f"{server} refuses it ({answer.status_code}): revoked, or of another server", pair)


def clock(subject: Subject) -> Finding:
    """Tell how far this machine's clock is from the server's."""
    name = "clock"
    found = config_of(subject)
    if found is None or found.server_url is None:
        return not_applicable(name, "no server is configured to compare with")
    sent = subject.clock.now()
    try:
        answer = _ask(f"{found.server_url}/health/live")
        there = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError) as why:
        return not_applicable(name, f"{found.server_url} did not say its time ({why!r})")
    got = subject.clock.now()
    # The header has whole seconds, and a server may renew it only once a second.
    offset = (sent + (got - sent) / 2 - there).total_seconds() - 0.5
    text = f"{abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} {found.server_url} (to about 1 s)"
    if abs(offset) > WRONG_SECONDS:
        return failed(name, text, f"{TIME}: a signal's age would be counted wrongly")
    if abs(offset) > SLOW_SECONDS:
        return warning(name, text, TIME)
    return ok(name, text)


def _ask(address: str, token: str | None = None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.get(address, headers=headers, timeout=WITHIN_SECONDS, trust_env=False)


def sources(subject: Subject) -> list[Finding]:
    """Tell for each source whether what it reads is there."""
    found = config_of(subject)
    if found is None:
        return [not_applicable("sources", NO_APP if config_path(subject) is None else NOT_READ)]
    if not found.sources:
        return [warning("sources", "none is configured: no message can come in", "add one to `sources`")]
    return [_source(settings, subject) for settings in found.sources]


def _source(settings: Any, subject: Subject) -> Finding:
    name = f"source {settings.name}"
    if isinstance(settings, TelegramSettings):
        return _signed_in(name, settings, subject)
    path = getattr(settings, "path", None)
    if path is None:
        return not_applicable(
            name, f"a {settings.type} source is examined by the app itself when it connects"
        )
    if not Path(path).is_file():
        return warning(
            name, f"{path} does not exist yet", "it is read as soon as it appears; check the path"
        )
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as why:
        return failed(name, f"{path} cannot be read: {why.strerror}", "let this user read it")
    return ok(name, f"{path} can be read")


def _signed_in(name: str, settings: TelegramSettings, subject: Subject) -> Finding:
    if subject.app is None:
        return not_applicable(name, NO_APP)
    login = f"signalos desktop login --home {subject.app} --config {config_path(subject)} --source {settings.name}"
    accounts = Accounts(subject.app, subject.environ)
    try:
        where = accounts.where(settings.name)
        account = accounts.read(settings.name)
    except ConfigError as why:
        return failed(
            name, str(why), f"give the app what it needs to read the session, or sign in anew: {login}"
        )
    if account is None:
        return failed(name, "it is not signed in to Telegram", login)
    return ok(
        name, f"signed in; the session is in {where}. Telegram itself is asked by the app when it connects"
    )


def language_model(subject: Subject) -> Finding:
    """Tell whether a language model that is turned on can be asked. It is not asked here."""
    name = "language model"
    found = config_of(subject)
    if found is None:
        return not_applicable(name, NO_APP if config_path(subject) is None else NOT_READ)
    if not found.language_model.enabled:
        return not_applicable(name, "it is off")
    settings = found.language_model
    if importlib.util.find_spec("openai") is None:
        return failed(name, "it is on, but the packages for it are missing", "install signalos[llm]")
    where = ""
    if subject.app is not None:
        keys = ModelKeys(subject.app, subject.environ)
        try:
            where = keys.where()
            keys.read()
        except ConfigError as why:
            return failed(name, str(why), "signalos desktop login --language-model keeps another key")
    text = f"{settings.model} at {settings.base_url}, {f'its key in {where}' if where else 'without a key'}"
    if found.server_url is None:
        todo = "name a server: the yes is given in its dashboard"
        return warning(name, f"{text}; stand-alone nothing that it reads is traded", todo)
    return ok(name, text)


def journal(subject: Subject) -> list[Finding]:
    """Tell of stops, orders without a known outcome, and events that the server has not got."""
    name = "journal"
    try:
        opened = _journal(subject)
    except (sqlite3.DatabaseError, SchemaTooNew) as why:
        todo = "end what holds it; if it is damaged: signalos backup restore FILE --desktop DIR"
        return [failed(name, f"it cannot be opened: {why}", todo)]
    if opened is None or subject.app is None:
        return [not_applicable(name, "no desktop app's folder is named (--home DIR)")]
    home = subject.app
    with closing(opened):
        running = "runs" if is_held(home) else "does not run"
        findings = [ok(name, f"{home / FILE_NAME}; the app {running}")]
        for terminal_id in terminals_of(opened):
            findings += _of_terminal(opened, home, terminal_id)
        backlog = opened.outbox.waiting()
    if backlog > BACKLOG:
        findings.append(
            warning(
                "outbox", f"{backlog} events wait for the server", "check token and server address above"
            )
        )
    else:
        findings.append(ok("outbox", f"{backlog} event(s) wait for the server"))
    return findings


def _of_terminal(opened: Journal, home: Path, terminal_id: str) -> list[Finding]:
    findings = []
    for latch in opened.latches.active(terminal_id):
        state = "flat" if latch.flat else f"not flat yet: {latch.left}"
        findings.append(
            warning(
                "stop",
                f"{terminal_id} is stopped ({latch.mode}) since {latch.latched_at:%Y-%m-%d %H:%M} UTC, {state}",
                f"to trade again: signalos desktop resume --home {home}",
            )
        )
    unknown = opened.intents.unfinished(terminal_id, ("sending", "unknown"))
    if unknown:
        findings.append(
            warning(
                "orders",
                f"{len(unknown)} order(s) at {terminal_id} have no known outcome",
                "the running app looks for them; if they stay, compare with the terminal's own history",
            )
        )
    return findings
