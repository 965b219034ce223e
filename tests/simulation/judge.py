"""Holds what a run left against what must be true whatever went wrong: nothing lost, doubled or unexplained."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal

from signalos.brokers.simulated.codes import Entry
from signalos.brokers.simulated.records import Deal, Position
from signalos.brokers.simulated.symbols import VOLUME_UNIT
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.legs import Leg
from signalos.domain.order import CancelOrder, ClosePosition, ModifyOrder, ModifyPosition, OpenLeg
from signalos.prices import to_micros
from tests.simulation.brokerage import Arrival
from tests.simulation.channel import CHAT, NAME
from tests.simulation.clocks import START
from tests.simulation.desktop import TERMINAL
from tests.simulation.parts import parts
from tests.simulation.people import Stop
from tests.simulation.run import Result

SENT_LATE = 0.001
"""Between a latch and an entry that leaves nothing may lie but the step under way (seconds)."""
CALLED_OFF = ("stopped", "paused", "channel_off", "called_off", "latch_ended", "refused_before_edit")
OWN_DOING = ("already_filled", "already_opened", "cancel_not_proven", "price_outlier", "conflict")


@dataclass
class Verdict:
    """``faults`` by kind; ``legs``: asked for, ``executed``, and why the others were not."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    legs: int = 0
    executed: int = 0
    missed: Counter[str] = field(default_factory=Counter)

    def fault(self, kind: str, text: str) -> None:
        """Note a fault of ``kind``: lost, doubled, unexplained, unproven or broken."""
        self.faults.append((kind, text))


def judged(result: Result) -> Verdict:
    """Everything that is wrong with ``result``."""
    return _Judge(result).verdict()


