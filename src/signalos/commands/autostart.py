"""What makes a system start the desktop app by itself: the texts of its files and the commands that use them.

Nothing here touches the system: it says what to write and what to run.
"""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from xml.sax.saxutils import escape

END_WITHIN_SECONDS = 25
"""The app finishes what it has sent within 15 s; only then may a system kill it."""
AGAIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be started for a user: ``command`` (absolute paths) with ``environ``.

    ``user`` is the user's folder, ``user_id`` the number that launchd wants, ``terminals`` the
    terminal64.exe files that Windows starts beside the app.
    """

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    folder: PurePath
    user: PurePath
    user_id: int = 0
    terminals: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Files to write (their text and encoding), commands to run afterwards, and what is left to a person."""

    files: dict[PurePath, bytes]
    commands: list[list[str]]
    remarks: list[str]


def install_plan(system: str, start: Start) -> Plan:
    """How ``system`` (linux, darwin or win32) is told to start the app. Raises KeyError for another one."""
    return {"linux": _systemd, "darwin": _launchd, "win32": _scheduler}[system](start)


def uninstall_plan(system: str, start: Start) -> Plan:
    """How ``system`` is told to start it no more: ``files`` are those to delete, after the commands."""
    made = install_plan(system, start)
    if system == "linux":
        return Plan(made.files, [["systemctl", "--user", "disable", "--now", f"{start.name}.service"]], [])
    if system == "darwin":
        return Plan(made.files, [["launchctl", "bootout", f"gui/{start.user_id}/{_label(start)}"]], [])
    return Plan(
        made.files,
        [
            ["schtasks", "/Delete", "/F", "/TN", command[command.index("/TN") + 1]]
            for command in made.commands
        ],
        ["an app that runs goes on: signalos desktop quit --home DIR ends it"],
    )


# ------------------------------------------------------------------------------------------ Linux


def _systemd(start: Start) -> Plan:
    environ = "".join(f"Environment={_quoted(f'{key}={value}')}\n" for key, value in start.environ.items())
    text = f"""[Unit]
Description=SignalOS desktop app in {_plain(start.folder)}
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=exec
ExecStart={" ".join(_quoted(word, dollar=True) for word in start.command)}
{environ}UMask=0077
NoNewPrivileges=yes
Restart=on-failure
RestartSec={AGAIN_SECONDS}
RestartPreventExitStatus=2
KillMode=mixed
TimeoutStopSec={END_WITHIN_SECONDS}

[Install]
WantedBy=default.target
"""
    file = PurePosixPath(start.user) / ".config" / "systemd" / "user" / f"{start.name}.service"
    return Plan(
        {file: text.encode()},
        [
            ["systemctl", "--user", "daemon-reload"],
            ["systemctl", "--user", "enable", "--now", f"{start.name}.service"],
        ],
        ["it starts when you sign in; to start it with the machine, once: loginctl enable-linger"],
    )


def _quoted(word: str, *, dollar: bool = False) -> str:
    """A word of a unit file: quoted, its specifiers and (in a command) variables meant literally."""
    for found, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        word = word.replace(found, written)
    return f'"{word.replace("$", "$$") if dollar else word}"'


def _plain(path: PurePath) -> str:
    return str(path).replace("%", "%%")


# ------------------------------------------------------------------------------------------ macOS


def _label(start: Start) -> str:
    return f"app.{start.name}"


def _launchd(start: Start) -> Plan:
    log = str(PurePosixPath(start.folder) / "logs" / "launchd.log")
    text = plistlib.dumps(
        {
            "Label": _label(start),
            "ProgramArguments": list(start.command),
            "EnvironmentVariables": dict(start.environ),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": AGAIN_SECONDS,
            "ExitTimeOut": END_WITHIN_SECONDS,
            "Umask": 0o077,
            "StandardOutPath": log,
            "StandardErrorPath": log,
        }
    )
    file = PurePosixPath(start.user) / "Library" / "LaunchAgents" / f"{_label(start)}.plist"
    return Plan(
        {file: text},
        [["launchctl", "bootstrap", f"gui/{start.user_id}", str(file)]],
        ["it starts when you sign in"],
    )


# ---------------------------------------------------------------------------------------- Windows


def _scheduler(start: Start) -> Plan:
    folder = PureWindowsPath(start.folder)
    tasks: list[tuple[str, str, list[str], dict[str, str]]] = [
        (f"{start.name} terminal {name}", f"terminal-{number}", [path], {})
        for number, (name, path) in enumerate(start.terminals, 1)
    ]
    tasks.append((start.name, "app", list(start.command), start.environ))
    files: dict[PurePath, bytes] = {}
    commands = []
    for name, short, command, environ in tasks:
        file = folder / f"{start.name}-{short}.task.xml"
        files[file] = _task(name, command, environ).encode("utf-16")
        commands.append(["schtasks", "/Create", "/F", "/TN", name, "/XML", str(file)])
    remark = (
        "it starts when you sign in to Windows. For a start with the machine let Windows sign you in by itself "
        "(Sysinternals Autologon keeps the password encrypted), and lock the screen at once"
    )
    return Plan(files, commands, [remark])


def _task(name: str, command: Sequence[str], environ: dict[str, str]) -> str:
    program, *arguments = command
    if environ:
        # A task has no environment of its own.
        words = " && ".join(
            [*(f'set "{key}={value}"' for key, value in environ.items()), _joined([program, *arguments])]
        )
        program, line = "cmd.exe", f'/d /s /c "{words}"'
    else:
        line = _joined(arguments)
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>{escape(name)}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>false</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(line)}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


def _joined(words: Sequence[str]) -> str:
    """Words as a Windows command line: quoted where they need it; a path holds no quote on Windows."""
    return " ".join(f'"{word}"' if not word or " " in word or "&" in word else word for word in words)
