"""The desktop app's ``config.json``: read as a whole, each mistake named with its place.

Paths in it are relative to the file's own folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from signalos.desktop.ceilings import CeilingsConfig
from signalos.desktop.server_url import UNGUARDED, UNPROTECTED, loopback_address, model_base, server_base
from signalos.domain.ceilings import Ceilings
from signalos.domain.errors import ConfigError, NotAllowed
from signalos.kit.clock import DemoTime
from signalos.language_model.settings import LanguageModelSettings
from signalos.protocol.shapes import PipSizes, PriceStyle, SymbolNames, WordsByRole
from signalos.sources import SOURCES

T = TypeVar("T")
_LIMIT = 4 << 20
_Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,99}$")]
_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `(?P<field>.*)`")


class Mt5Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of all MetaTrader terminals; ``slippage`` in points."""

    magic_number: Annotated[int, Meta(ge=1, le=2**63 - 1)] = 517_001
    slippage: Annotated[int, Meta(ge=0, le=100_000)] = 20


class TerminalConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One terminal. A simulated one has ``address``, one of type ``mt5linux`` that of its server; login,
    password, server and ``path`` (of terminal64.exe) belong to MetaTrader and may all be left out to use the
    terminal as logged in.

    ``grace_seconds`` is how long an order with an unknown outcome is looked for. On an account that is
    not a demo account nothing is opened unless ``allow_real_account`` says so.
    """

    id: _Id
    type: Literal["simulated", "mt5", "mt5linux"]
    address: str | None = None
    path: str | None = None
    login: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    password: str | None = None
    server: str | None = None
    allow_real_account: bool = False
    grace_seconds: Annotated[float, Meta(ge=0.1, le=3600)] = 30.0

    def __repr__(self) -> str:
        # Reprs end up in logs and tracebacks: the password must not.
        return f"TerminalConfig(id={self.id!r}, type={self.type!r}, address={self.address!r})"


class RouteConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which terminals trade a source's signals ([] = all), by which strategy (None = the common one)."""

    source: _Name
    terminals: list[str] = []
    strategy: dict[str, Any] | None = None


class ChannelConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is set for one channel, by the ``chat`` id of its messages. It counts while no server does.

    A channel that is not ``enabled`` opens nothing new; ``default_symbol`` is meant where a message names
    none; a message with one of ``ignore_words`` is not read; ``words`` to ``pip_sizes`` say how the channel
    writes; ``strategy`` trades this channel alone.
    """

    chat: _Name
    enabled: bool = True
    default_symbol: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    ignore_words: Annotated[
        list[Annotated[str, Meta(pattern=r"\S", max_length=80)]], Meta(max_length=100)
    ] = []
    words: WordsByRole = {}
    symbols: SymbolNames = {}
    price_style: PriceStyle = "auto"
    pip_sizes: PipSizes = {}
    strategy: dict[str, Any] | None = None


class DesktopConfig(Struct, frozen=True, kw_only=True):
    """What config.json and the environment say. ``strategy`` is the strategy's document."""

    server_url: str | None
    mt5_settings: Mt5Settings
    strategy: dict[str, Any]
    sources: list[Any]
    """Settings of each source, of the type that ``signalos.sources.SOURCES`` names."""
    terminals: list[TerminalConfig]
    routes: list[RouteConfig]
    channels: list[ChannelConfig]
    ceilings: Ceilings
    language_model: LanguageModelSettings
    demo_clock: Path | None
    logs_folder: Path | None


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    server_url: str | None = None
    mt5_settings: dict[str, Any] = {}
    strategy: dict[str, Any] | None = None
    strategy_file: str | None = None
    sources: list[dict[str, Any]] = []
    terminals: list[dict[str, Any]] = []
    routes: list[dict[str, Any]] = []
    channels: list[dict[str, Any]] = []
    ceilings: dict[str, Any] = {}
    language_model: dict[str, Any] = {}
    demo_clock: str | None = None
    logs_folder: str | None = None


