"""Rendered Markdown shows what it should, and runs nothing in a real browser."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from plugins.notes import rendering
from plugins.notes.rendering import LONGEST, render_now, rendered
from tests.core.admin.chromium import PATIENCE, chromium
from tests.plugins.notes.making import NOTES, note
from tests.plugins.notes.payloads import payloads

ACTIVE = """
const allowed = new Set(["http:", "https:", "mailto:"]);
const active = ["script", "style", "iframe", "object", "embed", "form", "link", "meta", "base",
  "svg", "math", "template", "video", "audio", "button", "textarea", "select", "dialog",
  "details", "body", "portal"];
const found = [];
const protocol = (text) => {
  try { return new URL(text, "https://here/").protocol; } catch { return "https:"; }
};
for (const node of document.body.querySelectorAll("*")) {
  const name = node.localName;
  if (active.includes(name)) found.push(name);
  if (name === "input" && !(node.type === "checkbox" && node.disabled)) found.push("input");
  for (const each of node.attributes)
    if (/^on/i.test(each.name) || ["style", "srcdoc"].includes(each.name))
      found.push(name + " " + each.name);
  for (const key of ["href", "src"]) {
    const value = node.getAttribute(key);
    if (value && !allowed.has(protocol(value))) found.push(value);
  }
  if (name === "a" && !/nofollow noopener/.test(node.rel)) found.push("a without rel");
}
if (window.pwned || top.pwned) found.push("pwned");
return found;
"""
EACH = f"""
const look = () => {{{ACTIVE}}};
const show = async (page) => {{
  document.body.innerHTML = page;
  await new Promise((done) => setTimeout(done, 1));
  return look();
}};
const pages = arguments[0];
return (async () => {{
  const looked = [];
  for (const page of pages) looked.push(await show(page));
  return looked;
}})();
"""


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("**a** _b_ ~~c~~ `d`", ["<strong>a</strong>", "<em>b</em>", "<s>c</s>", "<code>d</code>"]),
        ("| a |\n|---|\n| b |", ["<table>", "<th>a</th>", "<td>b</td>"]),
        ("```python\nx < y\n```", ['<code class="language-python">x &lt; y']),
        ("- [x] done\n- [ ] open", ['type="checkbox"', 'disabled=""', 'checked="checked"', "open"]),
        ("1. [X] `a`\n2. [ ]\tb", ['checked="checked"', "> <code>a</code></li>", "> b</li>"]),
        ("> - [ ] a\n>\n>   b\n>\n> - [x]\n", ['disabled=""', "> a</p>", "<p>[x]</p>"]),
        ("- [x] a\n\n[x]: https://a.b", ['<li><a href="https://a.b"', ">x</a> a</li>"]),
        ("[x](https://a.b)", ['<a href="https://a.b" rel="nofollow noopener noreferrer">x</a>']),
        ("![x](https://a.b/c.png)", ['<img src="https://a.b/c.png" alt="x">']),
        ("[[Nowhere]] and [[A|b]]", ["Nowhere and b"]),
    ],
)
def test_markdown_is_shown(text: str, parts: list[str]) -> None:
    shown = render_now(text)
    for part in parts:
        assert part in shown


def test_there_are_many_payloads() -> None:
    assert len(set(payloads())) >= 250


def test_no_payload_leaves_an_active_node_in_a_real_browser(tmp_path: Path) -> None:
    pages = [render_now(text) for text in payloads()]
    assert not any("<script" in page.lower() for page in pages)
    with chromium(tmp_path / "profile", tmp_path) as chrome:
        chrome.set_script_timeout(PATIENCE)
        chrome.get("data:text/html,<meta charset=utf-8><body></body>")
        looked = chrome.execute_script(EACH, pages)
        leaks = {text: found for text, found in zip(payloads(), looked, strict=True) if found}
        whole = tmp_path / "all.html"
        whole.write_text(f"<meta charset=utf-8><body>{''.join(pages)}</body>")
        chrome.get(f"file://{whole}")
        found = chrome.execute_script(ACTIVE)
    assert leaks == {}
    assert found == []


async def test_the_page_of_a_shared_note_opens_in_a_browser_and_runs_nothing(
    ada: Any, tmp_path: Path
) -> None:
    made = await note(ada, "<img src=x onerror=top.pwned=1>", "\n\n".join(payloads()[:80]))
    body = {"password": "open sesame"}
    link = (await ada.post(f"{NOTES}/{made['id']}/shares", json=body)).json()

    def look() -> tuple[Any, Any, str]:
        with chromium(tmp_path / "profile", tmp_path) as chrome:
            chrome.get(str(ada.base_url).rstrip("/") + link["path"])
            chrome.find_element("name", "password").send_keys("open sesame")
            chrome.find_element("tag name", "button").click()
            found = expected.visibility_of_element_located(("css selector", "article h1"))
            heading = WebDriverWait(chrome, PATIENCE).until(found).text
            font = chrome.find_element("tag name", "body").value_of_css_property("max-width")
            nodes = chrome.execute_script(
                "return [...document.querySelectorAll('script,iframe,object,embed,svg,[onerror]')]"
                ".length"
            )
            return nodes, font, heading

    nodes, width, heading = await asyncio.to_thread(look)
    assert nodes == 0
    assert heading == "<img src=x onerror=top.pwned=1>"
    assert width != "none"


async def test_a_long_text_is_rendered_while_the_loop_goes_on() -> None:
    longest, running = 0.0, True

    async def heart() -> None:
        nonlocal longest
        while running:
            begun = time.process_time()  # what the rendering took from the loop, nothing else
            await asyncio.sleep(0.001)
            longest = max(longest, time.process_time() - begun)

    beating = asyncio.create_task(heart())
    await asyncio.sleep(0)
    took = {}
    for name, piece, length in (
        ("&", "&", LONGEST // 4),
        ("*", "*_~~", LONGEST // 4),
        ("![", "![", LONGEST),  # of all, this takes the longest
        ("text", "Hello *world* [x](http://y) `z`\n\n", LONGEST // 4),
    ):
        begun = time.process_time()
        await rendered((piece * length)[:length])
        took[name] = round(time.process_time() - begun, 2)
    running = False
    await beating
    print(f"{took} s, loop stood still for {longest * 1000:.0f} ms at most")
    assert max(took.values()) < 60
    assert longest < 1


async def test_what_many_open_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def render(text: str, targets: Any = None) -> str:
        made.append(text[:1])
        return f"<p>{text}</p>"

    monkeypatch.setattr(rendering, "render_now", render)
    monkeypatch.setattr(rendering, "_kept", rendering.Kept(20_000))
    one, other = "a" * 4000, "b" * 7000
    assert await rendered(one) == f"<p>{one}</p>"
    assert set(await asyncio.gather(*(rendered(one) for _ in range(5)))) == {f"<p>{one}</p>"}
    assert made == ["a"]
    await rendered(other)
    await rendered(one)
    await rendered(one, {})
    assert made == ["a", "b", "a", "a"]


async def test_a_list_of_many_tasks_takes_no_longer_than_other_lists() -> None:
    def took(item: str) -> float:
        begun = time.process_time()
        render_now(item * 2000)
        return time.process_time() - begun

    tasks, others = (min(took(item) for _ in range(3)) for item in ("- [ ] a\n", "- [+] a\n"))
    assert tasks < 4 * others


async def test_a_text_that_is_too_long_is_shown_as_it_stands() -> None:
    shown = await rendered("<b>" + "x" * LONGEST)
    assert shown.startswith("<pre>&lt;b&gt;xxx")
