"""A person with a browser that runs no scripts: reads pages, follows links, fills in forms and presses buttons.

Nothing is asked by its address but the first page, so these tests fail when a link or a button is missing that a
person without JavaScript would need.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SILENT = {"script", "style", "template", "head"}


class Node:
    """An element; texts are children of type ``str``."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Node | None) -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.children: list[Node | str] = []

    def walk(self) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    def find(self, *tags: str) -> list[Node]:
        return [node for node in self.walk() if node.tag in tags]

    def up(self, tag: str) -> Node | None:
        node = self.parent
        while node is not None and node.tag != tag:
            node = node.parent
        return node

    def _words(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in SILENT:
                yield from child._words()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words()).split())

    @property
    def name(self) -> str:
        """What the element is called by somebody who reads or hears it."""
        return self.attrs.get("aria-label") or self.text or self.attrs.get("title", "") or self.attrs.get("value", "")

    def __repr__(self) -> str:
        return f"<{self.tag} {self.attrs}>"


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.at = Node("", {}, None)
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Node(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self.at
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self.at = node.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


class Person:
    """Somebody signed in, at a page."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(user)
        self.url = ""
        self.page = Page("")
        self.status = 0

    # Going

    def go(self, url: str, *, status: int = 200) -> Person:
        return self._arrive(self.client.get(url, follow=True), url, status)

    def follow(self, words: str) -> Person:
        """Click the link with these words, or with this in its address."""
        links = [link for link in self.page.root.find("a") if link.attrs.get("href")]
        exact = [link for link in links if link.name == words]
        near = [link for link in links if words in link.name or words in link.attrs["href"]]
        assert exact or near, f"no link {words!r} on {self.url}: {sorted({link.name for link in links})}"
        return self.go(urljoin(self.url, (exact or near)[0].attrs["href"]))

    def press(self, words: str, *, within: str = "", status: int = 200, **given: Any) -> Person:
        """Fill in the form of the button with these words and press it; ``within`` is part of the form's address."""
        button = self.button(words, within=within)
        form = self._form_of(button)
        data = self._fields(form)
        for name, value in given.items():
            data[self._full_name(form, data, name)] = value
        if button.attrs.get("name"):
            data[button.attrs["name"]] = button.attrs.get("value", "")
        action = urljoin(self.url, button.attrs.get("formaction") or form.attrs.get("action") or self.url)
        if (button.attrs.get("formmethod") or form.attrs.get("method", "get")).lower() == "get":
            return self._arrive(self.client.get(action, data, follow=True), action, status)
        return self._arrive(self.client.post(action, data, follow=True), action, status)

    def _arrive(self, response: Any, url: str, status: int) -> Person:
        chain = getattr(response, "redirect_chain", [])
        self.url = (
            urljoin(urljoin(self.url or "http://testserver/", url), chain[-1][0]) if chain else urljoin(self.url, url)
        )
        self.response, self.status = response, response.status_code
        html = response.content.decode()
        self.page = Page(html)
        assert self.status == status, f"{self.url}: {self.status}, not {status}: {self.text[:600]}"
        return self

    # Looking

    @property
    def text(self) -> str:
        return self.page.root.text

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def sees(self, *words: str) -> Person:
        text = self.text
        for word in words:
            assert word in text, f"{word!r} is not on {self.url}: {text[:2000]}"
        return self

    def sees_not(self, *words: str) -> Person:
        for word in words:
            assert word not in self.text, f"{word!r} is on {self.url}"
        return self

    def buttons(self) -> list[str]:
        return [b.name for b in self._buttons(lambda form: True)]

    def _buttons(self, fits: Callable[[Node], bool]) -> list[Node]:
        found = []
        for node in self.page.root.find("button", "input"):
            if node.tag == "input" and node.attrs.get("type") not in ("submit", "image"):
                continue
            if node.attrs.get("type") in ("button", "reset") or "disabled" in node.attrs:
                continue
            form = self._form_of(node, optional=True)
            if form is not None and fits(form):
                found.append(node)
        return found

    def button(self, words: str, *, within: str = "") -> Node:
        buttons = self._buttons(lambda form: within in urljoin(self.url, form.attrs.get("action") or ""))
        exact = [b for b in buttons if b.name == words]
        near = [b for b in buttons if b.name.startswith(words) or words in b.name]
        assert exact or near, f"no button {words!r} on {self.url}: {[b.name for b in buttons]}"
        return (exact or near)[0]

    # Forms

    def _form_of(self, node: Node, *, optional: bool = False) -> Any:
        named = node.attrs.get("form")
        if named:
            found = next((f for f in self.page.root.find("form") if f.attrs.get("id") == named), None)
        else:
            found = node.up("form")
        assert optional or found is not None, f"{node} stands in no form"
        return found

    def _controls(self, form: Node) -> list[Node]:
        return [
            node
            for node in self.page.root.find("input", "select", "textarea")
            if node.attrs.get("name") and "disabled" not in node.attrs and self._form_of(node, optional=True) is form
        ]

    def _fields(self, form: Node) -> dict[str, Any]:
        """What the browser would send if nothing was touched."""
        data: dict[str, Any] = {}
        for node in self._controls(form):
            name, kind = node.attrs["name"], node.attrs.get("type", "text")
            if node.tag == "select":
                options = node.find("option")
                chosen = [o for o in options if "selected" in o.attrs]
                if "multiple" in node.attrs:
                    data[name] = [o.attrs.get("value", o.text) for o in chosen]
                elif options:
                    option = (chosen or options)[0]
                    data[name] = option.attrs.get("value", option.text)
            elif node.tag == "textarea":
                raw = "".join(child for child in node.children if isinstance(child, str))
                data[name] = raw.removeprefix("\n")
            elif kind in ("checkbox", "radio"):
                if "checked" in node.attrs:
                    value = node.attrs.get("value", "on")
                    data[name] = [*data[name], value] if isinstance(data.get(name), list) else value
            elif kind not in ("submit", "image", "file", "button", "reset"):
                data[name] = node.attrs.get("value", "")
        return data

    def _full_name(self, form: Node, data: dict[str, Any], name: str) -> str:
        """``body`` finds ``reply-body``: prefixes are the page's business."""
        names = [node.attrs["name"] for node in self._controls(form)]
        fitting = [n for n in names if n == name] or [n for n in names if re.search(rf"(^|-){re.escape(name)}$", n)]
        assert fitting, f"the form on {self.url} asks for {sorted(set(names))}, not for {name!r}"
        return fitting[0]
