"""Reading HTML strictly (what is not closed is an error), and pages that look like the book's."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"img", "input", "br", "hr", "meta", "link", "source"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str | None]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, in order."""
        return "".join(part if isinstance(part, str) else part.text for part in self.words)

    def find_all(self, tag: str, **attrs: str) -> list[Element]:
        found = []
        for child in self.children:
            if child.tag == tag and all(child.attrs.get(k) == v for k, v in attrs.items()):
                found.append(child)
            found += child.find_all(tag, **attrs)
        return found


class _Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("root", {})

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, dict(attrs), self.here)
        self.here.children.append(element)
        self.here.words.append(element)
        if tag not in VOID:
            self.here = element

    def handle_endtag(self, tag):
        assert tag == self.here.tag, f"</{tag}> closes <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.words.append(data)


def parse(html: str) -> Element:
    """The tree of well-formed HTML; AssertionError otherwise, or if an id occurs twice."""
    parser = _Strict()
    parser.feed(html)
    parser.close()
    assert parser.here is parser.root, f"<{parser.here.tag}> is never closed"
    ids: list[str] = []

    def walk(element: Element) -> None:
        if element.attrs.get("id"):
            ids.append(element.attrs["id"])
        for child in element.children:
            walk(child)

    walk(parser.root)
    assert len(ids) == len(set(ids)), f"ids are not unique: {ids}"
    return parser.root


#: The rules of the book's theme that get in the way of pictures and boxes.
THEME = """
[hidden]{display:none!important}
html[data-theme=dark]{background:#121212;color:#ced6dd;color-scheme:dark}
html:not([data-theme]) .only-dark,html[data-theme=light] .only-dark,
html[data-theme=light] .only-dark~figcaption{display:none!important}
html[data-theme=dark] .only-light,html[data-theme=dark] .only-light~figcaption{
display:none!important}
html[data-theme=dark] img:not(.only-dark,.dark-light){filter:brightness(.8) contrast(1.2)}
html[data-theme=dark] .bd-content img:not(.only-dark,.dark-light){background-color:#fff}
html[data-theme=dark] .bd-content div.cell_output .text_html:not(:has(table.dataframe)),
html[data-theme=dark] .bd-content div.cell_output img{background-color:#ced6dd;
border-radius:.25rem;color:#222832;padding:.5rem}
code{color:#e83e8c}
"""


def book_page(*outputs: str, theme_css: str = THEME, attrs: str = 'data-theme="light"') -> str:
    """The outputs in the places where the book puts them."""
    cells = "".join(
        f'<div class="cell"><div class="cell_output"><div class="output text_html">{html}</div>'
        "</div></div>"
        for html in outputs
    )
    return (
        f'<!doctype html><html lang="en" {attrs}><head><meta charset="utf-8"><title>t</title>'
        f'<meta name="viewport" content="width=device-width"><style>{theme_css}</style></head>'
        f'<body><main class="bd-content">{cells}</main></body></html>'
    )
