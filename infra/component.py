"""Base class of the components: the names, tags and aliases of their resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from infra.project import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
        super().__init__(_type(kind), name, None, opts)
        self.tags = tags
        self._was_renamed = bool(opts and opts.aliases)

    def child(
        self,
        *,
        formerly: str | None = None,
        former_kind: str | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        delete_before_replace: bool | None = None,
        protect: bool | None = None,
        retain_on_delete: bool | None = None,
        ignore_changes: Sequence[str] = (),
        creation_timeout: str | None = None,
    ) -> pulumi.ResourceOptions:
        """Return the options of a child.

        Parameters
        ----------
        formerly
            The child's name in versions before 0.1.0. It is used only if the component has an alias
            itself: any other component is new, and its children never had another name.
        former_kind
            The kind of component that had the child, under the same name, in an earlier version.
        depends_on
            Resources that must exist first.
        delete_before_replace
            Whether the old resource must be deleted before its replacement is created.
        protect
            Whether Pulumi refuses to delete the resource, in the preview already.
        retain_on_delete
            Whether the resource stays in the account when Pulumi deletes it from the stack.
        ignore_changes
            Properties, by their names in the provider's schema, that only a new resource takes.
        creation_timeout
            How long the provider waits until the resource is made, such as ``2h``; None for its
            default.
        """
        aliases = []
        if formerly is not None and self._was_renamed:
            aliases.append(pulumi.Alias(name=formerly))
        if former_kind is not None:
            # A child's URN has the type of its component, not the name.
            former = pulumi.create_urn(self._name, _type(former_kind))
            aliases.append(pulumi.Alias(parent=former))
        return pulumi.ResourceOptions(
            parent=self,
            aliases=aliases or None,
            depends_on=list(depends_on),
            delete_before_replace=delete_before_replace,
            protect=protect,
            retain_on_delete=retain_on_delete,
            ignore_changes=list(ignore_changes) or None,
            custom_timeouts=(
                None if creation_timeout is None else pulumi.CustomTimeouts(create=creation_timeout)
            ),
        )

    @property
    def lookup(self) -> pulumi.InvokeOutputOptions:
        """Options of an invoke that this component makes."""
        return pulumi.InvokeOutputOptions(parent=self)


def _type(kind: str) -> str:
    return f"{PROJECT}:infra:{kind}"
