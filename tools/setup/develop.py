"""``start.py dev``: SignalOS started anew when its code changes, and Vite for the dashboard."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping

from tools.setup.console import Console
from tools.setup.dashboard import dashboard_exists, find_node
from tools.setup.places import Places
from tools.setup.port import wanted_port

LOOK_EVERY_SECONDS = 0.5
END_WITHIN_SECONDS = 20.0


def develop(places: Places, console: Console) -> int:
    """Run until Ctrl-C. What ends by itself is started again at the next change."""
    # Ignored where a shell has started it in the background; it must end there as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    port = wanted_port(os.environ)
    environ = {**os.environ, "HEADLESS": "1", "SIGNALOS_SERVER": f"http://127.0.0.1:{port}"}
    vite = None
    if dashboard_exists(places):
        vite = _spawn([find_node(), "run", "dev"], environ, cwd=str(places.dashboard))
        console.say("dashboard with live changes: http://127.0.0.1:5173")
    product = _Restarted([str(places.tool("signalos")), "up"], environ, str(places.root))
    seen = _states(places)
    try:
        product.start()
        while vite is None or vite.poll() is None:
            time.sleep(LOOK_EVERY_SECONDS)
            now = _states(places)
            if now != seen:
                console.say("the code has changed: starting anew")
                seen = now
                product.stop()
                product.start()
        console.say("Vite has ended; its words are above")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        product.stop()
        if vite is not None:
            _end(vite)


class _Restarted:
    def __init__(self, arguments: list[str], environ: Mapping[str, str], cwd: str) -> None:
        self._arguments, self._environ, self._cwd = arguments, environ, cwd
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = _spawn(self._arguments, self._environ, cwd=self._cwd)

    def stop(self) -> None:
        if self._process is not None:
            _end(self._process)


def _spawn(arguments: list[str], environ: Mapping[str, str], *, cwd: str) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C comes here alone, and ending reaches what npm has started.
    if os.name == "nt":
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        return subprocess.Popen(arguments, env=dict(environ), cwd=cwd, creationflags=flags)
    return subprocess.Popen(arguments, env=dict(environ), cwd=cwd, start_new_session=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    if os.name == "nt":
        process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
    else:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(END_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _states(places: Places) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in (places.root / "src").rglob("*.py")}
