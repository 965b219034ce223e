"""A small working module with MetaTrader's surface: a hedging account whose answers can be scripted."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from signalos.brokers.mt5.session import Session
from signalos.brokers.mt5data import load_fields
from signalos.kit.clock import Clock
from signalos.kit.wire import Answer, Request, WireLost, WireNeverSent

EPOCH = 1_700_000_000
_TEXTS = frozenset("symbol comment external_id name server currency company path".split())


class Row:
    """What a struct sequence of the module looks like from outside."""

    def __init__(self, kind: str, **values: Any) -> None:
        fields = load_fields()[kind]
        unknown = set(values) - set(fields)
        assert not unknown, f"{kind} has no {unknown}"
        self.values: dict[str, Any] = {name: "" if name in _TEXTS else 0 for name in fields} | values

    def _asdict(self) -> dict[str, Any]:
        return dict(self.values)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "values":
            raise AttributeError(name)
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


def symbol_row(name: str = "EURUSD", **changes: Any) -> Row:
    base: dict[str, Any] = {
        "name": name,
        "select": True,
        "digits": 5,
        "point": 0.00001,
        "trade_tick_size": 0.00001,
        "trade_tick_value": 1.0,
        "trade_tick_value_loss": 1.0,
        "trade_contract_size": 100000.0,
        "volume_min": 0.01,
        "volume_max": 50.0,
        "volume_step": 0.01,
        "trade_mode": 4,
        "trade_exemode": 2,
        "filling_mode": 3,
        "order_mode": 127,
        "expiration_mode": 15,
        "currency_base": name[:3],
        "currency_profit": name[3:6],
    }
    return Row("SymbolInfo", **(base | changes))


class FakeModule:
    """Executes requests on its own books.

    ``script`` says how the next order_sends go. An int: answered with that retcode, nothing done;
    ("none", code): None, nothing done; ("done_none", code): carried out, then None; ("raise",): carried
    out, then raises; ("partial", volume): filled in part; ("placed",): carried out, answered 10008;
    ("requote", bid, ask): the market moves there, nothing done.
    """

    def __init__(self) -> None:
        self.account = Row(
            "AccountInfo",
            login=5,
            server="Fake-Server",
            currency="USD",
            margin_mode=2,
            balance=10000.0,
            equity=10000.0,
            margin_free=10000.0,
            leverage=100,
            trade_allowed=True,
            trade_expert=True,
        )
        self.terminal = Row(
            "TerminalInfo",
            connected=True,
            trade_allowed=True,
            tradeapi_disabled=False,
            path="C:/terminal",
            name="Fake",
        )
        self.symbols = {"EURUSD": symbol_row()}
        self.ticks = {"EURUSD": (1.1, 1.1001, EPOCH * 1000)}
        self.positions: dict[int, Row] = {}
        self.orders: dict[int, Row] = {}
        self.past_orders: list[Row] = []
        self.deals: list[Row] = []
        self.script: deque[Any] = deque()
        self.sent: list[dict[str, Any]] = []
        self.check_retcode = 0
        self.running = True
        self.build = 4000
        self.comment: str | None = None
        self.hidden = False
        self._next = 100
        self._error = (1, "Success")

    # -- what the bridge calls

    def last_error(self) -> tuple[int, str]:
        return self._error

    def initialize(self, **options: Any) -> bool:
        self._error = (1, "Success") if self.running else (-10003, "IPC initialize failed")
        return self.running

    def version(self) -> tuple[int, int, str]:
        return (500, self.build, "today")

    def account_info(self) -> Row | None:
        return self._up(self.account)

    def terminal_info(self) -> Row | None:
        return self._up(self.terminal)

    def symbols_get(self) -> Any:
        return self._up(tuple(self.symbols.values()))

    def symbol_info(self, name: str) -> Row | None:
        if name not in self.symbols:
            self._error = (-4, "Not found")
            return None
        return self._up(self.symbols[name])

    def symbol_select(self, name: str, enable: bool) -> bool:
        self.symbols[name].values["select"] = enable
        return True

    def symbol_info_tick(self, name: str) -> Row | None:
        bid, ask, stamp = self.ticks[name]
        return self._up(Row("Tick", bid=bid, ask=ask, time=stamp // 1000, time_msc=stamp))

    def positions_get(self, ticket: int | None = None, symbol: str | None = None) -> Any:
        return self._up(_chosen(self.positions.values(), ticket=ticket, symbol=symbol))

    def orders_get(self, ticket: int | None = None, symbol: str | None = None) -> Any:
        return self._up(_chosen(self.orders.values(), ticket=ticket, symbol=symbol))

    def history_orders_get(self, *dates: int, ticket: int | None = None) -> Any:
        return self._up(() if self.hidden else _chosen(self.past_orders, ticket=ticket))

    def history_deals_get(self, *dates: int, ticket: int | None = None, position: int | None = None) -> Any:
        return self._up(() if self.hidden else _chosen(self.deals, order=ticket, position_id=position))

    def order_calc_profit(
        self, kind: int, symbol: str, volume: float, opened: float, closed: float
    ) -> float:
        return (closed - opened) * volume * 100000 * (1 if kind == 0 else -1)

    def order_calc_margin(self, kind: int, symbol: str, volume: float, price: float) -> float:
        return volume * 1000

    def order_check(self, request: dict[str, Any]) -> Row | None:
        return self._up(Row("OrderCheckResult", retcode=self.check_retcode, comment="checked"))

    def order_send(self, request: dict[str, Any]) -> Row | None:
        self.sent.append(request)
        if not self.running:
            self._error = (-10004, "No IPC connection")
            return None
        self._error = (1, "Success")
        step: Any = self.script.popleft() if self.script else ("done",)
        if isinstance(step, int):
            return _result(step)
        if step[0] == "none":
            self._error = (step[1], "fail")
            return None
        if step[0] == "requote":
            self.ticks["EURUSD"] = (step[1], step[2], EPOCH * 1000 + 1)
            return _result(10004)
        volume = step[1] if step[0] == "partial" else request.get("volume", 0.0)
        deal, order = self._carry_out(request, volume)
        if step[0] == "done_none":
            self._error = (step[1], "lost")
            return None
        if step[0] == "raise":
            raise RuntimeError("cannot pickle the result")
        retcode = {"partial": 10010, "placed": 10008}.get(step[0], 10009)
        return _result(retcode, deal=deal, order=order, volume=volume)

    # -- its books

    def fill(self, ticket: int) -> None:
        """Let a waiting order become a position."""
        row = self.orders.pop(ticket)
        self._past(row["symbol"], ticket, 4, row["comment"], position=ticket)
        self._open(ticket, row["type"] % 2, row["volume_current"], row.values)

    def close(self, identifier: int, reason: int = 4) -> None:
        """Close a position as its stop would."""
        row = self.positions.pop(identifier)
        self._deal(identifier, 1, row["volume"], 0, "[sl]", reason=reason)

    def in_deals(self) -> int:
        return sum(1 for d in self.deals if d["entry"] == 0)

    def _up(self, value: Any) -> Any:
        self._error = (1, "Success") if self.running else (-10004, "No IPC connection")
        return value if self.running else None

    def _carry_out(self, request: dict[str, Any], volume: float) -> tuple[int, int]:
        action = request["action"]
        comment = self.comment if self.comment is not None else request.get("comment", "")
        if action == 1 and "position" in request:
            return self._reduce(request["position"], volume, comment)
        if action == 1:
            order = self._number()
            self._past(request["symbol"], order, 4, comment, position=order)
            return self._open(order, request["type"], volume, request | {"comment": comment}), order
        if action == 5:
            order = self._number()
            self.orders[order] = Row(
                "TradeOrder",
                ticket=order,
                type=request["type"],
                symbol=request["symbol"],
                volume_current=request["volume"],
                volume_initial=request["volume"],
                price_open=request["price"],
                sl=request.get("sl", 0.0),
                tp=request.get("tp", 0.0),
                magic=request["magic"],
                comment=comment,
                type_time=request["type_time"],
                time_expiration=request.get("expiration", 0),
            )
            return 0, order
        if action == 6:
            self.positions[request["position"]].values.update(sl=request["sl"], tp=request["tp"])
            return 0, 0
        if action == 7:
            changes = {"price_open": request["price"], "sl": request["sl"], "tp": request["tp"]}
            self.orders[request["order"]].values.update(changes)
            return 0, request["order"]
        row = self.orders.pop(request["order"])
        self._past(row["symbol"], request["order"], 2, row["comment"])
        return 0, request["order"]

    def _open(self, order: int, kind: int, volume: float, wanted: Mapping[str, Any]) -> int:
        bid, ask, _ = self.ticks[wanted["symbol"]]
        price = ask if kind == 0 else bid
        self.positions[order] = Row(
            "TradePosition",
            ticket=order,
            identifier=order,
            type=kind,
            symbol=wanted["symbol"],
            volume=volume,
            price_open=price,
            price_current=price,
            sl=wanted.get("sl", 0.0),
            tp=wanted.get("tp", 0.0),
            magic=wanted["magic"],
            comment=wanted.get("comment", ""),
            time_msc=EPOCH * 1000,
        )
        comment = wanted.get("comment", "")
        return self._deal(order, 0, volume, order, comment, price=price, type=kind, magic=wanted["magic"])

    def _reduce(self, ticket: int, volume: float, comment: str) -> tuple[int, int]:
        row = self.positions[ticket]
        left = round(row["volume"] - volume, 2)
        if left > 0:
            row.values["volume"] = left
        else:
            del self.positions[ticket]
        order = self._number()
        return self._deal(ticket, 1, volume, order, comment), order

    def _deal(self, position: int, entry: int, volume: float, order: int, comment: str, **more: Any) -> int:
        number = self._number() + 1000
        row: dict[str, Any] = {
            "ticket": number,
            "order": order,
            "position_id": position,
            "entry": entry,
            "symbol": "EURUSD",
            "volume": volume,
            "price": 1.1,
            "comment": comment,
            "reason": 3,
            "time_msc": EPOCH * 1000 + number,
        }
        self.deals.append(Row("TradeDeal", **(row | more)))
        return number

    def _past(self, symbol: str, ticket: int, state: int, comment: str, position: int = 0) -> None:
        self.past_orders.append(
            Row(
                "TradeOrder",
                ticket=ticket,
                symbol=symbol,
                state=state,
                comment=comment,
                position_id=position,
            )
        )

    def _number(self) -> int:
        self._next += 1
        return self._next


def _chosen(rows: Any, **wanted: Any) -> tuple[Row, ...]:
    for name, value in wanted.items():
        if value is not None:
            return tuple(row for row in rows if row[name] == value)
    return tuple(rows)


def _result(retcode: int, deal: int = 0, order: int = 0, volume: float = 0.0) -> Row:
    return Row("OrderSendResult", retcode=retcode, deal=deal, order=order, volume=volume, comment="said")


class SessionTransport:
    """A worker without a process. ``lose`` counts calls of guarded_send that are carried out and whose
    answer then is lost; ``dead`` = the process is gone.
    """

    def __init__(self, module: FakeModule, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._session = Session(module, monotonic=monotonic)
        self.lose = 0
        self.dead = False
        self.calls: list[str] = []
        self.carry_out: Callable[..., Awaitable[Answer]] = self._carry_out

    async def call(
        self, fn: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, deadline: float
    ) -> Answer:
        if self.dead:
            raise WireNeverSent("the worker is gone")
        self.calls.append(fn)
        return await self.carry_out(fn, args, kwargs, deadline=deadline)

    async def _carry_out(
        self, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any] | None, *, deadline: float
    ) -> Answer:
        request = msgspec.json.decode(
            msgspec.json.encode(Request(1, fn, list(args), dict(kwargs or {}))), type=Request
        )
        answer = self._session.answer(request)
        if fn == "guarded_send" and self.lose:
            self.lose -= 1
            raise WireLost("the connection broke")
        return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)

    async def close(self) -> None:
        self.dead = True


class Workers:
    """A factory of :class:`SessionTransport` over one module; keeps what it made."""

    def __init__(self, module: FakeModule, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.module = module
        self.made: list[SessionTransport] = []
        self._monotonic = monotonic

    async def __call__(self) -> SessionTransport:
        self.made.append(SessionTransport(self.module, self._monotonic))
        return self.made[-1]

    @property
    def current(self) -> SessionTransport:
        return self.made[-1]


class ShiftingClock:
    """A clock whose sleeps take no time but move it."""

    def __init__(self, clock: Clock, shift: Any) -> None:
        self._clock = clock
        self._shift = shift
        self.slept: list[float] = []

    def now(self) -> Any:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._shift(seconds)
