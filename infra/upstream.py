"""The upstream stack, which exports the ledger's name, if there is one."""

from __future__ import annotations

import re

import pulumi
from pydantic import Field

from infra import stack_outputs
from infra.section import Section

OUTPUT = "ledgerName"

_LEDGER_NAME = re.compile(
    r"(?![0-9]+\Z)(?!.*--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?", re.ASCII
)
"""QLDB developer guide, "Quotas and limits": naming constraints."""


class UpstreamSettings(Section):
    """Settings of the upstream stack.

    Attributes
    ----------
    ledger_stack
        The stack that made the ledger, as ``<organization>/<project>/<stack>``; empty where
        something else than a QLDB stream writes to the Kinesis stream.
    """

    ledger_stack: str = Field(
        pattern=r"\A(?:[^/\s]+/[^/\s]+/[^/\s]+)?\Z",
        description="<organization>/<project>/<stack> of the stack that made the ledger, or an "
        "empty text if no QLDB stream is wanted",
        examples=["organization/apigw-lambda-qldb/dev"],
    )


def check(settings: UpstreamSettings) -> None:
    """Check that the upstream stack, if one is set, exports the name of a ledger.

    Raises
    ------
    pulumi.RunError
        If the stack does not exist, or its output is missing or no name of a ledger.
    """
    stack = settings.ledger_stack
    if not stack:
        return
    where = f"the stack {stack!r} (setting ledgerStack)"
    remedy = (
        "deploy it first, set ledgerStack to the stack that made the ledger, or remove ledgerStack "
        "if something else writes the journal to the Kinesis stream: pulumi config rm ledgerStack"
    )
    try:
        outputs = stack_outputs.read(stack)
    except stack_outputs.StackUnreadableError as error:
        raise pulumi.RunError(f"{where} cannot be read: {error}; {remedy}") from None
    name = outputs.values.get(OUTPUT)
    if name is None:
        raise pulumi.RunError(f"{where} has no output {OUTPUT!r}: {remedy}")
    if OUTPUT in outputs.secrets:
        raise pulumi.RunError(
            f"{where}: the output {OUTPUT!r} is a secret; export the ledger's name as plain text"
        )
    if not isinstance(name, str) or _LEDGER_NAME.fullmatch(name) is None:
        raise pulumi.RunError(
            f"{where}: the output {OUTPUT!r} is {name!r}; expected the name of a ledger: 1 to 32 "
            "letters, digits and single hyphens, with no hyphen at the start or end and not only "
            "digits"
        )


def ledger_name(settings: UpstreamSettings) -> pulumi.Output[str] | None:
    """Return the name of the ledger that the upstream stack made; `check` has checked it.

    Returns
    -------
    pulumi.Output or None
        None if no upstream stack is set.
    """
    if not settings.ledger_stack:
        return None
    return pulumi.StackReference(settings.ledger_stack).get_output(OUTPUT)
