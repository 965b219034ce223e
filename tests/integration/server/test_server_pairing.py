"""A desktop app is let in by a code that its user types: RFC 8628 over real HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from signalos.kit.clock import VirtualClock
from signalos.kit.ids import SystemIds
from signalos.server.pairing.codes import ALPHABET, code_of, shown, typed
from signalos.server.settings import Rates
from tests.integration.server.running import Running, Terminal, User, running

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
ASKER = {"terminalId": "vps-1", "name": "VPS", "platform": "Windows", "version": "1.2"}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
async def server(home: Path, clock: VirtualClock) -> AsyncIterator[Running]:
    """A server whose clock the test moves: nothing waits."""
    async with running(home, clock=clock) as up:
        yield up


async def asked(server: Running, **more: str) -> dict[str, Any]:
    answer = await server.http.post("/api/terminals/pair", json={**ASKER, **more})
    assert answer.status_code == 201, answer.text
    started: dict[str, Any] = answer.json()
    return started


async def fetch(server: Running, started: dict[str, Any]) -> httpx.Response:
    return await server.http.post("/api/terminals/pair/token", json={"deviceCode": started["deviceCode"]})


async def refusal(server: Running, started: dict[str, Any]) -> str:
    """The RFC's name of why there is no token, as it stands in both places."""
    answer = await fetch(server, started)
    problem = answer.json()
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["error"] == problem["code"]
    code: str = problem["code"]
    return code


def code(started: dict[str, Any]) -> dict[str, str]:
    return {"userCode": started["userCode"]}


async def test_a_desktop_app_asks_the_user_approves_and_the_token_works(ann: User) -> None:
    server = ann.server
    started = await asked(server)
    assert re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", started["userCode"])
    assert (started["interval"], started["expiresIn"]) == (5, 600)
    assert started["verificationUrl"] == f"{server.url}/pair"
    assert await refusal(server, started) == "authorization_pending"

    seen = await ann.ask("POST", "/api/terminals/pair/look", code(started))
    assert seen.status_code == 200
    assert {k: seen.json()[k] for k in ASKER} == ASKER
    assert (seen.json()["state"], seen.json()["replaces"]) == ("pending", None)
    approved = await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    assert approved.json()["terminalId"] == "vps-1"

    given = await fetch(server, started)
    assert given.status_code == 200
    assert set(given.json()) == {"accessToken", "terminalId", "userId"}
    assert (given.json()["terminalId"], given.json()["userId"]) == ("vps-1", ann.id)
    assert given.headers["cache-control"] == "no-store"
    desk = Terminal(ann, approved.json()["id"], "vps-1", given.json()["accessToken"])
    await desk.sync()
    registered = await desk.ask("POST", "/api/terminals/register", ASKER)
    assert (registered.status_code, registered.json()["status"]) == (200, "approved")


