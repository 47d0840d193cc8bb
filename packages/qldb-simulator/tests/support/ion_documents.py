"""Documents of every Ion type, for property tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from amazon.ion.core import IonType
from amazon.ion.simple_types import IonPyBytes, IonPyList, IonPyNull, IonPyText
from amazon.ion.symbols import SymbolToken
from hypothesis import strategies as st

_NAMES = st.text(max_size=8) | st.sampled_from(["null", "a b", "$ion_1_0", "data", "'"])
_TEXTS = st.text(max_size=12)
_SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.sampled_from([IonPyNull.from_value(kind, None) for kind in (IonType.INT, IonType.STRUCT)]),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 (hypothesis adds the zone)
    _TEXTS,
    _TEXTS.map(lambda text: SymbolToken(text, None)),
    _TEXTS.map(lambda text: IonPyText.from_value(IonType.STRING, text, ("note",))),
    st.binary(max_size=12),
    st.binary(max_size=12).map(lambda data: IonPyBytes.from_value(IonType.CLOB, data)),
)


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Return structs, nested in lists, S-expressions and structs."""
    values = st.recursive(
        _SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(lambda i: IonPyList.from_value(IonType.SEXP, i)),
            st.dictionaries(_NAMES, inner, max_size=4),
        ),
        max_leaves=12,
    )
    return st.dictionaries(_NAMES, values, max_size=5)
