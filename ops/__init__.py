"""Commands for operators of a deployed stack."""
