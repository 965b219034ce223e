"""The second factor at sign-in over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pyotp
import pytest

from signalos.cli import main
from signalos.kit.clock import VirtualClock
from signalos.kit.ids import SystemIds
from signalos.server.auth.second_factor import Vault, step_of
from signalos.server.problems import Problem
from tests.integration.server.running import PASSWORD, Running, User, running

START = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
async def server(home: Path, clock: VirtualClock) -> AsyncIterator[Running]:
    async with running(home, clock=clock) as up:
        yield up


async def login(server: Running, code: str | None = None, password: str = PASSWORD) -> httpx.Response:
    body = {"email": "ann@example.org", "password": password}
    answer = await server.http.post(
        "/api/auth/login", json=body if code is None else {**body, "totp": code}
    )
    server.http.cookies.clear()
    return answer


async def started(user: User) -> str:
    answer = await user.ask("POST", "/api/auth/totp/start")
    assert answer.status_code == 200, answer.text
    secret: str = answer.json()["secret"]
    return secret


async def switched_on(user: User, clock: VirtualClock) -> pyotp.TOTP:
    """A user's authenticator, confirmed; its next code is good."""
    totp = pyotp.TOTP(await started(user))
    confirmed = await user.ask("POST", "/api/auth/totp/confirm", {"code": totp.at(clock.now())})
    assert confirmed.status_code == 200, confirmed.text
    clock.shift(30)
    return totp


async def test_start_shows_a_secret_and_the_address_of_its_picture(ann: User) -> None:
    answer = await ann.ask("POST", "/api/auth/totp/start")
    assert set(answer.json()) == {"secret", "uri"}
    assert answer.headers["cache-control"] == "no-store"
    secret, uri = answer.json()["secret"], urlsplit(answer.json()["uri"])
    assert len(secret) == 32
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/SignalOS:ann@example.org"
    assert parse_qs(uri.query)["secret"] == [secret]
    assert await ann.get("/api/auth/totp") == {"since": None}


async def test_it_counts_only_once_it_is_confirmed(ann: User, clock: VirtualClock) -> None:
    totp = pyotp.TOTP(await started(ann))
    assert (await login(ann.server)).status_code == 200
    wrong = await ann.ask("POST", "/api/auth/totp/confirm", {"code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "totp_wrong")
    good = await ann.ask("POST", "/api/auth/totp/confirm", {"code": totp.at(clock.now())})
    assert good.json() == {"since": "2026-01-05T10:00:00Z"}
    asked = await login(ann.server)
    assert (asked.status_code, asked.json()["code"]) == (401, "totp_required")
    assert await ann.get("/api/auth/totp") == {"since": "2026-01-05T10:00:00Z"}


async def test_a_code_signs_in_and_each_only_once(ann: User, clock: VirtualClock) -> None:
    totp = await switched_on(ann, clock)
    used_to_confirm = await login(ann.server, totp.at(START))
    assert (used_to_confirm.status_code, used_to_confirm.json()["code"]) == (401, "totp_wrong")
    code = totp.at(clock.now())
    assert (await login(ann.server, f" {code[:3]} {code[3:]} ")).status_code == 200
    again = await login(ann.server, code)
    assert (again.status_code, again.json()["code"]) == (401, "totp_wrong")
    clock.shift(30)
    assert (await login(ann.server, totp.at(clock.now()))).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-60, 401), (-30, 200), (0, 200), (30, 200), (60, 401)])
async def test_a_clock_may_be_off_by_one_step(
    ann: User, clock: VirtualClock, seconds: int, status: int
) -> None:
    totp = await switched_on(ann, clock)
    clock.shift(300)
    assert (
        await login(ann.server, totp.at(clock.now() + timedelta(seconds=seconds)))
    ).status_code == status


async def test_without_the_password_the_code_is_never_asked_for(ann: User, clock: VirtualClock) -> None:
    totp = await switched_on(ann, clock)
    wrong = await login(ann.server, totp.at(clock.now()), "not the password")
    assert wrong.json()["code"] == "wrong_credentials"
    assert (await login(ann.server, totp.at(clock.now()))).status_code == 200, "the code was not used up"


async def test_ten_wrong_codes_lock_the_door(ann: User, clock: VirtualClock) -> None:
    totp = await switched_on(ann, clock)
    for n in range(10):
        assert (await login(ann.server, f"00000{n}")).json()["code"] == "totp_wrong"
    locked = await login(ann.server, totp.at(clock.now()))
    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")
    stop = await ann.ask("POST", "/api/trading/emergency-stop")
    assert stop.status_code == 202, "who is signed in can always stop"
    clock.shift(15 * 60 + 1)
    assert (await login(ann.server, totp.at(clock.now()))).status_code == 200


