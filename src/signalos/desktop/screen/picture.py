"""What the screen shows, read from the journal: texts for tables, no drawing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from signalos.desktop.journal import Journal
from signalos.desktop.standalone import connections_of, status_of
from signalos.protocol import decode
from signalos.protocol.firebridge import AlertData, LatchData

NEWEST = 200

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The app at one moment. Rows are texts in the order of the tables' columns, the newest first."""

    headline: str
    stopped: bool
    connections: tuple[Row, ...]
    trades: tuple[Row, ...]
    decisions: tuple[Row, ...]
    log: tuple[Row, ...]


CONNECTION_COLUMNS = ("", "connection", "state", "for", "why")
TRADE_COLUMNS = ("terminal", "symbol", "side", "lots", "entry", "stop", "target", "state", "message")
DECISION_COLUMNS = ("at", "terminal", "message", "asks for", "verdict", "reason")
LOG_COLUMNS = ("at", "terminal", "what")


def take_picture(journal: Journal, home: Path, now: datetime) -> Picture:
    """Read everything anew. Raises sqlite3.Error where the journal cannot be read."""
    status = status_of(journal, home)
    trades = [leg for terminal in status["terminals"] for leg in journal.legs.alive(terminal["id"])]
    return Picture(
        headline=_headline(status),
        stopped=status["latch"] is not None,
        connections=tuple(
            (c.kind, c.name, "connected" if c.connected else "away", _age(c.since, now), c.reason)
            for c in connections_of(journal, home)
        ),
        trades=tuple(
            (
                leg.key.terminal_id,
                leg.symbol,
                leg.side.value,
                str(leg.trade.volume),
                _or_dash(leg.trade.entry_price),
                _or_dash(leg.trade.stop_loss),
                _or_dash(leg.trade.take_profit),
                leg.state,
                f"{leg.key.chat_id}/{leg.key.message_id}",
            )
            for leg in reversed(trades)
        ),
        decisions=tuple(
            (_clock(d.at), d.terminal_id, f"{d.chat_id}/{d.message_id}", d.action, d.verdict, d.reason)
            for d in journal.decisions.newest(NEWEST)
        ),
        log=tuple(_log(journal)),
    )


def _headline(status: dict[str, object]) -> str:
    said = [
        f"The app is {status['state']}",
        f"{status['positions']} open",
        f"{status['unsentEvents']} unsent",
    ]
    latch = status["latch"]
    if isinstance(latch, dict):
        said.insert(1, f"STOPPED ({latch['mode']}), {'proven flat' if latch['flat'] else 'not flat yet'}")
    terminals = status["terminals"]
    if isinstance(terminals, list):
        paused = [t["id"] for t in terminals if t["halted"] == "paused"]
        if paused:
            said.insert(1, f"PAUSED: {', '.join(paused)}")
    return "  |  ".join(said)


def _log(journal: Journal) -> list[Row]:
    rows: list[Row] = []
    for event in journal.outbox.newest(("alert", "latch"), NEWEST):
        if event.kind == "alert":
            alert = decode(event.data, AlertData)
            text = f"{alert.severity}: {alert.text}"
        else:
            latch = decode(event.data, LatchData)
            text = (
                f"stop {latch.state} ({latch.mode}), {latch.closed} of {latch.total} closed: {latch.text}"
            )
        rows.append((_clock(event.at), event.terminal_id or "", text))
    return rows


def _clock(at: datetime) -> str:
    return at.strftime("%m-%d %H:%M:%S")


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _age(since: datetime | None, now: datetime) -> str:
    if since is None:
        return ""
    seconds = max(0, round((now - since).total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