def load_config(path: Path, environ: Mapping[str, str]) -> DesktopConfig:
    """Read ``path``; SIGNALOS_SERVER_URL, MT5_LOGIN, MT5_PASSWORD and MT5_SERVER win over it.

    Raises ConfigError naming the key, its value and what is allowed.
    """
    file = path.name
    raw = _read(_File, _document(path), file, "")
    folder = path.resolve().parent
    if raw.strategy is not None and raw.strategy_file is not None:
        raise ConfigError(f"{file}: give `strategy` or `strategy_file`, not both")
    strategy = raw.strategy or {}
    if raw.strategy_file is not None:
        strategy = _document(folder / raw.strategy_file)
    sources = [
        _source(entry, f"{file}: sources[{i}]", file, folder, i) for i, entry in enumerate(raw.sources)
    ]
    terminals = [
        _terminal(_read(TerminalConfig, entry, file, f"terminals[{i}]"), f"{file}: terminals[{i}]", folder)
        for i, entry in enumerate(raw.terminals)
    ]
    if not terminals:
        raise ConfigError(
            f'{file}: `terminals` is empty, so nothing could trade. Add {{"id": "main", "type": "mt5"}}, or '
            '{"id": "demo", "type": "simulated", "address": "127.0.0.1:18812"} for the simulated terminal.'
        )
    _unique([s.name for s in sources], f"{file}: sources", "name")
    _unique([t.id for t in terminals], f"{file}: terminals", "id")
    _one_a_server(terminals, f"{file}: terminals")
    channels = [_read(ChannelConfig, entry, file, f"channels[{i}]") for i, entry in enumerate(raw.channels)]
    _unique([c.chat for c in channels], f"{file}: channels", "chat")
    return DesktopConfig(
        server_url=_server(raw.server_url, environ, file),
        mt5_settings=_read(Mt5Settings, raw.mt5_settings, file, "mt5_settings"),
        strategy=strategy,
        sources=sources,
        terminals=_with_environment(terminals, environ),
        routes=_routes(raw.routes, file, [s.name for s in sources], [t.id for t in terminals]),
        channels=channels,
        ceilings=_read(CeilingsConfig, raw.ceilings, file, "ceilings").ceilings(),
        language_model=_language_model(raw.language_model, file),
        demo_clock=None if raw.demo_clock is None else folder / raw.demo_clock,
        logs_folder=None if raw.logs_folder is None else folder / raw.logs_folder,
    )


