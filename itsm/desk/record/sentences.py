"""The sentences of the timeline, made from the data of its entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from itsm.sla.models import Metric
from itsm.tickets.models import Ticket, TicketLink, TimelineEntry
from itsm.tickets.states import Channel
from itsm.workflow import steps

Kind = TimelineEntry.Kind

#: Verb -> what the person did, behind their name. ``{to}`` is the new holder, ``{reason}`` what is waited for.
VERBS: dict[str, Any] = {
    "assign": gettext_lazy("assigned it to {to}"),
    "start": gettext_lazy("took it and started to work"),
    "put_on_hold": gettext_lazy("put it on hold, waiting for {reason}"),
    "resume": gettext_lazy("went on with the work"),
    "escalate": gettext_lazy("escalated it to {to}"),
    "resolve": gettext_lazy("resolved it"),
    "confirm": gettext_lazy("confirmed that it works"),
    "close": gettext_lazy("closed it"),
    "reopen": gettext_lazy("reopened it"),
    "cancel": gettext_lazy("cancelled it"),
    "declare_major": gettext_lazy("declared a major incident"),
    "post_update": gettext_lazy("informed the stakeholders"),
    "stand_down": gettext_lazy("ended the major incident"),
}
TASKS: dict[str, Any] = {
    "task_added": gettext_lazy("added the task {title}"),
    "task_changed": gettext_lazy("changed the task {title}"),
    "task_done": gettext_lazy("finished the task {title}"),
    "task_skipped": gettext_lazy("skipped the task {title}"),
    "task_reopened": gettext_lazy("opened the task {title} again"),
    "task_ready": gettext_lazy("the turn has come of the task {title}"),
    "task_held": gettext_lazy("the task {title} waits again"),
}
APPROVALS: dict[str, Any] = {
    "approval_asked": gettext_lazy("asked for approval: {question}"),
    "approval_voted": gettext_lazy("voted {vote}: {question}"),
    "approval_expired": gettext_lazy("The approval ran out of time: {question}"),
    "approval_void": gettext_lazy("The votes are void: {question}"),
}
OPENED: dict[str, Any] = {
    Channel.PORTAL.value: gettext_lazy("reported this on the portal"),
    Channel.EMAIL.value: gettext_lazy("reported this by email"),
    Channel.PHONE.value: gettext_lazy("opened this after a call"),
    Channel.API.value: gettext_lazy("opened this through the API"),
    Channel.EVENT.value: gettext_lazy("opened this from monitoring"),
    Channel.CHAT.value: gettext_lazy("opened this after a chat"),
}
#: The same for kinds that nobody reports: what is ordered, and what is requested. ``Kind.opening`` says which.
ORDERED: dict[str, Any] = {
    Channel.PORTAL.value: gettext_lazy("ordered this on the portal"),
    Channel.EMAIL.value: gettext_lazy("ordered this by email"),
    Channel.PHONE.value: gettext_lazy("took this order after a call"),
    Channel.API.value: gettext_lazy("ordered this through the API"),
    Channel.EVENT.value: gettext_lazy("ordered this from monitoring"),
    Channel.CHAT.value: gettext_lazy("took this order after a chat"),
}
REQUESTED: dict[str, Any] = {
    Channel.PORTAL.value: gettext_lazy("requested this change"),
    Channel.EMAIL.value: gettext_lazy("requested this change by email"),
    Channel.PHONE.value: gettext_lazy("requested this change after a call"),
    Channel.API.value: gettext_lazy("requested this change through the API"),
    Channel.EVENT.value: gettext_lazy("requested this change from monitoring"),
    Channel.CHAT.value: gettext_lazy("requested this change after a chat"),
}
#: Verbs that say something else of what was ordered.
DELIVERED: dict[str, Any] = {"confirm": gettext_lazy("confirmed that it is all there")}
OPENINGS = {"reported": OPENED, "ordered": ORDERED, "requested": REQUESTED}
ICONS = {
    "open": "circle-plus", "assign": "user", "start": "hand", "put_on_hold": "pause", "resume": "play",
    "escalate": "arrow-up-from-line", "resolve": "check", "confirm": "thumbs-up", "close": "archive",
    "reopen": "rotate-ccw", "cancel": "ban", "declare_major": "flame", "post_update": "megaphone",
    "stand_down": "flame-kindling",
}  # fmt: skip
TONES = {
    "open": "violet", "put_on_hold": "amber", "resolve": "green", "confirm": "green", "reopen": "amber",
    "declare_major": "red", "cancel": "red",
}  # fmt: skip
KIND_ICONS = {
    Kind.CHANGE: "pencil", Kind.SLA: "timer", Kind.APPROVAL: "stamp", Kind.EMAIL: "mail", Kind.ATTACHMENT: "paperclip",
    Kind.LINK: "link", Kind.COMMUNICATION: "megaphone", Kind.SYSTEM: "circle-dot",
}  # fmt: skip


def register(verb: str, sentence: Any, icon: str = "", tone: str = "") -> None:
    """Give a verb of a higher package its words; called from ``apps.ready()``.

    ``change.assess`` are the words for one kind of ticket, ``assess`` those for all.
    """
    VERBS[verb] = sentence
    if icon:
        ICONS[verb] = icon
    if tone:
        TONES[verb] = tone


class Names:
    """Names of teams and people that old entries know by id only: looked up together, and only when needed."""

    def __init__(self, entries: list[TimelineEntry]) -> None:
        self._entries = entries
        self._found: dict[str, dict[int, str]] | None = None

    def of(self, field: str, pk: Any) -> str:
        if not pk:
            return ""
        if self._found is None:
            self._found = self._load()
        return self._found.get(field, {}).get(pk, "")

    def _load(self) -> dict[str, dict[int, str]]:
        wanted: dict[str, set[int]] = {"team": set(), "assignee": set()}
        for entry in self._entries:
            for field, pks in wanted.items():
                pks |= {pk for pk in (entry.data.get(field) or ()) if isinstance(pk, int)}
        found = {}
        for field, pks in wanted.items():
            model = Ticket._meta.get_field(field).related_model
            rows = model._default_manager.filter(pk__in=pks) if pks else []  # type: ignore[union-attr]
            found[field] = {row.pk: str(row) for row in rows}
        return found


def icon(entry: TimelineEntry) -> str:
    if entry.kind == Kind.TRANSITION:
        return ICONS.get(entry.data.get("verb", ""), "arrow-right")
    if str(entry.data.get("news", "")).startswith("task_"):
        return "list-checks"
    return KIND_ICONS.get(Kind(entry.kind), "circle-dot") if entry.kind in Kind.values else "circle-dot"


def tone(entry: TimelineEntry) -> str:
    if entry.kind == Kind.TRANSITION:
        return TONES.get(entry.data.get("verb", ""), "")
    if entry.kind == Kind.SLA:
        return "red" if entry.data.get("event") == "breach" else "amber"
    return ""


def sentence(entry: TimelineEntry, ticket: Ticket, labels: Mapping[str, str], names: Names) -> SafeString:
    """What happened, to be read behind the name of who did it."""
    match entry.kind:
        case Kind.TRANSITION:
            return _transition(entry, ticket, names)
        case Kind.CHANGE:
            return _changes(entry, ticket, labels)
        case Kind.LINK:
            return _link(entry)
        case Kind.APPROVAL:
            return _approval(entry)
        case Kind.SLA:
            return _sla(entry)
        case Kind.ATTACHMENT:
            count = len(entry.data.get("names") or ())
            return _plain(ngettext("added a file", "added %(count)d files", count or 1) % {"count": count})
        case Kind.COMMUNICATION:
            return _plain(_("informed the stakeholders"))
        case Kind.REPLY:
            return _plain(_("replied") if entry.by_agent else _("wrote"))
        case Kind.EMAIL:
            return _plain(_("wrote by email"))
        case Kind.SYSTEM:
            return _system(entry)
    return _plain("")


def _plain(text: object) -> SafeString:
    return format_html("{}", text)


def _fill(pattern: object, **words: object) -> SafeString:
    """A translated pattern with bold words in it; everything is escaped."""
    bold = {name: format_html("<b>{}</b>", short(value)) for name, value in words.items()}
    return format_html(str(pattern), **bold)


def short(value: object) -> str:
    return Truncator(str(value)).chars(120)


def _holder(entry: TimelineEntry, names: Names) -> dict[str, list[str]]:
    kept = entry.data.get("words") or {}
    found = {}
    for field in ("team", "assignee"):
        ids = entry.data.get(field)
        found[field] = kept.get(field) or ([names.of(field, pk) for pk in ids] if ids else [])
    return found


def _transition(entry: TimelineEntry, ticket: Ticket, names: Names) -> SafeString:
    verb = entry.data.get("verb", "")
    holder = _holder(entry, names)
    team = holder["team"][1] if len(holder["team"]) > 1 else ""
    person = holder["assignee"][1] if len(holder["assignee"]) > 1 else ""
    to = ", ".join(word for word in (person, team) if word)
    if verb == "open":
        return _opened(entry, ticket, to)
    states = entry.data.get("state") or [None, None]
    ordered = ticket.kind_info.opening == "ordered" and DELIVERED.get(verb)
    known = VERBS.get(f"{ticket.kind}.{verb}") or ordered or VERBS.get(verb)
    if known:
        pattern = str(known)
        if "{to}" in pattern and not to:
            pattern = str(_("set it to {state}"))
        told = _fill(
            pattern,
            to=to,
            reason=_reason(entry),
            state=ticket.kind_info.state_label(states[1] or ""),
        )
        if verb == "start" and team:
            told = format_html("{}{}", told, _fill(_(" in {team}"), team=team))
        return told
    step = steps.describe(type(ticket), verb)
    before, after = (ticket.kind_info.state_label(state or "") for state in states)
    label = step.label if step else verb
    if before == after:
        return format_html("<b>{}</b>", label)
    return format_html("<b>{}</b>: {} → {}", label, before, after)


def hold_of(entry: TimelineEntry) -> str:
    """What a step puts the ticket on hold for, in the words its entry kept; empty when it does not."""
    kept = (entry.data.get("words") or {}).get("hold_reason") or [""]
    return str(kept[-1])


def _reason(entry: TimelineEntry) -> str:
    return hold_of(entry) or str(entry.data.get("hold_reason", "")).replace("_", " ")


def _opened(entry: TimelineEntry, ticket: Ticket, to: str) -> SafeString:
    words = OPENINGS[ticket.kind_info.opening]
    told = _plain(words.get(entry.data.get("channel", ""), _("opened this")))
    return format_html("{}{}", told, _fill(_("; it went to {to}"), to=to)) if to else told


def field_label(ticket: Ticket, name: str, labels: Mapping[str, str]) -> str:
    """The name of a field as people read it; ``labels`` knows the custom ones."""
    if name.startswith("custom."):
        code = name.removeprefix("custom.")
        return labels.get(code, code)
    try:
        return str(ticket._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name


def _changes(entry: TimelineEntry, ticket: Ticket, labels: Mapping[str, str]) -> SafeString:
    changes = entry.data.get("changes") or {}
    parts = []
    for name, values in changes.items():
        label = field_label(ticket, name, labels)
        old, new = [*values, "", ""][:2] if isinstance(values, list) else ("", str(values))
        if name == "description":
            parts.append(format_html("{}", _("the description")))
        elif old and new:
            parts.append(_fill(_("{field} from {old} to {new}"), field=label, old=old, new=new))
        elif new:
            parts.append(_fill(_("{field} to {new}"), field=label, new=new))
        else:
            parts.append(_fill(_("{field} from {old} to nothing"), field=label, old=old))
    if not parts:
        return _plain(_("changed something"))
    return format_html("{} {}", _("changed"), format_html_join(", ", "{}", ((part,) for part in parts)))


def _link(entry: TimelineEntry) -> SafeString:
    kind, other = entry.data.get("relation", ""), entry.data.get("other", "")
    if kind in TicketLink.Kind.values:
        known = TicketLink.Kind(kind)
        words = TicketLink.INVERSE[known] if entry.data.get("inverse") else known.label
    else:
        words = kind
    link = format_html('<a href="/tickets/{}/">{}</a>', other, other)
    if entry.data.get("removed"):
        return format_html("{}: {} {}", _("removed the link"), words, link)
    return format_html("{}: {} {}", _("linked"), words, link)


def _approval(entry: TimelineEntry) -> SafeString:
    news = entry.data.get("news", "")
    vote = _("yes") if entry.data.get("approve") else _("no")
    told = _fill(APPROVALS.get(news, "{question}"), question=entry.data.get("question", ""), vote=vote)
    state = entry.data.get("state", "")
    if news == "approval_voted" and state in ("approved", "rejected"):
        outcome = _("it is approved") if state == "approved" else _("it is rejected")
        return format_html("{}; <b>{}</b>", told, outcome)
    return told


def _sla(entry: TimelineEntry) -> SafeString:
    if entry.body:
        return mark_safe("")
    code = entry.data.get("metric", "")
    from_metric = Metric(code).label if code in Metric.values else code
    event = entry.data.get("event", "")
    if event == "breach":
        return _fill(_("The {metric} target passed"), metric=from_metric)
    return _fill(_("The {metric} target is getting near"), metric=from_metric)


def _system(entry: TimelineEntry) -> SafeString:
    news = entry.data.get("news", "")
    if news in TASKS:
        told = _fill(TASKS[news], title=entry.data.get("title", ""))
        who = entry.data.get("who")
        return format_html("{}{}", told, _fill(_(" for {who}"), who=who)) if who and news == "task_added" else told
    return mark_safe("")
