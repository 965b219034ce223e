"""Pairing at the desktop app: waiting by the standard's rules, and reading a picture of the token."""

from __future__ import annotations

import asyncio
import json
import struct
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import segno
from PIL import Image

from signalos.desktop.api_client import APIClient
from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.pairing import name_of_host, pair, place_for, printable, wanting
from signalos.desktop.qr import LARGEST_FILE, read_picture
from signalos.domain.errors import ConfigError, NotAllowed, ServerDown, ServerRefused
from signalos.kit.clock import VirtualClock
from signalos.protocol.pairing import PairingStarted, PairingToken, PairTerminal

TOKEN = "sgt_" + "aB3-_" * 8
START = datetime(2026, 1, 5, 10, tzinfo=UTC)
ASKER = PairTerminal(terminal_id="t1", name="Desk")
STARTED = {
    "userCode": "WDJB-MJHT",
    "deviceCode": "secret",
    "verificationUrl": "http://127.0.0.1:1/pair",
    "interval": 5,
    "expiresIn": 600,
}
GIVEN = {"accessToken": TOKEN, "terminalId": "t1", "userId": 7}


def refused(code: str) -> httpx.Response:
    return httpx.Response(400, json={"code": code, "error": code, "detail": f"it is {code}"})


class Answers:
    """A server that answers the questions for a token in this order, and notes when each came."""

    def __init__(self, clock: VirtualClock, *answers: httpx.Response | Exception, **started: Any) -> None:
        self._clock = clock
        self._answers = list(answers)
        self._started = {**STARTED, **started}
        self.asked_at: list[float] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(request.headers)
        if request.url.path == "/api/terminals/pair":
            return httpx.Response(201, json=self._started)
        assert json.loads(request.content) == {"deviceCode": "secret"}
        self.asked_at.append(self._clock.monotonic())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


