"""Keys that put rows in an order, so that moving one changes that one only.

After "Implementing Fractional Indexing" by David Greenspan
(https://observablehq.com/@dgreenspan/implementing-fractional-indexing): a key is an integer, whose
first character tells how long it is, and a fraction; keys compare as texts of ASCII do. Between
two keys there is always another one.
"""

from __future__ import annotations

from datetime import datetime

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FIRST, LAST = DIGITS[0], DIGITS[-1]
LONGEST = 60
"""Keys that would become longer than this are spread anew with their neighbours."""

ROOM = 40
"""How long those may be then: what is left is used up before they are spread again."""

SMALLEST = "A" + FIRST * 26
VALUE = {digit: value for value, digit in enumerate(DIGITS)}
MICROSECOND = 1_000_000


def key_at(moment: datetime) -> str:
    """Return the key for what is added at the end: it grows with the time, so nothing is read."""
    number = int(moment.timestamp() * MICROSECOND)
    text = ""
    for _ in range(9):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return f"i{text}"


def between(low: str | None, high: str | None) -> str:
    """Return a key behind ``low`` and before ``high``; None is the beginning or the end.

    Raises ValueError unless ``low`` comes before ``high``.
    """
    if low is not None and high is not None and low >= high:
        raise ValueError(f"{low!r} does not come before {high!r}.")
    if low is None:
        return _before(high)
    if high is None:
        return _behind(low)
    whole, upper = _integer(low), _integer(high)
    if whole == upper:
        return whole + _middle(low[len(whole) :], high[len(upper) :])
    following = _incremented(whole)
    if following is not None and following < high:
        return following
    return whole + _middle(low[len(whole) :], None)


def spread(low: str | None, high: str | None, count: int) -> list[str]:
    """Return ``count`` keys between two, about as far from each other as can be."""
    if count == 0:
        return []
    middle = between(low, high)
    left = count // 2
    return [*spread(low, middle, left), middle, *spread(middle, high, count - left - 1)]


def _before(high: str | None) -> str:
    if high is None:
        return "a" + FIRST
    whole = _integer(high)
    if whole == SMALLEST:
        return whole + _middle("", high[len(whole) :])
    if whole < high:
        return whole
    lower = _decremented(whole)
    if lower is None:
        raise ValueError(f"Nothing comes before {high!r}.")
    return lower


def _behind(low: str) -> str:
    whole = _integer(low)
    following = _incremented(whole)
    return whole + _middle(low[len(whole) :], None) if following is None else following


def _integer(key: str) -> str:
    """Return the integer part of a key: ``a`` has one digit, ``b`` two, ``Z`` one, ``Y`` two."""
    head = key[0]
    length = ord(head) - ord("a") + 2 if "a" <= head <= "z" else ord("Z") - ord(head) + 2
    if not head.isalpha() or length > len(key):
        raise ValueError(f"{key!r} is no order key.")
    return key[:length]


def _middle(low: str, high: str | None) -> str:
    """Return a fraction between two; None is one, and no fraction ends with a zero."""
    if high is not None:
        same = 0
        while same < len(high) and (low[same : same + 1] or FIRST) == high[same]:
            same += 1
        if same:
            return high[:same] + _middle(low[same:], high[same:])
    bottom = VALUE[low[0]] if low else 0
    top = VALUE[high[0]] if high is not None else len(DIGITS)
    if top - bottom > 1:
        return DIGITS[(bottom + top + 1) // 2]
    if high is not None and len(high) > 1:
        return high[:1]
    return DIGITS[bottom] + _middle(low[1:], None)


def _incremented(whole: str) -> str | None:
    head, digits = whole[0], list(whole[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != LAST:
            digits[place] = DIGITS[VALUE[digits[place]] + 1]
            return head + "".join(digits)
        digits[place] = FIRST
    if head == "z":
        return None
    if head == "Z":
        return "a" + FIRST
    longer = chr(ord(head) + 1)
    return longer + "".join([*digits, FIRST] if longer > "a" else digits[:-1])


def _decremented(whole: str) -> str | None:
    head, digits = whole[0], list(whole[1:])
    for place in reversed(range(len(digits))):
        if digits[place] != FIRST:
            digits[place] = DIGITS[VALUE[digits[place]] - 1]
            return head + "".join(digits)
        digits[place] = LAST
    if head == "A":
        return None
    if head == "a":
        return "Z" + LAST
    shorter = chr(ord(head) - 1)
    return shorter + "".join([*digits, LAST] if shorter < "Z" else digits[:-1])
