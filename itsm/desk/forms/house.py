"""Branding, and the organisation's own words for the kinds of ticket and record."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import House
from itsm.desk.services import house as services
from itsm.lib import currencies, house
from itsm.tickets import kinds
from itsm.ui import pictures
from itsm.workflow import records

LONGEST_TERM = 40


def one_line(value: str) -> None:
    """Refuse what would break a heading or the head of a mail: line breaks and characters that are not seen."""
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in value):
        raise ValidationError(_("Only letters, digits and signs in one line."), code="invalid")


def _link(label: Any, hint: Any) -> forms.URLField:
    return forms.URLField(
        label=label, help_text=hint, required=False, max_length=300, assume_scheme="https",
        validators=[URLValidator(schemes=["https", "http"])],
    )  # fmt: skip


class BrandingForm(forms.ModelForm):
    """What is empty is as the product ships it."""

    help_url = _link(gettext_lazy("Help"), gettext_lazy("Where people find help on this installation."))
    privacy_url = _link(
        gettext_lazy("Privacy notice"), gettext_lazy("Your own: linked from sign-in, portal, menu and mails.")
    )
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"), required=False,
        help_text=gettext_lazy(
            "PNG, or SVG that holds only shapes; at most 200 kB and 1024 pixels each way. Shown 24 pixels high."
        ),
        widget=forms.FileInput(attrs={"accept": ".png,.svg,image/png,image/svg+xml"}),
    )  # fmt: skip
    drop_logo = forms.BooleanField(label=gettext_lazy("Take the logo away"), required=False)

    class Meta:
        model = House
        fields = [
            "product_name", "accent", "logo_file", "drop_logo", "greeting", "sender_name", "mail_footer", "help_url",
            "privacy_url", "currency",
        ]  # fmt: skip
        help_texts = {
            "product_name": gettext_lazy("In the navigation, page titles, the sign-in page, mails and authenticator."),
            "accent": gettext_lazy(
                "As # and six digits, such as #3353c9. Shades that can be read are made from it for light and dark."
            ),
            "greeting": gettext_lazy("The first line of the portal. {name} stands for the first name of the reader."),
            "sender_name": gettext_lazy("Before the address that mails come from."),
            "mail_footer": gettext_lazy("The last lines of every mail, as plain text."),
            "currency": gettext_lazy("Three letters of ISO 4217. Budgets, tariffs, rates and reports are in it."),
        }
        widgets = {
            "accent": forms.TextInput(attrs={"placeholder": "#3353c9", "class": "short", "spellcheck": "false"}),
            "mail_footer": forms.Textarea(attrs={"rows": 3}),
            "currency": forms.TextInput(attrs={"class": "short", "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("product_name", "greeting", "sender_name"):
            self.fields[name].validators.append(one_line)
        if not self.instance.logo:
            del self.fields["drop_logo"]

    def _clean_fields(self) -> None:
        # Typed as people type it: capital letters in a colour, small ones in a currency.
        self.data = self.data.copy()
        for name, fold in (("accent", str.lower), ("currency", str.upper)):
            key = self.add_prefix(name)
            if key in self.data:
                self.data[key] = fold(self.data[key].strip())
        super()._clean_fields()

    def clean_logo_file(self) -> bytes | None:
        given = self.cleaned_data["logo_file"]
        if given is None:
            return None
        if given.size > pictures.MOST_BYTES:
            # Not read: however large it is, the answer is the same.
            raise pictures.too_large(given.size)
        data: bytes = given.read()
        pictures.kind_of(data)
        return data

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"])
        if code not in currencies.CODES:
            raise ValidationError(_("There is no currency of this code."), code="unknown")
        if code in currencies.THOUSANDTHS:
            raise ValidationError(
                _("Amounts are kept to the hundredth; this currency has thousandths."), code="thousandths"
            )
        if code != services.stored().currency:
            services.check_currency()
        return code

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in services.BRANDING}


@dataclass(frozen=True, slots=True)
class Row:
    """One kind on the page of terms."""

    code: str
    product: str
    several: str
    prefix: str
    #: The boxes for one and for several.
    cells: tuple[Any, Any]


def _word(label: str, stored: str) -> forms.CharField:
    return forms.CharField(label=label, initial=stored, max_length=LONGEST_TERM, required=False, validators=[one_line])


class TermsForm(forms.Form):
    """A word for one and a word for several, for each kind; both or none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = services.stored().terms
        for code, _prefix in self.known():
            stored = own.get(code, ["", ""])
            one, many = house.product_term(code), house.product_term(code, plural=True)
            self.fields[f"one_{code}"] = _word(_("One: %(product)s") % {"product": one}, stored[0])
            self.fields[f"many_{code}"] = _word(_("Several: %(product)s") % {"product": many}, stored[1])

    @staticmethod
    def tickets() -> list[tuple[str, str]]:
        return [(code, kinds.get(code).prefix) for code, _label in kinds.choices()]

    @staticmethod
    def others() -> list[tuple[str, str]]:
        found = [(kind.code, kind.model.prefix) for kind in records.all_kinds()]
        return sorted(found, key=lambda pair: house.product_term(pair[0]).lower())

    def known(self) -> list[tuple[str, str]]:
        return [*self.tickets(), *self.others()]

    def _rows(self, which: list[tuple[str, str]]) -> list[Row]:
        return [
            Row(
                code,
                house.product_term(code),
                house.product_term(code, plural=True),
                prefix,
                (self[f"one_{code}"], self[f"many_{code}"]),
            )
            for code, prefix in which
        ]

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        return [(_("Tickets"), self._rows(self.tickets())), (_("Records"), self._rows(self.others()))]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        taken: dict[tuple[str, str], str] = {}
        for code, _prefix in self.known():
            one, many = data.get(f"one_{code}", ""), data.get(f"many_{code}", "")
            if bool(one) != bool(many):
                self.add_error(f"{'many' if one else 'one'}_{code}", _("Give both words, or none."))
        for code, _prefix in self.tickets():
            for part in ("one", "many"):
                given = data.get(f"{part}_{code}", "")
                word = given or house.product_term(code, plural=part == "many")
                other = taken.setdefault((part, word.casefold()), code)
                if other != code:
                    # Of the two it is the one that was given a word that has to yield.
                    at = f"{part}_{code if given else other}"
                    self.add_error(at, _("“%(word)s” is what another kind of ticket is called.") % {"word": word})
        return data

    def terms(self) -> dict[str, tuple[str, str]]:
        return {
            code: (self.cleaned_data[f"one_{code}"], self.cleaned_data[f"many_{code}"])
            for code, _prefix in self.known()
        }
