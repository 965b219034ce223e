"""One process a folder, with real processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from signalos.kit.single import AlreadyRunning, SingleInstance, is_held

HOLD = """
import sys
from pathlib import Path
from signalos.kit.single import AlreadyRunning, SingleInstance
try:
    held = SingleInstance(Path(sys.argv[1]), "The test")
except AlreadyRunning as why:
    print(why, flush=True)
    sys.exit(3)
print("holding", flush=True)
sys.stdin.readline()
"""
GLANCE = """
import sys
from pathlib import Path
from signalos.kit.single import is_held
print("looking", flush=True)
for _ in range(20000):
    is_held(Path(sys.argv[1]))
"""


def start(program: str, folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_second_process_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    holder = start(HOLD, tmp_path)
    try:
        assert is_held(tmp_path)
        with pytest.raises(AlreadyRunning, match=r"The app is already running in .* another folder"):
            SingleInstance(tmp_path, "The app")
        assert (tmp_path / "lock").read_text() == str(holder.pid)
    finally:
        holder.communicate("\n")
    assert not is_held(tmp_path)
    with SingleInstance(tmp_path, "The app"):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


@pytest.mark.fault
def test_killed_process_lets_go(tmp_path: Path) -> None:
    holder = start(HOLD, tmp_path)
    holder.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    holder.communicate()
    assert not is_held(tmp_path)
    SingleInstance(tmp_path, "The app").close()


def test_folder_is_free_after_closing_and_when_it_does_not_exist(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert not is_held(folder)
    with SingleInstance(folder, "The app"):
        assert is_held(folder)
    assert not is_held(folder)


def test_glance_of_another_process_does_not_stop_a_start(tmp_path: Path) -> None:
    SingleInstance(tmp_path, "The app").close()
    looker = start(GLANCE, tmp_path)
    try:
        for _ in range(500):
            SingleInstance(tmp_path, "The app").close()
    finally:
        looker.kill()
        looker.communicate()
