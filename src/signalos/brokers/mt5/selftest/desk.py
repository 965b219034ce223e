"""What the script's steps are made of: one order under a mark of its own, looking, and cleaning up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from signalos.brokers.mt5.broker import Mt5Broker
from signalos.brokers.mt5.reconcile import settle
from signalos.brokers.mt5.selftest.recorder import Recorder
from signalos.brokers.mt5.traces import Before
from signalos.domain.errors import TerminalError
from signalos.domain.market import SymbolSpec
from signalos.domain.money import round_to_step
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    LegKey,
    OpenLeg,
    OrderRequest,
    Outcome,
    OutcomeKind,
)
from signalos.domain.signal import Side
from signalos.kit.clock import Clock

MAGIC = 517_099
"""Not the app's own, so that neither takes the other's positions for its own."""
_GRACE_SECONDS = 10.0
_LOOK_SECONDS = 0.5
_CLEAN_ROUNDS = 5


class NotTrue(Exception):
    """Something that must hold did not."""


@dataclass(slots=True)
class Step:
    """One step. ``failed`` says in words what did not work, "" for nothing."""

    name: str
    seconds: float = 0.0
    failed: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


class Desk:
    """One terminal to work at. The moment of its making gives its tags a mark of their own."""

    def __init__(
        self,
        broker: Mt5Broker,
        recorder: Recorder,
        clock: Clock,
        symbol: str,
        *,
        beside_others: bool = False,
    ) -> None:
        self._broker = broker
        self._recorder = recorder
        self._clock = clock
        self._symbol = symbol
        self._beside_others = beside_others
        self._begun: datetime = clock.now()
        self._legs = 0
        self._account = ""
        self._name = ""
        self._tags: set[str] = set()
        self._spec: SymbolSpec | None = None
        self._identifier = ""
        self._stop = self._target = Decimal(0)
        self.steps: list[Step] = []
        self.left: list[str] = []
        """Tickets that could not be closed or deleted."""
        self.symbol_info: dict[str, Any] = {}
        self.tick: dict[str, Any] = {}

    async def _do(self, step: Step, request: OrderRequest, *, note: bool = True) -> tuple[Outcome, str]:
        """Send once, under a mark of its own; an unknown outcome is looked for and noted."""
        self._legs += 1
        tag = self._tag(self._legs)
        self._tags.add(tag)
        sent_at = self._clock.now()
        outcome = await self._broker.execute(
            request, key=self._key(self._legs), tag=tag, magic=MAGIC, gate=lambda request: ""
        )
        if note:
            step.seen |= {
                "outcome": str(outcome.kind),
                "retcode": outcome.retcode,
                "result": types_of(self._recorder.answered),
            }
            if outcome.explanation:
                step.figures["explanation"] = outcome.explanation
            if outcome.kind is OutcomeKind.UNKNOWN:
                outcome = await self._settled(request, tag, Before(sent_at))
            if outcome.kind not in (OutcomeKind.DONE, OutcomeKind.PLACED):
                raise NotTrue(f"it ended as {outcome.kind}: {outcome.explanation}")
        return outcome, tag

    async def _settled(self, request: OrderRequest, tag: str, before: Before) -> Outcome:
        end = self._clock.monotonic() + 6 * _GRACE_SECONDS
        while self._clock.monotonic() < end:
            found = await settle(
                self._broker,
                request,
                tag=tag,
                magic=MAGIC,
                before=before,
                clock=self._clock,
                grace_seconds=_GRACE_SECONDS,
            )
            if found is not None:
                return found
            await self._clock.sleep(_LOOK_SECONDS)
        raise NotTrue("what became of the order could not be found out; look at the terminal's own history")

    async def _leg(self) -> OpenLeg:
        tick, spec = await self._broker.tick(self._symbol), self._known_spec()
        away = max(3 * spec.stops_distance, 20 * tick.spread, tick.bid * Decimal("0.005"))
        return OpenLeg(
            symbol=self._symbol,
            side=Side.BUY,
            volume=2 * self._half(),
            stop_loss=round_to_step(tick.bid - away, spec.tick_size),
            take_profit=round_to_step(tick.bid + away, spec.tick_size),
            max_slippage_points=1000,
        )

    def _half(self) -> Decimal:
        spec = self._known_spec()
        return max(spec.volume_min, spec.volume_step)

    def _known_spec(self) -> SymbolSpec:
        if self._spec is None:
            raise NotTrue("the symbol is not known yet")
        return self._spec

    def _key(self, leg: int) -> LegKey:
        return LegKey(self._broker.terminal_id, "selftest", int(self._begun.timestamp()), 1, 1, leg)

    def _tag(self, leg: int) -> str:
        return self._key(leg).tag(self._account)

    async def _position(self) -> dict[str, Any]:
        rows = await self._recorder.ask("positions_get", symbol=self._name)
        found = [row for row in rows if str(row["identifier"]) == self._identifier]
        if len(found) != 1:
            raise NotTrue(f"{len(found)} positions have the identifier {self._identifier}")
        return dict(found[0])

    async def _mine(self, tag: str, function: str) -> list[dict[str, Any]]:
        """Positions or orders of this leg: by its mark, or where the comment was changed by its number."""
        rows = await self._recorder.ask(function, symbol=self._name)
        number = "identifier" if function == "positions_get" else "ticket"
        return [
            row for row in rows if row["comment"].startswith(tag) or str(row[number]) == self._identifier
        ]

    async def _note_deals(self, step: Step, tag: str) -> None:
        rows = await self._recorder.ask("history_deals_get", position=int(self._identifier))
        last = max(rows, key=lambda row: int(row["ticket"]))
        step.seen |= {
            "deals": len(rows),
            "deal": types_of(last),
            "deal_entry": last["entry"],
            "deal_reason": last["reason"],
            "deal_type": last["type"],
            "deal_comment": kept(tag, last["comment"]),
            "deal_magic": last["magic"] == MAGIC,
        }
        step.figures["deal_costs"] = [last["commission"], last["swap"], last["fee"]]

    # ------------------------------------------------------------------ cleaning up

    async def _clean(self) -> None:
        """Close and delete everything with this test's magic number; what stays is told in ``left``."""
        self._recorder.kill_after = None
        for _ in range(_CLEAN_ROUNDS):
            try:
                snapshot = await self._broker.snapshot()
                mine = [p for p in snapshot.positions if p.magic == str(MAGIC) or p.tag in self._tags]
                waiting = [o for o in snapshot.orders if o.magic == str(MAGIC) or o.tag in self._tags]
                self.left = [p.ticket for p in mine] + [o.ticket for o in waiting]
                if not self.left:
                    return
                step = Step("clean up")
                for position in mine:
                    await self._do(step, ClosePosition(identifier=position.identifier), note=False)
                for order in waiting:
                    await self._do(step, CancelOrder(ticket=order.ticket), note=False)
            except TerminalError as why:
                self.left = [f"the terminal did not answer: {why}"]
            await self._clock.sleep(_LOOK_SECONDS)


def types_of(value: Any) -> Any:
    """The shape of an answer: field names with the types of their values."""
    if isinstance(value, dict):
        return {name: types_of(item) for name, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [types_of(item) for item in value]
    return type(value).__name__


def kept(tag: str, comment: str) -> str:
    """What became of a comment: kept, longer, cut, empty or replaced."""
    if comment == tag:
        return "kept"
    if comment.startswith(tag):
        return "longer"
    if not comment:
        return "empty"
    return "cut" if tag.startswith(comment) else "replaced"


def same(found: float, wanted: Decimal) -> bool:
    """Tell whether a float of the terminal is the number that was asked for."""
    return abs(Decimal(str(found)) - wanted) < Decimal("1e-9")
