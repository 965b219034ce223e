"""The script of the examination: what is done at a terminal, and what is noted of each answer.

``seen`` holds what must be the same everywhere (kinds, retcodes, fields and their types, marks that were
kept); ``figures`` what may differ (prices, times, sums).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

from signalos.brokers.mt5.selftest.desk import MAGIC, Desk, NotTrue, Step, kept, same, types_of
from signalos.brokers.mt5.traces import Before
from signalos.domain.errors import NotAllowed, TerminalError
from signalos.domain.money import round_to_step
from signalos.domain.order import CancelOrder, ClosePosition, ModifyPosition, OpenLeg, OutcomeKind
from signalos.domain.signal import OrderKind, Side

_FRESH_SECONDS = 120.0
_KILL_AFTER = 0.05
_KILL_TRIES = 3
_CLOSE_ENOUGH = 0.01
_NO_DEMO = {1: "a contest account", 2: "a real account"}


class Script(Desk):
    """Runs the steps, and cleans up behind them."""

    async def run(self) -> None:
        """Run every step and clean up. Raises NotAllowed before anything is sent where it must not be."""
        todo: list[tuple[str, Callable[[Step], Awaitable[None]]]] = [
            ("connection", self._connection),
            ("account", self._of_account),
            ("symbol", self._of_symbol),
            ("quote", self._quote),
            ("arithmetic", self._arithmetic),
            ("open", self._open),
            ("find", self._find),
            ("modify", self._modify),
            ("partial close", self._partial_close),
            ("close", self._close),
            ("place", self._place),
            ("delete", self._delete),
            ("kill in the middle of an order", self._kill),
        ]
        try:
            for name, do in todo:
                await self._step(name, do)
                if self.steps[-1].failed and name in ("connection", "account", "symbol", "quote"):
                    break
        finally:
            if self._tags:
                await self._clean()

    async def _step(self, name: str, do: Callable[[Step], Awaitable[None]]) -> None:
        step = Step(name)
        self.steps.append(step)
        begun = self._clock.monotonic()
        try:
            await do(step)
        except (TerminalError, NotTrue, KeyError, TypeError, ValueError) as why:
            # A field that is missing or of another type is a finding, not the end of the examination.
            step.failed = f"{type(why).__name__}: {why}"
        step.seconds = round(self._clock.monotonic() - begun, 3)

    # ------------------------------------------------------------------ looking

    async def _connection(self, step: Step) -> None:
        await self._broker.start()
        facts = self._recorder.facts
        step.seen = {"terminal_info": types_of(facts["terminal"]), "version": types_of(facts["version"])}
        step.figures = {"version": facts["version"], "build": facts["terminal"].get("build")}

    async def _of_account(self, step: Step) -> None:
        row = await self._recorder.ask("account_info")
        if row["trade_mode"] != 0:
            raise NotAllowed(
                f"This is {_NO_DEMO.get(row['trade_mode'], 'no demo account')}: the self-test trades, and does so "
                "on demo accounts alone. Nothing was sent. Sign in to a demo account and start it again."
            )
        account = await self._broker.account()
        self._account = account.identity
        step.seen = {
            "account_info": types_of(row),
            "margin_mode": row["margin_mode"],
            "trade_allowed": [row["trade_allowed"], row["trade_expert"]],
        }
        step.figures = {"currency": account.currency, "leverage": account.leverage}

    async def _of_symbol(self, step: Step) -> None:
        self._name = await self._broker.resolve(self._symbol)
        self._spec = await self._broker.spec(self._symbol)
        self.symbol_info = await self._recorder.ask("symbol_info", self._name)
        held = await self._recorder.ask("positions_get", symbol=self._name)
        waiting = await self._recorder.ask("orders_get", symbol=self._name)
        if (held or waiting) and not self._beside_others:
            raise NotAllowed(
                f"{self._name} has {len(held)} position(s) and {len(waiting)} order(s) already. Nothing was sent: "
                "close them, choose another --symbol, or say --beside-others (on a netting account they would mix)."
            )
        names = ("digits", "filling_mode", "trade_exemode", "trade_mode", "expiration_mode", "order_mode")
        step.seen = {"symbol_info": types_of(self.symbol_info)} | {n: self.symbol_info[n] for n in names}
        step.figures = {"name": self._name, "volume_min": self.symbol_info["volume_min"]}

    async def _quote(self, step: Step) -> None:
        self.tick = await self._recorder.ask("symbol_info_tick", self._name)
        tick = await self._broker.tick(self._symbol)
        fresh = tick.age < _FRESH_SECONDS and tick.bid > 0
        step.seen = {
            "symbol_info_tick": types_of(self.tick),
            "fresh": fresh,
            "bid_below_ask": tick.bid <= tick.ask,
        }
        step.figures = {"age": round(tick.age, 3), "bid": str(tick.bid), "ask": str(tick.ask)}
        if not fresh:
            raise NotTrue(
                f"the quote of {self._name} is not fresh: the market is closed, or the terminal is away"
            )

    async def _arithmetic(self, step: Step) -> None:
        info, ask = self.symbol_info, self._recorder.ask
        price, move = self.tick["ask"], 100 * info["point"]
        profit = await ask("order_calc_profit", 0, self._name, 1.0, price, price + move)
        ours = move / info["trade_tick_size"] * info["trade_tick_value_profit"]
        margin = await ask("order_calc_margin", 0, self._name, 1.0, price)
        account = await ask("account_info")
        own_margin = None
        if info["currency_margin"] == account["currency"]:
            own_margin = info["trade_contract_size"] / account["leverage"]
        elif info["currency_profit"] == account["currency"]:
            own_margin = info["trade_contract_size"] * price / account["leverage"]
        step.seen = {
            "profit": _agree(profit, ours),
            "types": [type(profit).__name__, type(margin).__name__],
        }
        step.figures = {"profit": [profit, ours], "margin": [margin, own_margin]}
        if own_margin is not None:
            step.figures["margin_agrees"] = _agree(margin, own_margin)

    # ------------------------------------------------------------------ trading

    async def _open(self, step: Step) -> None:
        leg = await self._leg()
        self._stop, self._target = leg.stop_loss or Decimal(0), leg.take_profit or Decimal(0)
        outcome, tag = await self._do(step, leg)
        self._identifier = str(outcome.identifier or "")
        (row,) = await self._mine(tag, "positions_get")
        step.seen |= {
            "filling": self._recorder.sent.get("type_filling"),
            "position": types_of(row),
            "comment": kept(tag, row["comment"]),
            "magic": row["magic"] == MAGIC,
            "levels": [same(row["sl"], self._stop), same(row["tp"], self._target)],
            "volume": same(row["volume"], leg.volume),
            "reason": row["reason"],
        }
        step.figures["slippage"] = str((outcome.price or 0) - Decimal(str(self._recorder.sent["price"])))
        await self._note_deals(step, tag)

    async def _find(self, step: Step) -> None:
        found = await self._broker.find(self._tag(self._legs), MAGIC)
        position = found.position
        step.seen = {
            "by_tag": position is not None,
            "by_identifier": position is not None and position.identifier == self._identifier,
            "deals": len(found.deals),
        }

    async def _modify(self, step: Step) -> None:
        spec = self._known_spec()
        self._stop = round_to_step(self._stop - 10 * spec.point, spec.tick_size)
        self._target = round_to_step(self._target + 10 * spec.point, spec.tick_size)
        request = ModifyPosition(
            identifier=self._identifier, stop_loss=self._stop, take_profit=self._target
        )
        await self._do(step, request)
        row = await self._position()
        step.seen["levels"] = [same(row["sl"], self._stop), same(row["tp"], self._target)]

    async def _partial_close(self, step: Step) -> None:
        half = self._half()
        request = ClosePosition(identifier=self._identifier, volume=half, remaining=half)
        _, tag = await self._do(step, request)
        row = await self._position()
        step.seen |= {"left": same(row["volume"], half), "identifier_stays": True}
        await self._note_deals(step, tag)

    async def _close(self, step: Step) -> None:
        _, tag = await self._do(step, ClosePosition(identifier=self._identifier))
        rows = await self._recorder.ask("positions_get", symbol=self._name)
        step.seen["gone"] = all(str(row["identifier"]) != self._identifier for row in rows)
        await self._note_deals(step, tag)

    async def _place(self, step: Step) -> None:
        tick, spec = await self._broker.tick(self._symbol), self._known_spec()
        price = round_to_step(tick.bid * Decimal("0.9"), spec.tick_size)
        leg = OpenLeg(
            symbol=self._symbol,
            side=Side.BUY,
            volume=self._half(),
            kind=OrderKind.LIMIT,
            price=price,
            stop_loss=round_to_step(price * Decimal("0.99"), spec.tick_size),
        )
        outcome, tag = await self._do(step, leg)
        self._identifier = str(outcome.ticket or "")
        (row,) = await self._mine(tag, "orders_get")
        step.seen |= {
            "filling": self._recorder.sent.get("type_filling"),
            "order": types_of(row),
            "comment": kept(tag, row["comment"]),
            "magic": row["magic"] == MAGIC,
            "state": row["state"],
            "price": same(row["price_open"], price),
        }

    async def _delete(self, step: Step) -> None:
        await self._do(step, CancelOrder(ticket=self._identifier))
        rows = await self._recorder.ask("history_orders_get", ticket=int(self._identifier))
        step.seen["states"] = [row["state"] for row in rows]

    async def _kill(self, step: Step) -> None:
        """Kill the worker in the middle of an order, and look what became of it.

        Sent once more only where that proves that nothing was done.
        """
        for number in range(1, _KILL_TRIES + 1):
            self._recorder.kill_after = _KILL_AFTER * number
            leg = await self._leg()
            sent_at = self._clock.now()
            outcome, tag = await self._do(step, leg, note=False)
            if outcome.kind is not OutcomeKind.UNKNOWN:
                raise NotTrue(
                    f"the worker was killed, and the outcome is {outcome.kind}: {outcome.explanation}"
                )
            settled = await self._settled(leg, tag, Before(sent_at))
            rows = await self._mine(tag, "positions_get")
            if len(rows) != (settled.kind is OutcomeKind.DONE):
                raise NotTrue(
                    f"it was settled as {settled.reason}, and {len(rows)} positions carry its mark"
                )
            step.figures["tries"] = number
            if rows:
                step.seen = {
                    "outcome": str(outcome.kind),
                    "settled": settled.reason,
                    "positions": len(rows),
                }
                await self._do(step, ClosePosition(identifier=str(rows[0]["identifier"])), note=False)
                return
        raise NotTrue(
            f"{_KILL_TRIES} kills each came before the order: nothing was doubled, nothing proven"
        )


def _agree(theirs: float, ours: float) -> bool:
    return abs(theirs - ours) <= _CLOSE_ENOUGH * max(abs(theirs), abs(ours), 1e-9)
