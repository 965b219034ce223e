"""Serves the built dashboard: hashed assets for ever, the page itself with a fresh nonce each time."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Match, Route

from signalos.kit.ids import Ids
from signalos.server.problems import Problem

NONCE = "__CSP_NONCE__"
API = ("api", "ws", "assets", "health", "metrics")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
NOT_BUILT = (
    "<!doctype html><title>SignalOS</title><p>The server runs, but the dashboard is not built yet. "
    "Run <code>python start.py setup</code>, then reload this page."
)


class Dashboard:
    """The files below ``folder``; without it a page says what to do."""

    def __init__(self, folder: Path | None, ids: Ids) -> None:
        self._folder = folder
        self._ids = ids

    def routes(self) -> list[Route]:
        """Routes for everything that no other route takes."""
        return [
            Route("/assets/{path:path}", self._asset, methods=["GET"]),
            Route("/api/docs", self._docs, methods=["GET"]),
            Route("/{path:path}", self._page, methods=METHODS),
        ]

    async def _asset(self, request: Request) -> Response:
        file = self._file(f"assets/{request.path_params['path']}")
        if file is None:
            raise Problem("not_found", "there is no such asset")
        return self._sent(request, file, "public, max-age=31536000, immutable")

    async def _page(self, request: Request) -> Response:
        path = request.path_params["path"]
        if path.partition("/")[0] in API:
            raise _absent(request)
        if request.method not in ("GET", "HEAD"):
            raise Problem("method_not_allowed", f"pages are read with GET, not {request.method}")
        file = self._file(path) if path and not path.endswith(".html") else None
        if file is not None:
            return self._sent(request, file, "public, max-age=3600")
        return self._html("index.html")

    async def _docs(self, _: Request) -> Response:
        return self._html("api-docs.html")

    def _html(self, name: str) -> Response:
        """A page with a fresh nonce; its policy allows nothing that has another one."""
        index = self._folder / name if self._folder else None
        nonce = self._ids.secret(18)
        page = index.read_text(encoding="utf-8") if index and index.is_file() else NOT_BUILT
        return HTMLResponse(
            page.replace(NONCE, nonce),
            headers={"Cache-Control": "no-store", "Content-Security-Policy": policy(nonce)},
        )

    def _file(self, path: str) -> Path | None:
        """The file at ``path`` if it lies inside the folder."""
        if self._folder is None or "\x00" in path or "\\" in path:
            return None
        file = (self._folder / path).resolve()
        inside = file.is_relative_to(self._folder.resolve()) and file.is_file()
        return file if inside else None

    def _sent(self, request: Request, file: Path, cache: str) -> Response:
        accepted = request.headers.get("accept-encoding", "")
        headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
        kind = TYPES.get(file.suffix.lower(), "application/octet-stream")
        for encoding, suffix in ENCODINGS:
            packed = file.with_name(file.name + suffix)
            if encoding in accepted and packed.is_file():
                return FileResponse(
                    packed, headers={**headers, "Content-Encoding": encoding}, media_type=kind
                )
        return FileResponse(file, headers=headers, media_type=kind)


def _absent(request: Request) -> Problem:
    """Nothing there, or nothing for this method: the other routes say which."""
    allowed: set[str] = set()
    for method in METHODS:
        scope = {**request.scope, "method": method}
        if any(
            route.matches(scope)[0] is Match.FULL
            for route in request.app.router.routes
            if getattr(route, "path", "") != "/{path:path}"
        ):
            allowed.add(method)
    if not allowed:
        return Problem("not_found", f"there is nothing at {request.url.path[:200]}")
    return Problem(
        "method_not_allowed",
        f"{request.method} is not possible here; {', '.join(sorted(allowed))} is",
        headers={"Allow": ", ".join(sorted(allowed))},
    )


def policy(nonce: str) -> str:
    """The page's content security policy: our own scripts and styles, nothing inline without the nonce."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )
