"""What the terminals themselves say: the saved login, the button, the switch for programs, and the time.

A terminal is asked through a worker of its own, as the app does it; nothing is changed there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from signalos.brokers.mt5 import Deadlines, mt5linux_worker, native_worker, simulated_worker
from signalos.brokers.mt5.clock_offset import ALERT_SECONDS, WRONG_SECONDS, ClockOffset
from signalos.brokers.mt5.process import spawn_worker
from signalos.commands.checks.app import NO_APP, NOT_READ, TIME, WITHIN_SECONDS, config_of, config_path
from signalos.commands.checks.finding import Finding, Subject, failed, not_applicable, ok, warning
from signalos.desktop.config import TerminalConfig
from signalos.desktop.terminal_types import credentials
from signalos.kit.wire import Transport, WireLost, WireNeverSent, WireTimeout

CONNECT_SECONDS = 60.0
"""A MetaTrader terminal may have to be started for it; the simulated one runs or does not."""
READ_SECONDS = 10.0
LOOK_SECONDS = 0.25
LOOKS = 40
SAVE = "sign in to the account in the terminal once, with its password saved (File, Login to Trade Account, Save)"
BUTTON = "switch Algo Trading on in the terminal's toolbar"
API = (
    "in the terminal: Tools, Options, Expert Advisors: tick Allow Algorithmic Trading and take the tick off "
    "Disable algorithmic trading via external Python API"
)

Told: TypeAlias = dict[str, Any]
"""What a worker's ``connect`` answers: module, version, terminal, account."""


def terminals_ready(subject: Subject) -> list[Finding]:
    """Ask every terminal whether it is signed in, lets programs trade, and shares our time."""
    found = config_of(subject)
    if found is None:
        return [not_applicable("sign-in", NO_APP if config_path(subject) is None else NOT_READ)]
    findings: list[Finding] = []
    for terminal in found.terminals:
        findings += asyncio.run(_ask(terminal, subject))
    return findings


async def _ask(terminal: TerminalConfig, subject: Subject) -> list[Finding]:
    name = f"sign-in {terminal.id}"
    try:
        worker = await spawn_worker(_command(terminal), credentials(terminal))
    except WireNeverSent as why:
        return [failed(name, str(why), "see the check of the terminal above")]
    try:
        within = WITHIN_SECONDS if terminal.type == "simulated" else CONNECT_SECONDS
        answer = await worker.call("connect", deadline=within)
        if answer.ok is None:
            said = answer.error or f"{answer.last_error[1]}, code {answer.last_error[0]}"
            return [failed(name, f"the terminal let nobody in ({said})", SAVE)]
        findings = judge(terminal, answer.ok)
        if terminal.type != "simulated":
            findings.append(await clock_of(terminal.id, worker, subject.clock.now, subject.clock.sleep))
        return findings
    except (WireNeverSent, WireLost, WireTimeout) as why:
        return [failed(name, f"the terminal did not answer ({why})", "start it and look at its window")]
    finally:
        await worker.close()


def _command(terminal: TerminalConfig) -> list[str]:
    if terminal.type == "simulated":
        return simulated_worker(str(terminal.address))
    if terminal.type == "mt5linux":
        return mt5linux_worker(str(terminal.address), Deadlines().send, terminal.path)
    return native_worker(terminal.path)


def judge(terminal: TerminalConfig, told: Told) -> list[Finding]:
    """What an answer of ``connect`` says of one terminal."""
    about, account = told["terminal"], told["account"]
    return [
        _login(terminal, about, account, told),
        _button(terminal.id, about),
        _switch(terminal.id, about),
        _account(terminal.id, account),
    ]


def _login(
    terminal: TerminalConfig, about: Mapping[str, Any], account: Mapping[str, Any], told: Told
) -> Finding:
    name = f"sign-in {terminal.id}"
    version = told["version"] or (0, 0, "")
    where = (
        f"{account['login']}@{account['server']}, build {version[1]}, module {told['module'] or 'unnamed'}"
    )
    if terminal.login is not None and account["login"] != terminal.login:
        return failed(name, f"{where}: config.json names {terminal.login}", SAVE)
    if not about["connected"]:
        return failed(name, f"{where}: it has no connection to the broker", "look at the terminal's window")
    if terminal.password is not None:
        return ok(name, f"{where}, by the password that the app was given")
    return ok(name, f"{where}, by the login that the terminal has saved")


def _button(terminal_id: str, about: Mapping[str, Any]) -> Finding:
    name = f"algo trading {terminal_id}"
    if about["trade_allowed"]:
        return ok(name, "the Algo Trading button is on")
    return failed(name, "the Algo Trading button is off: every order would be refused", BUTTON)


def _switch(terminal_id: str, about: Mapping[str, Any]) -> Finding:
    name = f"python api {terminal_id}"
    if about["tradeapi_disabled"]:
        return failed(name, "trading through the Python API is switched off in the terminal's options", API)
    return ok(name, "the terminal's options let the Python API trade")


def _account(terminal_id: str, account: Mapping[str, Any]) -> Finding:
    name = f"account {terminal_id}"
    if not account["trade_allowed"]:
        todo = "sign in with the trading password instead of the investor password, or ask the broker"
        return failed(name, "the account may not trade", todo)
    if not account["trade_expert"]:
        return failed(name, "the broker lets no programs trade on this account", "ask the broker")
    return ok(name, "the account may be traded by programs")


async def clock_of(
    terminal_id: str,
    worker: Transport,
    now: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]],
    symbol: str = "EURUSD",
) -> Finding:
    """Tell how far this machine's clock is from the broker's, by quotes that are seen to change."""
    name = f"clock {terminal_id}"
    offset, before = ClockOffset(), 0
    for _ in range(LOOKS):
        answer = await worker.call("quote", (symbol,), deadline=READ_SECONDS)
        if answer.ok is None:
            return not_applicable(name, f"the broker has no {symbol} to read the time from")
        stamp = int(answer.ok["tick"]["time_msc"])
        if before and stamp != before:
            offset.take(stamp / 1000, now())
        before = stamp
        if offset.seconds is not None:
            return _clock(name, offset.seconds)
        await sleep(LOOK_SECONDS)
    return not_applicable(
        name, "no quotes come in, so the broker's time cannot be read: the market is closed"
    )


def _clock(name: str, off: float) -> Finding:
    text = f"{abs(off):.1f} s {'ahead of' if off > 0 else 'behind'} the broker's"
    if abs(off) > WRONG_SECONDS:
        return failed(name, f"{text}: nothing is opened beyond {WRONG_SECONDS:.0f} s", TIME)
    if abs(off) > ALERT_SECONDS:
        return warning(name, text, TIME)
    return ok(name, text)
