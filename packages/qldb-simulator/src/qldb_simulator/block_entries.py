"""The four entry hashes of a simulated block.

Genuine blocks show what two of them cover: the second is the root of the revisions, the fourth
hashes transactionInfo. What the others cover is not documented. Here the first covers address and
time and the third the redaction, so that a change of any field is detected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.blocks import block_address
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.merkle import merkle_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from amazon.ion.core import Timestamp

    from qldb_simulator.blocks import Revision, SystemRevision

REVISIONS_ENTRY: Final = 1
"""Position of the revisions' root among the entries, in every genuine block."""


def entry_hashes(
    *,
    strand_id: str,
    sequence_no: int,
    transaction_id: str,
    block_timestamp: Timestamp,
    revisions: Iterable[Revision | SystemRevision],
    transaction_info: Mapping[str, Any],
    redaction_info: Mapping[str, Any] | None,
) -> tuple[bytes, ...]:
    """Return the entry hashes of a block with these contents."""
    address = {
        "blockAddress": block_address(strand_id, sequence_no),
        "transactionId": transaction_id,
        "blockTimestamp": block_timestamp,
    }
    redaction = transaction_id if redaction_info is None else dict(redaction_info)
    return (
        ion_hash(address),
        merkle_root(revision.hash for revision in revisions),
        ion_hash(redaction),
        ion_hash(transaction_info),
    )
