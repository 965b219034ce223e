"""The one door to the real MetaTrader5 module, which is published for Windows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from signalos.domain.errors import ConfigError

if TYPE_CHECKING:
    from signalos.brokers.mt5.calls import Module


def native_module() -> Module:
    """Return the MetaTrader5 module. Raises ConfigError where it is not installed."""
    try:
        import MetaTrader5
    except ImportError:
        raise ConfigError(
            "The MetaTrader5 module is not installed: it exists for Windows only. Install it there with "
            "pip install MetaTrader5, or set the terminal's type to simulated."
        ) from None
    return cast("Module", MetaTrader5)
