"""Prices and rates of Amazon DynamoDB by which the cost of a load is estimated.

Sources: aws.amazon.com/dynamodb/pricing/on-demand and the developer guide, "DynamoDB on-demand
capacity mode" and "Read and write operations".
"""

from __future__ import annotations

from typing import Final

REGION: Final = "us-east-1"
"""Other regions cost up to twice as much."""

DATE: Final = "2026-11"
"""When the prices were looked up."""

DOLLARS_PER_MILLION_WRITE_UNITS: Final = 0.625
"""Write request units of a table on demand, standard class."""

DOLLARS_PER_IMPORTED_GIGABYTE: Final = 0.15
"""Import from S3, by the size of the items without compression."""

BYTES_PER_WRITE_UNIT: Final = 1024
"""A write costs one unit for each started KB of its item; a condition that refuses it as well."""

WRITE_UNITS_PER_SECOND: Final = 4_000
"""What a new table on demand takes at once. `WarmThroughput` sets more beforehand."""
