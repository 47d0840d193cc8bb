"""What a function is deployed with: its code, and the configuration of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from handler.contract import TABLES_FILE

if TYPE_CHECKING:
    from pathlib import Path


def code_archive(code: Path, replica_tables: pulumi.Input[str]) -> pulumi.Output[pulumi.Archive]:
    """Return a function's code together with the tables' configuration.

    Parameters
    ----------
    code
        The zip file that `infra.lambda_package.build` made.
    replica_tables
        JSON that `infra.replica_settings.replica_tables_json` returned.
    """
    # The key "." puts the files of the zip at the root (pulumi/pulumi, sdk/go/common/resource/
    # archive, which joins and cleans the paths).
    return pulumi.Output.from_input(replica_tables).apply(
        lambda text: pulumi.AssetArchive(
            {".": pulumi.FileArchive(str(code)), TABLES_FILE: pulumi.StringAsset(text)}
        )
    )
