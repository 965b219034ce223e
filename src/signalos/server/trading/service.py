"""Stop, pause and resume: state and command row in one transaction."""

from __future__ import annotations

from typing import Any

from signalos.kit.ids import Ids
from signalos.protocol import requests, views
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Reading, Writing
from signalos.server.problems import Problem
from signalos.server.providers import repository as providers
from signalos.server.terminals import index
from signalos.server.terminals import repository as terminals
from signalos.server.terminals.index import Known


class TradingService:
    """What a user says to all terminals, or to one. Each method works within the caller's transaction."""

    def __init__(self, commands: CommandService, ids: Ids) -> None:
        self._commands = commands
        self._ids = ids

    def stop(self, tx: Writing, user_id: int, body: requests.EmergencyStopRequest) -> views.CommandAccepted:
        """Stop trading; the terminals keep the stop until a resume names its latch."""
        targets = chosen(tx, user_id, body.terminal_id)
        latch_id = self._ids.uuid()
        for known in targets:
            terminals.want_stop(tx, known.row_id, latch_id)
        return self._commands.create(tx, user_id, "stop", {"mode": body.mode, "latchId": latch_id}, targets)

    def pause(self, tx: Writing, user_id: int, body: requests.PauseRequest) -> views.CommandAccepted:
        """Open nothing new until resumed."""
        targets = chosen(tx, user_id, body.terminal_id)
        return self._commands.create(tx, user_id, "pause", _chat(tx, user_id, body.provider_id), targets)

    def resume(self, tx: Writing, user_id: int, body: requests.ResumeRequest) -> views.CommandAccepted:
        """End a pause; end a stop only where ``end_stop`` names its latch. Raises Problem."""
        targets = chosen(tx, user_id, body.terminal_id)
        args = _chat(tx, user_id, body.provider_id)
        latches = {known.row_id: terminals.known_latches(tx, known.row_id) for known in targets}
        if body.end_stop is None:
            latched = sorted(set().union(*latches.values()))
            if latched and not args:
                raise Problem(
                    "stop_latched",
                    "an emergency stop is latched: resume with endStop naming its latchId",
                    errors=[{"latchId": latch} for latch in latched],
                )
        else:
            args["endStop"] = body.end_stop
            targets = self._end_stop(tx, user_id, targets, latches, body.end_stop)
        for known in targets:
            self._commands.supersede(tx, user_id, known.row_id, "pause", chatId=args.get("chatId"))
        return self._commands.create(tx, user_id, "resume", args, targets)

    def _end_stop(
        self, tx: Writing, user_id: int, targets: list[Known], latches: dict[int, set[str]], end_stop: str
    ) -> list[Known]:
        matching = [known for known in targets if end_stop in latches[known.row_id]]
        if not matching and any(latches.values()):
            raise Problem(
                "latch_changed",
                "another stop is latched than the one that endStop names: look at it before you end it",
                errors=[{"latchId": latch} for latch in sorted(set().union(*latches.values()))],
            )
        for known in matching:
            # A stop that never left must not arrive after the user has ended it.
            self._commands.supersede(tx, user_id, known.row_id, "stop", latchId=end_stop)
            terminals.want_stop(tx, known.row_id, None)
        return matching or targets


def chosen(db: Reading, user_id: int, terminal_id: str | None) -> list[Known]:
    """The named terminal, or all approved ones. Raises Problem terminal_unknown, terminal_not_approved."""
    if terminal_id is None:
        return index.approved(db, user_id)
    known = index.of_name(db, user_id, terminal_id)
    if known is None:
        raise Problem("terminal_unknown", f"you have no terminal {terminal_id!r}")
    require_approved(known)
    return [known]


def require_approved(known: Known) -> None:
    """Raise Problem terminal_not_approved unless the terminal is let in."""
    if known.status != "approved":
        raise Problem(
            "terminal_not_approved",
            f"the terminal {known.terminal_id!r} is {known.status}: approve it first",
        )


def _chat(db: Reading, user_id: int, provider_id: int | None) -> dict[str, Any]:
    if provider_id is None:
        return {}
    chat_id = providers.chat_of(db, user_id, provider_id)
    if chat_id is None:
        raise Problem("not_found", "you have no such provider")
    return {"chatId": chat_id}
