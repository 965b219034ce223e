"""Finds what carries our mark and is in no journal: another install on the account, or a journal that was lost."""

from __future__ import annotations

import msgspec

from signalos.brokers.base import Snapshot
from signalos.desktop.journal import Journal
from signalos.desktop.wire_events import alert_event, latch_event
from signalos.domain.order import is_tag


class UnknownTags:
    """Stops entries where a position or order has a tag of ours that this journal does not know.

    What opened it may open more: two installs on one account would trade every signal twice. A person looks and
    resumes; with that the tags are adopted: they are remembered and do not stop anything again.
    """

    def __init__(self, terminal_id: str, journal: Journal) -> None:
        self._terminal_id = terminal_id
        self._journal = journal
        self._key = f"adopted {terminal_id}"
        self._known: set[str] = set(msgspec.json.decode(journal.meta(self._key) or "[]"))
        self._adopted = sorted(self._known)

    def see(self, snapshot: Snapshot) -> None:
        """Look at what the terminal shows; latch and alert for what is new and not ours."""
        rows = [(p.tag, p.symbol, p.volume) for p in snapshot.positions]
        rows += [(o.tag, o.symbol, o.volume) for o in snapshot.orders]
        new = [row for row in rows if row[0] not in self._known and is_tag(row[0])]
        shown = {tag: f"{symbol} {volume}" for tag, symbol, volume in new}
        if not shown:
            return
        strange = {t: text for t, text in shown.items() if not self._journal.intents.knows(t)}
        self._known |= shown.keys()
        if strange:
            self._stop(strange)

    def _stop(self, strange: dict[str, str]) -> None:
        self._adopted = sorted({*self._adopted, *strange})
        what = ", ".join(f"{text} ({tag})" for tag, text in sorted(strange.items()))
        text = (
            f"the account holds what SignalOS opened and this journal does not know: {what}. Another install may "
            "trade on the same account, or an older journal was put back. Nothing is opened until you have looked "
            "and resumed"
        )
        with self._journal.transaction():
            # Not a stop of the whole app, which would reach its other terminals too.
            latch_id = self._journal.latches.set([self._terminal_id], "stop-entries", local=False)
            latch = self._journal.latches.get(self._terminal_id, latch_id)
            if latch is not None:
                self._journal.outbox.add("latch", self._terminal_id, latch_event(latch, "set", text[:200]))
            self._journal.set_meta(self._key, msgspec.json.encode(self._adopted).decode())
            self._journal.outbox.add(
                "alert", self._terminal_id, alert_event("unknown_tags", "error", text, self._terminal_id)
            )
