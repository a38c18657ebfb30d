"""Forms of the notification settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.lib.errors import Refused
from itsm.notifications import topics
from itsm.notifications.channels import chat as channel
from itsm.notifications.models import ChatChannel, NotificationTemplate
from itsm.notifications.services import rooms, templates

if TYPE_CHECKING:
    from itsm.accounts.models import User


class TemplateForm(forms.Form):
    """Own words for one topic; placeholders are checked against what the topic has."""

    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(
        label=_("Text"), widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}), max_length=10_000,
        help_text=_("Plain text or Markdown. Placeholders in braces are filled in when the mail is written."),
    )  # fmt: skip

    def __init__(self, *args: Any, topic: topics.Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topic = topic

    def clean_subject(self) -> str:
        return self._checked("subject")

    def clean_body(self) -> str:
        return self._checked("body")

    def _checked(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        if problems := templates.check(self.topic.key, text):
            raise forms.ValidationError(problems)
        return text

    def save(self, language: str, actor: User) -> NotificationTemplate:
        return templates.save(self.topic.key, language, **self.cleaned_data, actor=actor, source="web")


class ChatChannelForm(forms.ModelForm):
    """A chat channel. The stored address is never shown again; an empty field keeps it."""

    address = forms.CharField(
        label=_("Address"), required=False, max_length=2000, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "As apprise writes it, such as slack://…, msteams://…, mmosts://host/token, or the web hook that the chat "
            "system gave you. It is stored encrypted and not shown again."
        ),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        label=_("Tells about"), widget=forms.CheckboxSelectMultiple, choices=list(topics.CHAT.items())
    )

    class Meta:
        model = ChatChannel
        fields = ["name", "team", "events", "is_active"]

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["team"].empty_label = _("Every team")
        self.order_fields(["name", "address", "team", "events", "is_active"])
        if self.instance.pk:
            self.fields["address"].help_text = _("Empty: the stored address of “%(system)s” stays.") % {
                "system": self.instance.scheme
            }

    def clean_address(self) -> str:
        address = self.cleaned_data["address"].strip()
        if not address and not self.instance.pk:
            raise forms.ValidationError(_("Give the address of the room."))
        if address:
            try:
                channel.open_room(address)
            except Refused as error:
                raise forms.ValidationError(error.message) from error
        return address

    def save(self, commit: bool = True) -> ChatChannel:
        return rooms.save(self.instance, address=self.cleaned_data["address"], actor=self.actor, source="web")
