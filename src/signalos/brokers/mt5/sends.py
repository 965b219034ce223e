"""Sends an order where what must hold for it holds, looked at right before or a moment ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from signalos.brokers.mt5.calls import CallFailed, Calls

_BUY = 0
"""``type`` of a market order that buys."""
_CHECK_PASSED = (0, 10009)
"""order_check answers 0 where order_send answers 10009; some builds use the latter for both."""

CHECK_SECONDS = 0.02
"""So old may be quote and order_check when a send goes out: the journal is synced meanwhile."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What must hold right before a send: the account is ``login`` at ``server`` (and the terminal at ``path``).

    ``check`` asks ``order_check`` too; with ``worst`` a market order whose quote is beyond it stays here.
    """

    login: int
    server: str
    path: str = ""
    check: bool = False
    worst: float | None = None


class Sends:
    """Sends orders through ``calls``. ``monotonic`` tells seconds."""

    def __init__(self, calls: Calls, monotonic: Callable[[], float]) -> None:
        self._calls = calls
        self._monotonic = monotonic
        self._passed: tuple[float, dict[str, Any], Guard] | None = None
        self._look_seconds = 0.0

    def forget(self) -> None:
        """What was looked at before counts no more."""
        self._passed = None

    def check_send(self, request: dict[str, Any], guard: dict[str, Any]) -> dict[str, Any]:
        """Look now at what ``guarded_send`` (``guard`` are its keywords) will look at: {"passed": whether it did}.

        Of what passed a ``guarded_send`` of just this within ``CHECK_SECONDS`` looks at the account alone: the user may
        have signed in elsewhere. Where the last look took most of them, there is none: it would be too old at once.
        """
        self._passed = None
        if self._look_seconds > CHECK_SECONDS / 2:
            return {"passed": False}
        at, guarded = self._monotonic(), Guard(**guard)
        passed = self._look(request, guarded) is None
        if passed:
            self._passed = (at, request, guarded)
        return {"passed": passed}

    def guarded_send(self, request: dict[str, Any], **guard: Any) -> dict[str, Any]:
        """Send an order if what :class:`Guard` (the keywords) asks for holds.

        Answers {"sent", "stage", ...}: ``sent`` is False only where order_send was certainly not called;
        ``stage`` then says what stood in the way.
        """
        try:
            guarded = Guard(**guard)
            passed = self._has_passed(request, guarded)
            objection = self._elsewhere_now(guarded) if passed else self._look(request, guarded)
        except CallFailed as why:
            return {"sent": False, "stage": "read", "last_error": list(why.last_error)}
        except Exception as why:  # noqa: BLE001 -- before the send: provably nothing was sent
            return {"sent": False, "stage": "raised", "error": f"{type(why).__name__}: {why}"}
        if objection is not None:
            return {"sent": False, **objection}
        try:
            result = self._calls.raw("order_send", request)
        except Exception as why:  # noqa: BLE001 -- the order may have been executed before it raised
            return {"sent": True, "result": None, "raised": f"{type(why).__name__}: {why}"}
        return {"sent": True, "result": result}

    def _has_passed(self, request: dict[str, Any], guard: Guard) -> bool:
        """True once for what ``check_send`` has just looked at."""
        passed, self._passed = self._passed, None
        if passed is None or passed[1:] != (request, guard):
            return False
        return 0 <= self._monotonic() - passed[0] <= CHECK_SECONDS

    def _look(self, request: dict[str, Any], guard: Guard) -> dict[str, Any] | None:
        """As ``_objection``, and note how long it took."""
        begin = self._monotonic()
        try:
            return self._objection(request, guard)
        finally:
            self._look_seconds = self._monotonic() - begin

    def _objection(self, request: dict[str, Any], guard: Guard) -> dict[str, Any] | None:
        """What stands in the way of a send: its "stage" with details; None where nothing does. Raises CallFailed."""
        asked = [] if guard.worst is None else [("symbol_info_tick", request["symbol"])]
        checks = [("order_check", request)] if guard.check else []
        self._calls.ahead(("account_info",), ("terminal_info",), *asked, *checks)
        elsewhere = self._elsewhere(guard)
        if elsewhere is not None:
            return elsewhere
        if guard.worst is not None:
            tick = self._calls.must("symbol_info_tick", request["symbol"])
            buys = request["type"] == _BUY
            quote = tick["ask"] if buys else tick["bid"]
            if quote > guard.worst if buys else quote < guard.worst:
                return {"stage": "price", "price": quote}
        if guard.check:
            checked = self._calls.raw("order_check", request)
            if checked is not None and checked["retcode"] not in _CHECK_PASSED:
                return {"stage": "check", "check": checked, **self._money(request)}
        return None

    def _elsewhere_now(self, guard: Guard) -> dict[str, Any] | None:
        self._calls.ahead(("account_info",), ("terminal_info",))
        return self._elsewhere(guard)

    def _elsewhere(self, guard: Guard) -> dict[str, Any] | None:
        """What is wrong with where an order would go: another account, or a terminal without its server."""
        account = self._calls.must("account_info")
        terminal = self._calls.must("terminal_info")
        here = (account["login"], account["server"], terminal["path"] if guard.path else "")
        if here != (guard.login, guard.server, guard.path):
            return {"stage": "account", "login": here[0], "server": here[1], "path": terminal["path"]}
        return None if terminal["connected"] else {"stage": "connection"}

    def _money(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the order needs and what is free: figures for the explanation of a refusal."""
        volume, price = request.get("volume"), request.get("price")
        needed = self._calls.raw("order_calc_margin", request["type"], request["symbol"], volume, price)
        return {"margin_needed": needed, "margin_free": self._calls.must("account_info")["margin_free"]}
