"""Commands for owners of journal exports and operators of a deployed stack."""
