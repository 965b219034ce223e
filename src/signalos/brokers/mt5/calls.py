"""Calls the functions of the terminal's module, and takes note of their errors."""

from __future__ import annotations

from typing import Any, Protocol

from signalos.brokers.mt5.plain import plain


class Module(Protocol):
    """The one function of the terminal's module that is needed by name at type-checking time."""

    def last_error(self) -> tuple[int, str]: ...


class CallFailed(Exception):
    """A function of the module answered None. ``last_error`` is its (code, text) pair."""

    def __init__(self, function: str, last_error: tuple[int, str]) -> None:
        super().__init__(f"{function}: {last_error[1]} ({last_error[0]})")
        self.last_error = last_error


class Calls:
    """Calls functions of ``module`` by name. ``last_error`` is the (code, text) pair of the last one."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self.last_error: tuple[int, str] = (1, "Success")

    @property
    def module_version(self) -> str:
        """The module's own version; "" where it tells none."""
        return str(getattr(self._module, "__version__", ""))

    def ahead(self, *calls: tuple[Any, ...]) -> None:
        """Ask for several readings in one go where the module can; otherwise they are simply called."""
        ask = getattr(self._module, "ask_ahead", None)
        if ask is not None:
            ask(*((name, args, {}) for name, *rest in calls for args in [tuple(rest)]))

    def raw(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call ``function`` and read ``last_error`` right after it: it is one pair for the process."""
        return plain(self._call(function, *args, **kwargs))

    def _call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        ok = getattr(self._module, function)(*args, **kwargs)
        code, text = self._module.last_error()
        self.last_error = (int(code), str(text))
        return ok

    def as_given(self, function: str, *args: Any) -> Any:
        """Rows as the module gives them, not made plain: for those of which few are kept. Raises CallFailed."""
        ok = self._call(function, *args)
        if ok is None:
            raise CallFailed(function, self.last_error)
        return ok

    def must(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """As ``raw``. Raises CallFailed where the module answers None or False."""
        ok = self.raw(function, *args, **kwargs)
        if ok is None or ok is False:
            raise CallFailed(function, self.last_error)
        return ok
