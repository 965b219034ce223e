"""The server's settings, read from the environment and checked before anything starts."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from signalos.domain.errors import ConfigError
from signalos.kit.ids import Ids
from signalos.kit.paths import state_home, write_atomically

SECRET_BYTES = 32
KNOWN_SECRETS = (
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "default",
    "password",
    "example",
    "signalos",
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second (``burst`` at once) for one user, and for one address that is not signed in.

    None as a whole means that nothing is limited.
    """

    user: float = 100.0
    user_burst: float = 400.0
    address: float = 20.0
    address_burst: float = 100.0


@dataclass(frozen=True, slots=True)
class Backups:
    """Copies that the server makes by itself: every ``hours`` into ``folder``.

    The ``keep`` newest stay, and the newest of each of the last ``days`` days.
    """

    folder: Path
    hours: float = 24.0
    keep: int = 3
    days: int = 14


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the server may be told from outside."""

    host: str
    port: int
    home: Path
    database: Path
    session_secret: bytes = field(repr=False)
    production: bool = False
    rates: Rates | None = field(default_factory=Rates)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_in_front: bool = False
    dashboard: Path | None = None
    body_limit: int = 1_048_576
    backups: Backups | None = None
    """None: the server makes none by itself."""

    @property
    def loopback(self) -> bool:
        """True where only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def secure(self) -> bool:
        """True where browsers reach the server by https."""
        return self.tls_in_front or self.tls_certificate is not None


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(ids: Ids, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the environment. Raises ConfigError with what is wrong and what to do.

    In development a missing SESSION_SECRET is made once and kept in the state folder (0600).
    """
    home = state_home(environ)
    mode = environ.get("SIGNALOS_ENV", "").strip() or "development"
    if mode not in ("development", "production"):
        raise ConfigError(f"SIGNALOS_ENV is {mode!r}: it may be development or production")
    production = mode == "production"
    host = environ.get("HOST", "").strip() or "127.0.0.1"
    certificate, key = _path(environ, "SIGNALOS_TLS_CERT"), _path(environ, "SIGNALOS_TLS_KEY")
    if (certificate is None) != (key is None):
        raise ConfigError("SIGNALOS_TLS_CERT and SIGNALOS_TLS_KEY belong together: set both, or none")
    in_front = environ.get("SIGNALOS_TLS", "").strip() == "proxy"
    _check_host(host, production=production, tls=certificate is not None, in_front=in_front)
    return Settings(
        host=host,
        port=_port(environ.get("PORT", "").strip() or "5000"),
        home=home,
        database=_database(environ.get("DATABASE_URL", "").strip(), home),
        session_secret=_secret(environ.get("SESSION_SECRET", ""), home, ids, production=production),
        production=production,
        rates=_rates(environ.get("SIGNALOS_RATE_LIMIT", "").strip(), host),
        tls_certificate=certificate,
        tls_key=key,
        tls_in_front=in_front,
        dashboard=_path(environ, "SIGNALOS_DASHBOARD") or _built_dashboard(),
        backups=_backups(environ),
    )


def database_of(environ: Mapping[str, str]) -> Path:
    """The server's database file. Raises ConfigError."""
    return _database(environ.get("DATABASE_URL", "").strip(), state_home(environ))


def backup_folder(environ: Mapping[str, str]) -> Path:
    """Where the copies of the server's database lie."""
    return _path(environ, "SIGNALOS_BACKUP_DIR") or state_home(environ) / "backups"


def _backups(environ: Mapping[str, str]) -> Backups | None:
    hours = _figure(environ, "SIGNALOS_BACKUP_HOURS", 24.0, 0.0, 8760.0)
    if not hours:
        return None
    return Backups(
        backup_folder(environ),
        hours,
        keep=int(_figure(environ, "SIGNALOS_BACKUP_KEEP", 3, 1, 10_000)),
        days=int(_figure(environ, "SIGNALOS_BACKUP_DAYS", 14, 0, 10_000)),
    )


def _figure(environ: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise ConfigError(f"{name} is {text!r}: give a number from {least:g} to {most:g}")
    return value


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name, "").strip()
    return Path(text).expanduser().resolve() if text else None


def _built_dashboard() -> Path | None:
    beside = Path(__file__).resolve().parents[3] / "dashboard" / "dist"
    return beside if beside.parent.is_dir() else None


def _check_host(host: str, *, production: bool, tls: bool, in_front: bool) -> None:
    if is_loopback(host) or tls or (production and in_front):
        return
    raise ConfigError(
        f"HOST={host} would let other machines reach the server without encryption. Use HOST=127.0.0.1; or set "
        "SIGNALOS_TLS_CERT and SIGNALOS_TLS_KEY; or, with SIGNALOS_ENV=production, say SIGNALOS_TLS=proxy where a "
        "proxy in front ends TLS."
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise ConfigError(f"PORT is {text!r}: it must be a number from 0 (any free port) to 65535")
    return int(text)


def _database(url: str, home: Path) -> Path:
    if not url:
        return home / "server" / "signalos.sqlite"
    if url.startswith(("postgresql:", "postgres:", "postgresql+")):
        raise ConfigError(
            "DATABASE_URL names PostgreSQL, which this version does not speak yet: use sqlite:///PATH"
        )
    if not url.startswith("sqlite:///") or len(url) == len("sqlite:///"):
        raise ConfigError(
            "DATABASE_URL must be sqlite:///PATH (three slashes for a relative path, four for an absolute one)"
        )
    return Path(url.removeprefix("sqlite:///")).expanduser().resolve()


def _secret(given: str, home: Path, ids: Ids, *, production: bool) -> bytes:
    if production or given:
        _check_secret(given, production=production)
        return given.encode()
    kept = home / "server" / "session_secret"
    if not kept.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(kept, ids.secret(48).encode(), mode=0o600)
    secret = kept.read_bytes().strip()
    if len(secret) < SECRET_BYTES:
        raise ConfigError(f"{kept} is damaged: delete it to get a new one (everybody signs in again)")
    return secret


def _check_secret(given: str, *, production: bool) -> None:
    how = "make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
    if not given:
        raise ConfigError(f"SESSION_SECRET is missing: in production it must be set; {how}")
    if len(given.encode()) < SECRET_BYTES:
        raise ConfigError(f"SESSION_SECRET is too short: it needs {SECRET_BYTES} bytes or more; {how}")
    plain = given.lower()
    if production and (len(set(given)) < 8 or any(word in plain for word in KNOWN_SECRETS)):
        raise ConfigError(f"SESSION_SECRET looks like a default that others can guess; {how}")


def _rates(text: str, host: str) -> Rates | None:
    if not text:
        return Rates()
    if text == "off":
        if not is_loopback(host):
            raise ConfigError(
                "SIGNALOS_RATE_LIMIT=off is for a loopback HOST only: leave it out, or give a number"
            )
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.1 <= rate <= 1_000_000:
        raise ConfigError(
            f"SIGNALOS_RATE_LIMIT is {text!r}: give requests a second for one user (0.1 to 1000000), or off"
        )
    return Rates(user=rate, user_burst=rate * 4, address=max(rate / 5, 0.1), address_burst=max(rate, 10))
