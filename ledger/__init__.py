"""The upstream Pulumi project: a ledger, and its name for other stacks."""
