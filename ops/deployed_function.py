"""Compares the outputs of a stack with the function that is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops import stack_outputs
from ops.errors import OpsError, aws_errors

if TYPE_CHECKING:
    from ops.stack_outputs import StackOutputs

_GONE = "ResourceNotFoundException"
"""Lambda API reference, ``GetFunctionConfiguration``."""


def refuse_outdated(outputs: StackOutputs, client: Any) -> None:  # noqa: ANN401 (boto3 has no types)
    """Raise an error unless the outputs are those of the deployed function.

    The function's archive holds the configuration of its tables. With an older one, the history or
    an index that was added since would receive nothing of what a command writes, and records that
    only the history needs would seem to be needed by nobody.

    Parameters
    ----------
    outputs
        Outputs of the stack.
    client
        boto3 client of Lambda.

    Raises
    ------
    OpsError
        If the function's code is another one than the outputs name, or cannot be read. A function
        that is gone has no other configuration than that of the outputs.
    """
    name = stack_outputs.text(outputs.values, "functionName")
    expected = stack_outputs.text(outputs.values, "functionCodeSha256")
    try:
        with aws_errors(f"function {name}", passes=(_GONE,)):
            deployed = client.get_function_configuration(FunctionName=name)["CodeSha256"]
    except ClientError:
        return
    if deployed != expected:
        raise OpsError(
            f"the outputs are not those of the deployed function {name}: it was deployed again, or "
            "a deployment failed half-way. Run `pulumi stack output --json` again for --outputs, "
            "or `pulumi up`"
        )
