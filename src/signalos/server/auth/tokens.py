"""Access tokens (JWT), opaque secrets and their hashes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from signalos.kit.clock import Clock
from signalos.kit.ids import Ids

ACCESS_FOR = timedelta(minutes=15)
TERMINAL_PREFIX = "sgt_"
REFRESH_PREFIX = "sgr_"
CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Access:
    """What a verified access token says."""

    user_id: int
    session_id: str
    expires_at: datetime


def fingerprint(secret: str) -> str:
    """SHA-256 of an unguessable secret: all the database keeps of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class AccessTokens:
    """Makes and verifies access tokens.

    A verified token is remembered until it expires, since verification is a quarter of a hot
    request; ended sessions are asked about each time, so that a sign-out counts at once.
    """

    def __init__(self, secret: bytes, clock: Clock, ids: Ids) -> None:
        self._secret = secret
        self._clock = clock
        self._ids = ids
        self._verified: OrderedDict[str, Access] = OrderedDict()
        self._ended: dict[str, datetime] = {}

    def make(self, user_id: int, session_id: str) -> str:
        """A token for ``user_id`` that lives 15 minutes."""
        now = self._clock.now()
        claims = {
            "sub": str(user_id),
            "iat": int(now.timestamp()),
            "exp": int((now + ACCESS_FOR).timestamp()),
            "jti": f"{session_id}.{self._ids.secret(9)}",
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def verify(self, token: str) -> Access | None:
        """What ``token`` says, or None where it is forged, expired or its session has ended."""
        access = self._verified.get(token)
        if access is None:
            access = self._decode(token)
            if access is None:
                return None
            self._verified[token] = access
            if len(self._verified) > CACHED:
                self._verified.popitem(last=False)
        if access.expires_at <= self._clock.now():
            del self._verified[token]
            return None
        return None if access.session_id in self._ended else access

    def end(self, session_id: str, at: datetime) -> None:
        """Refuse all access tokens of ``session_id`` from now on."""
        self._ended[session_id] = at
        horizon = self._clock.now() - 2 * ACCESS_FOR
        for old in [key for key, ended in self._ended.items() if ended < horizon]:
            del self._ended[old]

    def _decode(self, token: str) -> Access | None:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                options={"require": ["sub", "exp", "iat", "jti"], "verify_exp": False, "verify_iat": False},
            )
            access = Access(
                int(claims["sub"]),
                str(claims["jti"]).partition(".")[0],
                datetime.fromtimestamp(int(claims["exp"]), UTC),
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError):
            return None
        return access
