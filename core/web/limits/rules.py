"""What a limit says, and which one a request falls under."""

from __future__ import annotations

from dataclasses import dataclass

from limits import RateLimitItem, parse

from core.settings import CoreSettings

USUAL = {
    "production": {"read": "6000/minute", "write": "1200/minute", "anonymous": "3000/minute"},
    "development": {
        "read": "1000000/hour",
        "write": "1000000/hour",
        "anonymous": "1000000/hour",
    },
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Rule:
    """At most ``amount`` requests in any ``period`` seconds; ``name`` says of what.

    ``prefix``: how its counters begin; a changed rule begins to count anew.
    """

    name: str
    amount: int
    period: int
    item: RateLimitItem
    prefix: str

    def __str__(self) -> str:
        unit, several = self.item.GRANULARITY.name, self.item.multiples
        article = "an" if unit == "hour" else "a"
        return f"{self.amount:,} in {f'{several} {unit}s' if several > 1 else f'{article} {unit}'}"


def rule_of(name: str, text: str) -> Rule | None:
    """Read ``600/minute`` or ``10 per 5 minutes``; ``off`` and nothing are no rule.

    Raises ValueError with a sentence.
    """
    if text.strip() in ("", "off"):
        return None
    try:
        item = parse(text)
    except ValueError:
        raise ValueError(f"{text!r} is no limit: write it like 600/minute.") from None
    if item.amount < 1 or item.get_expiry() < 1:
        raise ValueError(f"{text!r} lets nobody in: write it like 600/minute.")
    amount, period = item.amount, item.get_expiry()
    return Rule(name, amount, period, item, f"{name} {amount}/{period} ")


@dataclass(frozen=True, slots=True)
class Classes:
    """The limits that hold for all routes, by who asks and what for."""

    read: Rule | None
    write: Rule | None
    anonymous: Rule | None


def classes_of(core: CoreSettings) -> Classes:
    """Return the limits that the settings ask for."""
    usual = USUAL[core.environment]
    given = {"read": core.limit_read, "write": core.limit_write, "anonymous": core.limit_anonymous}
    rules = {
        name: rule_of(name, usual[name] if text == "usual" else text)
        for name, text in given.items()
    }
    return Classes(**rules)
