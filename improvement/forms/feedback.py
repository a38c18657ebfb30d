"""Forms of surveys and feedback."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from improvement.feedback_states import FeedbackKind, QuestionKind
from improvement.models import Feedback, Invitation, Survey, SurveyQuestion
from improvement.services import links
from improvement.services.answers import LONGEST
from itsm.accounts.models import User
from itsm.catalogue.models import Service
from itsm.desk.forms.fields import PersonField
from itsm.tickets import kinds


class SurveyForm(forms.ModelForm):
    """What is asked, about what, and whom."""

    ticket_kinds = forms.MultipleChoiceField(
        label=_("After tickets of these kinds"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: after every kind."),
    )  # fmt: skip

    class Meta:
        model = Survey
        fields = [
            "title", "kind", "question", "comment_question", "intro", "ticket_kinds", "service", "share", "quiet_days",
            "valid_days", "every_days", "is_anonymous",
        ]  # fmt: skip
        widgets = {"intro": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket_kinds"].choices = kinds.choices()
        self.fields["service"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")


class SurveyQuestionForm(forms.ModelForm):
    class Meta:
        model = SurveyQuestion
        fields = ["text", "kind", "position"]


class AnswerForm(forms.Form):
    """One survey, as whoever was asked sees it."""

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        survey = invitation.survey
        scores = survey.scores if survey.kind == "nps" else reversed(survey.scores)
        self.fields["score"] = forms.ChoiceField(
            label=survey.question, widget=forms.RadioSelect,
            choices=[(str(score), links.label_of(survey.kind, score)) for score in scores],
            error_messages={"required": _("Choose one of the answers.")},
        )  # fmt: skip
        for question in survey.questions.all():
            self.fields[f"q{question.pk}"] = _further(question)
        if survey.comment_question:
            self.fields["comment"] = forms.CharField(
                label=survey.comment_question, required=False, max_length=LONGEST,
                widget=forms.Textarea(attrs={"rows": 4}),
            )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Keywords of ``answers.keep``."""
        data = self.cleaned_data
        details = {int(name[1:]): value for name, value in data.items() if name[0] == "q" and name[1:].isdigit()}
        return {"score": data["score"], "comment": data.get("comment", ""), "details": details}


def _further(question: SurveyQuestion) -> forms.Field:
    if question.kind == QuestionKind.TEXT:
        area = forms.Textarea(attrs={"rows": 2})
        return forms.CharField(label=question.text, required=False, max_length=LONGEST, widget=area)
    choices: list[tuple[str, Any]] = [("1", _("Yes")), ("0", _("No"))]
    if question.kind == QuestionKind.SCALE:
        choices = [(str(score), links.label_of("csat", score)) for score in range(5, 0, -1)]
    return forms.ChoiceField(label=question.text, required=False, choices=choices, widget=forms.RadioSelect)


class FeedbackForm(forms.ModelForm):
    """What somebody told the desk."""

    person = PersonField(
        label=_("From"), required=False, help_text=_("Email address; empty when nobody is to hear the answer.")
    )
    owner = PersonField(label=_("Handled by"), required=False, help_text=_("Email address; can be named later."))

    class Meta:
        model = Feedback
        fields = ["kind", "title", "description", "person", "service", "channel", "owner", "is_confidential"]
        widgets = {"description": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")


class PortalFeedbackForm(forms.Form):
    """A complaint, an idea or praise, in the words of whoever has it."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=FeedbackKind.choices, widget=forms.RadioSelect)
    title = forms.CharField(label=_("In short"), max_length=160)
    description = forms.CharField(
        label=_("Tell us more"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    service = forms.ModelChoiceField(
        Service.objects.none(), label=_("About"), required=False, empty_label=_("Something else")
    )
    is_confidential = forms.BooleanField(
        label=_("In confidence"), required=False,
        help_text=_("Only those who handle complaints read it, such as one about a colleague."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.offered_to(user).for_customers().order_by("name")