async def paired(
    clock: VirtualClock, server: Answers, folder: Path, shown: list[PairingStarted] | None = None
) -> PairingToken:
    """Pair while time passes second by second, at most a quarter of an hour."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(server)) as http:
        api = APIClient("http://127.0.0.1:1", AuthTokenManager(folder), http, clock)
        codes = shown if shown is not None else []
        task = asyncio.create_task(pair(api, clock, ASKER, codes.append))
        for _ in range(900):
            if task.done():
                break
            await clock.advance(1)
        assert task.done(), "it waits for ever"
        return await task


async def test_it_shows_the_code_and_asks_every_interval_until_the_token_comes(
    clock: VirtualClock, tmp_path: Path
) -> None:
    wait = refused("authorization_pending")
    server = Answers(clock, wait, wait, httpx.Response(200, json=GIVEN))
    shown: list[PairingStarted] = []
    token = await paired(clock, server, tmp_path, shown)
    assert (token.access_token, token.terminal_id, token.user_id) == (TOKEN, "t1", 7)
    assert [s.user_code for s in shown] == ["WDJB-MJHT"]
    assert server.asked_at == [5, 10, 15]
    assert not any("authorization" in headers for headers in server.headers), "there is no token yet"


async def test_told_to_slow_down_it_waits_five_seconds_longer_from_then_on(
    clock: VirtualClock, tmp_path: Path
) -> None:
    slow, wait = refused("slow_down"), refused("authorization_pending")
    server = Answers(clock, wait, slow, wait, slow, httpx.Response(200, json=GIVEN))
    await paired(clock, server, tmp_path)
    assert server.asked_at == [5, 10, 20, 30, 45]


async def test_a_server_that_is_away_is_asked_less_and_less_often(
    clock: VirtualClock, tmp_path: Path
) -> None:
    away = httpx.ConnectError("refused")
    server = Answers(clock, away, away, httpx.Response(200, json=GIVEN))
    await paired(clock, server, tmp_path)
    assert server.asked_at == [5, 15, 35]


async def test_an_answer_that_asks_for_a_pause_is_heard(clock: VirtualClock, tmp_path: Path) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "30"}, json={"code": "rate_limited"})
    server = Answers(clock, busy, httpx.Response(200, json=GIVEN))
    await paired(clock, server, tmp_path)
    assert server.asked_at == [5, 35]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("access_denied", "said no"),
        ("expired_token", "in time"),
        ("invalid_grant", "does not know"),
        ("invalid", "it is invalid"),
    ],
)
async def test_a_no_ends_it_in_words(clock: VirtualClock, tmp_path: Path, code: str, words: str) -> None:
    server = Answers(clock, refused(code))
    with pytest.raises(ConfigError, match=words):
        await paired(clock, server, tmp_path)
    assert len(server.asked_at) == 1


async def test_it_ends_by_itself_when_the_server_never_does(clock: VirtualClock, tmp_path: Path) -> None:
    server = Answers(clock, refused("authorization_pending"), expiresIn=60)
    with pytest.raises(ConfigError, match="in time"):
        await paired(clock, server, tmp_path)
    assert 60 <= server.asked_at[-1] <= 70


async def test_an_interval_of_nothing_is_not_believed(clock: VirtualClock, tmp_path: Path) -> None:
    server = Answers(clock, refused("authorization_pending"), interval=0, expiresIn=3)
    with pytest.raises(ConfigError):
        await paired(clock, server, tmp_path)
    assert len(server.asked_at) <= 4


async def test_a_pairing_that_cannot_begin_says_why(clock: VirtualClock, tmp_path: Path) -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with httpx.AsyncClient(transport=httpx.MockTransport(down)) as http:
        api = APIClient("http://127.0.0.1:1", AuthTokenManager(tmp_path), http, clock)
        with pytest.raises(ServerDown, match="cannot be reached"):
            await pair(api, clock, ASKER, lambda _: None)


async def test_only_terminals_without_a_token_that_counts_are_paired(
    clock: VirtualClock, tmp_path: Path
) -> None:
    status = {"ok": "approved", "waits": "pending", "out": "denied"}

    def server(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert (body["platform"], body["version"]) == ("Windows", "9")
        if body["terminalId"] == "foreign":
            return httpx.Response(409, json={"code": "terminal_bound"})
        answer = {
            "id": 1,
            "userId": 1,
            "terminalId": body["terminalId"],
            "status": status[body["terminalId"]],
        }
        return httpx.Response(200, json=answer)

    tokens = AuthTokenManager(tmp_path)
    for terminal_id in ("ok", "waits", "out", "foreign"):
        tokens.store_auth_token(TOKEN, terminal_id)
    async with httpx.AsyncClient(transport=httpx.MockTransport(server)) as http:
        api = APIClient("http://127.0.0.1:1", tokens, http, clock)
        ids = ["ok", "none", "waits", "out", "foreign"]
        assert await wanting(api, ids, platform="Windows", version="9") == [
            "none",
            "waits",
            "out",
            "foreign",
        ]


def test_a_pasted_token_is_for_the_only_terminal_without_one(tmp_path: Path) -> None:
    tokens = AuthTokenManager(tmp_path)
    assert place_for(tokens, []) is None
    assert place_for(tokens, ["t1"]) == "t1"
    with pytest.raises(ConfigError, match=r"t1, t2.*--terminal"):
        place_for(tokens, ["t1", "t2"])
    tokens.store_auth_token(TOKEN, "t1")
    assert place_for(tokens, ["t1", "t2"]) == "t2"
    tokens.store_auth_token(TOKEN, "t2")
    with pytest.raises(ConfigError, match="--terminal"):
        place_for(tokens, ["t1", "t2"])


@pytest.mark.parametrize(
    ("node", "name"),
    [("DESKTOP-4A1.local", "desktop-4a1-local"), ("", "desktop"), ("ÄÖ", "desktop"), ("a" * 90, "a" * 60)],
)
def test_a_hosts_name_makes_a_terminal_id(node: str, name: str) -> None:
    assert name_of_host(node) == name


def test_what_a_server_says_moves_no_cursor() -> None:
    assert printable("WDJB\x1b[2J-MJHT\r\n\u202e") == "WDJB[2J-MJHT"


# -- the picture -----------------------------------------------------------------------------------


def payload(**more: Any) -> str:
    return json.dumps({"signalos": 1, "server": "https://signals.example", "token": TOKEN, **more})


def picture(path: Path, *texts: str, kind: str = "PNG") -> Path:
    """A screenshot with a QR code of each text."""
    sheet = Image.new("RGB", (120 + 400 * max(len(texts), 1), 520), "#141a1b")
    for number, text in enumerate(texts):
        drawn = BytesIO()
        segno.make(text, error="m").save(drawn, kind="png", scale=5, border=4)
        sheet.paste(Image.open(drawn).convert("RGB"), (60 + 400 * number, 60))
    sheet.save(path, kind)
    return path


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_screenshot_gives_server_and_token(tmp_path: Path, kind: str) -> None:
    read = read_picture(picture(tmp_path / "shot", payload(), kind=kind))
    assert (read.server, read.token) == ("https://signals.example", TOKEN)
    assert TOKEN not in repr(read)


def test_another_qr_code_beside_it_does_not_matter(tmp_path: Path) -> None:
    shot = picture(tmp_path / "shot.png", "https://elsewhere.example/app", payload())
    assert read_picture(shot).token == TOKEN


def test_two_tokens_in_one_picture_are_refused(tmp_path: Path) -> None:
    shot = picture(tmp_path / "shot.png", payload(), payload(token=TOKEN[::-1]))
    with pytest.raises(ConfigError, match="2 QR codes"):
        read_picture(shot)


@pytest.mark.parametrize(
    "text", ["hello", "{}", '{"signalos": 2, "server": "https://x.example", "token": "t"}', "[1]"]
)
def test_a_code_of_something_else_is_not_ours(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="no QR code of SignalOS"):
        read_picture(picture(tmp_path / "shot.png", text))


def test_a_picture_without_a_code_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no QR code of SignalOS"):
        read_picture(picture(tmp_path / "shot.png"))


@pytest.mark.parametrize("server", ["http://signals.example", "ftp://x", "https://u:p@x.example"])
def test_an_address_that_must_not_be_spoken_to_is_refused(tmp_path: Path, server: str) -> None:
    with pytest.raises(NotAllowed):
        read_picture(picture(tmp_path / "shot.png", payload(server=server)))


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"BM" + b"\xff" * 60]
)
def test_what_is_no_picture_is_told_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "shot.png"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="no picture"):
        read_picture(path)


def test_a_missing_file_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_picture(tmp_path / "none.png")


def test_a_cut_off_picture_is_told_so(tmp_path: Path) -> None:
    whole = picture(tmp_path / "shot.png", payload()).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError, match="no picture"):
        read_picture(tmp_path / "half.png")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "shot.png"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(ConfigError, match="larger than"):
        read_picture(path)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [7_000, 30_000])
def test_a_picture_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(ConfigError, match=r"pixels"):
        read_picture(path)


async def test_a_refused_start_is_told_as_it_is(clock: VirtualClock, tmp_path: Path) -> None:
    def no(_: httpx.Request) -> httpx.Response:
        return httpx.Response(422, json={"code": "invalid", "detail": "name: too long"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(no)) as http:
        api = APIClient("http://127.0.0.1:1", AuthTokenManager(tmp_path), http, clock)
        with pytest.raises(ServerRefused, match="too long"):
            await pair(api, clock, ASKER, lambda _: None)
