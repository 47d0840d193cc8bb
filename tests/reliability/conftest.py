"""Makes pytest show the values in the helpers' assertions."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.reliability.accounting")
