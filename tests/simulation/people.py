"""Those who act on a run from outside: the provider, the user at the dashboard, at the terminal, at the shell."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from signalos.desktop.desk import Desk
from signalos.protocol.socket import Command, CommandResult
from signalos.sources.base import Post
from tests.simulation.channel import CHAT, NAME
from tests.simulation.desktop import TERMINAL

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

REPEAT_SECONDS = 1.0
"""So long the server waits for a command's result before it sends it again."""


@dataclass
class Stop:
    """A stop and when it was in force (true seconds; ``end`` None: to the end)."""

    latch_id: str
    mode: str
    local: bool
    begin: float
    end: float | None = None


class Server:
    """Keeps commands until their results are stored, and sends them again until then."""

    def __init__(self, simulation: Simulation, chance: random.Random) -> None:
        self._simulation = simulation
        self._chance = chance
        self.commands: list[Command] = []
        self.results: dict[str, CommandResult] = {}
        self.contradictions: list[str] = []
        self.accepted: dict[str, float] = {}
        """When each stop first reached the app's journal (true seconds)."""
        self.loses = simulation.schedule.lose_results

    @property
    def unanswered(self) -> list[Command]:
        return [c for c in self.commands if c.id not in self.results]

    def command(self, kind: Any, args: dict[str, Any]) -> Command:
        """A new command, sent at once."""
        number = len(self.commands) + 1
        made = Command(
            id=f"c{number}",
            terminal_seq=number,
            kind=kind,
            args=args,
            issued_at=self._simulation.true_time.now(),
        )
        self.commands.append(made)
        self._send(made)
        return made

    def deliver(self) -> None:
        """Send everything unanswered, as on a new connection."""
        for command in self.unanswered:
            self._send(command)

    def result(self, result: CommandResult) -> None:
        """A result arrives, unless it is lost on the way."""
        if not self._simulation.accidents.over and self._chance.random() < self.loses:
            return
        known = self.results.setdefault(result.id, result)
        if (known.success, known.reason) != (result.success, result.reason):
            self.contradictions.append(f"{result.id}: {known} then {result}")

    def _send(self, command: Command) -> None:
        desktop = self._simulation.desktop
        if desktop is not None and desktop.terminal is not None:
            desktop.moment()
            desk = desktop.terminal.desk
            stored = desktop.do(lambda: self._accepted(desk, command))
            if stored is not None:
                self.result(stored)
        self._simulation.later(REPEAT_SECONDS, lambda: self._again(command))

    def _accepted(self, desk: Desk, command: Command) -> CommandResult | None:
        stored = desk.accept(command)
        if command.kind == "stop":
            now = self._simulation.true_time.monotonic()
            self.accepted.setdefault(str(command.args["latchId"]), now)
        return stored

    def _again(self, command: Command) -> None:
        if command.id not in self.results:
            self._send(command)


