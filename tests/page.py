"""A page as a test reads it, and text that would do harm on it if it were not escaped."""

from __future__ import annotations

from html.parser import HTMLParser

HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
    '"><svg onload="window.hacked = 3"> <!--<script> {{ 7 * 7 }} {% raw %} &lt;b&gt; '
    "\u202egnp.exe]]>"
)


class Page(HTMLParser):
    """The elements of a page with their attributes, its text outside scripts, and the scripts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts.append(data)
        else:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(element == tag for element, _ in self.elements)
