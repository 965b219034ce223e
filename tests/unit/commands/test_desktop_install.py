"""What makes Linux, macOS and Windows start the app: the texts, on every system; the tool, where there is one."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from signalos.cli import main
from signalos.commands.autostart import Plan, Start, install_plan, uninstall_plan
from signalos.commands.desktop_install import carry_out

TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def posix(**more: object) -> Start:
    values: dict[str, object] = {
        "name": "signalos-desktop",
        "command": [
            "/opt/s/python",
            "-m",
            "signalos.cli",
            "desktop",
            "run",
            "--home",
            "/var/my app/100%/$x",
        ],
        "environ": {"SIGNALOS_HOME": '/var/the "home"'},
        "folder": PurePosixPath("/var/my app/100%/$x"),
        "user": PurePosixPath("/people/ann"),
        "user_id": 501,
    }
    return Start(**{**values, **more})  # type: ignore[arg-type]


def windows(**more: object) -> Start:
    values: dict[str, object] = {
        "name": "signalos-desktop",
        "command": [
            r"C:\Signal OS\python.exe",
            "-m",
            "signalos.cli",
            "desktop",
            "run",
            "--home",
            r"D:\a&b",
        ],
        "environ": {},
        "folder": PureWindowsPath(r"D:\a&b"),
        "user": PureWindowsPath(r"C:\People\ann"),
        "terminals": [("main", r"C:\Program Files\MetaTrader 5\terminal64.exe")],
    }
    return Start(**{**values, **more})  # type: ignore[arg-type]


def task(text: bytes) -> ET.Element:
    return ET.fromstring(text.decode("utf-16"))  # noqa: S314 -- made by the code under test


def test_linux_gets_a_user_unit_that_ends_the_app_gently() -> None:
    plan = install_plan("linux", posix())
    ((file, text),) = plan.files.items()
    assert file == PurePosixPath("/people/ann/.config/systemd/user/signalos-desktop.service")
    unit = text.decode()
    assert '"/var/my app/100%%/$$x"' in unit
    assert 'Environment="SIGNALOS_HOME=/var/the \\"home\\""' in unit
    for line in (
        "KillMode=mixed",
        "TimeoutStopSec=25",
        "RestartPreventExitStatus=2",
        "NoNewPrivileges=yes",
    ):
        assert line in unit.splitlines()
    assert plan.commands[-1] == ["systemctl", "--user", "enable", "--now", "signalos-desktop.service"]
    assert uninstall_plan("linux", posix()).commands[0][2] == "disable"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_accepts_the_user_unit(tmp_path: Path) -> None:
    home = tmp_path / "my app 100% $x"
    command = [sys.executable, "-m", "signalos.cli", "desktop", "run", "--home", str(home)]
    start = posix(command=command, folder=home, environ={"SIGNALOS_HOME": str(home)})
    (text,) = install_plan("linux", start).files.values()
    unit = tmp_path / "signalos-desktop.service"
    unit.write_bytes(text)
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", str(unit)],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_macos_gets_a_launch_agent() -> None:
    plan = install_plan("darwin", posix())
    ((file, text),) = plan.files.items()
    assert str(file) == "/people/ann/Library/LaunchAgents/app.signalos-desktop.plist"
    agent = plistlib.loads(text)
    assert agent["ProgramArguments"] == list(posix().command)
    assert agent["EnvironmentVariables"] == {"SIGNALOS_HOME": '/var/the "home"'}
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert (agent["RunAtLoad"], agent["ExitTimeOut"]) == (True, 25)
    assert plan.commands == [["launchctl", "bootstrap", "gui/501", str(file)]]
    assert uninstall_plan("darwin", posix()).commands == [
        ["launchctl", "bootout", "gui/501/app.signalos-desktop"]
    ]


def test_windows_gets_a_task_for_each_terminal_and_one_for_the_app() -> None:
    plan = install_plan("win32", windows())
    terminal, app = (task(text) for text in plan.files.values())
    path = f"{TASK}Actions/{TASK}Exec/{TASK}"
    assert terminal.findtext(f"{path}Command") == r"C:\Program Files\MetaTrader 5\terminal64.exe"
    assert app.findtext(f"{path}Command") == r"C:\Signal OS\python.exe"
    assert app.findtext(f"{path}Arguments") == r'-m signalos.cli desktop run --home "D:\a&b"'
    settings = f"{TASK}Settings/{TASK}"
    assert app.findtext(f"{settings}ExecutionTimeLimit") == "PT0S"
    assert app.findtext(f"{settings}DisallowStartIfOnBatteries") == "false"
    assert app.findtext(f"{TASK}Principals/{TASK}Principal/{TASK}RunLevel") == "LeastPrivilege"
    assert app.find(f"{TASK}Triggers/{TASK}LogonTrigger") is not None
    names = [command[command.index("/TN") + 1] for command in plan.commands]
    assert names == ["signalos-desktop terminal main", "signalos-desktop"]
    deleted = uninstall_plan("win32", windows())
    assert [command[:3] for command in deleted.commands] == [["schtasks", "/Delete", "/F"]] * 2
    assert "desktop quit" in deleted.remarks[0]


def test_windows_hands_the_environment_over() -> None:
    plan = install_plan("win32", windows(environ={"SIGNALOS_HOME": r"D:\state"}, terminals=()))
    (app,) = (task(text) for text in plan.files.values())
    path = f"{TASK}Actions/{TASK}Exec/{TASK}"
    assert app.findtext(f"{path}Command") == "cmd.exe"
    arguments = app.findtext(f"{path}Arguments")
    assert arguments is not None
    assert arguments.startswith(r'/d /s /c "set "SIGNALOS_HOME=D:\state" && "C:\Signal OS\python.exe" -m')


class Tool:
    """The system's tool, which fails at the commands that begin with ``fails``."""

    def __init__(self, fails: str = "-") -> None:
        self.ran: list[list[str]] = []
        self._fails = fails

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        self.ran.append(list(command))
        return (5, "no bus") if command[0].startswith(self._fails) else (0, "")