async def test_the_token_is_handed_out_once_also_to_two_who_ask_at_the_same_time(ann: User) -> None:
    started = await asked(ann.server)
    await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    answers = await asyncio.gather(*(fetch(ann.server, started) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [200, 400, 400, 400, 400]
    assert {a.json()["code"] for a in answers if a.status_code == 400} == {"invalid_grant"}
    assert await refusal(ann.server, started) == "invalid_grant"


async def test_who_asks_too_often_has_to_slow_down_more_each_time(ann: User, clock: VirtualClock) -> None:
    started = await asked(ann.server)
    assert await refusal(ann.server, started) == "authorization_pending"
    clock.shift(4.9)
    assert await refusal(ann.server, started) == "slow_down"
    clock.shift(5.1)
    assert await refusal(ann.server, started) == "slow_down", "the pause is ten seconds now"
    clock.shift(15.1)
    assert await refusal(ann.server, started) == "authorization_pending"
    await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    assert (await fetch(ann.server, started)).status_code == 200, "an approved one is not made to wait"


async def test_a_code_ends_after_ten_minutes(ann: User, clock: VirtualClock) -> None:
    started = await asked(ann.server)
    clock.shift(601)
    assert await refusal(ann.server, started) == "expired_token"
    late = await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    assert (late.status_code, late.json()["code"]) == (404, "pairing_unknown")
    assert (await ann.get("/api/terminals"))["items"] == []


async def test_an_approved_code_expires_too(ann: User, clock: VirtualClock) -> None:
    started = await asked(ann.server)
    await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    clock.shift(601)
    assert await refusal(ann.server, started) == "expired_token"


async def test_a_denied_desktop_app_gets_nothing(ann: User) -> None:
    started = await asked(ann.server)
    for _ in range(2):
        denied = await ann.ask("POST", "/api/terminals/pair/deny", code(started))
        assert (denied.status_code, denied.json()["state"]) == (200, "denied")
    assert await refusal(ann.server, started) == "access_denied"
    after_all = await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    assert (after_all.status_code, after_all.json()["code"]) == (409, "pairing_decided")
    assert (await ann.get("/api/terminals"))["items"] == []


async def test_revoked_between_approval_and_token_means_denied(ann: User) -> None:
    started = await asked(ann.server)
    approved = (await ann.ask("POST", "/api/terminals/pair/approve", code(started))).json()
    await ann.ask("POST", f"/api/terminals/{approved['id']}/revoke")
    assert await refusal(ann.server, started) == "access_denied"


async def test_an_unknown_device_code_is_told_so(server: Running) -> None:
    assert await refusal(server, {"deviceCode": "x" * 43}) == "invalid_grant"
    assert await refusal(server, {"deviceCode": ""}) == "invalid_grant"


@pytest.mark.parametrize(
    "written", [str.lower, lambda c: c.replace("-", ""), lambda c: f" {c.lower()[:4]} {c[5:]} "]
)
async def test_the_code_may_be_typed_as_people_type(ann: User, written: Any) -> None:
    started = await asked(ann.server)
    approved = await ann.ask(
        "POST", "/api/terminals/pair/approve", {"userCode": written(started["userCode"])}
    )
    assert approved.status_code == 200


async def test_approving_again_changes_nothing_also_after_the_token_went_out(ann: User) -> None:
    started = await asked(ann.server)
    first = await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    again = await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    assert again.json() == first.json()
    token = (await fetch(ann.server, started)).json()["accessToken"]
    third = await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    assert (third.status_code, third.json()["id"]) == (200, first.json()["id"])
    assert (await Terminal(ann, 1, "vps-1", token).ask("GET", "/api/me")).status_code == 200
    late = await ann.ask("POST", "/api/terminals/pair/deny", code(started))
    assert (late.status_code, late.json()["code"]) == (409, "pairing_decided")
    assert len((await ann.get("/api/terminals"))["items"]) == 1


async def test_pairing_again_replaces_the_token_and_closes_the_old_socket(ann: User) -> None:
    old = await ann.terminal("vps-1")
    started = await asked(ann.server)
    seen = (await ann.ask("POST", "/api/terminals/pair/look", code(started))).json()
    assert seen["replaces"] == "vps-1"
    async with old.socket() as socket:
        approved = (await ann.ask("POST", "/api/terminals/pair/approve", code(started))).json()
        assert approved["id"] == old.row_id, "the same terminal, with its trades"
        await old.sync()
        token = (await fetch(ann.server, started)).json()["accessToken"]
        assert await socket.closed() == 4401
    await old.sync(expect=401)
    fresh = Terminal(ann, old.row_id, "vps-1", token)
    await fresh.sync()
    async with fresh.socket() as again:
        assert again.ready["userId"] == ann.id


async def test_a_revoked_terminal_comes_back_by_pairing(ann: User) -> None:
    old = await ann.terminal("vps-1")
    await ann.ask("POST", f"/api/terminals/{old.row_id}/revoke")
    started = await asked(ann.server)
    approved = (await ann.ask("POST", "/api/terminals/pair/approve", code(started))).json()
    assert (approved["id"], approved["status"]) == (old.row_id, "approved")
    token = (await fetch(ann.server, started)).json()["accessToken"]
    await Terminal(ann, old.row_id, "vps-1", token).sync()


async def test_what_one_user_decided_about_another_never_sees(ann: User) -> None:
    bob = await ann.server.user("bob@example.org")
    started = await asked(ann.server)
    assert (await bob.ask("POST", "/api/terminals/pair/look", code(started))).status_code == 200
    await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    for verb in ("look", "approve", "deny"):
        answer = await bob.ask("POST", f"/api/terminals/pair/{verb}", code(started))
        assert (answer.status_code, answer.json()["code"]) == (404, "pairing_unknown"), verb
    assert (await bob.get("/api/terminals"))["items"] == []
    assert (await fetch(ann.server, started)).json()["userId"] == ann.id


async def test_the_same_name_is_another_terminal_for_another_user(ann: User) -> None:
    await ann.terminal("vps-1")
    bob = await ann.server.user("bob@example.org")
    started = await asked(ann.server)
    seen = (await bob.ask("POST", "/api/terminals/pair/look", code(started))).json()
    assert seen["replaces"] is None
    await bob.ask("POST", "/api/terminals/pair/approve", code(started))
    assert (await fetch(ann.server, started)).json()["userId"] == bob.id
    assert len((await ann.get("/api/terminals"))["items"]) == 1


async def test_ten_wrong_codes_lock_even_the_right_one_for_this_user_alone(
    ann: User, clock: VirtualClock
) -> None:
    started = await asked(ann.server)
    for n in range(10):
        wrong = await ann.ask("POST", "/api/terminals/pair/look", {"userCode": f"BBBB-BBB{ALPHABET[n]}"})
        assert (wrong.status_code, wrong.json()["code"]) == (404, "pairing_unknown")
    for verb in ("look", "approve", "deny"):
        locked = await ann.ask("POST", f"/api/terminals/pair/{verb}", code(started))
        assert (locked.status_code, locked.json()["code"]) == (429, "pairing_locked")
        assert 0 < int(locked.headers["retry-after"]) <= 15 * 60 + 1
    bob = await ann.server.user("bob@example.org")
    assert (await bob.ask("POST", "/api/terminals/pair/look", code(started))).status_code == 200
    stop = await ann.ask("POST", "/api/trading/emergency-stop")
    assert stop.status_code == 202, "a lock here never stands before a stop"
    clock.shift(15 * 60 + 1)
    fresh = await asked(ann.server)
    login = {"email": "ann@example.org", "password": "a long password"}
    ann = User(ann.server, (await ann.server.http.post("/api/auth/login", json=login)).json())
    assert (await ann.ask("POST", "/api/terminals/pair/look", code(fresh))).status_code == 200


async def test_making_accounts_does_not_help_to_guess(server: Running) -> None:
    for n in range(10):
        guesser = await server.user(f"guesser{n}@example.org")
        for _ in range(10):
            wrong = await guesser.ask("POST", "/api/terminals/pair/look", {"userCode": "BBBB-BBBB"})
            assert wrong.status_code == 404
    fresh = await server.user("guesser@example.org")
    locked = await fresh.ask("POST", "/api/terminals/pair/look", {"userCode": "BBBB-BBBB"})
    assert (locked.status_code, locked.json()["code"]) == (429, "pairing_locked")


async def test_a_right_code_does_not_wash_off_wrong_ones(ann: User) -> None:
    started = await asked(ann.server)
    for n in range(10):
        await ann.ask("POST", "/api/terminals/pair/look", code(started))
        await ann.ask("POST", "/api/terminals/pair/look", {"userCode": f"CCCC-CCC{ALPHABET[n]}"})
    assert (await ann.ask("POST", "/api/terminals/pair/look", code(started))).status_code == 429


async def test_deciding_needs_a_signed_in_user(server: Running, ann: User) -> None:
    terminal = await ann.terminal("other")
    started = await asked(server)
    for verb in ("look", "approve", "deny"):
        path = f"/api/terminals/pair/{verb}"
        assert (await server.http.post(path, json=code(started))).status_code == 401
        assert (await terminal.ask("POST", path, code(started))).status_code == 403
    foreign = {"Origin": "https://evil.example"}
    assert (await server.http.post("/api/terminals/pair", json=ASKER, headers=foreign)).status_code == 403


async def test_the_routes_of_a_terminal_by_its_number_go_on_working(ann: User) -> None:
    terminal = await ann.terminal("pair")
    assert (await ann.ask("POST", f"/api/terminals/{terminal.row_id}/deny")).json()["status"] == "denied"
    approved = await ann.ask("POST", f"/api/terminals/{terminal.row_id}/approve")
    assert approved.json()["status"] == "approved"


async def test_approval_and_token_reach_the_browser_live(ann: User) -> None:
    started = await asked(ann.server)
    async with ann.socket(resume=0) as browser:
        await ann.ask("POST", "/api/terminals/pair/approve", code(started))
        update = await browser.until("terminal_update", terminalId="vps-1")
        assert update["data"]["status"] == "approved"


@asynccontextmanager
async def limited(home: Path) -> AsyncIterator[Running]:
    rates = Rates(user=100, user_burst=100, address=0.01, address_burst=5)
    async with running(home, rates=rates) as up:
        yield up


@pytest.mark.parametrize("path", ["/api/terminals/pair", "/api/terminals/pair/token"])
async def test_strangers_are_limited_by_their_address(home: Path, path: str) -> None:
    async with limited(home) as server:
        body = ASKER if path.endswith("pair") else {"deviceCode": "x"}
        codes = [(await server.http.post(path, json=body)).status_code for _ in range(7)]
        assert codes[-2:] == [429, 429]
        assert codes[:5] == [201 if path.endswith("pair") else 400] * 5


async def test_a_restart_between_approval_and_token_loses_nothing(home: Path) -> None:
    async with running(home) as server:
        ann = await server.user()
        waiting = await asked(server, terminalId="vps-2")
        started = await asked(server)
        await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    async with running(home) as server:
        given = await fetch(server, started)
        assert given.status_code == 200
        ann = User(server, ann.session)
        await Terminal(ann, 1, "vps-1", given.json()["accessToken"]).sync()
        await ann.ask("POST", "/api/terminals/pair/approve", code(waiting))
    async with running(home) as server:
        assert await refusal(server, started) == "invalid_grant"
        assert (await fetch(server, waiting)).json()["terminalId"] == "vps-2"


async def test_old_pairings_are_thrown_away(home: Path) -> None:
    clock = VirtualClock(START)
    async with running(home, clock=clock) as server:
        started = await asked(server)
        assert await refusal(server, started) == "authorization_pending"
        clock.shift(4300)

        async def left() -> int:
            count: int = await server.store.read(lambda db: db.value("SELECT COUNT(*) FROM pairings"))
            return count

        async with asyncio.timeout(10):
            while await left():
                await clock.advance(1.0)
        assert await refusal(server, started) == "invalid_grant"


async def test_only_a_hash_of_the_device_code_is_stored(ann: User) -> None:
    started = await asked(ann.server)
    await ann.ask("POST", "/api/terminals/pair/approve", code(started))
    token = (await fetch(ann.server, started)).json()["accessToken"]
    raw = b"".join(p.read_bytes() for p in ann.server.settings.database.parent.iterdir() if p.is_file())
    assert started["deviceCode"].encode() not in raw
    assert token.encode() not in raw


def test_codes_are_spread_evenly_and_read_back() -> None:
    ids = SystemIds()
    letters = [code_of(ids.secret()) for _ in range(2000)]
    assert len(set(letters)) == 2000
    counts = [sum(x.count(letter) for x in letters) for letter in ALPHABET]
    assert min(counts) > 600 < max(counts) < 1000
    assert all(typed(shown(x)) == x for x in letters)
    assert typed("WDJB-MJH") is None
    assert typed("WDJB-MJHA") is None
    assert typed("ẞDJB-MJHT") is None
