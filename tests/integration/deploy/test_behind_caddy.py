"""The server as it is deployed: production, with Debian's Caddy in front, on this machine alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import websockets

from signalos.server.db.migrate import migrate

ROOT = Path(__file__).resolve().parents[3]
SECRET = "kQ3vZ1t8Xw0LrY7uBn5mHc2eJd9sGa6fPo4iTq-_"
SIGN_IN = {"email": "ann@example.org", "password": "a long password"}

pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed here")


@dataclass(frozen=True)
class Site:
    https: str
    http: str
    upstream: str
    trust: ssl.SSLContext

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.https, verify=self.trust, trust_env=False, timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(arguments: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out, subprocess.Popen(arguments, env=environ, stdout=out, stderr=out) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(15)
            except subprocess.TimeoutExpired:
                started.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("behind-caddy")
    (home / "server").mkdir()
    migrate(home / "server" / "signalos.sqlite")
    upstream, http, https = free_port(), free_port(), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALOS_")}
    server = {
        **kept,
        "SIGNALOS_HOME": str(home),
        "SIGNALOS_ENV": "production",
        "SIGNALOS_TLS": "proxy",
        "SESSION_SECRET": SECRET,
        "HOST": "127.0.0.1",
        "PORT": str(upstream),
    }
    caddy = {
        **kept,
        "SITE": "localhost",
        "UPSTREAM": f"127.0.0.1:{upstream}",
        "HTTP_PORT": str(http),
        "HTTPS_PORT": str(https),
        "ADMIN": "off",
        "OPTIONS": "local_certs\n\tdefault_bind 127.0.0.1",
        "XDG_DATA_HOME": str(home / "caddy"),
        "XDG_CONFIG_HOME": str(home / "caddy"),
    }
    file = ["--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"]
    with (
        process([sys.executable, "-m", "signalos.cli", "server"], server, home / "server.log"),
        process(["caddy", "run", *file], caddy, home / "caddy.log") as running,
    ):
        authority = home / "caddy" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        while True:
            assert running.poll() is None, (home / "caddy.log").read_text()
            with suppress(httpx.TransportError, ssl.SSLError, FileNotFoundError):
                made = Site(
                    f"https://localhost:{https}",
                    f"http://localhost:{http}",
                    f"http://127.0.0.1:{upstream}",
                    ssl.create_default_context(cafile=str(authority)),
                )
                with made.client() as client:
                    if client.get("/health/ready").status_code == 200:
                        break
        yield made


@pytest.fixture
def signed_in(site: Site) -> Iterator[httpx.Client]:
    with site.client() as client:
        made = client.post("/api/auth/register", json=SIGN_IN, headers={"Origin": site.https})
        if made.status_code != 201:
            made = client.post("/api/auth/login", json=SIGN_IN, headers={"Origin": site.https})
        assert made.status_code in (200, 201), made.text
        cookie = made.headers["set-cookie"].lower()
        assert all(word in cookie for word in ("session=", "httponly", "; secure", "samesite=strict"))
        yield client


def test_plain_http_is_sent_to_https(site: Site) -> None:
    answer = httpx.get(f"{site.http}/trades", trust_env=False)
    assert answer.status_code == 308
    assert answer.headers["location"].startswith("https://localhost")
    assert answer.headers["location"].endswith("/trades")


def test_the_cookie_is_secure_and_signs_in(signed_in: httpx.Client) -> None:
    answer = signed_in.get("/api/me")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert len(answer.headers.get_list("strict-transport-security")) == 1


def test_another_sites_page_changes_nothing(site: Site, signed_in: httpx.Client) -> None:
    body = {"name": "T"}
    refused = signed_in.post("/api/terminals", json=body, headers={"Origin": "https://elsewhere.example"})
    assert (refused.status_code, refused.json()["code"]) == (403, "origin_mismatch")
    assert signed_in.post("/api/terminals", json=body, headers={"Origin": site.https}).status_code == 201


async def test_the_socket_passes_through(site: Site, signed_in: httpx.Client) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
    address = site.https.replace("https:", "wss:") + "/ws"
    headers = {"Cookie": cookies}
    async with websockets.connect(
        address,
        ssl=site.trust,
        origin=websockets.Origin(site.https),
        additional_headers=headers,
        proxy=None,
    ) as opened:
        ready = json.loads(await opened.recv())
        assert (ready if isinstance(ready, dict) else ready[0])["type"] == "ready"
        await opened.send(json.dumps({"type": "ping"}))
        assert "pong" in str(await opened.recv())
    elsewhere = websockets.Origin("https://elsewhere.example")
    with pytest.raises((websockets.ConnectionClosed, websockets.InvalidStatus)):
        async with websockets.connect(
            address, ssl=site.trust, origin=elsewhere, additional_headers=headers, proxy=None
        ) as opened:
            await opened.recv()


def test_what_is_too_large_is_refused(site: Site, signed_in: httpx.Client) -> None:
    headers = {"Origin": site.https, "Content-Type": "application/json"}
    assert signed_in.post("/api/terminals", content=b"x" * 1_100_000, headers=headers).status_code == 413


def test_assets_and_pages_come_with_their_policy(site: Site) -> None:
    with site.client() as client:
        page = client.get("/")
    assert "script-src 'self' 'nonce-" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


def test_a_client_cannot_choose_its_address(site: Site) -> None:
    """Wrong passwords from one client add up, whatever it writes into X-Forwarded-For."""
    codes = []
    with site.client() as client:
        for number in range(130):
            headers = {"X-Forwarded-For": f"203.0.113.{number}", "Origin": site.https}
            codes.append(client.get("/api/me", headers=headers).status_code)
    assert set(codes) == {401, 429}
