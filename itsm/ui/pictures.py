"""Pictures that people upload to be shown on pages: PNG as it should be, SVG that only draws.

Nothing is converted: a file either is what it says, or is refused with the reason.
"""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_BYTES = 200_000
MOST_PIXELS = 1024
PNG, SVG = "image/png", "image/svg+xml"

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NAMESPACE = "{http://www.w3.org/2000/svg}"
#: Shapes and what colours them. Nothing that runs, loads, animates, embeds other documents or carries text styles.
_ELEMENTS = frozenset(
    ("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs", "linearGradient",
     "radialGradient", "stop", "clipPath", "mask", "title", "desc", "text", "tspan", "symbol", "use")
)  # fmt: skip
_REFERENCE = re.compile(r"#[\w.-]+\Z")
_LOADS = re.compile(r"url\s*\(\s*(?!['\"]?#)|@import|expression\s*\(|javascript:|data:", re.IGNORECASE)


def kind_of(data: bytes) -> str:
    """The type of a picture that may be shown; ``ValidationError`` says what is wrong with any other."""
    if len(data) > MOST_BYTES:
        raise too_large(len(data))
    if data.startswith(_SIGNATURE):
        _check_png(data)
        return PNG
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        _check_svg(data)
        return SVG
    raise ValidationError(_("This is neither a PNG nor an SVG file."), code="unknown_type")


def too_large(size: int) -> ValidationError:
    """The refusal of a file of so many bytes."""
    return ValidationError(
        _("The file has %(have)s kB; %(most)s kB is the most.") % {"have": size // 1000, "most": MOST_BYTES // 1000},
        code="too_large",
    )


def _check_png(data: bytes) -> None:
    """Every chunk is whole, the size is sane, and nothing follows the end."""
    broken = ValidationError(_("The PNG file is damaged."), code="damaged")
    at, names = len(_SIGNATURE), []
    while at < len(data):
        if at + 12 > len(data):
            raise broken
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        check = data[at + 8 + length : at + 12 + length]
        if len(check) < 4 or struct.unpack(">I", check)[0] != zlib.crc32(name + body):
            raise broken
        if not names:
            if name != b"IHDR" or length != 13:
                raise broken
            width, height = struct.unpack(">II", body[:8])
            if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
                raise ValidationError(
                    _("The picture has %(width)s × %(height)s pixels; %(most)s each way is the most.")
                    % {"width": width, "height": height, "most": MOST_PIXELS}, code="too_large",
                )  # fmt: skip
        names.append(name)
        at += 12 + length
        if name == b"IEND":
            break
    if at != len(data) or b"IDAT" not in names or names[-1] != b"IEND":
        raise broken


def _check_svg(data: bytes) -> None:
    """Only shapes: what could run, load or reach out refuses the file, and is named."""
    lowered = data.lower()
    # No other alphabet either, in which the words below would be written differently.
    if b"\0" in data or b"<!doctype" in lowered or b"<!entity" in lowered or b"<?xml-stylesheet" in lowered:
        raise _unsafe("DOCTYPE, ENTITY, xml-stylesheet")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - no entities: refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ValidationError(_("The SVG file is damaged: %(error)s") % {"error": error}, code="damaged") from error
    if root.tag != f"{_NAMESPACE}svg":
        raise ValidationError(_("This is neither a PNG nor an SVG file."), code="unknown_type")
    for element in root.iter():
        name = str(element.tag).removeprefix(_NAMESPACE)
        if name not in _ELEMENTS:
            raise _unsafe(f"<{name.rpartition('}')[2]}>")
        for attribute, value in element.attrib.items():
            plain = attribute.rpartition("}")[2].lower()
            if plain.startswith("on") or (plain in ("href", "src") and not _REFERENCE.match(value.strip())):
                raise _unsafe(plain)
            if _LOADS.search(value):
                raise _unsafe(f"{plain}={value[:40]}")


def _unsafe(what: str) -> ValidationError:
    return ValidationError(
        _("This SVG file is refused because it holds more than shapes: %(what)s.") % {"what": what}, code="unsafe"
    )
