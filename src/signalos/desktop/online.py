"""Everything between the desktop app and the server; trading needs none of it."""

from __future__ import annotations

import asyncio
import logging
import platform
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal

import httpx

from signalos import __version__
from signalos.brokers.base import Snapshot
from signalos.desktop.api_client import APIClient
from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.channel_book import ChannelBook
from signalos.desktop.journal import Journal
from signalos.desktop.link import Link
from signalos.desktop.outbox import OutboxSender
from signalos.desktop.status import StatusReporter
from signalos.desktop.strategy_book import StrategyBook
from signalos.desktop.terminal import Terminal
from signalos.desktop.wire_events import alert_event
from signalos.domain.errors import ConfigError, ServerDown, ServerError, ServerRefused
from signalos.domain.market import Position
from signalos.kit.clock import Clock
from signalos.kit.paths import state_home
from signalos.protocol.firebridge import (
    AccountInfo,
    LatchState,
    Modules,
    Mt5Module,
    OrderState,
    PositionState,
    SourceState,
    Status,
    SyncUser,
)
from signalos.sources.base import Source

log = logging.getLogger(__name__)
AGAIN_SECONDS = 2.0
STRATEGY_EVERY_SECONDS = 60.0
"""The strategy is also fetched without being told, should a `strategy_changed` get lost."""
REQUEST_TIMEOUT_SECONDS = 10.0