async def test_wrong_codes_within_a_session_lock_as_well(ann: User, clock: VirtualClock) -> None:
    totp = await switched_on(ann, clock)
    for n in range(10):
        body = {"password": PASSWORD, "code": f"00000{n}"}
        assert (await ann.ask("POST", "/api/auth/totp/stop", body)).json()["code"] == "totp_wrong"
    locked = await ann.ask(
        "POST", "/api/auth/totp/stop", {"password": PASSWORD, "code": totp.at(clock.now())}
    )
    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")


async def test_stopping_needs_password_and_code(ann: User, clock: VirtualClock) -> None:
    totp = await switched_on(ann, clock)
    code = totp.at(clock.now())
    no_password = await ann.ask("POST", "/api/auth/totp/stop", {"password": "guess", "code": code})
    assert (no_password.status_code, no_password.json()["code"]) == (401, "wrong_credentials")
    no_code = await ann.ask("POST", "/api/auth/totp/stop", {"password": PASSWORD, "code": "000000"})
    assert (no_code.status_code, no_code.json()["code"]) == (401, "totp_wrong")
    stopped = await ann.ask("POST", "/api/auth/totp/stop", {"password": PASSWORD, "code": code})
    assert (stopped.status_code, stopped.json()) == (200, {"since": None})
    assert (await login(ann.server)).status_code == 200
    off = await ann.ask("POST", "/api/auth/totp/stop", {"password": PASSWORD, "code": code})
    assert (off.status_code, off.json()["code"]) == (409, "totp_off")


async def test_a_second_one_needs_the_first_to_be_stopped(ann: User, clock: VirtualClock) -> None:
    await switched_on(ann, clock)
    again = await ann.ask("POST", "/api/auth/totp/start")
    assert (again.status_code, again.json()["code"]) == (409, "totp_on")
    confirm = await ann.ask("POST", "/api/auth/totp/confirm", {"code": "123456"})
    assert (confirm.status_code, confirm.json()["code"]) == (409, "totp_on")


async def test_confirming_without_a_start_says_so(ann: User) -> None:
    early = await ann.ask("POST", "/api/auth/totp/confirm", {"code": "123456"})
    assert (early.status_code, early.json()["code"]) == (409, "totp_off")


async def test_a_session_goes_on_without_being_asked(ann: User, clock: VirtualClock) -> None:
    await switched_on(ann, clock)
    for path in ("emergency-stop", "pause", "resume"):
        answer = await ann.ask("POST", f"/api/trading/{path}")
        assert answer.status_code == 202, answer.text
    refreshed = await ann.server.http.post(
        "/api/auth/refresh", json={"refreshToken": ann.session["refreshToken"]}
    )
    assert refreshed.status_code == 200


async def test_a_terminals_token_has_no_say(ann: User) -> None:
    terminal = await ann.terminal()
    for verb, body in (("start", {}), ("confirm", {"code": "1"}), ("stop", {"password": "x", "code": "1"})):
        assert (await terminal.ask("POST", f"/api/auth/totp/{verb}", body)).status_code == 403


async def test_the_secret_lies_encrypted_and_survives_a_restart(home: Path, clock: VirtualClock) -> None:
    async with running(home, clock=clock) as server:
        totp = await switched_on(await server.user(), clock)
    raw = b"".join(p.read_bytes() for p in (home / "server").iterdir() if p.is_file())
    assert totp.secret.encode() not in raw
    async with running(home, clock=clock) as server:
        assert (await login(server)).json()["code"] == "totp_required"
        assert (await login(server, totp.at(clock.now()))).status_code == 200


def test_the_vault_opens_for_its_user_and_key_alone() -> None:
    vault = Vault(b"k" * 32, SystemIds())
    kept = vault.close("SECRET", 1)
    assert kept != vault.close("SECRET", 1)
    assert vault.open(kept, 1) == "SECRET"
    for other, user in ((vault, 2), (Vault(b"x" * 32, SystemIds()), 1)):
        with pytest.raises(Problem, match="totp-off") as refused:
            other.open(kept, user)
        assert refused.value.code == "totp_unreadable"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12.456"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert step_of("JBSWY3DPEHPK3PXP", code, START) is None


async def test_who_runs_the_server_can_end_it_for_a_lost_phone(
    home: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(home, clock=clock) as server:
        await switched_on(await server.user(), clock)
    monkeypatch.setenv("SIGNALOS_HOME", str(home))
    assert main(["user", "totp-off", "--email", "Ann@example.org"]) == 0
    assert "second factor ended" in capsys.readouterr().out
    assert main(["user", "totp-off", "--email", "ann@example.org"]) == 0
    assert "had none" in capsys.readouterr().out
    assert main(["user", "totp-off", "--email", "nobody@example.org"]) == 2
    async with running(home, clock=clock) as server:
        assert (await login(server)).status_code == 200
