"""What the organisation calls itself and its things: name, colour, words, currency, as every page and mail shows them.

One object per process, read when first needed and read again when its version in the database is another one. The
version comes along with the session that a request reads anyway; whatever reads no session (the sign-in page, API
tokens, jobs) looks again after ``MAX_AGE`` seconds. Where it is stored is not known here: ``load_with`` says how.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.functional import lazy

#: Seconds after which a process that is told nothing looks for itself.
MAX_AGE = 15.0


@dataclass(frozen=True, slots=True)
class House:
    """What is stored, or nothing of it: then the product speaks for itself. ``terms``: code -> (one, several)."""

    version: int = 0
    product_name: str = ""
    accent: str = ""
    greeting: str = ""
    sender_name: str = ""
    mail_footer: str = ""
    help_url: str = ""
    privacy_url: str = ""
    #: Digest and type of the logo, "" without one.
    logo: str = ""
    logo_type: str = ""
    currency: str = "EUR"
    terms: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the product is called here."""
        return self.product_name or str(getattr(settings, "SITE_NAME", "")) or "Service desk"


Loader = Callable[[], House | None]

_loader: Loader | None = None
_held: House | None = None
_looked_at = 0.0


def load_with(loader: Loader) -> None:
    """Say how it is read; ``None`` means that it cannot be read now. Called from ``AppConfig.ready``."""
    global _loader
    _loader = loader


def current() -> House:
    """The house as this process knows it; the database is asked only when it does not know."""
    global _looked_at
    if _held is not None:
        return _held
    if not apps.ready:
        raise RuntimeError("A word of the house was read while the application loads: it would stay as it is now.")
    found = _loader() if _loader is not None else None
    if found is None:
        return House()
    hold(found)
    return found


def hold(house: House) -> None:
    """Take this for what is stored."""
    global _held, _looked_at
    _held, _looked_at = house, time.monotonic()


def forget() -> None:
    """Read again when next needed."""
    global _held
    _held = None


def seen(version: int) -> None:
    """This version is stored now: whatever differs from it is read again."""
    global _looked_at
    if _held is not None and _held.version == version:
        _looked_at = time.monotonic()
    else:
        forget()


def refresh() -> None:
    """Read again if nobody told for a while whether it still holds."""
    if abs(time.monotonic() - _looked_at) > MAX_AGE:
        forget()


def sender() -> str:
    """Whom mails come from: the operator's address, with the organisation's name before it where there is one."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    here = current()
    # A name that the operator chose in MAIL_FROM outlives another name of the product.
    chosen = here.sender_name or (here.name if name == settings.SITE_NAME else name)
    # Not formataddr: it would encode the name, which is the business of whoever writes the header.
    return f'"{chosen.replace(chr(92), "").replace(chr(34), "")}" <{address}>' if chosen else address


# ---------- words ----------


_defaults: dict[tuple[str, bool], Any] = {}


def _word(code: str, plural: bool) -> str:
    own = current().terms.get(code)
    return (own[plural] if own else "") or str(_defaults.get((code, plural), code))


_lazy_word = lazy(_word, str)


def word(code: str, default: Any, *, plural: bool = False) -> Any:
    """The label of a kind that the organisation may call by its own name: looked up whenever it is shown."""
    _defaults[(code, plural)] = default
    return _lazy_word(code, plural)


def term(code: str, *, plural: bool = False) -> str:
    """What the things of this kind are called."""
    return _word(code, plural)


def own_term(code: str, *, plural: bool = False) -> str:
    """The organisation's own word, or "" where the product's holds."""
    own = current().terms.get(code)
    return own[plural] if own else ""


def product_term(code: str, *, plural: bool = False) -> str:
    """The product's own word."""
    return str(_defaults.get((code, plural), code))


def phrase(code: str, *, plural: bool = False) -> str:
    """The same within a sentence: the product's word in small letters, an own one as it was written."""
    return own_term(code, plural=plural) or product_term(code, plural=plural).lower()


def _capital(code: str, plural: bool) -> str:
    text = _word(code, plural)
    return text[:1].upper() + text[1:]


_lazy_capital = lazy(_capital, str)


def heading(code: str, *, plural: bool = False) -> Any:
    """The same as a title begins, with a capital letter: looked up whenever it is shown."""
    return _lazy_capital(code, plural)


# ---------- amounts ----------


def currency() -> str:
    """Code of the currency that amounts without one of their own are in."""
    return current().currency


_amounts: dict[str, tuple[Any, Callable[[], int]]] = {}


def counts_amounts(name: str, label: Any, count: Callable[[], int]) -> None:
    """Name what is stored in the currency of the house: while any of it exists, the currency stays."""
    _amounts[name] = (label, count)


def amounts() -> list[tuple[str, int]]:
    """What is stored in the currency of the house, in words and number; only what there is."""
    counted = [(str(label), count()) for label, count in _amounts.values()]
    return [(label, number) for label, number in counted if number]
