"""What people at Halden report, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """One recurring kind of incident. ``question`` is what the agent asks back, ``answer`` what comes."""

    service: str
    category: str
    title: str
    description: str
    question: str
    answer: str
    note: str
    solution: str
    impact: int = 3
    urgency: int = 2
    weight: int = 3


S = Story
STORIES = (
    S("Email and calendar", "Error message", "Outlook asks for credentials in a loop after update",
      "Since this morning Outlook asks for my password every minute. I typed it ten times.",
      "Do you also see this in the web version?", "No, in the browser it works.",
      "Stale token in the credential store, same as after the last client update.",
      "Removed the stored credentials and signed in again.", weight=5),
    S("Email and calendar", "Error message", "Shared mailbox for accounts payable stops receiving external mail",
      "Suppliers say their invoices bounce since about nine.", "Could you forward us one of the bounces?",
      "Here it is, it says mailbox full.", "Quota of the shared mailbox is reached, 50 GB of scans.",
      "Raised the quota and moved scans older than a year to the archive.", impact=2, urgency=1, weight=2),
    S("Email and calendar", "Slow", "Meeting room 4.12 panel shows wrong calendar",
      "The panel outside room 4.12 shows the bookings of 4.14.", "Is it all day or only some bookings?",
      "All of them.", "Panels were swapped at the last cleaning.", "Paired the panel with the right room again.",
      urgency=3, weight=2),
    S("Identity and sign-on", "Access and passwords", "Cannot sign in to payroll after password reset",
      "I reset my password yesterday and payroll says account unknown.", "Which browser do you use?",
      "Chrome, also in a private window.", "Directory sync of the new password is stuck for this account.",
      "Forced the sync; sign-in works.", impact=3, urgency=1, weight=4),
    S("Identity and sign-on", "Access and passwords", "Two-factor prompt never arrives on new phone",
      "I have a new phone and the prompt still goes to the old one.", "Do you still have the old phone?",
      "No, I gave it back.", "Identity checked by video call.", "Removed the old device and enrolled the new phone.", weight=5),
    S("Identity and sign-on", "Access and passwords", "Account locked after holidays",
      "Three weeks off and now my account is locked.", "Please call us from your desk phone for the identity check.",
      "Done.", "Locked by policy after 21 days.", "Unlocked and password renewed.", weight=5),
    S("VPN and remote access", "VPN", "VPN drops every 20 minutes on home broadband",
      "The tunnel disconnects again and again when I work from home.", "Which provider and router do you have at home?",
      "Telia, the white box.", "Idle timer of the router; keepalive is longer than that.",
      "Set the keepalive to 15 seconds in the client profile.", weight=4),
    S("VPN and remote access", "VPN", "VPN client says certificate expired",
      "Cannot connect from the hotel: certificate expired.", "What date does the message show?", "Yesterday.",
      "Device certificate was not renewed, the laptop had been off the network for weeks.",
      "Renewed the device certificate over the enrolment page.", urgency=1, weight=3),
    S("Laptops and desktops", "Laptop", "Laptop does not detect second monitor through dock",
      "The right screen stays black since the update.", "Does it work with another dock?", "Yes, with my colleague's.",
      "Dock firmware too old for the new graphics driver.", "Updated the dock's firmware.", weight=4),
    S("Laptops and desktops", "Slow", "Laptop takes 15 minutes to start",
      "Coffee is ready before my laptop is.", "How long has it been like this?", "About two weeks.",
      "Disk at 98 %, update cache never cleaned.", "Cleaned the disk and replaced the old sync client.", weight=4),
    S("Laptops and desktops", "Hardware", "Keyboard keys stick after coffee", "I spilled coffee. E and R stick.",
      "Is anything else wet?", "No, only the keyboard.", "", "Gave out a replacement keyboard.", urgency=3, weight=2),
    S("Printing", "Printer", "Label printer on packing line 3 prints blank labels",
      "Every second label comes out white. We write addresses by hand.", "Did anybody change the label roll?",
      "Yes, a new brand.", "New rolls need another darkness setting.", "Set darkness to 12 and told purchasing.",
      impact=2, urgency=1, weight=3),
    S("Printing", "Printer", "Printer on the second floor says paper jam without paper",
      "It says paper jam in tray 2 but there is none.", "Please open the back door once and close it.",
      "Did that, still jam.", "Sensor flag broken, supplier has the part.", "Supplier replaced the sensor.", urgency=3, weight=3),
    S("Network and Wi-Fi", "Wi-Fi", "Wi-Fi in store Bergen very slow on Saturdays",
      "Tills are fine but the tablets cannot load product pictures.", "Around what time is it worst?",
      "From noon to four.", "Guest network takes all the air; 180 guests on one access point.",
      "Limited the guest network and added an access point.", impact=2, weight=3),
    S("Network and Wi-Fi", "Wi-Fi", "Guest Wi-Fi voucher page does not load on phones",
      "Visitors cannot get online, the voucher page stays white.", "Which phones?", "iPhones mostly.",
      "Captive portal certificate chain incomplete.", "Installed the full certificate chain.", weight=2),
    S("Warehouse management", "Scanner", "Warehouse scanners drop offline every few minutes",
      "Scanners on lines 1 to 4 go offline and come back. Picking is at half speed.", "Is it all models?",
      "The new ones only.", "Roaming setting of the new scanners; they stick to a far access point.",
      "Rolled out the roaming profile to all new scanners.", impact=1, urgency=2, weight=2),
    S("Warehouse management", "Error message", "Pick list of zone C prints twice",
      "All pick lists of zone C come twice since the night.", "Could you send us one of both?", "Sent by mail.",
      "Print queue was defined twice after maintenance.", "Removed the second queue.", impact=2, weight=3),
    S("ERP finance", "Error message", "Finance month-end export fails with error 504",
      "The export stops after ten minutes with error 504. Auditors wait for it.", "Which period and company?",
      "October, company 1100.", "Report runs longer than the gateway allows.",
      "Raised the time limit for this report and scheduled it for the night.", impact=2, urgency=1, weight=3),
    S("ERP finance", "Slow", "Posting invoices takes a minute each", "It was two seconds last week.",
      "Only for you or for the team?", "Everybody in accounts payable.", "Statistics job had not run since the upgrade.",
      "Ran the statistics job and put it back on the schedule.", impact=2, weight=2),
    S("Payroll and HR portal", "Data", "Old name still shown in address book after marriage",
      "HR changed it two weeks ago.", "Which systems still show it?", "Mail and the phone list.",
      "Name comes from the directory, HR feed skips the field.", "Corrected the directory entry and the feed.", urgency=3, weight=2),
    S("Video conferencing", "Hardware", "No sound in the boardroom before supplier meeting",
      "Camera works, sound does not. Meeting starts at ten.", "Is the table microphone lit?", "No, dark.",
      "Power supply of the table unit unplugged by cleaning.", "Plugged in, tested with a call.", urgency=1, weight=2),
    S("Telephony", "Phone", "Softphone ringtone cannot be changed", "The default one drives everybody mad.",
      "Which version do you run?", "8.2", "", "Showed how to upload an own ringtone.", urgency=3, weight=2),
    S("Telephony", "Phone", "Customer care line drops calls when transferring",
      "About one in ten transfers is lost.", "Could you note the time of the next one?", "10:42 and 11:05 today.",
      "Session border controller runs out of transfer slots.", "Raised the number of slots.", impact=2, urgency=1, weight=2),
    S("Store tills", "Error message", "Till 3 in Oslo rejects gift cards", "Gift cards are refused: unknown product.",
      "Since when?", "This morning.", "Product list of that till is two days old.", "Forced a product update on the till.",
      impact=3, urgency=1, weight=4),
    S("Store tills", "Hardware", "Receipt printer cuts off the last line", "The sum is not on the receipt.",
      "Is the cutter clean?", "Yes.", "", "Adjusted the cut position in the till profile.", weight=2),
    S("Web shop", "Slow", "Slow search in customer portal since this morning", "Customers wait 8 seconds for results.",
      "", "", "Index replica was rebuilt during the day.", "Moved the rebuild to the night.", impact=2, urgency=1, weight=2),
    S("Web shop", "Error message", "Wish list shows products of another language", "Danish names in the Norwegian shop.",
      "Could you send the address of such a page?", "halden.example/no/wish/4711",
      "Cache key lacks the language.", "Purged the cache, fix is with the developers.", weight=2),
    S("Data warehouse", "Report", "Data warehouse refresh missed the 06:00 load", "Sales figures stop at yesterday noon.",
      "", "", "Source extract ran into the ERP maintenance.", "Re-ran the load, moved it behind maintenance.", weight=3),
)  # fmt: skip

MAJOR = Story(
    "Payment gateway", "Error message", "Card payments time out at web checkout",
    "Customers reach the payment step and wait 30 seconds, then see “We could not process your card”."
    " Started at 12:41. Card present sales in stores are not affected. Error rate on `POST /v2/charges` rose from"
    " 0.2% to 38%.",
    "", "",
    "Connection pool on pay-gw-02 is exhausted, all 200 connections wait on the token service."
    " It started right after the certificate rotation.",
    "Rolled back the token service's certificate on pay-gw-02 and drained the pool; error rate back to 0.2%.",
    impact=1, urgency=1,
)  # fmt: skip
MAJOR_UPDATES = (
    "We see card payments failing on the web shop and are working on it with the payment provider."
    " Store tills work normally.",
    "Cause found: the token service refuses connections of one gateway node. We take that node out.",
    "Payments go through again since a few minutes. We keep watching before we call it solved.",
)
CHILDREN = (
    ("Leila Farouk", "Customers call: paying with Visa fails"),
    ("Ines Moreau", "Test order in the shop cannot be paid"),
    ("Erik Dahl", "Checkout errors in the web shop log"),
)

#: How far today's incidents have come; "mine" is the agent who signs in.
PRESENT = (
    *("new",) * 9, *("assigned",) * 6, *("working",) * 7, *("answered",) * 3, *("held",) * 4, *("escalated",) * 5,
    "mine working", "mine working", "mine answered", "mine answered", "mine held", "mine working",
)  # fmt: skip
