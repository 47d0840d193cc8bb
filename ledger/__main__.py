"""Makes a ledger, whose name other stacks read from the output ``ledgerName``."""

import pulumi
import pulumi_aws as aws

PERMISSIONS_MODES = ("STANDARD", "ALLOW_ALL")

config = pulumi.Config()
permissions_mode = config.require("permissionsMode")
if permissions_mode not in PERMISSIONS_MODES:
    raise pulumi.RunError(
        f"permissionsMode is {permissions_mode!r}; expected {' or '.join(PERMISSIONS_MODES)}: "
        "pulumi config set permissionsMode STANDARD"
    )

# Pulumi adds "-" and seven characters; QLDB takes names of up to 32.
ledger = aws.qldb.Ledger(
    "ledger",
    permissions_mode=permissions_mode,
    deletion_protection=config.require_bool("deletionProtection"),
)

pulumi.export("ledgerName", ledger.name)
