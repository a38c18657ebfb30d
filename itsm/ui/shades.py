"""From one colour of the organisation to the shades of the interface, each readable where it stands (WCAG 2.2 AA).

Pure arithmetic. A colour that is too bright or too dark for its place is moved towards black or white until it holds;
what came of it is said beside the field. The surfaces are those of ``static/ui/tokens.css``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

#: Letters, and what is only to be recognised, such as the ring of the focus.
LETTERS, SHAPES = 4.5, 3.0
WHITE, BLACK = "#ffffff", "#000000"
LIGHT = ("#ffffff", "#f6f7f9", "#f3f4f7", "#f3f5f8", "#e9ecf1")
DARK = ("#15181d", "#0e1014", "#1c2026", "#111318", "#1b1f26", "#242932")
_STEPS = 200


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it: 0 for black, 1 for white."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """``share`` of the other colour in this one."""
    return "#" + "".join(
        f"{round(mine * (1 - share) + theirs * share):02x}"
        for mine, theirs in zip(_channels(colour), _channels(other), strict=True)
    )


def _until(colour: str, towards: str, grounds: tuple[str, ...], least: float) -> str:
    """The colour, moved as little as possible until it stands out from every ground."""
    for step in range(_STEPS + 1):
        moved = mix(colour, towards, step / _STEPS)
        if all(contrast(moved, ground) >= least for ground in grounds):
            return moved
    return towards


@dataclass(frozen=True, slots=True)
class Shades:
    """The tokens that follow the accent, each for light and for dark."""

    accent: tuple[str, str]
    hover: tuple[str, str]
    text: tuple[str, str]
    soft: tuple[str, str]
    selected: tuple[str, str]
    focus: tuple[str, str]

    def css(self) -> str:
        """The style sheet that follows the product's own."""
        pairs = {
            "accent": self.accent, "accent-hover": self.hover, "accent-text": self.text, "accent-soft": self.soft,
            "selected": self.selected, "focus": self.focus,
        }  # fmt: skip
        said = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in pairs.items())
        return f"@layer tokens{{:root{{{said}}}}}\n"


@lru_cache(maxsize=64)
def of(colour: str) -> Shades:
    """Buttons carry white letters in both looks; on dark ground they also have to stand out from it."""
    button_light = _until(colour, BLACK, (WHITE,), LETTERS)
    button_dark = _until(_until(colour, WHITE, DARK[:3], SHAPES), BLACK, (WHITE,), LETTERS)
    # From the darkened colour: grey letters stand on these grounds, too.
    soft = (mix(colour, WHITE, 0.9), mix(DARK[0], button_dark, 0.18))
    selected = (mix(colour, WHITE, 0.93), mix(DARK[0], button_dark, 0.14))
    text = (
        _until(colour, BLACK, (*LIGHT, soft[0], selected[0]), LETTERS),
        _until(colour, WHITE, (*DARK, soft[1], selected[1]), LETTERS),
    )
    return Shades(
        accent=(button_light, button_dark),
        hover=(mix(button_light, BLACK, 0.15), mix(button_dark, BLACK, 0.1)),
        text=text, soft=soft, selected=selected,
        focus=(_until(colour, BLACK, LIGHT, SHAPES), text[1]),
    )  # fmt: skip
