"""Base class of the components: the names, tags and aliases of their resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROJECT = "qldb-kinesis-lambda-dynamodb"
"""Prefix of the components' types; part of every URN, so it never changes."""


class Component(pulumi.ComponentResource):
    """One box of docs/picture.svg.

    Every resource of a component is its child, derives its name from the component's and carries
    its tags, so a stack can contain two components of one kind.

    Parameters
    ----------
    kind
        Name in the component's type; it is part of every child's URN and never changes.
    name
        Name of the component; its children's names start with it.
    tags
        Tags for every child that supports them.
    opts
        Options of the component. Its aliases are the names that earlier versions gave it.
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
        protect: bool | None = None,
    ) -> pulumi.ResourceOptions:
        """Return the options of a child.

        Parameters
        ----------
        formerly
            The child's name in versions before 0.1.0. It is used only if the component has an alias
            itself: any other component is new, and its children never had another name.
        depends_on
            Resources that must exist first.
        delete_before_replace
            Whether the old resource must be deleted before its replacement is created.
        protect
            Whether Pulumi refuses to delete the resource, in the preview already.
        """
        renamed = formerly is not None and self._was_renamed
        return pulumi.ResourceOptions(
            parent=self,
            aliases=[pulumi.Alias(name=formerly)] if renamed else None,
            depends_on=list(depends_on),
            delete_before_replace=delete_before_replace,
            protect=protect,
        )

    @property
    def lookup(self) -> pulumi.InvokeOutputOptions:
        """Options of an invoke that this component makes."""
        return pulumi.InvokeOutputOptions(parent=self)
