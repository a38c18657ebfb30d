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

    ``allowed`` names hosts, or networks such as ``10.20.0.0/16``. Call it before saving an address and again before
    every connection: names change what they stand for.
    """
    checked(host, allowed=allowed)


def checked(host: str, *, allowed: Collection[str] = ()) -> list[str]:
    """The addresses of a host that may be connected to: all of them, or ``Refused``."""
    host = host.strip("[]").lower().rstrip(".")
    found = addresses(host)
    if host in {name.lower() for name in allowed}:
        return found
    networks = [ipaddress.ip_network(name, strict=False) for name in allowed if "/" in name]
    for address in found:
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if (not ip.is_global or ip.is_multicast) and not any(ip in network for network in networks):
            raise Refused(
                _("“%(host)s” is an address inside this network (%(address)s).") % {"host": host, "address": address},
                code="private_host",
            )
    return found


def connect(host: str, port: int, *, timeout: float, allowed: Collection[str] = ()) -> socket.socket:
    """A connection to an address that was checked: what a name stands for cannot change in between."""
    failure: OSError | None = None
    for address in checked(host, allowed=allowed):
        try:
            return socket.create_connection((address, port), timeout=timeout)
        except OSError as error:
            failure = error
    raise failure or OSError("no address")
