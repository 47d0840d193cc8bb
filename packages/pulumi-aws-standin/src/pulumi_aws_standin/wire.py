"""Pulumi's wire form of property values and its plain Python counterpart.

The wire form is a protobuf struct in which a value that JSON does not know is a struct with a
signature (Pulumi SDK, `sdk/go/common/resource/sig` and `plugin/rpc.go`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_HIDDEN: Final = "1b47061264138c4ac30d75fd1eb44270"
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class WireError(Exception):
    """A value has a form that Pulumi's engine does not send to this provider."""


class Unknown:
    """A value that is known only after the deployment; `UNKNOWN` is its one instance."""

    def __repr__(self) -> str:
        """Return the text for messages."""
        return "(known after deployment)"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One file of an archive.

    Attributes
    ----------
    hash
        SHA-256 of the contents in hexadecimal digits, from the engine.
    text, path
        The contents, or the file with them. Both are absent if the engine leaves contents out,
        as it does except in Check and in the new inputs of Create and Update.
    """

    hash: str = ""
    text: str | None = None
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The files of a folder, or an archive file.

    Attributes
    ----------
    hash
        SHA-256 of the contents in hexadecimal digits, from the engine.
    path
        A folder or an archive file, relative to the provider's working directory.
    assets
        The members by name. With neither `path` nor `assets` the engine left the contents out.
    """

    hash: str = ""
    path: str | None = None
    assets: Mapping[str, Asset | Archive] | None = None

    @property
    def complete(self) -> bool:
        """Whether the contents are present, not only their hash."""
        return self.path is not None or self.assets is not None


@dataclass(frozen=True, kw_only=True)
class Properties:
    """A resource's properties in plain Python values.

    Attributes
    ----------
    values
        By property name: None, bool, int, float, str, list, dict, `Asset`, `Archive`, `UNKNOWN`.
    secrets
        Names of the properties that contain a secret at any depth.
    """

    values: dict[str, object] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


def decode(struct: struct_pb2.Struct | None) -> Properties:
    """Return the plain values of a wire struct.

    Raises
    ------
    WireError
        If a value has a form that the engine does not send to this provider.
    """
    values: dict[str, object] = {}
    secrets = set()
    for name, wire in (struct.fields if struct is not None else {}).items():
        decoder = _Decoder()
        values[name] = decoder.value(wire)
        if decoder.has_secret:
            secrets.add(name)
    return Properties(values=values, secrets=frozenset(secrets))


def encode(values: Mapping[str, object], secrets: Iterable[str] = ()) -> struct_pb2.Struct:
    """Return the wire struct of plain values. A property whose value is None is left out.

    Parameters
    ----------
    values
        As in `Properties`.
    secrets
        Names of the properties to mark as secret as a whole.
    """
    struct = struct_pb2.Struct()
    marked = frozenset(secrets)
    for name, value in values.items():
        if value is None:
            continue
        wire = _wire(value)
        if name in marked:
            wire = _signed(_HIDDEN, {"value": wire})
        struct.fields[name].CopyFrom(wire)
    return struct


def contains_unknown(value: object) -> bool:
    """Return whether a value, or anything inside it, is known only after the deployment."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, dict):
        return any(contains_unknown(member) for member in value.values())
    if isinstance(value, list):
        return any(contains_unknown(member) for member in value)
    return False


class _Decoder:
    """Decodes one property and records whether it contains a secret."""

    def __init__(self) -> None:
        self.has_secret = False

    def value(self, wire: struct_pb2.Value) -> object:
        match wire.WhichOneof("kind"):
            case "bool_value":
                return wire.bool_value
            case "number_value":
                number = wire.number_value
                return int(number) if number.is_integer() else number
            case "string_value":
                return UNKNOWN if wire.string_value == _UNKNOWN else wire.string_value
            case "list_value":
                return [self.value(member) for member in wire.list_value.values]
            case "struct_value":
                return self._struct(wire.struct_value)
            case _:
                return None

    def _struct(self, struct: struct_pb2.Struct) -> object:
        fields = struct.fields
        if _SIGNATURE not in fields:
            return {name: self.value(member) for name, member in fields.items()}
        match fields[_SIGNATURE].string_value:
            case signature if signature == _HIDDEN:
                self.has_secret = True
                return self.value(fields["value"])
            case signature if signature == _OUTPUT:
                self.has_secret |= "secret" in fields and fields["secret"].bool_value
                return self.value(fields["value"]) if "value" in fields else UNKNOWN
            case signature if signature == _ASSET:
                return _asset(fields)
            case signature if signature == _ARCHIVE:
                return self._archive(fields)
            case signature if signature == _RESOURCE:
                raise WireError("expected no resource references, got one")
            case signature:
                raise WireError(f"unknown signature {signature} of a value")

    def _archive(self, fields: Mapping[str, struct_pb2.Value]) -> Archive:
        if "uri" in fields:
            raise WireError("archives by URI are not supported: use a file or a folder")
        members: dict[str, Asset | Archive] | None = None
        if "assets" in fields:
            members = {}
            for name, wire in fields["assets"].struct_value.fields.items():
                member = self.value(wire)
                if not isinstance(member, (Asset, Archive)):
                    raise WireError(f"member {name!r} of an archive is not a file or an archive")
                members[name] = member
        return Archive(hash=_text(fields, "hash") or "", path=_text(fields, "path"), assets=members)


def _asset(fields: Mapping[str, struct_pb2.Value]) -> Asset:
    if "uri" in fields:
        raise WireError("assets by URI are not supported: use a file or a text")
    return Asset(
        hash=_text(fields, "hash") or "", text=_text(fields, "text"), path=_text(fields, "path")
    )


def _text(fields: Mapping[str, struct_pb2.Value], name: str) -> str | None:
    return fields[name].string_value if name in fields else None


def _wire(value: object) -> struct_pb2.Value:
    if isinstance(value, (Asset, Archive)):
        return _contents(value)
    wire = struct_pb2.Value()
    match value:
        case None:
            wire.null_value = struct_pb2.NULL_VALUE
        case Unknown():
            wire.string_value = _UNKNOWN
        case bool():
            wire.bool_value = value
        case int() | float():
            wire.number_value = value
        case str():
            wire.string_value = value
        case list():
            wire.list_value.values.extend(_wire(member) for member in value)
            wire.list_value.SetInParent()
        case dict():
            for name, member in value.items():
                wire.struct_value.fields[name].CopyFrom(_wire(member))
            wire.struct_value.SetInParent()
        case _:
            raise WireError(f"a {type(value).__name__} has no wire form")
    return wire


def _contents(value: Asset | Archive) -> struct_pb2.Value:
    members: dict[str, object] = {"hash": value.hash, "path": value.path}
    if isinstance(value, Asset):
        return _signed(_ASSET, _wires({**members, "text": value.text}))
    members["assets"] = None if value.assets is None else dict(value.assets)
    return _signed(_ARCHIVE, _wires(members))


def _wires(values: Mapping[str, object]) -> dict[str, struct_pb2.Value]:
    return {name: _wire(value) for name, value in values.items() if value is not None}


def _signed(signature: str, members: Mapping[str, struct_pb2.Value]) -> struct_pb2.Value:
    fields = {_SIGNATURE: struct_pb2.Value(string_value=signature), **members}
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
