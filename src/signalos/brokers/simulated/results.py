"""The module's result objects, as dicts in its own field order (kept by a test)."""

from __future__ import annotations

from typing import Any

import msgspec

from signalos.brokers.simulated.codes import CalcMode
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.execution import Sent
from signalos.brokers.simulated.records import Deal, Order, Position
from signalos.brokers.simulated.requests import TradeRequest
from signalos.brokers.simulated.symbols import VOLUME_UNIT, SymbolProperties
from signalos.prices import Quote

Row = dict[str, Any]

_SECOND = 1_000_000
_MILLI = 1_000
_BID_AND_ASK = 6
_SUFFIXES = ("", "high", "low")


def lots(units: int) -> float:
    """Whole volume units as lots."""
    return float(units * VOLUME_UNIT)


def tick(account: Account, name: str) -> Row:
    """``Tick``: zeros before the symbol's first quote, as a terminal shows them."""
    return tick_of(account, name, account.market.quote(name))


def tick_of(account: Account, name: str, quote: Quote | None) -> Row:
    """``Tick`` of ``quote``; zeros for None."""
    symbol = account.market.symbols[name]
    return {
        "time": account.server.shown(quote.time) // _SECOND if quote else 0,
        "bid": symbol.price(quote.bid) if quote else 0.0,
        "ask": symbol.price(quote.ask) if quote else 0.0,
        "last": 0.0,
        "volume": 0,
        "time_msc": account.server.shown(quote.time) // _MILLI if quote else 0,
        "flags": _BID_AND_ASK if quote else 0,
        "volume_real": 0.0,
    }


def account_info(account: Account, *, trade_allowed: bool, trade_expert: bool) -> Row:
    """``AccountInfo``."""
    settings = account.settings
    profit, margin = account.profit, account.margin
    equity = account.balance + profit
    return {
        "login": settings.login,
        "trade_mode": settings.trade_mode,
        "leverage": settings.leverage,
        "limit_orders": settings.limit_orders,
        "margin_so_mode": 0,
        "trade_allowed": trade_allowed,
        "trade_expert": trade_expert,
        "margin_mode": int(settings.margin_mode),
        "currency_digits": settings.digits,
        "fifo_close": settings.fifo_close,
        "balance": float(account.balance),
        "credit": 0.0,
        "profit": float(profit),
        "equity": float(equity),
        "margin": float(margin),
        "margin_free": float(equity - margin),
        "margin_level": float(account.market.cents(equity / margin * 100)) if margin else 0.0,
        "margin_so_call": float(settings.margin_call),
        "margin_so_so": float(settings.stop_out),
        "margin_initial": 0.0,
        "margin_maintenance": 0.0,
        "assets": 0.0,
        "liabilities": 0.0,
        "commission_blocked": 0.0,
        "name": "Simulated account",
        "server": settings.server,
        "currency": settings.currency,
        "company": "SignalOS simulated broker",
    }


def terminal_info(path: str, *, trade_allowed: bool, connected: bool, api_allowed: bool) -> Row:
    """``TerminalInfo``; ``path`` is what tells two simulated terminals apart."""
    return {
        "community_account": False,
        "community_connection": False,
        "connected": connected,
        "dlls_allowed": False,
        "trade_allowed": trade_allowed,
        "tradeapi_disabled": not api_allowed,
        "email_enabled": False,
        "ftp_enabled": False,
        "notifications_enabled": False,
        "mqid": False,
        "build": 5000,
        "maxbars": 0,
        "codepage": 0,
        "ping_last": 0,
        "community_balance": 0.0,
        "retransmission": 0.0,
        "company": "SignalOS",
        "name": "SignalOS simulated terminal",
        "language": "English",
        "path": path,
        "data_path": path,
        "commondata_path": path,
    }


def position(account: Account, p: Position) -> Row:
    """``TradePosition``."""
    symbol = account.market.symbols[p.symbol]
    return {
        "ticket": p.ticket,
        "time": account.server.shown(p.opened) // _SECOND,
        "time_msc": account.server.shown(p.opened) // _MILLI,
        "time_update": account.server.shown(p.updated) // _SECOND,
        "time_update_msc": account.server.shown(p.updated) // _MILLI,
        "type": int(p.type),
        "magic": p.magic,
        "identifier": p.identifier,
        "reason": int(p.reason),
        "volume": lots(p.volume),
        "price_open": symbol.price(p.price),
        "sl": symbol.price(p.sl),
        "tp": symbol.price(p.tp),
        "price_current": symbol.price(account.exit_price(p)),
        "swap": float(p.swap),
        "profit": float(account.floating(p)),
        "symbol": p.symbol,
        "comment": p.comment,
        "external_id": "",
    }


def order(account: Account, o: Order) -> Row:
    """``TradeOrder``, waiting or ended."""
    symbol = account.market.symbols[o.symbol]
    quote = account.market.feed.quote_or_first(o.symbol)
    current = o.price if o.done else (quote.ask if o.is_buy else quote.bid)
    return {
        "ticket": o.ticket,
        "time_setup": account.server.shown(o.setup) // _SECOND,
        "time_setup_msc": account.server.shown(o.setup) // _MILLI,
        "time_done": account.server.shown(o.done) // _SECOND,
        "time_done_msc": account.server.shown(o.done) // _MILLI,
        "time_expiration": account.server.shown(o.expires) // _SECOND,
        "type": int(o.type),
        "type_time": int(o.time_type),
        "type_filling": int(o.filling),
        "state": int(o.state),
        "magic": o.magic,
        "position_id": o.position,
        "position_by_id": o.position_by,
        "reason": int(o.reason),
        "volume_initial": lots(o.volume),
        "volume_current": lots(o.left),
        "price_open": symbol.price(o.price),
        "sl": symbol.price(o.sl),
        "tp": symbol.price(o.tp),
        "price_current": symbol.price(current),
        "price_stoplimit": symbol.price(o.stoplimit),
        "symbol": o.symbol,
        "comment": o.comment,
        "external_id": "",
    }


