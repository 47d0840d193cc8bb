"""The packages together with the emulator."""

import pytest

# Shows the values in the helpers' assertions; this has to come before their first import.
pytest.register_assert_rewrite("tests.support.stand_in")
