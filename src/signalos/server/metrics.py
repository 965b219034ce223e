"""Figures for Prometheus, in its text format."""

from __future__ import annotations

from collections.abc import Callable


class Metrics:
    """Counters of answered requests, and gauges that are asked when somebody scrapes."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int], int] = {}
        self._gauges: list[tuple[str, str, str, Callable[[], float]]] = []

    def answered(self, method: str, status: int) -> None:
        """Count one HTTP answer."""
        key = (method if method in _METHODS else "OTHER", status)
        self._requests[key] = self._requests.get(key, 0) + 1

    def watch(self, name: str, kind: str, text: str, value: Callable[[], float]) -> None:
        """Add a figure; ``kind`` is counter or gauge."""
        self._gauges.append((name, kind, text, value))

    def text(self) -> str:
        """All figures."""
        lines = [
            "# HELP signalos_http_requests_total HTTP requests answered.",
            "# TYPE signalos_http_requests_total counter",
        ]
        for (method, status), count in sorted(self._requests.items()):
            lines.append(f'signalos_http_requests_total{{method="{method}",status="{status}"}} {count}')
        for name, kind, text, value in self._gauges:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value():g}"]
        return "\n".join(lines) + "\n"


_METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())