def load_demo_time(path: Path) -> DemoTime:
    """Read the demo clock that ``up`` writes. Raises ConfigError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=DemoTime)
    except (OSError, msgspec.DecodeError) as why:
        raise ConfigError(f"the demo clock {path} cannot be read ({why}); `signalos up` writes it") from why


def _document(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except OSError as why:
        raise ConfigError(
            f"{path} cannot be read: {why.strerror}. Create it, or name another file."
        ) from why
    if len(data) > _LIMIT:
        raise ConfigError(f"{path} has {len(data)} bytes; a configuration has at most {_LIMIT}")
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_repeats)
    except UnicodeDecodeError as why:
        raise ConfigError(f"{path} is not UTF-8 text (byte {why.start}). Save it as UTF-8.") from why
    except json.JSONDecodeError as why:
        raise ConfigError(f"{path}, line {why.lineno}, column {why.colno}: no JSON: {why.msg}") from why
    except (ValueError, RecursionError) as why:
        raise ConfigError(f"{path}: {why}") from why
    if not isinstance(document, dict):
        raise ConfigError(f"{path} holds {_shown(document)}; it must be one object {{...}}")
    return document


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"`{min(repeated)}` is given twice in one object; keep one of them")
    return dict(pairs)


def _read(shape: type[T], value: Any, file: str, where: str) -> T:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as why:
        raise ConfigError(f"{file}: {_explained(str(why), shape, value, where)}") from None


def _explained(text: str, shape: type, value: Any, where: str) -> str:
    found = _PLACE.match(text)
    what, path = (found["what"], found["path"] or "") if found else (text, "")
    place = f"{where}{path}".lstrip(".")
    if unknown := _UNKNOWN.search(what):
        names = [f.name for f in msgspec.structs.fields(shape)] if issubclass(shape, Struct) else []
        near = get_close_matches(unknown["field"], names, 1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        key = f"{place}.{unknown['field']}".lstrip(".")
        return f"{key} is no setting.{hint} Known here: {', '.join(names)}."
    if "missing required field" in what:
        return f"{place or 'the file'}: {what[0].lower()}{what[1:]}"
    return f"{place} is {_shown(_at(value, path), place)}: {what[0].lower()}{what[1:]}"


def _at(value: Any, path: str) -> Any:
    for name, number in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        try:
            value = value[name] if name else value[int(number)]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _shown(value: Any, place: str = "") -> str:
    if "password" in place:
        return "a hidden value"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _source(entry: dict[str, Any], where: str, file: str, folder: Path, number: int) -> Any:
    kind = entry.get("type")
    if kind not in SOURCES:
        known = ", ".join(f'"{name}"' for name in sorted(SOURCES))
        raise ConfigError(f"{where}.type is {_shown(kind)}: must be one of {known}")
    settings: Any = _read(SOURCES[kind].settings, entry, file, f"sources[{number}]")
    path = getattr(settings, "path", None)
    if path is None:
        return settings
    return msgspec.structs.replace(settings, path=str(folder / Path(path).expanduser()))


def _terminal(terminal: TerminalConfig, where: str, folder: Path) -> TerminalConfig:
    if terminal.type == "mt5":
        if terminal.address is not None:
            raise ConfigError(
                f"{where}.address is {_shown(terminal.address)}: a MetaTrader terminal is used on this "
                "machine and has no address. Leave it out, and run the desktop app where the terminal runs."
            )
        if terminal.path is not None:
            return msgspec.structs.replace(terminal, path=str(folder / Path(terminal.path).expanduser()))
        return terminal
    for name in ("path", "login", "password", "server"):
        if terminal.type == "simulated" and getattr(terminal, name) is not None:
            raise ConfigError(
                f"{where}.{name} belongs to MetaTrader; a simulated terminal has `address` only"
            )
    if terminal.address is None:
        kind = "a simulated terminal" if terminal.type == "simulated" else "a terminal of type mt5linux"
        raise ConfigError(f'{where}: {kind} needs `address`, for example "127.0.0.1:18812"')
    try:
        loopback_address(terminal.address, UNGUARDED if terminal.type == "mt5linux" else UNPROTECTED)
    except ValueError as why:
        raise ConfigError(f"{where}.address is {_shown(terminal.address)}: {why}") from None
    return terminal


def _one_a_server(terminals: list[TerminalConfig], where: str) -> None:
    """Refuse two terminals behind one mt5linux server: its module knows one, which would trade all twice."""
    seen: dict[str | None, int] = {}
    for i, terminal in enumerate(terminals):
        if terminal.type != "mt5linux":
            continue
        if terminal.address in seen:
            raise ConfigError(
                f"{where}[{i}].address is {_shown(terminal.address)}, as terminals[{seen[terminal.address]}]"
                ".address: one mt5linux server is one terminal. Give each terminal a server of its own."
            )
        seen[terminal.address] = i


def _with_environment(terminals: list[TerminalConfig], environ: Mapping[str, str]) -> list[TerminalConfig]:
    """Put MT5_LOGIN, MT5_PASSWORD and MT5_SERVER into the MetaTrader terminal."""
    given = {
        name: environ[name].strip()
        for name in ("MT5_LOGIN", "MT5_PASSWORD", "MT5_SERVER")
        if environ.get(name)
    }
    places = [i for i, terminal in enumerate(terminals) if terminal.type != "simulated"]
    if not given or not places:
        return terminals
    if len(places) > 1:
        raise ConfigError(
            f"{', '.join(given)}: config.json has {len(places)} MetaTrader terminals, so it is unclear which "
            "account is meant. Remove these variables and give login, password and server a terminal."
        )
    login = given.get("MT5_LOGIN")
    if login is not None and not (login.isascii() and login.isdigit() and 0 < int(login) < 2**63):
        raise ConfigError(f"MT5_LOGIN is {login!r}: must be the account's number")
    old = terminals[places[0]]
    terminals[places[0]] = msgspec.structs.replace(
        old,
        login=int(login) if login else old.login,
        password=given.get("MT5_PASSWORD", old.password),
        server=given.get("MT5_SERVER", old.server),
    )
    return terminals


def _server(url: str | None, environ: Mapping[str, str], file: str) -> str | None:
    named = environ.get("SIGNALOS_SERVER_URL", "").strip()
    if not named and url is None:
        return None
    where = "SIGNALOS_SERVER_URL" if named else f"{file}: server_url"
    try:
        return server_base(named or str(url))
    except NotAllowed as why:
        raise ConfigError(f"{where}: {why}") from why


def _language_model(entry: dict[str, Any], file: str) -> LanguageModelSettings:
    settings = _read(LanguageModelSettings, entry, file, "language_model")
    if settings.enabled and (settings.base_url is None or settings.model is None):
        missing = "base_url" if settings.base_url is None else "model"
        raise ConfigError(
            f"{file}: language_model.{missing} is missing: once it is enabled, name what is asked"
        )
    if settings.base_url is None:
        return settings
    try:
        return msgspec.structs.replace(settings, base_url=model_base(settings.base_url))
    except NotAllowed as why:
        # Not shown: an address that is refused may carry a key.
        raise ConfigError(f"{file}: language_model.base_url cannot be used: {why}") from None


def _routes(
    entries: list[dict[str, Any]], file: str, sources: Sequence[str], terminals: Sequence[str]
) -> list[RouteConfig]:
    routes = [_read(RouteConfig, entry, file, f"routes[{i}]") for i, entry in enumerate(entries)]
    for i, route in enumerate(routes):
        _known(route.source, sources, f"{file}: routes[{i}].source", "source's name")
        for j, terminal in enumerate(route.terminals):
            _known(terminal, terminals, f"{file}: routes[{i}].terminals[{j}]", "terminal's id")
    return routes


def _known(name: str, names: Sequence[str], where: str, what: str) -> None:
    if name not in names:
        listed = ", ".join(f'"{known}"' for known in names) or "none is configured"
        raise ConfigError(f"{where} is {_shown(name)}: no {what}. Known: {listed}.")


def _unique(names: Sequence[str], where: str, key: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ConfigError(
                f"{where}[{i}].{key} is {_shown(name)}, as {where.rpartition(' ')[2]}[{names.index(name)}].{key}: "
                f"each needs its own `{key}`, since the journal remembers by it"
            )
