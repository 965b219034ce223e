"""A skipped test is a failure where everything is required."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[2] / "conftest.py"


def run(folder: Path, body: str, *arguments: str, require: bool) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text("utf-8"), "utf-8")
    (folder / "test_it.py").write_text(body, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("SIGNALOS_REQUIRE", "PYTEST"))}
    if require:
        environ["SIGNALOS_REQUIRE"] = "all"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


SKIPPING = """
import pytest

def test_runs():
    pass

def test_skips():
    pytest.skip("the moon is missing")
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one process", "workers"])
def test_skip_fails_when_everything_is_required(tmp_path: Path, workers: tuple[str, ...]) -> None:
    done = run(tmp_path, SKIPPING, *workers, require=True)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "skipped although everything is required" in done.stdout
    assert "the moon is missing" in done.stdout


def test_skip_passes_otherwise(tmp_path: Path) -> None:
    done = run(tmp_path, SKIPPING, require=False)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr


def test_module_that_skips_itself_fails_when_everything_is_required(tmp_path: Path) -> None:
    body = 'import pytest\npytest.skip("no such machine", allow_module_level=True)\n'
    done = run(tmp_path, body, require=True)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "no such machine" in done.stdout


def test_run_without_skips_passes_when_everything_is_required(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_runs():\n    pass\n", require=True)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
