"""The upstream stack: where the ledger's name comes from."""

from __future__ import annotations

import pulumi

OUTPUT = "ledgerName"


def ledger_name(stack: str) -> pulumi.Output[str]:
    """Return the name of the ledger that another stack made.

    Parameters
    ----------
    stack
        That stack, as ``<organization>/<project>/<stack>``.

    Raises
    ------
    pulumi.RunError
        When the program runs and the stack has no such output.
    """

    def checked(name: str | None) -> str:
        if not name:
            raise pulumi.RunError(
                f"the stack {stack!r} (setting ledgerStack) has no output {OUTPUT!r}: deploy it "
                "first, or set ledgerStack to the stack that made the ledger"
            )
        return name

    return pulumi.StackReference(stack).get_output(OUTPUT).apply(checked)
