"""The systemd units are sound, closed, and end the programs as these want to be ended."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
UNITS = ("signalos-server.service", "signalos-desktop@.service")
INSTALLED = "/opt/signalos/.venv/bin/signalos"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="there is no systemd here"
)


def analyze(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit with this environment's own command in the place of the installed one."""
    text = (DEPLOY / request.param).read_text("utf-8")
    assert INSTALLED in text
    here = Path(sys.executable).parent / "signalos"
    placed = tmp_path / request.param.replace("@.", "@one.")
    placed.write_text(text.replace(INSTALLED, str(here)), "utf-8")
    return placed


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, indirect=True)
def test_units_are_accepted(unit: Path) -> None:
    done = analyze("verify", "--man=no", f"./{unit.name}", folder=unit.parent)
    assert (done.returncode, done.stderr.strip()) == (0, "")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, indirect=True)
def test_a_wrong_unit_is_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text("utf-8").replace("KillMode=mixed", "KillMode=gentle"), "utf-8")
    assert "kill mode" in analyze("verify", "--man=no", f"./{unit.name}", folder=unit.parent).stderr


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, indirect=True)
def test_units_expose_little(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=20", f"./{unit.name}", folder=unit.parent)
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.parametrize("name", UNITS)
def test_programs_get_the_time_they_need(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    lines = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
    assert int(lines["TimeoutStopSec"]) >= 15
    assert lines["KillMode"] == "mixed"
    assert (lines["Restart"], lines["RestartPreventExitStatus"]) == ("on-failure", "2")
    assert lines["UMask"] == "0077"
    assert "SESSION_SECRET=" not in text
