"""Where the product may connect to when somebody else chose the address: not into our own network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

from django.utils.translation import gettext as _

from itsm.lib.errors import Refused


def addresses(host: str) -> list[str]:
    """The addresses a host name stands for now; ``Refused`` when there are none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(_("There is no host “%(host)s”.") % {"host": host}, code="no_host") from None
    return sorted({str(entry[4][0]) for entry in found})


def refuse_private(host: str, *, allowed: Collection[str] = ()) -> None:
    """Raise ``Refused`` when the host is in a private, local or reserved range and not expressly allowed.

    Call it before saving an address and again before every connection: names change what they stand for.
    """
    host = host.strip("[]").lower().rstrip(".")
    if host in {name.lower() for name in allowed}:
        return
    for address in addresses(host):
        ip = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None)
        if not (mapped or ip).is_global or ip.is_multicast:
            raise Refused(
                _("“%(host)s” is an address inside this network (%(address)s).") % {"host": host, "address": address},
                code="private_host",
            )
