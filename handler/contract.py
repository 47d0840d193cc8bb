"""The names and limits that the function, the Pulumi program and the tools must agree on.

Standard library only: the program imports this module without the handler's packages.
"""

from __future__ import annotations

import enum

ENTRY_POINT = "handler.app.lambda_handler"
"""The function's handler setting in Lambda."""

# Attributes of an item.

KEY_ATTRIBUTE = "pk"
"""Document id; the tables' partition key."""

VERSION_ATTRIBUTE = "version"
TX_TIME_ATTRIBUTE = "txTime"
TX_ID_ATTRIBUTE = "txId"
HASH_ATTRIBUTE = "hash"
DOCUMENT_ATTRIBUTE = "data"
"""The whole document, where no attributes are projected."""

DELETED_ATTRIBUTE = "isDeleted"
EXPIRY_ATTRIBUTE = "expiresAt"
"""The tables' time-to-live attribute."""

TOMBSTONE_ATTRIBUTES = (DELETED_ATTRIBUTE, EXPIRY_ATTRIBUTE)
"""Only tombstones have them; the next live revision removes them."""

RESERVED_ATTRIBUTES = (
    KEY_ATTRIBUTE,
    VERSION_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    TX_ID_ATTRIBUTE,
    HASH_ATTRIBUTE,
    DOCUMENT_ATTRIBUTE,
    *TOMBSTONE_ATTRIBUTES,
)
"""Names that no projected attribute may have."""

MAX_ATTRIBUTES = 100
"""Projected and retired attributes of one table together."""

# The failure bucket.

RECORDS_PREFIX = "records/"
"""Keys of quarantined records (dead letters), one object each."""

BATCHES_PREFIX = "aws/lambda/"
"""Keys of batches that the event source mapping discarded, chosen by Lambda (developer guide,
"Retain discarded batch records in Amazon S3")."""


TABLES_FILE = "replica_tables.json"
"""File at the root of the code archive, a JSON object: for each ledger table, an object with the
fields of `TableField`."""


class Variable(enum.StrEnum):
    """Environment variables of the function."""

    REPLICA_TABLES = "REPLICA_TABLES"
    """The text of `TABLES_FILE`, which it replaces where the handler runs outside Lambda. Functions
    that version 0.1.0 deployed have it too."""

    FAILURE_BUCKET = "FAILURE_BUCKET"
    TOMBSTONE_LIFETIME_DAYS = "TOMBSTONE_LIFETIME_DAYS"
    """Absent if tombstones never expire."""

    VERSION = "REPLICA_VERSION"
    """Version of this project that deployed the function."""

    # Powertools for AWS Lambda (Python), "Environment variables".
    SERVICE_NAME = "POWERTOOLS_SERVICE_NAME"
    METRICS_NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
    LOG_LEVEL = "POWERTOOLS_LOG_LEVEL"


class TableField(enum.StrEnum):
    """Fields of one ledger table's object in `TABLES_FILE`."""

    TABLE_NAME = "tableName"
    ATTRIBUTES = "attributes"
    RETIRED_ATTRIBUTES = "retiredAttributes"


SERVICE_NAME = "qldb-replica"
METRICS_NAMESPACE = "QldbReplica"


class Metric(enum.StrEnum):
    """CloudWatch metrics in `METRICS_NAMESPACE`, each with the dimension ``service``."""

    APPLIED = "RevisionsApplied"
    STALE = "RevisionsStale"
    SUPERSEDED = "RevisionsSuperseded"
    DELETED = "RevisionsDeleted"
    REDACTED = "RevisionsRedacted"
    QUARANTINED = "RecordsQuarantined"
    RETRIED = "RecordsRetried"
    IGNORED = "RecordsIgnored"
    """With the further dimension `REASON_DIMENSION`."""

    LAG = "ReplicationLag"


REASON_DIMENSION = "reason"
