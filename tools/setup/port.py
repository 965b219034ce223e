"""The address the server will listen on: free, or taken by whom."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Mapping

from tools.setup.console import Problem

DEFAULT_PORT = 5000


def wanted_port(environ: Mapping[str, str]) -> int:
    """The port from ``PORT``, else 5000. Raises Problem on a value that is none."""
    text = environ.get("PORT", "").strip() or str(DEFAULT_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Problem(
            f"PORT is {text!r}; a port is a number from 1 to 65535.",
            "Correct the environment variable PORT.",
        )
    return int(text)


def check_port(environ: Mapping[str, str]) -> None:
    """Raise Problem when the port is taken, saying by whom as far as that can be seen."""
    port = wanted_port(environ)
    with socket.socket() as probe:
        if os.name != "nt":
            # Like the server itself: a port whose last connections are still fading is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            pass
        else:
            return
    other = (
        f"$env:PORT={port + 1}; python start.py" if os.name == "nt" else f"PORT={port + 1} python start.py"
    )
    if _is_signalos(port):
        raise Problem(
            f"SignalOS is already running on port {port}.",
            f"Open http://127.0.0.1:{port} in a browser, or end the other one with Ctrl-C in its window. To run a"
            f" second one beside it, give it its own folder and port: SIGNALOS_HOME and PORT={port + 1}.",
        )
    hint = (
        " On macOS that is often the AirPlay receiver (System Settings, AirDrop & Handoff)."
        if port == 5000
        else ""
    )
    raise Problem(
        f"port {port} is taken by another program.{hint}", f"End that program, or use another port: {other}"
    )


def _is_signalos(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/api/openapi.json")
        answer = connection.getresponse()
        return answer.status == 200 and b"signalos" in answer.read(1000).lower()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
