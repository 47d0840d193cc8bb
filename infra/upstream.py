"""The upstream stack: where the ledger's name comes from."""

from __future__ import annotations

import pulumi
from pydantic import Field

from infra.section import Section

OUTPUT = "ledgerName"


class UpstreamSettings(Section):
    """Which stack made the ledger.

    Attributes
    ----------
    ledger_stack
        That stack, as ``<organization>/<project>/<stack>``.
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
        When the program runs and the stack has no such output.
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
