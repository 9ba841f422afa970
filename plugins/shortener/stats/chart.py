"""A bar chart of visits as a picture: nothing in it comes from elsewhere or can run."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ..links.qr import Svg
from .schemas import Point, StatsOut

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 34, 30
MOST_BARS, LABELS = 400, 6
BLUE, GREY, INK = "#1c5fb8", "#d0d7de", "#444"


def chart(stats: StatsOut, title: str) -> Svg:
    """Return the points of ``stats`` as bars. ``title`` is shown as text, whatever is in it."""
    points = stats.points[-MOST_BARS:]
    top = _ceiling(max((each.visits for each in points), default=0))
    heading = _printable(title)[:60]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" font-family="sans-serif" font-size="11">',
        f"<title>{heading}: {stats.visits} visits</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 20, f"{heading} \u2014 {stats.visits} visits, {stats.visitors} visitors"),
        *_lines(top),
        *_bars(points, top),
        *_labels(points),
        "</svg>",
    ]
    return Svg("".join(parts).encode(), "stats.svg")


def _printable(text: str) -> str:
    """Escape what would be markup and leave out what XML cannot hold."""
    return escape("".join(each for each in text if each.isprintable()))


def _ceiling(value: int) -> int:
    """Return the next number that reads well: 1, 2, 5, 10, 20 ..."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= value:
                return factor * step
        step *= 10


def _text(x: float, y: float, escaped: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{INK}" text-anchor="{anchor}">{escaped}</text>'


def _lines(top: int) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        y = HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GREY}"/>'
        yield _text(LEFT - 6, y + 4, f"{top * share:g}", "end")


def _bars(points: list[Point], top: int) -> Iterator[str]:
    room = (WIDTH - LEFT - RIGHT) / max(len(points), 1)
    for number, each in enumerate(points):
        height = each.visits / top * (HEIGHT - TOP - BOTTOM)
        x, y = LEFT + number * room, HEIGHT - BOTTOM - height
        width = max(room * 0.8, 0.5)
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{BLUE}"><title>{_printable(each.key) or "-"}: {each.visits}</title></rect>'
        )


def _labels(points: list[Point]) -> Iterator[str]:
    room = (WIDTH - LEFT - RIGHT) / max(len(points), 1)
    step = max(1, -(-len(points) // LABELS))
    for number in range(0, len(points), step):
        name = _printable(points[number].key[:16]) or "-"
        yield _text(LEFT + number * room, HEIGHT - 10, name)
