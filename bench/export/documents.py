"""Documents as an online shop's ledger has them, from a random source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from amazon.ion.core import Timestamp, TimestampPrecision
from amazon.ion.symbols import SymbolToken

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_FIRST_NAMES: Final = ("Ada", "Blaise", "Carla", "Dmitri", "Emilía", "Farid", "Grace", "Hoàng")
_LAST_NAMES: Final = ("Abel", "Brandt", "Castro", "Dvořák", "Eriksson", "Fischer", "García")
_STREETS: Final = ("Harbour Road", "Mill Lane", "Elm Street", "Station Square", "Rue du Lac")
_CITIES: Final = ("Springfield", "Göteborg", "Lyon", "Valencia", "Leeds", "Porto", "Graz")
_COUNTRIES: Final = ("US", "SE", "FR", "ES", "GB", "PT", "AT")
_STATES: Final = ("open", "paid", "packed", "sent", "delivered", "returned")
_CARRIERS: Final = ("NorthMail", "ParcelOne", "Courier & Sons", "City Bikes")
_REMARKS: Final = (
    "leave the parcel with the neighbour on the second floor",
    "customer asked for an invoice with the company's address",
    "second delivery attempt, nobody answered the bell",
    'says "call before you come", number as above',
    "gift, do not enclose the invoice",
)
_ARTICLES: Final = (
    "espresso machine, steel",
    "desk lamp with dimmer",
    "hiking boots, size 43",
    "bicycle lock, 90 cm",
    "notebook, dotted, A5",
)
_DEVICES: Final = ("Firefox on Linux", "Safari on iPhone", "Chrome on Android", "till 4")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_NULL_SHARE: Final = 0.2
_REMARK_SHARE: Final = 0.3
_RARE_SHARE: Final = 0.05
"""Share of documents with a value that JSON cannot show: a blob, a symbol, or a float."""


def timestamp(milliseconds: int) -> Timestamp:
    """Return a time with three digits after the second, as QLDB writes its own.

    Parameters
    ----------
    milliseconds
        Since 1970, UTC.
    """
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return Timestamp(
        *moment.timetuple()[:6],
        moment.microsecond,
        UTC,
        precision=TimestampPrecision.SECOND,
        fractional_precision=3,
    )


def _second(milliseconds: int) -> Timestamp:
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return Timestamp(*moment.timetuple()[:6], 0, UTC, precision=TimestampPrecision.SECOND)


def _day(milliseconds: int) -> Timestamp:
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return Timestamp(*moment.timetuple()[:3], precision=TimestampPrecision.DAY)


def _money(source: random.Random, limit: int = 100_000) -> Decimal:
    return Decimal(source.randrange(100, limit)).scaleb(-2)


def _address(source: random.Random) -> dict[str, Any]:
    place = source.randrange(len(_CITIES))
    return {
        "street": f"{source.randrange(1, 240)} {source.choice(_STREETS)}",
        "city": _CITIES[place],
        "postalCode": f"{source.randrange(100_000):05d}",
        "country": _COUNTRIES[place],
    }


def _internet_address(source: random.Random) -> str:
    return f"203.0.113.{source.randrange(256)}"


def _customer(source: random.Random, number: int, now: int) -> dict[str, Any]:
    first, last = source.choice(_FIRST_NAMES), source.choice(_LAST_NAMES)
    document: dict[str, Any] = {
        "customerId": number,
        "name": {"first": first, "last": last},
        "email": f"customer.{number}@example.com",
        "phone": None
        if source.random() < _NULL_SHARE
        else f"+1 202 555 {source.randrange(10_000):04d}",
        "birthDate": _day(source.randrange(-800_000_000_000, 1_000_000_000_000)),
        "registeredAt": _second(now - source.randrange(10**10)),
        "newsletter": source.random() < 0.5,  # noqa: PLR2004 (a coin)
        "creditLimit": _money(source, 1_000_000),
        "addresses": [
            {"kind": "billing", **_address(source)},
            {"kind": "delivery", **_address(source)},
        ],
        "tags": source.sample(("vip", "business", "late payer", "new", "staff"), 2),
        "preferences": {
            "language": source.choice(("en", "sv", "fr", "es", "pt", "de")),
            "currency": "EUR",
            "contact": ["email", "text message"],
            "itemsPerPage": source.choice((20, 50, 100)),
        },
        "visits": [
            {
                "at": timestamp(now - source.randrange(10**9)),
                "device": source.choice(_DEVICES),
                "address": _internet_address(source),
            }
            for _ in range(4)
        ],
        "remark": None if source.random() < _NULL_SHARE else source.choice(_REMARKS),
    }
    if source.random() < _RARE_SHARE:
        document["signature"] = source.randbytes(48)
    return document


def _order(source: random.Random, number: int, now: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "orderId": f"ORD-{number:08d}",
        "customerId": source.randrange(100_000),
        "status": source.choice(_STATES),
        "placedAt": timestamp(now - source.randrange(10**8)),
        "currency": "EUR",
        "total": _money(source),
        "discount": None if source.random() < _NULL_SHARE else Decimal(source.randrange(1, 30)),
        "paid": source.random() < 0.5,  # noqa: PLR2004 (a coin)
        "items": [
            {
                "sku": f"SKU-{source.randrange(100_000):05d}",
                "name": source.choice(_ARTICLES),
                "quantity": source.randrange(1, 9),
                "price": _money(source, 20_000),
            }
            for _ in range(source.randrange(2, 9))
        ],
        "delivery": _address(source),
        "billing": _address(source),
    }
    if source.random() < _REMARK_SHARE:
        document["remark"] = source.choice(_REMARKS)
    if source.random() < _RARE_SHARE:
        document["channel"] = SymbolToken(source.choice(("web", "shop", "phone")), None)
    return document


def _shipment(source: random.Random, number: int, now: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "shipmentId": number,
        "trackingNumber": f"{source.randrange(10**17):018d}",
        "carrier": source.choice(_CARRIERS),
        "sender": {"name": "Warehouse 7", **_address(source)},
        "recipient": {
            "name": f"{source.choice(_FIRST_NAMES)} {source.choice(_LAST_NAMES)}",
            **_address(source),
        },
        "weightKg": Decimal(source.randrange(100, 30_000)).scaleb(-3),
        "insured": source.random() < 0.5,  # noqa: PLR2004 (a coin)
        "events": [
            {
                "at": _second(now - source.randrange(10**8)),
                "status": status,
                "place": f"Sorting centre {source.choice(_CITIES)}",
                "scanner": source.randrange(1_000),
            }
            for status in source.sample(_STATES, source.randrange(2, 6))
        ],
        "dimensions": {"length": source.randrange(10, 120), "width": 40, "height": 30},
        "proofOfDelivery": None,
    }
    if source.random() < _RARE_SHARE:
        document["position"] = [source.uniform(-90, 90), source.uniform(-180, 180)]
    return document


def _payment(source: random.Random, number: int, now: int) -> dict[str, Any]:
    return {
        "paymentId": f"PAY-{number:010d}",
        "orderId": f"ORD-{source.randrange(10**8):08d}",
        "amount": _money(source),
        "fee": Decimal(source.randrange(1, 999)).scaleb(-4),
        "method": source.choice(("card", "transfer", "invoice")),
        "card": {
            "holder": f"{source.choice(_FIRST_NAMES)} {source.choice(_LAST_NAMES)}",
            "last4": f"{source.randrange(10_000):04d}",
            "expires": {"month": source.randrange(1, 13), "year": source.randrange(2020, 2026)},
        },
        "authorized": True,
        "attempts": source.randrange(1, 4),
        "valueDate": _day(now),
        "capturedAt": timestamp(now - source.randrange(10**6)),
        "riskScore": source.randrange(1_000),
        "reference": source.randbytes(20).hex(),
        "history": [
            {
                "step": step,
                "code": source.randrange(100, 600),
                "by": "gateway",
                "at": timestamp(now - source.randrange(10**6)),
            }
            for step in ("authorize", "challenge", "capture")
        ],
        "client": {"address": _internet_address(source), "device": source.choice(_DEVICES)},
        "billing": _address(source),
        "remark": None if source.random() < _NULL_SHARE else source.choice(_REMARKS),
    }


def account(source: random.Random, number: int, now: int) -> dict[str, Any]:
    """Return a flat document of about 550 bytes of Ion binary: no field has fields of its own.

    Parameters
    ----------
    source
        Random source.
    number
        Of the document.
    now
        The time, in milliseconds since 1970.
    """
    place = source.randrange(len(_CITIES))
    first, last = source.choice(_FIRST_NAMES), source.choice(_LAST_NAMES)
    return {
        "accountId": f"ACC-{number:010d}",
        "iban": f"{_COUNTRIES[place]}{source.randrange(10**20):020d}",
        "holder": f"{first} {last}",
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "phone": f"+1 202 555 {source.randrange(10_000):04d}",
        "street": f"{source.randrange(1, 240)} {source.choice(_STREETS)}",
        "postalCode": f"{source.randrange(100_000):05d}",
        "city": _CITIES[place],
        "country": _COUNTRIES[place],
        "status": source.choice(("active", "dormant", "blocked", "closed")),
        "kind": source.choice(("current account", "savings account", "deposit")),
        "currency": "EUR",
        "balance": _money(source, 10**9),
        "overdraftLimit": _money(source, 1_000_000),
        "interestRate": Decimal(source.randrange(1, 900)).scaleb(-4),
        "openedAt": _second(now - source.randrange(10**11)),
        "changedAt": timestamp(now),
        "birthDate": _day(source.randrange(-800_000_000_000, 1_000_000_000_000)),
        "taxNumber": f"{source.randrange(10**11):011d}",
        "branch": f"Branch {source.choice(_CITIES)}, {source.choice(_STREETS)}",
        "advisor": f"{source.choice(_FIRST_NAMES)} {source.choice(_LAST_NAMES)}",
        "riskScore": source.randrange(1_000),
        "isJoint": source.random() < 0.5,  # noqa: PLR2004 (a coin)
        "hasCard": source.random() < 0.5,  # noqa: PLR2004 (a coin)
        "signature": source.randbytes(40).hex(),
        "reference": source.randbytes(20).hex(),
        "closedAt": None,
        "lastDevice": f"{source.choice(_DEVICES)}, {_internet_address(source)}",
        "remark": f"{source.choice(_REMARKS)}; {source.choice(_REMARKS)}",
    }


DOCUMENTS: Final[dict[str, Callable[[random.Random, int, int], dict[str, Any]]]] = {
    "Customers": _customer,
    "Orders": _order,
    "Shipments": _shipment,
    "Payments": _payment,
    "Drafts": _order,
}
"""By table: returns a document for a random source, the document's number, and the time in
milliseconds."""