def deal(account: Account, d: Deal) -> Row:
    """``TradeDeal``."""
    symbol = account.market.symbols.get(d.symbol)
    return {
        "ticket": d.ticket,
        "order": d.order,
        "time": account.server.shown(d.time) // _SECOND,
        "time_msc": account.server.shown(d.time) // _MILLI,
        "type": int(d.type),
        "entry": int(d.entry),
        "magic": d.magic,
        "position_id": d.position,
        "reason": int(d.reason),
        "volume": lots(d.volume),
        "price": symbol.price(d.price) if symbol else 0.0,
        "commission": float(d.commission),
        "swap": float(d.swap),
        "profit": float(d.profit),
        "fee": float(d.fee),
        "symbol": d.symbol,
        "comment": d.comment,
        "external_id": "",
    }


def send_result(account: Account, request: TradeRequest, sent: Sent, request_id: int) -> Row:
    """``OrderSendResult``, with the request as it was understood."""
    name = request.symbol
    if not name and (held := account.state.positions.get(request.position)):
        name = held.symbol
    symbol = account.market.symbols.get(name)
    now = tick(account, name) if symbol else {"bid": 0.0, "ask": 0.0}
    return {
        "retcode": int(sent.retcode),
        "deal": sent.deal,
        "order": sent.order,
        "volume": lots(sent.volume),
        "price": symbol.price(sent.price) if symbol else 0.0,
        "bid": now["bid"],
        "ask": now["ask"],
        "comment": sent.comment,
        "request_id": request_id,
        "retcode_external": 0,
        "request": msgspec.structs.asdict(request),
    }


def symbol_info(account: Account, s: SymbolProperties, *, selected: bool) -> Row:
    """``SymbolInfo``. What the simulated terminal does not know (sessions' statistics, options) is zero."""
    now = tick(account, s.name)
    spread = round((now["ask"] - now["bid"]) * 10**s.digits)
    market = account.market
    per_tick = s.contract_size * s.point * s.tick_size
    known = s.name not in market.not_tradable
    gain = float(per_tick * market.rate(s.currency_profit, gain=True)) if known else 0.0
    loss = float(per_tick * market.rate(s.currency_profit, gain=False)) if known else 0.0
    forex = s.calc_mode is CalcMode.FOREX
    return {
        "custom": False,
        "chart_mode": 0,
        "select": selected,
        "visible": selected,
        **_zeros("session_deals session_buy_orders session_sell_orders volume volumehigh volumelow"),
        "time": now["time"],
        "digits": s.digits,
        "spread": spread,
        "spread_float": True,
        "ticks_bookdepth": 0,
        "trade_calc_mode": int(s.calc_mode),
        "trade_mode": int(s.trade_mode) if known else 0,
        "start_time": 0,
        "expiration_time": 0,
        "trade_stops_level": s.stops_level,
        "trade_freeze_level": s.freeze_level,
        "trade_exemode": int(s.execution),
        "swap_mode": int(s.swap_mode),
        "swap_rollover3days": s.swap_3days,
        "margin_hedged_use_leg": True,
        "expiration_mode": s.expiration_mode,
        "filling_mode": s.filling_mode,
        "order_mode": s.order_mode,
        **_zeros("order_gtc_mode option_mode option_right"),
        # No statistics of the day are kept: high and low are the quote itself.
        **{f"bid{suffix}": now["bid"] for suffix in _SUFFIXES},
        **{f"ask{suffix}": now["ask"] for suffix in _SUFFIXES},
        **_zeros("last lasthigh lastlow volume_real volumehigh_real volumelow_real option_strike", 0.0),
        "point": float(s.point),
        "trade_tick_value": loss,
        "trade_tick_value_profit": gain,
        "trade_tick_value_loss": loss,
        "trade_tick_size": float(s.point * s.tick_size),
        "trade_contract_size": float(s.contract_size),
        **_zeros("trade_accrued_interest trade_face_value trade_liquidity_rate", 0.0),
        "volume_min": float(s.volume_min),
        "volume_max": float(s.volume_max),
        "volume_step": float(s.volume_step),
        "volume_limit": float(s.volume_limit),
        "swap_long": float(s.swap_long),
        "swap_short": float(s.swap_short),
        **_zeros("margin_initial margin_maintenance", 0.0),
        **_zeros("session_volume session_turnover session_interest", 0.0),
        **_zeros("session_buy_orders_volume session_sell_orders_volume session_open session_close", 0.0),
        **_zeros("session_aw session_price_settlement", 0.0),
        **_zeros("session_price_limit_min session_price_limit_max", 0.0),
        "margin_hedged": float(s.contract_size),
        **_zeros("price_change price_volatility price_theoretical price_greeks_delta", 0.0),
        **_zeros("price_greeks_theta price_greeks_gamma price_greeks_vega price_greeks_rho", 0.0),
        **_zeros("price_greeks_omega price_sensitivity", 0.0),
        "basis": "",
        "category": "",
        "currency_base": s.currency_base,
        "currency_profit": s.currency_profit,
        "currency_margin": s.currency_base if forex else s.currency_profit,
        "bank": "",
        "description": s.description,
        **dict.fromkeys(("exchange", "formula", "isin"), ""),
        "name": s.name,
        "page": "",
        "path": s.path,
    }


def _zeros(names: str, zero: float = 0) -> Row:
    return dict.fromkeys(names.split(), zero)