class People:
    """Acts on a simulation as its schedule says."""

    def __init__(self, simulation: Simulation, chance: random.Random) -> None:
        self._simulation = simulation
        self._chance = chance
        self.server = Server(simulation, chance)
        self.stops: list[Stop] = []
        self.touched: set[int] = set()
        """Positions that the user's own hand changed."""
        self._messages = 0
        self._signals: list[tuple[int, dict[str, Any]]] = []
        self._deleted: set[int] = set()

    def act(self, kind: str, data: dict[str, Any]) -> None:
        """Do what the event says."""
        match kind:
            case "signal":
                self._signal(data)
            case "update":
                self._update(data)
            case "command":
                self._command(data)
            case "stop":
                self._stop(data)
            case "resume":
                self._resume()
            case "pause":
                self.server.command("pause", {})
            case "hand close" | "hand part" | "hand level" | "hand open" | "hand add":
                self._hand(kind, data)
            case _:
                raise ValueError(kind)

    # -- the provider ------------------------------------------------------------------------------

    def _signal(self, data: dict[str, Any]) -> None:
        self._messages += 1
        self._signals.append((self._messages, data))
        self._post(self._messages, self._text(data))

    def _text(self, data: dict[str, Any], nearer: int = 0) -> str:
        symbol = data["symbol"]
        scale = 10 if symbol == "XAUUSD" else 1
        away, nearer = data["away"] * scale, nearer * scale
        point = self._simulation.brokerage.account.market.symbols[symbol].point
        bid, ask = self._simulation.brokerage.price(symbol)
        sign = 1 if data["side"] == "BUY" else -1
        price = ask if sign > 0 else bid
        line = f"{symbol} {data['side']} {data['how']}"
        if data["how"] != "NOW":
            price += (60 if data["how"] == "STOP" else -60) * scale * sign * point
            line += f" {price}"
        lines = [line, f"SL {price - sign * (away - nearer) * point}"]
        lines += [f"TP{n} {price + sign * (away // 3) * n * point}" for n in range(1, data["targets"] + 1)]
        return "\n".join(lines)

    def _update(self, data: dict[str, Any]) -> None:
        if not self._signals:
            return
        message_id, signal = self._signals[int(data["pick"] * len(self._signals))]
        what = data["what"]
        if what in ("edit", "delete") and message_id in self._deleted:
            return  # what is deleted is neither edited nor deleted again
        if what == "edit":
            self._post(message_id, self._text(signal, nearer=20), edit=True)
            return
        if what == "delete":
            self._deleted.add(message_id)
            self._post(message_id, "", deleted=True)
            return
        symbol = signal["symbol"]
        point = self._simulation.brokerage.account.market.symbols[symbol].point
        point *= 10 if symbol == "XAUUSD" else 1
        bid, _ = self._simulation.brokerage.price(symbol)
        sign = 1 if signal["side"] == "BUY" else -1
        text = {
            "half": "Close half",
            "close": "Close this trade now",
            "even": "Move SL to breakeven",
            "stop": f"Move SL to {bid - sign * 130 * point}",
            "target": f"TP1 {bid + sign * 210 * point}",
            "cancel": "Cancel this order",
            "all": "Close all trades now",
        }[what]
        self._messages += 1
        self._post(self._messages, text, reply_to=None if what == "all" else message_id)

    def _post(self, message_id: int, text: str, **more: Any) -> None:
        now = self._simulation.true_time.now()
        if more.get("edit"):
            more["edited_at"] = now
        post = Post(
            source=NAME,
            chat_id=CHAT,
            chat_name="Channel",
            message_id=message_id,
            text=text,
            posted_at=now - timedelta(milliseconds=200),
            **more,
        )
        self._simulation.channel.post(post)

    # -- the user at the dashboard and at the shell ------------------------------------------------

    def _command(self, data: dict[str, Any]) -> None:
        state = self._simulation.brokerage.account.state
        kind = data["what"]
        positions = [p for p in state.positions.values() if p.sl]
        if not positions:
            return
        position = positions[int(data["pick"] * len(positions))]
        args: dict[str, Any] = {"identifier": str(position.ticket)}
        if kind == "partial_close":
            volume = position.volume // 2_000_000 * 1_000_000
            if not volume:
                return
            args["volume"] = str(Decimal(volume).scaleb(-8).normalize())
        if kind == "modify":
            symbol = self._simulation.brokerage.account.market.symbols[position.symbol]
            args["stopLoss"] = str((position.sl + (3 if position.is_buy else -3)) * symbol.point)
        self.server.command(kind, args)

    def _stop(self, data: dict[str, Any]) -> None:
        now = self._simulation.true_time.monotonic()
        if data["local"]:
            journal = self._simulation.open_journal()
            latch_id = journal.latches.set([TERMINAL], data["mode"], local=True)
            journal.close()
        else:
            latch_id = f"stop-{len(self.stops) + 1}"
            self.server.command("stop", {"mode": data["mode"], "latchId": latch_id})
        self.stops.append(Stop(latch_id, data["mode"], data["local"], now))

    def _resume(self) -> None:
        stop = next((s for s in reversed(self.stops) if s.end is None), None)
        if stop is None:
            return
        stop.end = self._simulation.true_time.monotonic()
        if stop.local:
            journal = self._simulation.open_journal()
            # What `signalos desktop resume` does.
            journal.latches.end(TERMINAL, stop.latch_id)
            journal.intents.withdraw(TERMINAL, f"latch:{stop.latch_id}", "latch_ended", "resumed")
            journal.close()
        else:
            self.server.command("resume", {"endStop": stop.latch_id})

    # -- the user's hand at the terminal -----------------------------------------------------------

    def _hand(self, kind: str, data: dict[str, Any]) -> None:
        brokerage = self._simulation.brokerage
        if kind == "hand open":
            _, ask = brokerage.price("EURUSD")
            self._deal({"symbol": "EURUSD", "volume": 0.1, "type": 0, "price": float(ask)})
            return
        positions = list(brokerage.account.state.positions.values())
        if not positions:
            return
        position = positions[int(data["pick"] * len(positions))]
        self.touched.add(position.ticket)
        symbol = brokerage.account.market.symbols[position.symbol]
        if kind == "hand level":
            stop = (position.sl + (7 if position.is_buy else -7)) if position.sl else 0
            levels = {"sl": symbol.price(stop), "tp": symbol.price(position.tp)}
            brokerage.by_hand({"action": 6, "position": position.ticket, "symbol": symbol.name, **levels})
            return
        bid, ask = brokerage.price(symbol.name)
        if kind == "hand add":
            direction, price = (0, ask) if position.is_buy else (1, bid)
            self._deal({"symbol": symbol.name, "volume": 0.1, "type": direction, "price": float(price)})
            return
        units = position.volume
        if kind == "hand part":
            units = units // 3_000_000 * 1_000_000
            if not units:
                return
        self._deal(
            {
                "symbol": symbol.name,
                "volume": units / 100_000_000,
                "type": 1 if position.is_buy else 0,
                "price": float(bid if position.is_buy else ask),
                "position": position.ticket,
            }
        )

    def _deal(self, request: dict[str, Any]) -> None:
        brokerage = self._simulation.brokerage
        filling = 1 if brokerage.account.market.symbols[request["symbol"]].filling_mode & 2 else 0
        brokerage.by_hand({"action": 1, "type_filling": filling, "deviation": 1000, **request})
