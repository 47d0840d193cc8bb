"""The client refuses invalid values before it sends a request."""

from __future__ import annotations

import pytest
from qldb_simulator.client import LedgerClient
from qldb_simulator.errors import SimulatorError
from qldb_simulator.operations import Insert


def test_an_endpoint_without_a_port_is_refused() -> None:
    with pytest.raises(SimulatorError, match=r"expected a URL with a port .* not nowhere"):
        LedgerClient("nowhere")


def test_a_value_that_is_not_ion_is_refused_without_quoting_it() -> None:
    client = LedgerClient("http://127.0.0.1:1")

    with pytest.raises(SimulatorError, match=r"is not Ion \(TypeError\)") as caught:
        client.commit("one", [Insert(table="Person", document={"a": {"secret-value"}})])

    assert caught.value.__cause__ is None
