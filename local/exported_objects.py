"""The objects of a finished export, in their bucket."""

from __future__ import annotations

import base64
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from amazon.ion.simpleion import dumps, loads

from local.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.client import LedgerClient

_COPIES_AT_ONCE = 8
_MIN_TEXT_LIMIT = 1024
_MANIFEST = ".completed.manifest"


class ExportedObjects:
    """The manifests, data objects and proof of one export.

    Parameters
    ----------
    s3
        boto3's client.
    bucket, prefix
        Where the export is; a prefix that is not empty ends in a slash.
    export_id
        Id of the export.
    """

    def __init__(self, s3: Any, *, bucket: str, prefix: str, export_id: str) -> None:  # noqa: ANN401 (boto3's clients share no type)
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix
        self._export_id = export_id
        answer = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}{export_id}.")
        # Manifests and a proof: few objects are named after the export.
        self._named = [item["Key"] for item in answer["Contents"]]
        (self._manifest,) = (key for key in self._named if key.endswith(_MANIFEST))
        self.data_keys = self._read_keys()

    def save_proof(self, ledger: LedgerClient, name: str) -> str | None:
        """Save the ledger's digest, and the proof of the last exported block, beside the export.

        Form and key are those of AWS's migration sample, whose key repeats the export's name
        (aws-samples/example-qldb-ledger-migration, ledger-export.yml).

        Parameters
        ----------
        ledger
            Client of the simulated QLDB.
        name
            Name of the ledger.

        Returns
        -------
        str or None
            The key; None for an export without blocks, of which nothing can be proven.
        """
        if not self.data_keys:
            return None
        digest = ledger.digest(name)
        tip = _ion(digest["DigestTipAddress"]["IonText"])
        strand_id = str(tip["strandId"])
        last = int(self.data_keys[-1].rsplit(".", 2)[1].rpartition("-")[2])
        address = {"strandId": strand_id, "sequenceNo": last}
        answer = ledger.block(
            name,
            {"IonText": dumps(address, binary=False, omit_version_marker=True)},
            digest["DigestTipAddress"],
        )
        block = _ion(answer["Block"]["IonText"])
        proof = {
            "Ledger": name,
            "Digest": digest["Digest"],
            "DigestTipAddress": {"strandId": strand_id, "sequenceNo": int(tip["sequenceNo"])},
            "Export": self._export_id,
            "LastBlockNum": last,
            "LastBlockTimestamp": block["blockTimestamp"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "Proof": [base64.b64encode(node).decode() for node in _ion(answer["Proof"]["IonText"])],
        }
        key = f"{self._manifest}{self._export_id}.{strand_id}.proofs.json"
        body = json.dumps(proof).encode()
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
        self._named.append(key)
        return key

    def copy_to(self, folder: Path) -> None:
        """Copy all objects into a folder, with their keys as paths.

        Parameters
        ----------
        folder
            Existing folder; files of the same names are replaced.

        Raises
        ------
        LocalError
            If a file cannot be written.
        """
        keys = [*self._named, *self.data_keys]
        try:
            for parent in {(folder / key).parent for key in keys}:
                parent.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(_COPIES_AT_ONCE) as pool:
                list(pool.map(partial(self._copy, folder), keys))
        except OSError as error:
            raise LocalError(f"{error.filename} cannot be written: {error.strerror}") from error

    def _copy(self, folder: Path, key: str) -> None:
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        with (folder / key).open("wb") as file:
            shutil.copyfileobj(body, file)

    def _read_keys(self) -> list[str]:
        body = self._s3.get_object(Bucket=self._bucket, Key=self._manifest)["Body"].read()
        # JSON is Ion text too.
        return [str(key) for key in _ion(body)["keys"]]


def _ion(data: str | bytes) -> Any:  # noqa: ANN401 (any Ion value)
    # The C extension's default limit for text is below the size of a large document.
    return loads(data, text_buffer_size_limit=max(len(data), _MIN_TEXT_LIMIT))
