"""The upstream Pulumi project, which makes a ledger."""
