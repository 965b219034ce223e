"""The server as a process: starting, refusing to start, stopping, being killed."""

from __future__ import annotations

import os
import signal as signals
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.integration.server.running import PASSWORD, signal, trade

SIGNALOS = [sys.executable, "-m", "signalos.cli"]


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALOS_")}
    for name in ("HOST", "PORT", "DATABASE_URL", "SESSION_SECRET"):
        kept.pop(name, None)
    return {**kept, "SIGNALOS_HOME": str(home), "PORT": "0", "SIGNALOS_RATE_LIMIT": "off", **more}


def run(home: Path, *arguments: str, words: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SIGNALOS, *arguments],
        env=environment(home, **environ),
        input=words,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def started(home: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    with subprocess.Popen(
        [*SIGNALOS, "server"],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("SignalOS server on http://127.0.0.1:"), line
            with httpx.Client(base_url=line.split()[-1], trust_env=False, timeout=20) as http:
                yield process, http
        finally:
            if process.poll() is None:
                process.kill()


def sign_in(http: httpx.Client) -> dict[str, str]:
    answer = http.post("/api/auth/login", json={"email": "ann@example.org", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def test_a_user_is_created_signs_in_and_the_server_stops_cleanly(tmp_path: Path) -> None:
    made = run(
        tmp_path, "user", "create", "--email", "Ann@example.org", "--password-stdin", words=PASSWORD + "\n"
    )
    assert (made.returncode, made.stdout) == (0, "user 1 ann@example.org: created\n"), made.stderr
    again = run(
        tmp_path, "user", "create", "--email", "ann@example.org", "--password-stdin", words=PASSWORD + "\n"
    )
    assert "password set" in again.stdout
    assert "already up to date" in run(tmp_path, "db", "migrate").stdout
    with started(tmp_path) as (process, http):
        sign_in(http)
        second = run(tmp_path, "server")
        assert second.returncode == 2
        assert "already running" in second.stderr
        process.send_signal(signals.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_a_busy_port_is_a_sentence_and_exit_2(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        refused = run(tmp_path, "server", PORT=port)
    assert refused.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (["server"], {"SIGNALOS_ENV": "production"}, "SESSION_SECRET is missing"),
        (["server"], {"HOST": "0.0.0.0"}, "without encryption"),  # noqa: S104 -- it must be refused
        (["user", "create", "--email", "nobody", "--password-stdin"], {}, "not an email address"),
        (["user", "create", "--email", "a@b.c", "--password-stdin"], {}, "10 to 256 characters"),
        (
            ["user", "create", "--email", "a@b.c", "--password-stdin", "--demo"],
            {"SIGNALOS_ENV": "production", "SESSION_SECRET": "kQ3vZ1t8Xw0LrY7uBn5mHc2eJd9sGa6fPo4iTq"},
            "demo user",
        ),
    ],
)
def test_what_cannot_be_started_is_a_sentence_and_exit_2(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], words: str
) -> None:
    refused = run(tmp_path, *arguments, words="short\n", **environ)
    assert refused.returncode == 2
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.fault
def test_kill_9_loses_no_event_that_was_acknowledged(tmp_path: Path) -> None:
    run(tmp_path, "user", "create", "--email", "ann@example.org", "--password-stdin", words=PASSWORD + "\n")
    acknowledged: dict[str, int] = {}
    told = 0
    for life in range(3):
        with started(tmp_path) as (process, http):
            headers = sign_in(http)
            if life == 0:
                http.post(
                    "/api/terminals/register", json={"terminalId": "t1", "name": "T"}, headers=headers
                )
                http.post("/api/terminals/1/approve", headers=headers)
            for _ in range(20):
                told += 1
                events = [signal(told), trade(str(told), messageId=told)]
                answer = http.post("/api/firebridge/events", json={"events": events}, headers=headers)
                acknowledged |= {a["eventId"]: a["id"] for a in answer.json()["accepted"]}
            process.kill()
            process.wait(timeout=20)
    assert len(acknowledged) == 2 * told == 120
    with started(tmp_path) as (_, http):
        headers = sign_in(http)
        stored = http.get("/api/trades?limit=200", headers=headers).json()["items"]
        assert sorted(int(t["identifier"]) for t in stored) == list(range(1, told + 1))
        assert all(t["signalId"] for t in stored)
        log = http.get("/api/logs?limit=200", headers=headers).json()["items"]
        assert [e["seq"] for e in log] == list(range(len(log), 0, -1)), "no holes and nothing twice"
        sent = [signal(told) | {"eventId": event_id} for event_id in acknowledged]
        again = http.post("/api/firebridge/events", json={"events": sent}, headers=headers).json()
        assert {a["eventId"]: a["id"] for a in again["accepted"]} == acknowledged
