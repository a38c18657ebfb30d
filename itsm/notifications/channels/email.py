"""Mail by SMTP (or whatever ``EMAIL_URL`` names): one connection for a batch."""

from __future__ import annotations

import contextlib
import smtplib
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from itsm.lib import house
from itsm.notifications.channels import Failed, Sent, Unreachable
from itsm.notifications.models import Message
from itsm.notifications.services import threads
from itsm.notifications.services.wording import address
from itsm.ui.markdown import md

#: SMTP answers from here on mean "never".
PERMANENT = 500


class Connection:
    """An open connection to the mail server: ``with Connection() as mail: mail.send(message)``."""

    def __init__(self) -> None:
        self._backend: Any = get_connection()

    def __enter__(self) -> Connection:
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # The batch is sent; a server that does not say goodbye changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._backend.close()

    def _open(self) -> None:
        try:
            self._backend.open()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(_said(error)) from error

    def send(self, message: Message) -> Sent | Failed:
        """Hand one message over. A connection that breaks is ``Unreachable``, and the rest waits."""
        try:
            mail = compose(message)
            self._backend.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            return Failed(_said(error), final=all(code >= PERMANENT for code in codes))
        except (smtplib.SMTPDataError, smtplib.SMTPHeloError) as error:
            return Failed(_said(error), final=error.smtp_code >= PERMANENT)
        except smtplib.SMTPSenderRefused as error:
            # Our own address is refused: an operator mends that, and the message is still good.
            return Failed(_said(error))
        except smtplib.SMTPNotSupportedError as error:
            # An address in letters that this server cannot write.
            return Failed(_said(error), final=True)
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(_said(error)) from error
        except ValueError as error:
            # An address or header that no mail can have.
            return Failed(_said(error), final=True)
        return Sent()


def compose(message: Message) -> EmailMultiAlternatives:
    """The mail: plain text, and the same as HTML without tables, pictures or anything from elsewhere."""
    reply_to, here = threads.reply_address(message), house.current()
    with translation.override(message.language or settings.LANGUAGE_CODE):
        context = {
            "subject": message.subject,
            "site_name": here.name,
            "footer": here.mail_footer,
            "privacy_url": here.privacy_url,
            "url": address(message.url) if message.url else "",
            "preferences_url": "" if message.team_id else address("/preferences/notifications/"),
            "language": translation.get_language(),
            "behalf": str(message.on_behalf_of or ""),
            "marker": f"##- {_('Write your answer above this line')} -##" if reply_to else "",
        }
        # The text is no HTML: what looks like markup in it has to stay what it is.
        plain = render_to_string("notifications/mail.txt", {**context, "body": mark_safe(message.body)})  # noqa: S308
        html = render_to_string(
            "notifications/mail/message.html", {**context, "body": _html(message.markdown or message.body)}
        )
    mail = EmailMultiAlternatives(
        subject=message.subject,
        from_email=house.sender(),
        body=plain.strip() + "\n",
        to=[message.address],
        headers=threads.headers(message),
        reply_to=[reply_to] if reply_to else None,
    )
    mail.attach_alternative(html, "text/html")
    return mail


def _html(markdown: str) -> str:
    # Addresses of this site are written without it; in a mail they need it.
    return mark_safe(md(markdown).replace('href="/', f'href="{settings.SITE_URL}/'))  # noqa: S308 - cleaned by md


def _said(error: Exception) -> str:
    """What the server said, in one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "; ".join(f"{who}: {code} {_text(text)}" for who, (code, text) in error.recipients.items())
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
    else:
        said = f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:500]


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
