"""The upstream stack, which exports the ledger's name."""

from __future__ import annotations

import pulumi
from pydantic import Field

from infra.section import Section

OUTPUT = "ledgerName"


class UpstreamSettings(Section):
    """Settings of the upstream stack.

    Attributes
    ----------
    ledger_stack
        The stack that made the ledger, as ``<organization>/<project>/<stack>``.
    """

    ledger_stack: str = Field(
        pattern=r"\A[^/\s]+/[^/\s]+/[^/\s]+\Z",
        description="<organization>/<project>/<stack> of the stack that made the ledger",
        examples=["organization/apigw-lambda-qldb/dev"],
    )


def ledger_name(settings: UpstreamSettings) -> pulumi.Output[str]:
    """Return the name of the ledger that the upstream stack made.

    Raises
    ------
    pulumi.RunError
        If the stack has no such output. Raised when the program runs.
    """
    stack = settings.ledger_stack

    def checked(name: str | None) -> str:
        if not name:
            raise pulumi.RunError(
                f"the stack {stack!r} (setting ledgerStack) has no output {OUTPUT!r}: deploy it "
                "first, or set ledgerStack to the stack that made the ledger"
            )
        return name

    return pulumi.StackReference(stack).get_output(OUTPUT).apply(checked)
