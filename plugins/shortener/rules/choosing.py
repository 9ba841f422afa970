"""Which of a link's targets a visitor is led to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .schemas import Outcome, Rule


@dataclass(frozen=True)
class Visitor:
    """What rules ask about: the device, the language preferred most, and the time."""

    device: str
    language: str
    at: datetime


def fits(rule: Rule, visitor: Visitor) -> bool:
    """Tell whether a visitor is one that the rule speaks of."""
    return (
        (not rule.devices or visitor.device in rule.devices)
        and (not rule.languages or any(_speaks(visitor.language, each) for each in rule.languages))
        and (rule.valid_from is None or rule.valid_from <= visitor.at)
        and (rule.valid_until is None or visitor.at < rule.valid_until)
    )


def _speaks(language: str, wanted: str) -> bool:
    return language == wanted or language.startswith(f"{wanted}-")


def choose(rules: Sequence[Rule], otherwise: str, visitor: Visitor) -> str:
    """Return where a visitor is led."""
    for rule in rules:
        if fits(rule, visitor) and random.random() * 100 < rule.weight:  # noqa: S311
            return rule.target
    return otherwise


def outcomes(rules: Sequence[Rule], otherwise: str, visitor: Visitor) -> Iterator[Outcome]:
    """Yield where a visitor may be led, and how likely that is."""
    left = 100.0
    for number, rule in enumerate(rules, 1):
        if left > 0 and fits(rule, visitor):
            taken = left * rule.weight / 100
            yield Outcome(rule.target, number, round(taken, 4))
            left -= taken
    if left > 0:
        yield Outcome(otherwise, None, round(left, 4))
