"""The evidence file of an examination, and what in it counts as proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from signalos.brokers.mt5.selftest.desk import Step
from signalos.brokers.mt5.selftest.script import Script

EVIDENCE = Path(__file__).resolve().parents[5] / "docs" / "evidence"
"""The repository's folder of evidence; an installation without the repository has none."""
KIND = "signalos-mt5-demo-selftest"
SIMULATED_COMPANY = "SignalOS"
SIMULATED = "simulated, proves nothing about a real terminal"
REAL = "a real terminal on a demo account"


class Difference(msgspec.Struct, frozen=True):
    """Where the terminal answered otherwise than the simulated one; "absent" = it has no such field."""

    step: str
    what: str
    terminal: Any
    reference: Any


class Machine(msgspec.Struct, frozen=True, rename="camel"):
    """Where it was run."""

    signalos: str
    python: str
    system: str
    way: str
    module: str = ""


class Evidence(msgspec.Struct, frozen=True, rename="camel"):
    """What the file holds. ``verdict`` is same | differences | failed."""

    kind: str
    simulated: bool
    about: str
    verdict: str
    at: datetime
    machine: Machine
    terminal: dict[str, Any]
    account: dict[str, Any]
    differences: list[Difference]
    left: list[str]
    steps: list[Step]


def evidence_of(
    script: Script, reference: Script | None, facts: dict[str, Any], machine: Machine, at: datetime
) -> Evidence:
    """Put together what was seen. The account's number is masked."""
    terminal, account = facts.get("terminal", {}), facts.get("account", {})
    simulated = terminal.get("company") == SIMULATED_COMPANY
    differences = [] if reference is None else compared(script.steps, reference.steps)
    failed = bool(script.left) or any(step.failed for step in script.steps) or reference is None
    return Evidence(
        kind=KIND,
        simulated=simulated,
        about=SIMULATED if simulated else REAL,
        verdict="failed" if failed else "differences" if differences else "same",
        at=at,
        machine=machine,
        terminal={name: terminal.get(name) for name in ("name", "company", "build")}
        | {"version": facts.get("version")},
        account={
            "type": {0: "demo", 1: "contest", 2: "real"}.get(account.get("trade_mode", -1), "unknown"),
            "login": masked(str(account.get("login", ""))),
            "server": account.get("server"),
            "currency": account.get("currency"),
            "marginMode": account.get("margin_mode"),
            "leverage": account.get("leverage"),
        },
        differences=differences,
        left=script.left,
        steps=script.steps,
    )


def masked(login: str) -> str:
    """First and last digit of an account's number: enough to tell two apart, not to sign in."""
    return f"{login[:1]}{'*' * max(0, len(login) - 2)}{login[-1:]}" if len(login) > 2 else "*" * len(login)


def compared(steps: Sequence[Step], reference: Sequence[Step]) -> list[Difference]:
    """Every observation that is not the same in both, and steps that failed in one alone."""
    found: list[Difference] = []
    others = {step.name: step for step in reference}
    for step in steps:
        other = others.get(step.name)
        if other is None:
            found.append(Difference(step.name, "step", "run", "absent"))
            continue
        if bool(step.failed) != bool(other.failed):
            found.append(Difference(step.name, "failed", step.failed or "worked", other.failed or "worked"))
        here, there = dict(_flat(step.seen)), dict(_flat(other.seen))
        found += [
            Difference(step.name, name, here.get(name, "absent"), there.get(name, "absent"))
            for name in sorted(here.keys() | there.keys())
            if here.get(name, "absent") != there.get(name, "absent")
        ]
    return found


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else key)
    else:
        yield name, value


def verified_on_real_terminal(folder: Path) -> bool:
    """True when ``folder`` holds the evidence of an examination of a real terminal that did not fail.

    Evidence of the simulated terminal never counts, whatever the file is called; one that cannot be read
    proves nothing.
    """
    for path in sorted(folder.glob("*.json")):
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Evidence)
        except (OSError, msgspec.DecodeError):
            continue
        real = not found.simulated and found.terminal.get("company") not in (None, SIMULATED_COMPANY)
        passed = found.verdict in ("same", "differences") and found.account.get("type") == "demo"
        if found.kind == KIND and real and passed:
            return True
    return False
