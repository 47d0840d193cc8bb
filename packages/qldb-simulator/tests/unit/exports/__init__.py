"""Unit tests of exports, in one ledger, with a clock that stands still."""