def plan_in(folder: Path) -> Plan:
    return Plan({folder / "deep" / "unit": b"text"}, [["tool", "a"], ["other", "b"]], ["a remark"])


def test_a_plan_is_carried_out_and_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool = Tool()
    assert carry_out(plan_in(tmp_path), tool, dry=False, removing=False) == 0
    assert (tmp_path / "deep" / "unit").read_bytes() == b"text"
    assert tool.ran == [["tool", "a"], ["other", "b"]]
    assert carry_out(plan_in(tmp_path), tool, dry=False, removing=True) == 0
    assert not (tmp_path / "deep" / "unit").exists()
    assert "a remark" in capsys.readouterr().out


def test_a_dry_run_touches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool = Tool()
    assert carry_out(plan_in(tmp_path), tool, dry=True, removing=False) == 0
    assert carry_out(plan_in(tmp_path), tool, dry=True, removing=True) == 0
    assert (tool.ran, list(tmp_path.iterdir())) == ([], [])
    assert "would write" in capsys.readouterr().out


def test_a_tool_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool = Tool(fails="tool")
    assert carry_out(plan_in(tmp_path), tool, dry=False, removing=False) == 1
    assert tool.ran == [["tool", "a"]]
    assert "no bus" in capsys.readouterr().err
    # Taking back goes on: what was never registered must not keep its files.
    assert carry_out(plan_in(tmp_path), tool, dry=False, removing=True) == 1
    assert not (tmp_path / "deep" / "unit").exists()


def test_the_command_shows_its_plan_and_refuses_a_wrong_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"terminals": [{"id": "t", "type": "simulated", "address": "127.0.0.1:9"}]}')
    words = ["--home", str(tmp_path / "app"), "--config", str(config), "--dry-run"]
    assert main(["desktop", "install", *words]) == 0
    shown = capsys.readouterr().out
    assert str(config) in shown
    assert "--by-system" in shown
    assert main(["desktop", "uninstall", "--home", str(tmp_path / "app"), "--dry-run"]) == 0
    assert main(["desktop", "install", *words, "--name", "a/b"]) == 2
    config.write_text("{}")
    assert main(["desktop", "install", *words]) == 2
    assert not (tmp_path / "app").exists()
