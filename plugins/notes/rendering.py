"""Markdown to HTML that is safe to show: nothing in it runs, whatever the text.

Raw HTML is text; what is left passes a list of allowed tags and addresses. It is done away from the
event loop, two texts at a time; a text over 100 000 characters is shown as it stands.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .names import LINK, key_of

LONGEST = 100_000
AT_ONCE = 2
MOST_KEPT = 5_000_000
"""Characters of texts and HTML that a worker keeps."""
SMALL = 2_000
"""Characters up to which a text is rendered on the loop: at most some milliseconds."""

TAGS = {
    *("a", "p", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre"),
    *("blockquote", "ul", "ol", "li", "hr", "br", "img", "input", "span"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "code": {"class"},
    "ol": {"start"},
    "input": {"checked"},
}
BOX = re.compile(r"\[([ xX])\][ \t]+")
_turns = asyncio.Semaphore(AT_ONCE)

Targets = Mapping[str, int | None]


class Kept:
    """HTML made lately, by its text: of what is asked for the least, no more than so much."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._held: OrderedDict[str, str] = OrderedDict()

    def get(self, text: str) -> str | None:
        """Return what was made of a text."""
        if text in self._held:
            self._held.move_to_end(text)
        return self._held.get(text)

    def put(self, text: str, html: str) -> None:
        """Keep what was made of a text."""
        if text not in self._held:
            self._size += len(text) + len(html)
        self._held[text] = html
        while self._size > self._most:
            self._size -= sum(map(len, self._held.popitem(last=False)))


async def rendered(text: str, targets: Targets | None = None) -> str:
    """Return Markdown as safe HTML. ``targets``: where ``[[title]]`` leads; without: nowhere.

    Without, as for those who open a link, what was made of a long text is kept for the next ones.
    """
    if len(text) <= SMALL:
        return render_now(text, targets)
    if targets is not None:
        async with _turns:
            return await asyncio.to_thread(render_now, text, targets)
    if (html := _kept.get(text)) is None:
        async with _turns:
            if (html := _kept.get(text)) is None:
                html = await asyncio.to_thread(render_now, text)
                _kept.put(text, html)
    return html


def render_now(text: str, targets: Targets | None = None) -> str:
    """Render on this thread."""
    if len(text) > LONGEST:
        return f"<pre>{html.escape(text)}</pre>"
    made = _markdown.render(text, {"targets": targets})
    return nh3.clean(
        made,
        tags=TAGS,
        attributes=ATTRIBUTES,
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
        generic_attribute_prefixes=set(),
    )


_kept = Kept(MOST_KEPT)


def _link(state: StateInline, silent: bool) -> bool:
    """Read ``[[title]]`` and ``[[title|shown]]``."""
    if state.src[state.pos : state.pos + 2] != "[[":
        return False
    found = LINK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        _push(state, found[1], found[2] or found[1])
    state.pos = found.end()
    return True


def _push(state: StateInline, title: str, shown: str) -> None:
    target = (state.env.get("targets") or {}).get(key_of(title))
    if target is not None:
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": f"/api/v1/notes/{target}"}
    state.push("text", "", 0).content = shown
    if target is not None:
        state.push("link_close", "a", -1)


def _tasks(state: StateCore) -> None:
    """Make a box of ``[ ]`` and ``[x]`` at the beginning of a list's item."""
    tokens = state.tokens
    for item, paragraph, line in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (item.type, paragraph.type) != ("list_item_open", "paragraph_open") or not line.children:
            continue
        first = line.children[0]
        if first.type == "text" and (found := BOX.match(first.content)):
            checked = "" if found[1] == " " else ' checked="checked"'
            box = f'<input type="checkbox" disabled=""{checked}> '
            first.content = first.content[found.end() :]
            line.children.insert(0, Token("html_inline", "", 0, content=box))


def _made() -> Any:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.core.ruler.after("text_join", "task_list", _tasks)
    markdown.inline.ruler.before("link", "wiki_link", _link)
    return markdown


_markdown = _made()
