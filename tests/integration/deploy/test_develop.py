"""`start.py dev`: the product started anew when its code changes, Vite in front, both gone after Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
VITE = 5173
WITHIN_SECONDS = 90

pytestmark = [
    pytest.mark.alone,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="links to the environment need rights on Windows"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm here"),
    pytest.mark.skipif(not (ROOT / "dashboard" / "node_modules").exists(), reason="no packages for Vite"),
]


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WITHIN_SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)  # noqa: TID251 -- other processes live in real time


def test_a_change_starts_the_product_anew_behind_vite(tmp_path: Path) -> None:
    if listens(VITE):
        pytest.skip(f"another program listens on port {VITE}")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # A checkout whose only own part is its code: that is what is watched.
    checkout = tmp_path / "checkout"
    (checkout / "src").mkdir(parents=True)
    code = checkout / "src" / "code.py"
    code.write_text("first = 1\n")
    environment = Path(sys.executable).parent.parent
    (checkout / ".venv").symlink_to(environment)
    (checkout / "dashboard").symlink_to(ROOT / "dashboard")
    words = (
        "import sys; from pathlib import Path; from tools.setup.console import Console; from tools.setup.develop "
        "import develop; from tools.setup.places import Places; sys.exit(develop(Places(Path(sys.argv[1])), Console()))"
    )
    home = tmp_path / "home"
    log = tmp_path / "log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALOS_")}
    environ = {**kept, "PORT": str(port), "SIGNALOS_HOME": str(home), "HEADLESS": "1"}

    def server() -> int:
        """The server's process, once it answers; 0 before."""
        with suppress(httpx.TransportError, ValueError, FileNotFoundError):
            if httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == 200:
                return int((home / "server" / "lock").read_text())
        return 0

    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", words, str(checkout)], cwd=ROOT, env=environ, stdout=out, stderr=out
        )
    try:
        until(lambda: server() and listens(VITE), log.read_text())
        first = server()
        with httpx.Client(base_url=f"http://127.0.0.1:{VITE}", trust_env=False, timeout=30) as browser:
            assert "/@vite/client" in browser.get("/").text
            assert "jsx" in browser.get("/src/main.tsx").text
            assert browser.get("/health/ready").json() == {"status": "ready"}
            # The server takes the page's Origin for its own, so a sign-in with a cookie works here too.
            password = (home / "demo" / "password").read_text().strip()
            body = {"email": "demo@signalos.example", "password": password}
            origin = {"Origin": f"http://127.0.0.1:{VITE}"}
            assert browser.post("/api/auth/login", json=body, headers=origin).status_code == 200

        code.write_text("second = 2\n")
        until(lambda: server() not in (0, first), log.read_text())
    finally:
        process.send_signal(signal.SIGINT)
        try:
            code_of_end = process.wait(WITHIN_SECONDS)
        finally:
            process.kill()
    assert code_of_end == 0, log.read_text()
    assert "the code has changed" in log.read_text()
    until(lambda: not listens(VITE) and not listens(port), "a program is left behind")