class Online:
    """Registration, outbox, links, status and strategy for all terminals of the app."""

    def __init__(
        self,
        server_url: str,
        *,
        journal: Journal,
        terminals: Sequence[Terminal],
        sources: Sequence[Source],
        strategies: StrategyBook,
        channels: ChannelBook,
        clock: Clock,
        market: Clock,
        random: random.Random,
        environ: Mapping[str, str],
    ) -> None:
        self._journal = journal
        self._terminals = terminals
        self._sources = sources
        self._strategies = strategies
        self._channels = channels
        self._clock = clock
        self._market = market
        self._tokens = AuthTokenManager(state_home(environ))
        self._http = httpx.AsyncClient(timeout=REQUEST_TIMEOUT_SECONDS, trust_env=False)
        self._api = APIClient(server_url, self._tokens, self._http, clock)
        self._outbox = OutboxSender(journal.outbox, self._api, clock, random, self._alert)
        journal.on_event(self._outbox.wake)
        self._user_id: int | None = None
        self._fetch = asyncio.Event()
        self._links: list[Link] = []
        self._reporters: list[StatusReporter] = []
        for terminal in terminals:
            link = Link(
                server_url, self._tokens, terminal.terminal_id, terminal.desk, clock, random, self._alert
            )
            link.on_ready = self._server_is_back
            terminal.desk.send_result = link.send_result
            terminal.desk.on_strategy_changed = self._fetch.set
            self._links.append(link)
            self._reporters.append(StatusReporter(self._api, _Collect(self, terminal), clock, rand=random))

    async def run(self) -> None:
        """Keep everything online until cancelled; a server that is away is waited for."""
        await self._sign_on()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.run(), name="outbox")
            tasks.create_task(self._keep_strategy(), name="strategy")
            for link in self._links:
                tasks.create_task(link.run(), name="link")
            for reporter in self._reporters:
                tasks.create_task(reporter.run(), name="status")

    def _server_is_back(self) -> None:
        """A link is up again: whatever still pauses after a failure goes on at once."""
        self._outbox.hurry()
        for reporter in self._reporters:
            reporter.hurry()

    def _alert(self, code: str, text: str) -> None:
        self._journal.outbox.add("alert", None, alert_event(code, "warning", text))

    async def close(self) -> None:
        """Close the connections; after the last run."""
        await self._http.aclose()

    async def _sign_on(self) -> None:
        """Register each terminal and learn whose they are."""
        told = ""
        while True:
            try:
                for terminal in self._terminals:
                    await self._api.register_terminal(
                        terminal.terminal_id,
                        name=terminal.terminal_id,
                        platform=platform.system(),
                        version=__version__,
                    )
                self._user_id = await self._api.validate_terminal_auth()
                return
            except (ServerDown, ServerRefused) as why:
                if str(why) != told:
                    log.warning("not online", extra={"data": {"why": str(why)}})
                    told = str(why)
            await self._clock.sleep(AGAIN_SECONDS)

    async def _keep_strategy(self) -> None:
        while True:
            self._fetch.clear()
            try:
                assert self._user_id is not None  # noqa: S101 -- known since sign-on
                pulled = await self._api.pull_strategy(self._user_id)
                for problem in self._channels.take(pulled.channels):
                    self._journal.outbox.add(
                        "alert", None, alert_event("channel_strategy_refused", "error", problem)
                    )
                self._strategies.take(pulled.strategy)
            except ServerError as why:
                log.warning("the strategy was not fetched", extra={"data": {"why": str(why)}})
            except ConfigError as why:
                text = f"the server's strategy was refused, the last good one stays in force: {why}"
                self._journal.outbox.add("alert", None, alert_event("strategy_refused", "error", text))
            fetch = asyncio.ensure_future(self._fetch.wait())
            pause = asyncio.ensure_future(self._clock.sleep(STRATEGY_EVERY_SECONDS))
            await asyncio.wait({fetch, pause}, return_when=asyncio.FIRST_COMPLETED)
            fetch.cancel()
            pause.cancel()

    def status(self, terminal: Terminal) -> SyncUser | None:
        """The newest state of one terminal, as the server keeps it."""
        if self._user_id is None:
            return None
        snapshot = terminal.watcher.latest
        active = self._journal.latches.active(terminal.terminal_id)
        latch = active[-1] if active else None
        module = Mt5Module(
            connected=snapshot is not None,
            account_info=AccountInfo() if snapshot is None else _account(snapshot),
            positions=None
            if snapshot is None
            else [self._position(terminal, p) for p in snapshot.positions],
            orders=None
            if snapshot is None
            else [self._order(terminal, snapshot, o.ticket) for o in snapshot.orders],
            quote_at=None if snapshot is None else snapshot.at,
            market_time=self._market.now(),
            latch=None
            if latch is None
            else LatchState(
                latch_id=latch.latch_id,
                mode=latch.mode,  # type: ignore[arg-type]  # one of MODES
                at=latch.latched_at,
                local=latch.local,
                flat=latch.flat,
                closed=latch.closed,
                total=latch.total,
                left=latch.left,
            ),
            paused=self._journal.latches.halted(terminal.terminal_id) == "paused",
            paused_chats=self._journal.latches.paused_chats(terminal.terminal_id),
            reason=terminal.watcher.trouble[:2000],
        )
        sources = [
            SourceState(
                name=s.name,
                type=s.type,
                connected=s.health.connected,
                last_message_at=s.health.last_message_at,
                error=s.health.error[:2000],
            )
            for s in self._sources
        ]
        return SyncUser(
            user_id=self._user_id,
            terminal_id=terminal.terminal_id,
            status=Status(is_connected=snapshot is not None, modules=Modules(mt5=module, sources=sources)),
        )

    def _position(self, terminal: Terminal, position: Position) -> PositionState:
        leg = self._journal.legs.by_identifier(terminal.terminal_id, position.identifier)
        return PositionState(
            identifier=position.identifier,
            ticket=position.ticket,
            symbol=position.symbol,
            side=position.side.value,
            volume=position.volume,
            entry_price=position.entry_price,
            price=position.price,
            profit=position.profit,
            swap=position.swap,
            stop_loss=position.stop_loss,
            take_profit=position.take_profit,
            risk=_risk(position),
            own=leg is not None,
            opened_at=position.opened_at,
        )

    def _order(self, terminal: Terminal, snapshot: Snapshot, ticket: str) -> OrderState:
        order = next(o for o in snapshot.orders if o.ticket == ticket)
        return OrderState(
            ticket=order.ticket,
            symbol=order.symbol,
            side=order.side.value,
            order=order.kind.value,
            volume=order.volume,
            price=order.price,
            stop_loss=order.stop_loss,
            take_profit=order.take_profit,
            own=self._journal.legs.by_identifier(terminal.terminal_id, order.ticket) is not None,
        )


class _Collect:
    """One terminal's state for its reporter."""

    def __init__(self, online: Online, terminal: Terminal) -> None:
        self._online = online
        self._terminal = terminal

    def __call__(self) -> SyncUser | None:
        return self._online.status(self._terminal)


def _account(snapshot: Snapshot) -> AccountInfo:
    account = snapshot.account
    return AccountInfo(
        balance=account.balance,
        equity=account.equity,
        free_margin=account.free_margin,
        margin=account.margin,
        profit=account.equity - account.balance,
        currency=account.currency,
        login=account.login,
        server=account.server,
        leverage=account.leverage,
        demo=account.demo,
    )


def _risk(position: Position) -> Decimal | None:
    """What the position would still lose from its entry at its stop (0 when the stop locks a profit).

    Scaled from the terminal's own floating profit, which is linear in price, so that no contract
    size or rate is guessed; None without a stop or before the price has moved.
    """
    moved = (position.price - position.entry_price) * position.side.sign
    if position.stop_loss is None or moved == 0:
        return None
    per_unit = position.profit / moved
    loss = (position.entry_price - position.stop_loss) * position.side.sign * per_unit
    return max(Decimal(0), loss).quantize(Decimal("0.01"))
