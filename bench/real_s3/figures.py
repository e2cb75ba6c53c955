"""The figures, their bounds, and how they are shown."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


class BenchError(Exception):
    """It could not be measured; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure and the bound that it has to keep."""

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bound(self) -> str:
        return f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"

    @property
    def missed(self) -> bool:
        too_low = self.at_least is not None and self.value < self.at_least
        too_high = self.at_most is not None and self.value > self.at_most
        return too_low or too_high


def p95(values: Sequence[float]) -> float:
    """Return the least of these that 95 % of them do not exceed."""
    return sorted(values)[ceil(len(values) * 0.95) - 1]


def spread(values: Sequence[float], unit: str, digits: int = 1) -> str:
    """Return the median and the range in words."""
    median, low, high = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"median {median} {unit} ({low} to {high})"


def show(lines: Sequence[tuple[str, str]]) -> None:
    """Print what was measured, one line for each thing."""
    width = max(len(name) for name, _ in lines)
    for name, what in lines:
        print(f"  {name:<{width}}  {what}")


def verdict(figures: Sequence[Figure]) -> int:
    """Print the figures beside their bounds, then all of them as one line of JSON; return the exit status."""
    print()
    for figure in figures:
        print(f"  {figure.name:<26} {figure.value:>8.3f}  {figure.bound}{'  MISSED' if figure.missed else ''}")
    missed = [figure for figure in figures if figure.missed]
    for figure in missed:
        print(f"{figure.name} is {figure.value:.3f}; it has to be {figure.bound}.")
    print(json.dumps({figure.name: round(figure.value, 3) for figure in figures}))
    return 1 if missed else 0
