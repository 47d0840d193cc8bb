"""The texts of the PartiQL statements that write items. Pure.

Names stand in double quotes, strings in single quotes, each doubled inside (DynamoDB developer
guide, "PartiQL - a SQL-compatible query language for DynamoDB"). Standard library only: the
program checks attribute names with it, without the handler's packages.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from handler.contract import (
    DATA_HASH_ATTRIBUTE,
    HASH_ATTRIBUTE,
    HISTORY_ATTRIBUTES,
    KEY_ATTRIBUTE,
    METADATA_ATTRIBUTES,
    PROJECTION_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    UNINDEXED_ATTRIBUTE,
    VERSION_ATTRIBUTE,
)

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_STATEMENT = 8192
"""Characters of a statement (DynamoDB API reference, ``BatchStatementRequest``)."""

MAX_TABLE_NAME = 255
"""Characters of a table's name (DynamoDB developer guide, "Naming rules")."""


@lru_cache(maxsize=1024)
def insert_live_text(table_name: str, names: tuple[str, ...]) -> str:
    """Return the statement that creates a live item.

    Its parameters are the key, the projection's id, and the value of each name.
    """
    return insert_text(table_name, (KEY_ATTRIBUTE, PROJECTION_ATTRIBUTE, *names))


@lru_cache(maxsize=1024)
def insert_text(table_name: str, names: tuple[str, ...]) -> str:
    """Return the statement that creates an item; DynamoDB refuses it if the item exists.

    Its parameters are the values of all names, the key's among them.
    """
    fields = ", ".join(f"{_literal(name)}: ?" for name in names)
    return f"INSERT INTO {_name(table_name)} VALUE {{{fields}}}"


@lru_cache(maxsize=1024)
def update_text(table_name: str, names: tuple[str, ...], removed: tuple[str, ...]) -> str:
    """Return the statement that updates a live item of the same projection and a lower version.

    Its parameters are the value of each name, the key, the version and the projection's id.
    """
    clauses = " ".join(
        [f"SET {_name(name)}=?" for name in names] + [f"REMOVE {_name(name)}" for name in removed]
    )
    return (
        f"UPDATE {_name(table_name)} {clauses} "
        f"WHERE {_name(KEY_ATTRIBUTE)}=? AND {_name(VERSION_ATTRIBUTE)} < ? "
        f"AND {_name(PROJECTION_ATTRIBUTE)}=?"
    )


@lru_cache(maxsize=16)
def complete_text(table_name: str, names: tuple[str, ...]) -> str:
    """Return the statement that completes an item of the history table which has no hash.

    Its parameters are the value of each name, the key, the version and the state.
    """
    clauses = " ".join([f"SET {_name(name)}=?" for name in names])
    return (
        f"UPDATE {_name(table_name)} {clauses} "
        f"WHERE {_name(KEY_ATTRIBUTE)}=? AND {_name(VERSION_ATTRIBUTE)}=? "
        f"AND {_name(REVISION_STATE_ATTRIBUTE)}=? AND {_name(HASH_ATTRIBUTE)} IS MISSING"
    )


def longest_statement(
    names: Collection[str],
    table_name: str = "t" * MAX_TABLE_NAME,
    *,
    is_indexed: bool = False,
    has_history: bool = False,
) -> int:
    """Return the length of the longest statement that writes an item with projected attributes.

    Parameters
    ----------
    names
        The projected attributes, any of which a document may lack.
    table_name
        The DynamoDB table; by default one with the longest name.
    is_indexed
        Whether the table has indexes.
    has_history
        Whether revisions go to the history table, of the same name, too.

    Returns
    -------
    int
        The length in bytes of UTF-8: for DynamoDB Local, 8192 characters can be too long.
    """
    possible = (*names, UNINDEXED_ATTRIBUTE) if is_indexed else tuple(names)
    every = (*METADATA_ATTRIBUTES, *possible)
    texts = [
        insert_live_text(table_name, every),
        update_text(table_name, every, ()),
        update_text(table_name, METADATA_ATTRIBUTES, possible),
    ]
    if has_history:
        metadata = [KEY_ATTRIBUTE, *METADATA_ATTRIBUTES, *HISTORY_ATTRIBUTES]
        metadata.remove(DATA_HASH_ATTRIBUTE)
        # A revision has its document, or the hash of the removed one.
        texts.append(insert_text(table_name, (*metadata, *names)))
        texts.append(insert_text(table_name, (*metadata, DATA_HASH_ATTRIBUTE)))
    return max(len(text.encode(errors="surrogatepass")) for text in texts)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
