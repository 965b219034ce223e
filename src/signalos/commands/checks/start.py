"""Whether the app comes up by itself after a restart of the machine."""

from __future__ import annotations

from signalos.commands.checks.finding import Finding, Subject, failed, not_applicable, ok, warning
from signalos.desktop.start_record import judge, read_record

INSTALL = "signalos desktop install --home DIR --config FILE lets the system start it"
RESTART = "restart the machine, let it sign you in, and run signalos doctor again"
MEND = (
    "see that the machine signs you in by itself (docs/guides/operations.md), look into the app's log and the "
    "system's (systemctl --user status, Task Scheduler), then signalos desktop install again and restart"
)


def restart(subject: Subject) -> Finding:
    """Tell whether the restart test has passed."""
    name = "restart"
    if subject.app is None:
        return not_applicable(name, "no desktop app's folder is named (--home DIR)")
    verdict = judge(read_record(subject.app), subject.boot, subject.clock.now())
    if verdict.state == "passed":
        return ok(name, verdict.text)
    if verdict.state == "failed":
        return failed(name, verdict.text, MEND)
    return warning(name, verdict.text, INSTALL if verdict.state == "not_installed" else RESTART)
