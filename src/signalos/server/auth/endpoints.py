"""/api/auth and /api/me."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import requests, second_factor, views
from signalos.server.auth.callers import COOKIE, Callers, address_of, refuse_foreign_origin
from signalos.server.auth.second_factor import SecondFactor
from signalos.server.auth.service import SESSION_FOR, AuthService, SignedIn
from signalos.server.bodies import answer, read
from signalos.server.limits import Limits
from signalos.server.openapi import documented


def router(
    auth: AuthService, factors: SecondFactor, callers: Callers, limits: Limits, *, secure: bool
) -> APIRouter:
    """Routes of signing up, in and out, and of the second factor."""
    routes = APIRouter(prefix="/api", tags=["auth"])

    def signed_in(result: SignedIn, status: int) -> Response:
        response = answer(result.session, status, {"Cache-Control": "no-store"})
        response.set_cookie(
            COOKIE,
            result.cookie,
            max_age=int(SESSION_FOR.total_seconds()),
            httponly=True,
            secure=secure,
            samesite="strict",
        )
        return response

    @routes.post("/auth/register", **documented("Create a user", requests.Register, views.Session, 201))
    async def register(request: Request) -> Response:
        refuse_foreign_origin(request)
        limits.address(address_of(request))
        body = await read(request, requests.Register)
        return signed_in(await auth.register(body.email, body.password), 201)

    @routes.post("/auth/login", **documented("Sign in", requests.Login, views.Session))
    async def login(request: Request) -> Response:
        refuse_foreign_origin(request)
        limits.address(address_of(request))
        body = await read(request, requests.Login)
        return signed_in(await auth.login(body.email, body.password, body.totp, address_of(request)), 200)

    @routes.post("/auth/refresh", **documented("Rotate the refresh token", requests.Refresh, views.Session))
    async def refresh(request: Request) -> Response:
        refuse_foreign_origin(request)
        limits.address(address_of(request))
        body = await read(request, requests.Refresh)
        return answer(await auth.refresh(body.refresh_token), 200, {"Cache-Control": "no-store"})

    @routes.post("/auth/logout", **documented("End this session", None, None, 204))
    async def logout(request: Request) -> Response:
        caller = await callers.user(request)
        await auth.logout(caller.session_id)
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, httponly=True, secure=secure, samesite="strict")
        return response

    @routes.get("/auth/totp", **documented("The second factor", None, second_factor.SecondFactorView))
    async def factor(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await factors.view(caller.user_id))

    @routes.post(
        "/auth/totp/start",
        **documented("Make a second factor", None, second_factor.SecondFactorStarted),
    )
    async def start_factor(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await factors.start(caller.user_id), 200, {"Cache-Control": "no-store"})

    @routes.post(
        "/auth/totp/confirm",
        **documented(
            "Switch the second factor on", second_factor.ConfirmSecondFactor, second_factor.SecondFactorView
        ),
    )
    async def confirm_factor(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, second_factor.ConfirmSecondFactor)
        return answer(await factors.confirm(caller.user_id, body.code))

    @routes.post(
        "/auth/totp/stop",
        **documented(
            "Switch the second factor off", second_factor.StopSecondFactor, second_factor.SecondFactorView
        ),
    )
    async def stop_factor(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, second_factor.StopSecondFactor)
        return answer(await factors.stop(caller.user_id, body.password, body.code))

    @routes.get("/me", **documented("The signed-in user", None, views.UserView))
    async def me(request: Request) -> Response:
        caller = await callers.anyone(request)
        return answer(await auth.user(caller.user_id))

    return routes
