"""What every component shares: how its resources are named, tagged and found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROJECT = "qldb-kinesis-lambda-dynamodb"


class Component(pulumi.ComponentResource):
    """One box of the picture.

    Every resource of a box is its child, takes its name from the box's and carries its tags, so a
    stack can hold two boxes of a kind.

    Parameters
    ----------
    kind
        Name in the component's type; it is part of every child's URN and never changes.
    name
        Of this box; the children's names begin with it.
    tags
        For every child that takes tags.
    opts
        Of this box. Its aliases tell the names under which former versions deployed it.
    """

    tags: Mapping[str, str]

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(f"{PROJECT}:infra:{kind}", name, None, opts)
        self.tags = tags
        self._was_renamed = bool(opts and opts.aliases)

    def child(
        self,
        *,
        formerly: str | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        delete_before_replace: bool | None = None,
    ) -> pulumi.ResourceOptions:
        """Return the options of a child.

        Parameters
        ----------
        formerly
            The child's name in versions before 0.1.0. It counts only in a box that itself has an
            alias: any other box is new, and its children were never called anything else.
        depends_on
            Resources that have to exist first.
        delete_before_replace
            Whether a replacement may not stand beside what it replaces.
        """
        renamed = formerly is not None and self._was_renamed
        return pulumi.ResourceOptions(
            parent=self,
            aliases=[pulumi.Alias(name=formerly)] if renamed else None,
            depends_on=list(depends_on),
            delete_before_replace=delete_before_replace,
        )

    @property
    def lookup(self) -> pulumi.InvokeOutputOptions:
        """The options of a look-up that this component makes."""
        return pulumi.InvokeOutputOptions(parent=self)
