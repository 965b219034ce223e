"""Signing up, in and out over real HTTP."""

from __future__ import annotations

import jwt
import pytest

from tests.integration.server.running import PASSWORD, Running, Terminal, User


async def login(server: Running, password: str = PASSWORD, **headers: str):  # type: ignore[no-untyped-def]
    return await server.http.post(
        "/api/auth/login", json={"email": "ann@example.org", "password": password}, headers=headers
    )


async def test_registering_answers_a_session_and_a_strict_cookie(server: Running) -> None:
    body = {"email": " Ann@Example.org ", "password": PASSWORD}
    answer = await server.http.post("/api/auth/register", json=body | {"email": "Ann@Example.org"})
    assert answer.status_code == 201
    session = answer.json()
    assert set(session) == {"token", "refreshToken", "user"}
    assert session["user"] == {"id": 1, "email": "ann@example.org", "role": "trader", "demo": False}
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("session=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    claims = jwt.decode(session["token"], server.settings.session_secret, algorithms=["HS256"])
    assert {"sub", "exp", "iat", "jti"} == set(claims)
    assert claims["sub"] == "1"
    assert claims["exp"] - claims["iat"] == 15 * 60


async def test_an_email_is_registered_once_whatever_its_case(server: Running, ann: User) -> None:
    answer = await server.http.post(
        "/api/auth/register", json={"email": "ANN@example.org", "password": PASSWORD}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x.y.z", "Basic abc", "Bearer sgt_nobody"])
async def test_no_or_bad_token_is_401(server: Running, ann: User, token: str) -> None:
    answer = await server.http.get("/api/me", headers={"Authorization": token} if token else {})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_of_another_secret_or_without_signature_is_nobody(server: Running, ann: User) -> None:
    claims = jwt.decode(ann.session["token"], options={"verify_signature": False})
    for forged in (
        jwt.encode(claims, b"another secret of enough length!!", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims | {"exp": 1}, server.settings.session_secret, algorithm="HS256"),
        jwt.encode({"sub": "1", "exp": 9999999999}, server.settings.session_secret, algorithm="HS256"),
    ):
        answer = await server.http.get("/api/me", headers={"Authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


async def test_refresh_rotates_and_a_reused_token_ends_the_family(server: Running, ann: User) -> None:
    first = ann.session["refreshToken"]
    rotated = await server.http.post("/api/auth/refresh", json={"refreshToken": first})
    assert rotated.status_code == 200
    second = rotated.json()
    assert second["refreshToken"] != first
    reused = await server.http.post("/api/auth/refresh", json={"refreshToken": first})
    assert (reused.status_code, reused.json()["code"]) == (401, "session_ended")
    ended = await server.http.post("/api/auth/refresh", json={"refreshToken": second["refreshToken"]})
    assert ended.status_code == 401
    for token in (second["token"], ann.session["token"]):
        answer = await server.http.get("/api/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_logout_ends_token_cookie_and_socket(server: Running, ann: User) -> None:
    signed_in = await login(server)
    cookie = {"Cookie": f"session={signed_in.cookies['session']}"}
    bearer = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    server.http.cookies.clear()
    assert (await server.http.get("/api/me", headers=cookie)).status_code == 200
    second = User(server, signed_in.json())
    async with second.socket() as socket:
        assert (await server.http.post("/api/auth/logout", headers=bearer)).status_code == 204
        assert await socket.closed() == 4401
    assert (await server.http.get("/api/me", headers=cookie)).status_code == 401
    assert (await server.http.get("/api/me", headers=bearer)).status_code == 401
    assert (await ann.get("/api/me"))["id"] == ann.id, "other sessions go on"


async def test_a_change_by_cookie_needs_our_own_origin(server: Running, ann: User) -> None:
    signed_in = await login(server)
    server.http.cookies.clear()
    cookie = {"Cookie": f"session={signed_in.cookies['session']}"}

    async def stop(**headers: str) -> int:
        return (await server.http.post("/api/trading/pause", headers={**cookie, **headers})).status_code

    assert await stop() == 403
    assert await stop(Origin="http://evil.example") == 403
    assert await stop(Origin="null") == 403
    assert await stop(Origin=server.url) == 202
    foreign = await login(server, Origin="http://evil.example")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_mismatch")


async def test_ten_wrong_passwords_lock_the_door_even_for_the_right_one(server: Running, ann: User) -> None:
    for _ in range(10):
        wrong = await login(server, "not the password")
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    locked = await login(server)
    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")
    assert 0 < int(locked.headers["retry-after"]) <= 15 * 60 + 1
    assert (await ann.get("/api/me"))["id"] == ann.id, "who is signed in stays signed in"


async def test_a_right_password_forgets_the_wrong_ones(server: Running, ann: User) -> None:
    for _ in range(9):
        await login(server, "not the password")
    assert (await login(server)).status_code == 200
    for _ in range(9):
        assert (await login(server, "not the password")).status_code == 401
    assert (await login(server)).status_code == 200


async def test_secrets_are_stored_as_hashes_alone(server: Running, ann: User, terminal: Terminal) -> None:
    signed_in = await login(server)
    raw = b"".join(p.read_bytes() for p in server.settings.database.parent.iterdir() if p.is_file())
    for secret in (
        PASSWORD,
        ann.session["refreshToken"],
        ann.session["token"],
        signed_in.cookies["session"],
        terminal.token,
    ):
        assert secret.encode() not in raw
