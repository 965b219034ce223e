"""The documents that describe the interface, and the built pages: packed, with a policy, and nothing beside."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import msgspec
import pytest

from signalos.protocol.asyncapi import DURABLE, FROM_CLIENT, FROM_SERVER
from tests.integration.server.running import Running, User, running, signal, trade

SERVER = Path(__file__).resolve().parents[3] / "src" / "signalos" / "server"


async def test_every_message_of_the_socket_is_described(server: Running) -> None:
    document = (await server.http.get("/api/asyncapi.json")).json()
    messages = document["components"]["messages"]
    code = "".join(path.read_text("utf-8") for path in SERVER.rglob("*.py"))
    emitted = set(re.findall(r"""\.emit\(\s*[^,()]+(?:\.\w+)?,\s*["'](\w+)["']""", code))
    framed = set(re.findall(r"""frame\(\s*["'](\w+)["']""", code))
    assert {"trade_update", "signal_created"} <= emitted
    assert emitted <= DURABLE
    assert framed | emitted <= set(messages)
    handled = set(re.findall(r'^ +"(\w+)": self\._', (SERVER / "socket.py").read_text("utf-8"), re.M))
    assert handled
    assert handled <= set(FROM_CLIENT)
    assert set(messages) == set(FROM_SERVER) | set(FROM_CLIENT)
    # Every reference leads somewhere.
    text = msgspec.json.encode(document).decode()
    for reference in set(re.findall(r'"\$ref":"#/([^"]+)"', text)):
        place = document
        for step in reference.split("/"):
            place = place[step]


async def test_what_travels_fits_its_description(server: Running, ann: User) -> None:
    terminal = await ann.terminal()
    schemas = (await server.http.get("/api/schema.json")).json()["$defs"]
    async with ann.socket() as socket:
        await terminal.tell(signal(), trade())
        for kind, shape in (("signal_created", "SignalView"), ("trade_update", "TradeView")):
            message = await socket.until(kind)
            assert set(message) == set(schemas["Envelope"]["properties"])
            extra = {"tradeId"} if kind == "trade_update" else set()
            assert set(message["data"]) - extra == set(schemas[shape]["properties"])


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    script = b"let packed = 1\n" * 200
    for suffix, data in (("", script), (".gz", gzip.compress(script)), (".br", b"packed by brotli")):
        (folder / "assets" / f"index-abc.js{suffix}").write_bytes(data)
    for page in ("index", "api-docs"):
        (folder / f"{page}.html").write_text(f'<script nonce="__CSP_NONCE__">{page}</script>')
    return folder


async def test_assets_are_sent_packed_to_those_who_take_it(home: Path, built: Path) -> None:
    async with running(home, dashboard=built) as server:
        for accepted, encoding in (("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)):
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
                request = http.build_request("GET", "/assets/index-abc.js")
                request.headers["Accept-Encoding"] = accepted
                answer = await http.send(request, stream=True)
                raw = b"".join([part async for part in answer.aiter_raw()])
            assert answer.headers.get("content-encoding") == encoding
            assert answer.headers["vary"] == "Accept-Encoding"
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["content-type"].startswith("text/javascript")
            suffix = {"br": ".br", "gzip": ".gz", None: ""}[encoding]
            assert raw == (built / "assets" / f"index-abc.js{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("path", "name"), [("/", "index"), ("/trades", "index"), ("/api/docs", "api-docs")]
)
async def test_each_page_has_a_nonce_of_its_own_in_text_and_policy(
    home: Path, built: Path, path: str, name: str
) -> None:
    async with running(home, dashboard=built) as server:
        nonces = set()
        for _ in range(2):
            answer = await server.http.get(path)
            policy = answer.headers["content-security-policy"]
            found = re.search(r"script-src 'self' 'nonce-([\w-]{20,})';", policy)
            assert found, policy
            assert answer.text == f'<script nonce="{found[1]}">{name}</script>'
            assert "unsafe" not in policy
            assert policy.startswith("default-src 'none'")
            assert answer.headers["cache-control"] == "no-store"
            nonces.add(found[1])
        assert len(nonces) == 2
        # The file itself, whose placeholder is no nonce, is nobody's page.
        raw = await server.http.get("/api-docs.html")
        assert "__CSP_NONCE__" not in raw.text
