"""Uploading an event log, and saying what its columns mean."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement.services import event_logs
from improvement.services.event_logs import Meaning, Peek

FORMS = (
    ("iso", gettext_lazy("2026-03-31T14:05:00+02:00 (ISO 8601)")), ("dmy_dots", gettext_lazy("31.03.2026 14:05")),
    ("dmy_slashes", gettext_lazy("31/03/2026 14:05")), ("mdy_slashes", gettext_lazy("03/31/2026 14:05")),
    ("ymd_slashes", gettext_lazy("2026/03/31 14:05")),
)  # fmt: skip
DELIMITERS = (
    (",", gettext_lazy("comma")), (";", gettext_lazy("semicolon")), ("\t", gettext_lazy("tab")),
    ("|", gettext_lazy("vertical bar")),
)  # fmt: skip
ENCODINGS = (("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252"))
MOST_FINISHED = 50


class UploadForm(forms.Form):
    """A log as a file."""

    file = forms.FileField(
        label=gettext_lazy("Event log"),
        help_text=gettext_lazy(
            "CSV with a heading, or XES; also packed with gzip. At most 50 MB, 200 MB unpacked and 500,000 events."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xes,.gz,.txt"}),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=160, help_text=gettext_lazy("Empty: that of the file.")
    )


class ColumnsForm(forms.Form):
    """What the columns mean; begins with what their names and values suggest."""

    case = forms.ChoiceField(label=gettext_lazy("Case"), help_text=gettext_lazy("What all events of a case share."))
    activity = forms.ChoiceField(label=gettext_lazy("Activity"), help_text=gettext_lazy("A state, or what was done."))
    detail = forms.ChoiceField(
        label=gettext_lazy("Detail of the activity"), required=False,
        help_text=gettext_lazy("Read together with it, such as a sub-status."),
    )  # fmt: skip
    at = forms.ChoiceField(label=gettext_lazy("Moment"))
    moments = forms.ChoiceField(label=gettext_lazy("Moments are written like"), choices=FORMS)
    team = forms.ChoiceField(label=gettext_lazy("Team or person"), required=False)
    finished = forms.CharField(
        label=gettext_lazy("Activities that mean that the work is done"), required=False, max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One a line, as in the preview. What comes back from there was reopened."),
    )  # fmt: skip
    delimiter = forms.ChoiceField(label=gettext_lazy("Columns are separated by"), choices=DELIMITERS)
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=ENCODINGS)

    def __init__(self, *args: Any, seen: Peek, is_csv: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [(name, name) for name in seen.columns]
        for name in ("case", "activity", "at"):
            self.fields[name].choices = [("", _("Choose")), *columns]  # type: ignore[attr-defined]
        for name in ("detail", "team"):
            self.fields[name].choices = [("", _("None")), *columns]  # type: ignore[attr-defined]
        if not is_csv:
            del self.fields["delimiter"], self.fields["encoding"]
        self.seen = seen

    def clean_finished(self) -> tuple[str, ...]:
        lines = tuple(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["finished"].splitlines()))))
        if len(lines) > MOST_FINISHED:
            raise forms.ValidationError(_("At most %d activities.") % MOST_FINISHED)
        return lines

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        taken: dict[str, str] = {}
        for name in ("case", "activity", "at", "detail", "team"):
            column = data.get(name)
            if column and column in taken:
                self.add_error(name, _("This column is the %(other)s already.") % {
                    "other": str(self.fields[taken[column]].label).lower()
                })  # fmt: skip
            elif column:
                taken[column] = name
        at, form = data.get("at"), data.get("moments")
        if at and form and not self.errors:
            odd = event_logs.odd_moment(self.seen.sample(at), form)
            if odd:
                self.add_error("moments", _("“%(value)s” is not written like that.") % {"value": odd[:40]})
        return data

    def meaning(self) -> Meaning:
        return Meaning(**self.cleaned_data)


def initial_of(meaning: dict[str, Any]) -> dict[str, Any]:
    """A stored meaning as the form shows it."""
    return {**meaning, "finished": "\n".join(meaning.get("finished", ()))}
