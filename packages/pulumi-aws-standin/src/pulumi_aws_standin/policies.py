"""Compares IAM policy documents by meaning."""

from __future__ import annotations

import json

_SETS = ("Action", "NotAction", "Resource", "NotResource")


def parse_policy(text: str) -> dict[str, object]:
    """Return a policy document's JSON object.

    Raises
    ------
    ValueError
        If the text is not JSON, or not an object.
    """
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("a policy document is a JSON object")  # noqa: TRY004 (one error for every text that is not a policy)
    return document


def canonical_policy(text: str) -> str:
    """Return one text for all documents with the same meaning.

    The order of statements, of actions and of resources has no meaning, and a list of one is the
    same as its member (IAM user guide, "Grammar of the IAM JSON policy language").
    """
    return json.dumps(_document(parse_policy(text)), sort_keys=True)


def statements(document: dict[str, object]) -> list[object]:
    """Return the statements of a document; a single one may stand without a list."""
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def as_list(value: object) -> list[object]:
    """Return the members of a policy element that may be one value or a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _document(document: dict[str, object]) -> dict[str, object]:
    described = [_statement(statement) for statement in statements(document)]
    ordered = sorted(described, key=lambda statement: json.dumps(statement, sort_keys=True))
    return {**document, "Statement": ordered}


def _statement(statement: object) -> object:
    if not isinstance(statement, dict):
        return statement
    result: dict[str, object] = {}
    for name, value in statement.items():
        if name in _SETS:
            result[name] = _set(value)
        elif name in ("Principal", "NotPrincipal") and isinstance(value, dict):
            result[name] = {kind: _set(names) for kind, names in value.items()}
        elif name == "Condition" and isinstance(value, dict):
            result[name] = {operator: _condition(keys) for operator, keys in value.items()}
        else:
            result[name] = value
    return result


def _condition(keys: object) -> object:
    # true and "true" are the same to IAM.
    return {k: _set(v) for k, v in keys.items()} if isinstance(keys, dict) else keys


def _set(value: object) -> list[str]:
    texts = {m if isinstance(m, str) else json.dumps(m, sort_keys=True) for m in as_list(value)}
    return sorted(texts)