class _Judge:
    def __init__(self, result: Result) -> None:
        self._result = result
        self._state = result.brokerage.account.state
        self._verdict = Verdict()
        self._intents = list(result.journal.intents.everything())
        self._arrivals: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in result.brokerage.arrivals:
            self._arrivals[arrival.tag].append(arrival)
        self._sent = {tag for _, tag in result.machine.sent}
        # By the number of the order: a broker may have changed the comment.
        self._tags = {a.order: a.tag for a in result.brokerage.arrivals if a.order and a.tag}
        self._entries: dict[str, list[Deal]] = defaultdict(list)
        for deal in result.brokerage.entries():
            self._entries[self._tags.get(deal.order, "")].append(deal)
        self._swap_what_is_over()

    def _swap_what_is_over(self) -> None:
        """Give a trade that is over to the twin that claims it.

        Where a broker replaces comments, nothing tells which of two legs of one signal with the same volume a
        closed position was: it may be booked on either, once.
        """
        if self._result.schedule.comments == "kept":
            return
        for claims in self._intents:
            if claims.reason != "adopted" or self._entries.get(claims.tag):
                continue
            for twin in self._intents:
                deals = self._entries.get(twin.tag, [])
                over = len(deals) == 1 and deals[0].position not in self._state.positions
                if over and twin.state == "not_executed" and _twins(claims, twin):
                    self._entries[claims.tag] = self._entries.pop(twin.tag)
                    self._arrivals[claims.tag], self._arrivals[twin.tag] = (
                        self._arrivals[twin.tag],
                        self._arrivals[claims.tag],
                    )
                    break

    def verdict(self) -> Verdict:
        for text in self._result.errors:
            self._verdict.fault("broken", text)
        for text in self._result.people.server.contradictions:
            self._verdict.fault("unexplained", f"two results of one command: {text}")
        if self._result.brokerage.terminal.account is not self._result.brokerage.account:
            self._verdict.fault("broken", "the other account is still signed in")
        self._messages()
        for intent in self._intents:
            self._intent(intent)
        self._strangers()
        if self._result.schedule.netting:
            self._taken_from_others()
        self._legs()
        self._commands()
        self._stops()
        return self._verdict

    # -- messages and decisions --------------------------------------------------------------------

    def _messages(self) -> None:
        journal = self._result.journal
        if journal.messages.unread() is not None or journal.messages.next_for(TERMINAL) is not None:
            self._verdict.fault("lost", "a message is read or decided by nobody")
        if int(journal.messages.position(NAME) or 0) < len(self._result.channel.posts):
            self._verdict.fault("lost", "the channel's last posts were never received")
        for message_id in {post.message_id for post in self._result.channel.posts}:
            posts = [p for p in self._result.channel.posts if p.message_id == message_id]
            versions = journal.messages.versions(CHAT, message_id)
            if {p.text for p in posts} != {v.message.text for v in versions if not v.message.deleted} | {
                p.text for p in posts if p.deleted
            }:
                self._verdict.fault("lost", f"message {message_id} is not journalled as it was posted")
            for stored in versions:
                for part in range(1, len(stored.reading.actions) + 1 if stored.reading else 1):
                    where = (TERMINAL, CHAT, message_id, stored.message.version, part)
                    if not journal.decisions.made(*where):
                        self._verdict.fault("lost", f"no decision on {where}")

    # -- one intent at a time ----------------------------------------------------------------------

    def _intent(self, intent: Intent) -> None:
        if intent.state in ("planned", "sending", "unknown"):
            self._verdict.fault("unexplained", f"never settled: {_shown(intent)}")
        done = [a for a in self._arrivals.get(intent.tag, []) if a.carried_out]
        match intent.request:
            case OpenLeg():
                self._opening(intent, done)
            case ClosePosition():
                self._closing(intent, intent.request, done)
            case CancelOrder() | ModifyPosition() | ModifyOrder():
                if intent.state in ("refused", "not_executed") and done:
                    self._verdict.fault("unexplained", f"carried out after all: {_shown(intent)}")

    def _opening(self, intent: Intent, done: list[Arrival]) -> None:
        if len(done) > 1 or len(self._entries.get(intent.tag, [])) > 1:
            self._verdict.fault("doubled", f"{len(done)} orders of {_shown(intent)}")
        placed = [o for o in self._state.orders.values() if self._tags.get(o.ticket) == intent.tag]
        entries = self._entries.get(intent.tag, [])
        if intent.state == "executed" and len(entries) != 1:
            self._verdict.fault("unexplained", f"executed, without a deal: {_shown(intent)}")
        if intent.state == "pending" and len(placed) != 1:
            self._verdict.fault("unexplained", f"pending, without an order: {_shown(intent)}")
        if intent.state not in ("executed", "pending") and (entries or placed):
            self._verdict.fault("unexplained", f"in the market: {_shown(intent)}")
        if intent.key.origin == "signal":
            self._count(intent, done)

    def _count(self, intent: Intent, done: list[Arrival]) -> None:
        if intent.state in ("refused", "expired") and intent.reason in (*CALLED_OFF, *OWN_DOING):
            return
        if intent.state == "superseded" and not done:
            return
        self._verdict.legs += 1
        if done:
            self._verdict.executed += 1
            return
        self._verdict.missed[f"{intent.state} {intent.reason}"] += 1
        if intent.state == "not_executed" and not self._impossible(intent):
            self._verdict.fault("lost", f"nothing stood in the way of {_shown(intent)}")

    def _impossible(self, intent: Intent) -> bool:
        """A request was lost before it was carried out, or its sender died before it left."""
        if self._arrivals.get(intent.tag, []):
            return True
        return self._result.deaths > 0 or intent.tag in self._sent

    def _closing(self, intent: Intent, request: ClosePosition, done: list[Arrival]) -> None:
        closed = sum((Decimal(str(a.request["volume"])) for a in done), Decimal(0))
        if request.volume is not None and closed > request.volume:
            self._verdict.fault("doubled", f"{closed} lots closed for {_shown(intent)}")
        if intent.state in ("refused", "not_executed", "expired") and done:
            self._verdict.fault("unexplained", f"closed after all: {_shown(intent)}")
        position = self._state.positions.get(int(request.identifier))
        if intent.state != "executed" or position is None:
            return
        if request.volume is None:
            if self._own(position):
                self._verdict.fault("unexplained", f"executed, and the position is there: {_shown(intent)}")
        elif closed < request.volume and self._least(position) > request.remaining:
            self._verdict.fault("unexplained", f"{closed} lots closed, executed: {_shown(intent)}")

    def _least(self, position: Position) -> Decimal:
        """The fewest lots that a position has had: a hand may have added to it since."""
        held, least = 0, position.volume
        for deal in self._result.brokerage.deals():
            if deal.position == position.ticket:
                held += deal.volume if deal.entry is Entry.IN else -deal.volume
                least = min(least, held)
        return least * VOLUME_UNIT

    # -- the account -------------------------------------------------------------------------------

    def _strangers(self) -> None:
        """Every entry of ours is explained by an intent."""
        known = {intent.tag for intent in self._intents}
        for tag, deals in self._entries.items():
            if tag not in known and any(deal.magic for deal in deals):
                self._verdict.fault("unexplained", f"a position that no intent explains: {tag}")
        for order in self._state.orders.values():
            if order.magic and self._tags.get(order.ticket) not in known:
                self._verdict.fault("unexplained", f"an order that no intent explains: {order.ticket}")

    def _legs(self) -> None:
        """What the journal says of each trade is what the account says."""
        alive = {leg.identifier: leg for leg in self._result.journal.legs.alive(TERMINAL)}
        for number in self._unseen():
            alive.pop(str(number), None)
        for position in self._state.positions.values():
            if not self._own(position) or position.ticket in self._unseen():
                continue
            leg = alive.pop(str(position.ticket), None)
            if leg is None or leg.state != "open":
                self._verdict.fault("unexplained", f"position {position.ticket} has no open leg")
            else:
                self._same(leg, position)
        for order in self._state.orders.values():
            if order.magic and alive.pop(str(order.ticket), None) is None:
                self._verdict.fault("unexplained", f"order {order.ticket} has no pending leg")
        for leg in alive.values():
            self._verdict.fault(
                "unexplained", f"leg {leg.key} is {leg.state}, the account has nothing of it"
            )

    def _own(self, position: Position) -> Decimal:
        """Lots of a position that are ours."""
        if not self._result.schedule.netting:
            return position.volume * VOLUME_UNIT if position.magic else Decimal(0)
        divided = list(parts(self._result.brokerage.deals(), position.ticket))
        return divided[-1].own * VOLUME_UNIT if divided else Decimal(0)

    def _taken_from_others(self) -> None:
        """Nothing that a hand added is closed or turned round by us, but by a stop that closes everything.

        An entry cannot know what a hand opens in the milliseconds before it arrives.
        """
        stops = {s.latch_id for s in self._result.people.stops if s.mode == "close-all"}
        all_of_it = {i.tag for i in self._intents if i.key.origin.removeprefix("latch:") in stops}
        all_of_it |= {i.tag for i in self._intents if isinstance(i.request, OpenLeg)}
        for position in {deal.position for deal in self._result.brokerage.deals()}:
            for part in parts(self._result.brokerage.deals(), position):
                if part.taken and self._tags.get(part.deal.order, "") not in all_of_it:
                    self._verdict.fault("unexplained", f"{part.taken} units were not ours: {part.deal}")

    def _unseen(self) -> set[int]:
        """The positions that the market changed since the last app had looked."""
        end = to_micros(START) + self._result.watched_until * 1_000_000
        return {deal.position for deal in self._result.brokerage.deals() if deal.time >= end}

    def _same(self, leg: Leg, position: Position) -> None:
        volume = self._own(position)
        if leg.trade.volume - leg.trade.closed_volume != volume:
            self._verdict.fault(
                "unexplained",
                f"position {position.ticket} has {volume} lots, its leg {leg.trade.volume} less {leg.trade.closed_volume}",
            )
        point = self._result.brokerage.account.market.symbols[position.symbol].point
        shown = (leg.trade.stop_loss or 0, leg.trade.take_profit or 0)
        if shown != (position.sl * point, position.tp * point):
            self._verdict.fault(
                "unexplained", f"position {position.ticket}: levels {shown} are not its own"
            )

    # -- commands and stops ------------------------------------------------------------------------

    def _commands(self) -> None:
        for command in self._result.people.server.unanswered:
            self._verdict.fault("lost", f"command {command.id} ({command.kind}) was never answered")

    def _stops(self) -> None:
        journal = self._result.journal
        for latch in journal.latches.active(TERMINAL):
            stop = next((s for s in self._result.people.stops if s.latch_id == latch.latch_id), None)
            if stop is None:
                # Of its own accord the app stops where it finds trades that it does not know: here all are its own.
                self._verdict.fault(
                    "unexplained", f"the app stopped by itself: {latch.mode} {latch.latch_id}"
                )
                continue
            if not latch.flat:
                self._verdict.fault("unproven", f"{latch.mode} stop is not flat: {latch.left}")
            if latch.mode in ("close-all", "own-only") and self._left_by_stop():
                self._verdict.fault("unproven", f"a {latch.mode} stop left {self._left_by_stop()}")
            self._entries_after(stop)
        for stop in self._result.people.stops:
            if journal.latches.get(TERMINAL, stop.latch_id) is None:
                self._verdict.fault("unproven", f"the stop {stop.latch_id} was forgotten")

    def _left_by_stop(self) -> list[int]:
        """What is ours; a hand may open something after the account was proven flat."""
        positions = [p.ticket for p in self._state.positions.values() if self._own(p)]
        return positions + [o.ticket for o in self._state.orders.values() if o.magic]

    def _entries_after(self, stop: Stop) -> None:
        """No entry leaves the app once the stop has reached its journal."""
        opening = {i.tag for i in self._intents if isinstance(i.request, OpenLeg)}
        reached = stop.begin if stop.local else self._result.people.server.accepted.get(stop.latch_id)
        if reached is None:
            return
        late = [
            (at, tag)
            for at, tag in self._result.machine.sent
            if tag in opening and at > reached + SENT_LATE
        ]
        for at, tag in late:
            self._verdict.fault("unproven", f"entry {tag} left {at - reached:.3f} s after the stop")


def _twins(one: Intent, other: Intent) -> bool:
    a, b = one.request, other.request
    if not isinstance(a, OpenLeg) or not isinstance(b, OpenLeg):
        return False
    same_signal = replace(one.key, leg=0) == replace(other.key, leg=0)
    return same_signal and (a.symbol, a.side, a.volume) == (b.symbol, b.side, b.volume)


def _shown(intent: Intent) -> str:
    key = intent.key
    where = f"{key.origin} {key.chat_id}/{key.message_id}.{key.version}.{key.part}.{key.leg}"
    return f"{intent.kind} {where} {intent.tag} [{intent.state} {intent.reason}] {intent.request}"
