"""Synthesised records of a QLDB stream, built from Ion text; no genuine ones are public."""

from __future__ import annotations

from tests.support.ion import binary
from tests.support.sentinel import SECRET

HASH = "MLpNkjWwnvmmtPF7PtufWSYu4lu9mcnbb27wu4X75fE="
TX_TIME = "2021-02-09T02:16:06.240Z"
TX_ID = "5pxmz8FD9Aj8Cbl5kuvXxP"
TABLE_ID = "ABCDEFGHIJKLMNOPQRSTUV"


BLOCK_ADDRESS = '{strandId: "HgXAkLjAtV0HQ4lNYdzX60", sequenceNo: 14}'


def revision(
    *,
    document_id: str = "6WXz9wdajiY7K5u6YwGUN4",
    version: int = 0,
    data: str | None = '{firstName: "Ann"}',
    data_hash: str | None = None,
    table: str = "Person",
    tx_time: str = TX_TIME,
    metadata: str | None = None,
    block_address: str | None = BLOCK_ADDRESS,
) -> bytes:
    """Return a REVISION_DETAILS record.

    Parameters
    ----------
    document_id, version, tx_time
        Fields of the metadata.
    data, data_hash
        Ion text; None leaves the field out.
    table
        Name of the document's table.
    metadata
        Ion text in place of the usual metadata.
    block_address
        Ion text; None leaves the field out.
    """
    fields = [f"hash: {{{{{HASH}}}}}"]
    if block_address is not None:
        fields.insert(0, f"blockAddress: {block_address}")
    if data is not None:
        fields.append(f"data: {data}")
    if data_hash is not None:
        fields.append(f"dataHash: {data_hash}")
    if metadata is None:
        metadata = (
            f'{{id: "{document_id}", version: {version}, txTime: {tx_time}, txId: "{TX_ID}"}}'
        )
    fields.append(f"metadata: {metadata}")
    return record(
        "REVISION_DETAILS",
        f'{{tableInfo: {{tableName: "{table}", tableId: "{TABLE_ID}"}}, '
        f"revision: {{{', '.join(fields)}}}}}",
    )


def secret_revision(document_id: str = "doc", version: int = 0, *, table: str = "Person") -> bytes:
    """Return a REVISION_DETAILS record whose document contains the sentinel."""
    return revision(
        document_id=document_id, version=version, table=table, data=f'{{name: "{SECRET}"}}'
    )


def record(record_type: str, payload: str) -> bytes:
    """Return a record of any type; the payload is Ion text."""
    return binary(
        '{qldbStreamArn: "arn:aws:qldb:us-east-1:000000000000:stream/ledger/ABCDEFGHIJKLMNOPQRSTUV"'
        f', recordType: "{record_type}", payload: {payload}}}'
    )


def control() -> bytes:
    """Return a CONTROL record, which never leads to a write."""
    return record("CONTROL", '{controlRecordType: "CREATED"}')


def block_summary(statement: str = "INSERT INTO Person ?") -> bytes:
    """Return a BLOCK_SUMMARY record, reduced to the relevant fields."""
    return record(
        "BLOCK_SUMMARY", f'{{transactionInfo: {{statements: [{{statement: "{statement}"}}]}}}}'
    )


def redactions(*revisions: tuple[str, int], info: str | None = None) -> bytes:
    """Return a BLOCK_SUMMARY record that announces redactions.

    Parameters
    ----------
    revisions
        Document id and version of each.
    info
        Ion text in place of the usual ``redactionInfo``.
    """
    each = ", ".join(
        f'{{blockAddress: {{strandId: "HgXAkLjAtV0HQ4lNYdzX60", sequenceNo: 14}}, '
        f'tableId: "{TABLE_ID}", documentId: "{document_id}", version: {version}}}'
        for document_id, version in revisions
    )
    info = f"{{revisions: [{each}]}}" if info is None else info
    return record(
        "BLOCK_SUMMARY", f"{{transactionInfo: {{statements: []}}, redactionInfo: {info}}}"
    )


def malformed() -> bytes:
    """Return a REVISION_DETAILS record without its payload, with the sentinel."""
    return binary(f'{{recordType: "REVISION_DETAILS", note: "{SECRET}"}}')


def future_type() -> bytes:
    """Return a record of a type that QLDB might add one day, with the sentinel."""
    return binary(f'{{recordType: "TABLE_DETAILS", note: "{SECRET}"}}')
