"""The names and limits that the function, the Pulumi program and the tools must agree on.

Standard library only: the program imports this module without the handler's packages.
"""

from __future__ import annotations

import enum
import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ENTRY_POINT = "handler.app.lambda_handler"
"""The function's handler setting in Lambda."""

# The time of an invocation.

MARGIN_SHARE = 0.2
"""Share of an invocation's time that is reserved for the response; the same share before that is
reserved for the failure bucket."""

MAX_MARGIN_SECONDS = 5.0
"""Upper bound of each of the two margins."""


def margin_seconds(time_seconds: float) -> float:
    """Return the length of each of the two margins.

    Writes end two margins before the invocation's time is over.

    Parameters
    ----------
    time_seconds
        Seconds that the invocation has.
    """
    return min(MAX_MARGIN_SECONDS, time_seconds * MARGIN_SHARE)


# Attributes of an item.

KEY_ATTRIBUTE = "pk"
"""Document id; the tables' partition key."""

VERSION_ATTRIBUTE = "version"
TX_TIME_ATTRIBUTE = "txTime"
TX_ID_ATTRIBUTE = "txId"
TABLE_ID_ATTRIBUTE = "tableId"
"""Id of the ledger table: a table that was dropped and created again has the same name and another
id."""

HASH_ATTRIBUTE = "hash"
DOCUMENT_ATTRIBUTE = "data"
"""The whole document, where no attributes are projected."""

DELETED_ATTRIBUTE = "isDeleted"
EXPIRY_ATTRIBUTE = "expiresAt"
"""The tables' time-to-live attribute."""

PROJECTION_ATTRIBUTE = "projectionId"
"""Only live items have it: which attributes they may hold, see `projection_id`."""

UNINDEXED_ATTRIBUTE = "unindexed"
"""A map of the projected attributes whose values no index can have as a key. Only live items of
tables with indexes have it."""

METADATA_ATTRIBUTES = (
    VERSION_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    TX_ID_ATTRIBUTE,
    TABLE_ID_ATTRIBUTE,
    HASH_ATTRIBUTE,
)
"""Every item has them, beside its key."""

# Attributes that only items of the history table have; its key is the document id and the version.

REVISION_STATE_ATTRIBUTE = "revisionState"
LEDGER_TABLE_ATTRIBUTE = "ledgerTable"
STRAND_ID_ATTRIBUTE = "blockStrandId"
SEQUENCE_NUMBER_ATTRIBUTE = "blockSequenceNo"
DATA_HASH_ATTRIBUTE = "dataHash"
"""Only redacted revisions have it."""

HISTORY_ATTRIBUTES = (
    REVISION_STATE_ATTRIBUTE,
    LEDGER_TABLE_ATTRIBUTE,
    STRAND_ID_ATTRIBUTE,
    SEQUENCE_NUMBER_ATTRIBUTE,
    DATA_HASH_ATTRIBUTE,
)


class RevisionState(enum.StrEnum):
    """The values of `REVISION_STATE_ATTRIBUTE`."""

    LIVE = "live"
    DELETED = "deleted"
    REDACTED = "redacted"


TOMBSTONE_ATTRIBUTES = (DELETED_ATTRIBUTE, EXPIRY_ATTRIBUTE)
"""Only tombstones have them."""

RESERVED_ATTRIBUTES = (
    KEY_ATTRIBUTE,
    *METADATA_ATTRIBUTES,
    DOCUMENT_ATTRIBUTE,
    PROJECTION_ATTRIBUTE,
    UNINDEXED_ATTRIBUTE,
    *TOMBSTONE_ATTRIBUTES,
    *HISTORY_ATTRIBUTES,
)
"""Names that no projected attribute may have."""

_PROJECTION_DIGITS = 16


def projection_id(names: Iterable[str]) -> str:
    """Return the id of a set of attributes.

    An item with this id holds no other attributes, whatever wrote it, so an update that names them
    leaves nothing behind.

    Parameters
    ----------
    names
        The projected attributes, or `DOCUMENT_ATTRIBUTE` alone, in any order.

    Returns
    -------
    str
        Hexadecimal digits. The metadata count too: a version of this project that writes others
        has other ids.
    """
    every = sorted({KEY_ATTRIBUTE, PROJECTION_ATTRIBUTE, *METADATA_ATTRIBUTES, *names})
    return hashlib.sha256(json.dumps(every).encode()).hexdigest()[:_PROJECTION_DIGITS]


MAX_PARTITION_KEY_BYTES = 2048
"""DynamoDB developer guide, "Constraints"."""

MAX_ATTRIBUTES = 100
"""Projected attributes of one table."""

MAX_LIFETIME_DAYS = 36_500
"""Days of a tombstone's lifetime: a century. More means forever, for which the setting is left out;
a number without bound would make `EXPIRY_ATTRIBUTE` one that DynamoDB cannot store."""

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
    HISTORY_TABLE = "HISTORY_TABLE"
    """The DynamoDB table with every revision; absent if no ledger table keeps its history."""

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
    INDEX_KEYS = "indexKeys"
    """For each attribute that is a key of an index, a list of its DynamoDB type (``S``, ``N`` or
    ``B``) and the bytes that its value may have."""

    HISTORY = "history"
    """Whether every revision goes to the history table; absent if not."""

    TOMBSTONE_LIFETIME_DAYS = "tombstoneLifetimeDays"
    """Absent if tombstones never expire."""

    MERGE_GENERATIONS = "mergeGenerations"
    """Whether ledger tables of several ids may have this replica; absent if not."""


SERVICE_NAME = "qldb-replica"
METRICS_NAMESPACE = "QldbReplica"


class Metric(enum.StrEnum):
    """CloudWatch metrics in `METRICS_NAMESPACE`, each with the dimension `SERVICE_DIMENSION`.

    What belongs to one ledger table is counted with the further dimension `LEDGER_TABLE_DIMENSION`
    as well.
    """

    APPLIED = "RevisionsApplied"
    STALE = "RevisionsStale"
    SUPERSEDED = "RevisionsSuperseded"
    DELETED = "RevisionsDeleted"
    REDACTED = "RevisionsRedacted"
    UNINDEXED = "RevisionsUnindexed"
    HISTORY = "HistoryRevisionsWritten"
    QUARANTINED = "RecordsQuarantined"
    RETRIED = "RecordsRetried"
    IGNORED = "RecordsIgnored"
    """With the further dimension `REASON_DIMENSION`, or that of a table that is not configured."""

    LAG = "ReplicationLag"


SERVICE_DIMENSION = "service"
LEDGER_TABLE_DIMENSION = "LedgerTable"
REASON_DIMENSION = "reason"
