"""Commands for owners of journal exports, and for operators of a deployed stack."""
