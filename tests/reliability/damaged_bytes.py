"""Changes of bytes at random places."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def damaged_bytes(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Return what a strategy draws, changed at some places."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        match draw(st.sampled_from(("flip", "cut", "insert", "repeat", "truncate"))):
            case "flip":
                data[start : start + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del data[start:end]
            case "insert":
                data[start:start] = draw(st.binary(min_size=1, max_size=8))
            case "repeat":
                data[start:start] = data[start:end]
            case _:
                del data[start:]
    return bytes(data)
