"""Currencies by their code of ISO 4217: which there are, and how they are written."""

from __future__ import annotations

from decimal import Decimal

#: Those in use, without funds, metals and codes for tests.
CODES = frozenset((
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND",
    "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE",
    "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD",
    "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY",
    "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD",
    "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF",
    "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV",
    "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
))  # fmt: skip
#: Without a smaller unit, and with thousandths.
WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
THOUSANDTHS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
SYMBOLS = {
    "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "ILS": "₪", "UAH": "₴", "VND": "₫",
    "TRY": "₺", "NGN": "₦", "PHP": "₱", "KZT": "₸", "GEL": "₾", "PLN": "zł", "CZK": "Kč",
}  # fmt: skip
#: Languages that write the sign before the number and close to it.
_SIGN_FIRST = frozenset(("en", "ja", "zh", "ko", "th", "hi", "ga", "cy", "mt"))
_APART = "\u00a0"


def symbol(code: str) -> str:
    """Its sign, or the code where there is none that everybody reads the same way."""
    return SYMBOLS.get(code, code)


def written(number: str, code: str, language: str | None, *, negative: bool = False) -> str:
    """A number that is formatted already, with its currency as the language writes it: ``€5``, ``CHF 5``, ``5 €``."""
    sign, minus = symbol(code), "-" if negative else ""
    if (language or "en").split("-")[0] not in _SIGN_FIRST:
        return f"{minus}{number}{_APART}{sign}"
    return f"{minus}{sign}{_APART if sign.isalpha() else ''}{number}"


def decimals(value: Decimal, code: str) -> int:
    """Digits after the point: none for a whole amount of a currency without a smaller unit."""
    return 0 if code in WHOLE and value == value.to_integral_value() else 2
