"""The screen itself: tables that follow the journal, and keys that stop and resume."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Label, Static

from signalos.desktop.journal import Journal
from signalos.desktop.journal.latches import MODES
from signalos.desktop.screen.picture import (
    CONNECTION_COLUMNS,
    DECISION_COLUMNS,
    LOG_COLUMNS,
    TRADE_COLUMNS,
    Picture,
    Row,
    take_picture,
)
from signalos.desktop.standalone import resume_all, tell_stopped, terminals_of, work_without_app
from signalos.kit.clock import Clock
from signalos.kit.single import is_held

LOOK_SECONDS = 1.0
WORK_SECONDS = 60.0
_TABLES: Mapping[str, tuple[str, Sequence[str]]] = {
    "connections": ("Connections", CONNECTION_COLUMNS),
    "trades": ("Open trades", TRADE_COLUMNS),
    "decisions": ("Last decisions", DECISION_COLUMNS),
    "log": ("Log", LOG_COLUMNS),
}
_SAYS = {
    "stop-entries": "open nothing new",
    "cancel-pendings": "open nothing new, cancel waiting orders",
    "own-only": "close what the app has opened",
    "close-all": "close everything on the account",
}


class AskStop(ModalScreen[str | None]):
    """Asks how far the stop goes. Answers one of MODES, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *((str(n), f"answer('{mode}')", mode) for n, mode in enumerate(MODES, 1)),
        ("escape", "answer('')", "back"),
    ]

    def compose(self) -> ComposeResult:
        lines = [f"{n}  {mode}: {_SAYS[mode]}" for n, mode in enumerate(MODES, 1)]
        yield Label("\n".join(["Stop trading at every terminal of this app:", "", *lines, "", "Esc  back"]))

    def action_answer(self, mode: str) -> None:
        """End with ``mode``."""
        self.dismiss(mode or None)


class AskResume(ModalScreen[bool]):
    """Asks whether every stop and pause shall end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "answer(True)", "resume"),
        ("escape", "answer(False)", "back"),
    ]

    def compose(self) -> ComposeResult:
        yield Label("Resume trading? This ends every stop and pause of this app.\n\ny  resume\n\nEsc  back")

    def action_answer(self, sure: bool) -> None:
        """End with ``sure``."""
        self.dismiss(sure)


class DesktopScreen(App[None]):
    """Follows the app in ``home`` through its journal; the app itself may run or not."""

    TITLE = "SignalOS"
    CSS = """
    #headline { padding: 0 1; background: $success-darken-2; }
    #headline.stopped, #headline.trouble { background: $error; }
    DataTable { height: 1fr; border: round $primary; }
    #connections { height: auto; max-height: 9; }
    AskStop, AskResume { align: center middle; }
    AskStop Label, AskResume Label { padding: 1 3; border: thick $error; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("s", "stop", "Stop"),
        ("r", "resume", "Resume"),
        ("q", "quit", "Leave (the app goes on)"),
    ]

    def __init__(self, journal: Journal, home: Path, clock: Clock, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._journal = journal
        self._home = home
        self._clock = clock
        self._environ = environ
        self._shown: dict[str, tuple[Row, ...]] = {}
        self.trouble = ""
        """Why the journal cannot be read, or a stop not be carried out; "" while all is well."""

    def compose(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        with Vertical():
            for name in _TABLES:
                yield DataTable(id=name, cursor_type="row", zebra_stripes=True)
        yield Footer()

    def on_mount(self) -> None:
        """Lay the tables out and begin to look."""
        for name, (title, columns) in _TABLES.items():
            table = self._table(name)
            table.border_title = title
            table.add_columns(*columns)
        self.look()
        self.set_interval(LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Read the journal and show what changed."""
        try:
            picture = take_picture(self._journal, self._home, self._clock.now())
        except sqlite3.Error as why:
            said = f"the journal cannot be read ({why}); it is tried again"
            self._say(f"{self.trouble}  |  {said}" if self.trouble else said, "trouble")
            return
        self._show(picture)

    def action_stop(self) -> None:
        """Ask how far, then latch."""
        self.push_screen(AskStop(), self._stop)

    def action_resume(self) -> None:
        """Ask, then end every stop and pause."""
        self.push_screen(AskResume(), self._resume)

    def _stop(self, mode: str | None) -> None:
        if mode is None:
            return
        try:
            terminals = terminals_of(self._journal)
            latch_id = self._journal.latches.set(terminals, mode, local=True)
        except sqlite3.Error as why:
            self.trouble = f"NOT STOPPED, the journal cannot be written: {why}"
        else:
            if terminals:
                self._latched(terminals, latch_id)
            else:
                self.trouble = "nothing is latched: the app has never started with a terminal"
        self.look()

    def _latched(self, terminals: list[str], latch_id: str) -> None:
        """The stop is durable: whatever fails from here on does not undo it."""
        self.trouble = ""
        try:
            tell_stopped(self._journal, terminals, latch_id)
        except sqlite3.Error as why:
            self.trouble = f"latched, but the server cannot be told: {why}"
        if not is_held(self._home):
            self.run_worker(self._work(latch_id), name="stop without the app")

    async def _work(self, latch_id: str) -> None:
        try:
            await work_without_app(self._home, self._environ, latch_id, WORK_SECONDS)
        except Exception as why:  # noqa: BLE001 -- told on the screen; the latch holds all the same
            self.trouble = f"latched, but nothing can be closed before the app can start: {why!r}"
        self.look()

    def _resume(self, sure: bool | None) -> None:
        if sure:
            try:
                resume_all(self._journal)
            except sqlite3.Error as why:
                self.trouble = f"not resumed, the journal cannot be written: {why}"
            else:
                self.trouble = ""
        self.look()

    def _show(self, picture: Picture) -> None:
        if self.trouble:
            self._say(f"{self.trouble}  |  {picture.headline}", "trouble")
        else:
            self._say(picture.headline, "stopped" if picture.stopped else "")
        for name in _TABLES:
            rows: tuple[Row, ...] = getattr(picture, name)
            if self._shown.get(name) == rows:
                continue
            self._shown[name] = rows
            table = self._table(name)
            at, top = table.cursor_row, table.scroll_y
            table.clear()
            table.add_rows(rows)
            table.move_cursor(row=at, scroll=False)
            table.scroll_to(y=top, animate=False)

    def _say(self, text: str, kind: str) -> None:
        line = self.query_one("#headline", Static)
        line.set_classes(kind)
        line.update(text)

    def _table(self, name: str) -> DataTable[str]:
        table: DataTable[str] = self.query_one(f"#{name}", DataTable)
        return table
