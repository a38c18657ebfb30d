"""What Halden's desk has written down, for everybody and for itself."""

from __future__ import annotations

from itsm.accounts.models import User
from itsm.catalogue.models import Service
from transition.services import articles

SOURCE = "web"

#: service, title, summary, keywords, audience, text
ARTICLES = (
    ("Email and calendar", "Outlook keeps asking for your password",
     "Remove the stored password once, then sign in again.", "credentials loop prompt",
     "everybody",
     "Outlook sometimes keeps an old sign-in after an update.\n\n1. Close Outlook.\n2. Open **Credential Manager** from"
     " the start menu.\n3. Under *Windows credentials*, remove every line that starts with `MicrosoftOffice`.\n"
     "4. Start Outlook and sign in once.\n\nIf it asks again, tell us: the account may need a new token."),
    ("Identity and sign-on", "New phone: move the sign-in prompt",
     "Enrol the new phone before you give the old one back.", "two-factor mfa authenticator prompt",
     "everybody",
     "The prompt goes to the phone that is enrolled.\n\n1. On a computer, open **My account** and choose *Security*.\n"
     "2. Choose *Add device* and scan the code with the new phone.\n3. Remove the old device.\n\nNo access to the old"
     " phone any more? Report a problem; we check your identity by video call."),
    ("VPN and remote access", "The VPN disconnects at home",
     "Most home routers close a quiet tunnel; keepalive stops that.", "vpn drops tunnel broadband disconnect",
     "everybody",
     "Routers close connections that are quiet for a while.\n\n1. Open the VPN client, *Settings*, *Connection*.\n"
     "2. Set **Keepalive** to 15 seconds.\n3. Connect again.\n\nStill dropping? Tell us the name of the router."),
    ("VPN and remote access", "“Certificate expired” in the VPN client",
     "The certificate of your laptop renews on the company network, or over a page.", "vpn certificate expired hotel",
     "everybody",
     "Laptops renew their certificate every 90 days when they are in the office.\n\nAway for longer? Open the"
     " *Enrolment* page in the browser, sign in and choose **Renew**. It takes two minutes."),
    ("Laptops and desktops", "Second monitor stays black at the dock",
     "Unplug the dock's power for ten seconds, then update its firmware.", "dock monitor screen black display",
     "everybody",
     "1. Unplug the dock from power for ten seconds.\n2. Plug it in and wait until the lamp is steady.\n3. Open **Dock"
     " update** from the start menu.\n\nThe update takes five minutes; the screens flicker while it runs."),
    ("Printing", "Label printer prints blank labels", "After a change of rolls the darkness must fit the paper.",
     "label blank white packing printer roll", "everybody",
     "Rolls of another maker need another darkness.\n\nOn the printer press *Menu*, *Print*, **Darkness**, and set it to"
     " 12. Print a test label."),
    ("Store tills", "Till refuses gift cards", "Update the till's product list.", "till gift card unknown product",
     "everybody",
     "On the till, press *Service*, **Update products**, and wait for the beep. Gift cards work right after."),
    ("Payment gateway", "Payment gateway: take a node out", "How to drain one gateway node without losing payments.",
     "runbook drain pool pay-gw", "desk",
     "1. Set the node to *draining* in the load balancer.\n2. Wait until its open connections are below 5.\n"
     "3. Stop the service.\n\nNever drain both nodes at the same time."),
)  # fmt: skip


def create(people: dict[str, User], services: dict[str, Service]) -> None:
    """Write and publish the articles, each by an agent, published by the administrator."""
    for name, title, summary, keywords, audience, body in ARTICLES:
        article = articles.write(
            actor=people["Priya Raman"], source=SOURCE, title=title, summary=summary, body=body, keywords=keywords,
            service=services[name], audience=audience, owner=people["Priya Raman"],
        )  # fmt: skip
        submitted = articles.perform(article, "submit", actor=people["Priya Raman"], source=SOURCE)
        articles.publish(submitted, actor=people["Ada Lindqvist"], source=SOURCE)
