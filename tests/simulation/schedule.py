"""What one seed makes happen: posts, commands, hands at the terminal, accidents and deaths."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from tests.simulation.desktop import Death

EVENTFUL_SECONDS = 18.0
"""Everything that goes wrong has happened and is over by then."""
NETTING_SHARE = 0.2
"""So many of the schedules have an account with one position a symbol."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens ``at`` seconds."""

    at: float
    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Life:
    """How one life of the app ends (None: not by itself), and how long it stays down afterwards."""

    death: Death | None
    down: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything a run needs; the same seed, the same schedule."""

    seed: int
    netting: bool
    path: int
    filling: int
    instant: bool
    comments: str
    sends: float
    reads: float
    repeats: int
    lose_results: float
    events: tuple[Event, ...]
    lives: tuple[Life, ...]


def drawn(seed: int, *, netting: bool | None = None) -> Schedule:
    """The schedule of ``seed``. Each part is drawn by itself: a change of one leaves the others as they are.

    ``netting``: whether the account has one position a symbol; drawn if not given.
    """

    def dice(part: str) -> random.Random:
        return random.Random(f"{part}:{seed}")

    posts = _posts(dice("posts"))
    events = [*posts, *_people(dice("people"), posts), *_troubles(dice("troubles"))]
    if netting is None:
        netting = dice("account").random() < NETTING_SHARE
    if netting:
        events += _additions(dice("additions"))
    chance, lives, power = dice("terminal"), dice("lives"), dice("power")
    return Schedule(
        seed=seed,
        netting=netting,
        path=chance.randrange(48),
        filling=chance.choice((1, 2, 3)),
        instant=chance.random() < 0.25,
        comments=chance.choice(("kept", "kept", "kept", "cut", "replaced")),
        sends=chance.choice((0.0, 0.0, 0.0, 0.0, 0.04, 0.08, 0.16)),
        reads=chance.choice((0.0, 0.0, 0.01, 0.03)),
        repeats=chance.choice((0, 0, 1, 3)),
        lose_results=chance.choice((0.0, 0.5)),
        events=tuple(sorted(events, key=lambda event: event.at)),
        lives=tuple(_life(lives, power) for _ in range(lives.choice((0, 0, 1, 1, 2, 3)))),
    )


def _posts(chance: random.Random) -> list[Event]:
    events = []
    at = 0.4
    for _ in range(chance.randint(2, 5)):
        at += chance.uniform(0.0, 2.5)
        signal = {
            "symbol": chance.choice(("EURUSD", "EURUSD", "XAUUSD")),
            "side": chance.choice(("BUY", "SELL")),
            "how": chance.choice(("NOW", "NOW", "NOW", "LIMIT", "STOP")),
            "targets": chance.randint(1, 3),
            "away": chance.randint(150, 400),
        }
        events.append(Event(at, "signal", signal))
        for _ in range(chance.choice((0, 1, 1, 2))):
            what = chance.choice(
                ("half", "half", "close", "even", "stop", "target", "cancel", "edit", "delete", "all")
            )
            late = at + chance.choice((0.0, chance.uniform(0.0, 0.3), chance.uniform(0.3, 6.0)))
            events.append(Event(late, "update", {"what": what, "pick": chance.random()}))
    return events


def _people(chance: random.Random, posts: list[Event]) -> list[Event]:
    """Commands of the dashboard and the command line, and hands at the terminal."""
    events = []
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        what = chance.choice(("close", "partial_close", "partial_close", "modify"))
        events.append(_some_time(chance, "command", what=what, pick=chance.random()))
    if chance.random() < 0.3:
        mode = chance.choice(("close-all", "close-all", "own-only", "cancel-pendings", "stop-entries"))
        stop = _some_time(chance, "stop", mode=mode, local=chance.random() < 0.4)
        if chance.random() < 0.5:  # just when something is being opened
            stop = replace(stop, at=chance.choice(posts).at + chance.uniform(0.0, 0.25))
        events.append(stop)
        if chance.random() < 0.4:
            events.append(Event(stop.at + chance.uniform(0.5, 6.0), "resume"))
    if chance.random() < 0.1:
        events.append(_some_time(chance, "pause"))
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        what = chance.choice(("hand close", "hand part", "hand level", "hand open"))
        events.append(_some_time(chance, what, pick=chance.random()))
    return events


def _additions(chance: random.Random) -> list[Event]:
    """The user adds to positions that are there."""
    times = range(chance.choice((0, 1, 1, 2)))
    return [_some_time(chance, "hand add", pick=chance.random()) for _ in times]


def _troubles(chance: random.Random) -> list[Event]:
    events = []
    for kind, probability, longest in (
        ("worker kill", 0.35, 0.0),
        ("terminal down", 0.2, 4.0),
        ("offline", 0.2, 4.0),
        ("button off", 0.1, 3.0),
        ("lag", 0.2, 3.0),
        ("stale", 0.1, 3.0),
        ("other account", 0.07, 2.0),
        ("clock jump", 0.1, 0.0),
        ("kill", 0.2, 0.0),
    ):
        while chance.random() < probability:
            event = _some_time(chance, kind, lasts=chance.uniform(0.1, longest) if longest else 0.0)
            if kind == "clock jump":
                event.data["by"] = chance.choice((-3600.0, -40.0, -3.0, 3.0, 40.0, 3600.0))
            events.append(event)
    return events


def _some_time(chance: random.Random, kind: str, **data: Any) -> Event:
    lasts = data.get("lasts", 0.0)
    return Event(chance.uniform(0.8, EVENTFUL_SECONDS - 2.0 - lasts), kind, data)


def _life(chance: random.Random, power: random.Random) -> Life:
    down = chance.choice((0.05, chance.uniform(0.1, 1.0), chance.uniform(1.0, 4.0)))
    what = chance.choice(("steps", "steps", "statements"))
    after = int(chance.expovariate(1 / (25 if what == "steps" else 12)))
    moment, before = chance.randint(1, 9), chance.random() < 0.5
    death = Death(what, moment, after, before=before, power=power.random() < 0.3)
    return Life(death, down)
