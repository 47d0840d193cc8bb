"""The generator of journal exports, in one process, as the whole and by its parts.

Proves that exports are repeatable, that qldb_simulator finds no fault in them, and that they have
what a verification has to cope with. Cannot prove that AWS wrote exports of this shape.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal, DecimalTuple
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator.hash_chain import block_faults, chain_faults
from qldb_simulator.ids import new_ids
from qldb_simulator.merkle import digest_from_proof, merkle_proof, merkle_root

from bench.export.command import main
from bench.export.formats import Format
from bench.export.hash_tree import HashTree
from bench.export.plan import REVISIONS_PER_SECTION, Journal
from bench.export.writing import PREFIX, ExportError, ExportPlan, WrittenExport, write_export

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Exported = Callable[[Format], tuple[Path, WrittenExport]]

SECTIONS = 2
REVISIONS = SECTIONS * REVISIONS_PER_SECTION - 100
JOURNAL = Journal(seed=7, revisions=REVISIONS)


def export(
    folder: Path, form: Format = Format.ION_BINARY, journal: Journal = JOURNAL
) -> WrittenExport:
    """Write an export with one section in each object."""
    return write_export(ExportPlan(journal=journal, form=form, object_bytes=1), folder, processes=1)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def manifest_of(written: WrittenExport) -> Mapping[str, Any]:
    # JSON is Ion text, too.
    manifest: Mapping[str, Any] = simpleion.loads(written.completed_manifest.read_bytes())
    return manifest


def objects(folder: Path, written: WrittenExport) -> dict[str, list[Any]]:
    """Return the blocks by key, in the manifest's order."""
    return {
        key: simpleion.loads((folder / key.removeprefix(PREFIX)).read_bytes(), single_value=False)
        for key in manifest_of(written)["keys"]
    }


@pytest.fixture(scope="module")
def exported(
    tmp_path_factory: pytest.TempPathFactory,
) -> Exported:
    """Return a function that returns the folder of an export, made once for all tests."""

    @cache
    def once(form: Format) -> tuple[Path, WrittenExport]:
        folder = tmp_path_factory.mktemp("export")
        return folder, export(folder, form)

    return once


@pytest.fixture(scope="module")
def blocks(exported: Exported) -> list[Any]:
    """Return the blocks of an export in Ion binary."""
    return all_blocks(*exported(Format.ION_BINARY))


def all_blocks(folder: Path, written: WrittenExport) -> list[Any]:
    return list(itertools.chain.from_iterable(objects(folder, written).values()))


def revisions(blocks: list[Any]) -> list[Any]:
    return [
        revision
        for block in blocks
        for revision in block.get("revisions") or ()
        if "metadata" in revision
    ]


@pytest.mark.parametrize("form", Format)
def test_the_same_arguments_result_in_the_same_bytes(
    tmp_path: Path, exported: Exported, form: Format
) -> None:
    folder, _ = exported(form)

    export(tmp_path, form)

    assert files(tmp_path) == files(folder)


def test_another_seed_results_in_another_journal(tmp_path: Path, blocks: list[Any]) -> None:
    written = export(tmp_path, journal=Journal(seed=8, revisions=20))

    other = all_blocks(tmp_path, written)
    assert all(a["blockHash"] != b["blockHash"] for a, b in zip(blocks, other, strict=False))


def test_qldbs_rules_find_no_fault_in_any_block(blocks: list[Any]) -> None:
    assert [fault for block in blocks for fault in block_faults(block)] == []


def test_the_blocks_are_one_chain_from_the_ledgers_first_block_on(blocks: list[Any]) -> None:
    assert chain_faults(blocks) == []
    assert bytes(blocks[0]["previousBlockHash"]) == b""
    assert [block["blockAddress"]["sequenceNo"] for block in blocks] == list(range(len(blocks)))


def test_the_export_has_as_many_revisions_as_asked_for(blocks: list[Any]) -> None:
    assert len(revisions(blocks)) == REVISIONS


@pytest.mark.parametrize("count", [1, 2, 30, REVISIONS_PER_SECTION, REVISIONS_PER_SECTION + 1])
def test_an_export_of_any_size_is_sound(tmp_path: Path, count: int) -> None:
    written = export(tmp_path, journal=Journal(seed=1, revisions=count))

    blocks = all_blocks(tmp_path, written)
    assert len(revisions(blocks)) == count
    assert [fault for block in blocks for fault in block_faults(block)] == []
    assert chain_faults(blocks) == []


def test_ion_text_holds_the_same_blocks_as_ion_binary(
    exported: Exported, blocks: list[Any]
) -> None:
    text_blocks = all_blocks(*exported(Format.ION_TEXT))

    assert [simpleion.dumps(block) for block in text_blocks] == [
        simpleion.dumps(block) for block in blocks
    ]


def test_json_holds_the_same_blocks_by_the_rules_of_the_ion_cookbook(
    exported: Exported, blocks: list[Any]
) -> None:
    folder, written = exported(Format.JSON)

    lines = [
        line
        for key in manifest_of(written)["keys"]
        for line in (folder / key.removeprefix(PREFIX)).read_text().splitlines()
    ]
    assert [json.loads(line, parse_float=digits) for line in lines] == list(map(as_json, blocks))


def digits(number: str) -> DecimalTuple:
    """Return sign, digits and exponent, which the notation of a number does not change."""
    return Decimal(number).as_tuple()


def as_json(value: Any) -> Any:  # noqa: ANN401 (any Ion value)
    """Return a value as `json` reads it; decimals and floats as their digits."""
    kind = getattr(value, "ion_type", None)
    return JSON_FORMS[kind.name if kind is not None else "NULL"](value)


JSON_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "STRUCT": lambda value: {name: as_json(item) for name, item in value.items()},
    "LIST": lambda value: [as_json(item) for item in value],
    "BLOB": lambda value: base64.b64encode(value).decode(),
    "SYMBOL": lambda value: value.text,
    "TIMESTAMP": lambda value: simpleion.dumps(value, binary=False, omit_version_marker=True),
    "DECIMAL": lambda value: value.as_tuple(),
    "INT": int,
    "FLOAT": lambda value: digits(repr(float(value)).removesuffix(".0")),
    "BOOL": bool,
    "NULL": lambda _: None,
    "STRING": str,
}


@pytest.mark.parametrize("form", Format)
def test_the_digest_is_proven_by_the_proof_beside_the_manifest(
    exported: Exported, form: Format
) -> None:
    folder, written = exported(form)

    proofs = json.loads(written.proofs_file.read_text())
    chain = [block["blockHash"] for block in all_blocks(folder, written)]
    hashes = [base64.b64decode(it) if form is Format.JSON else bytes(it) for it in chain]
    digest = base64.b64decode(proofs["Digest"])
    assert digest == merkle_root(hashes)
    assert digest_from_proof(hashes[-1], map(base64.b64decode, proofs["Proof"])) == digest
    assert proofs["LastBlockNum"] == proofs["DigestTipAddress"]["sequenceNo"] == len(hashes) - 1


def test_names_tell_the_first_and_last_block_of_each_object(exported: Exported) -> None:
    folder, written = exported(Format.ION_BINARY)

    assert len(manifest_of(written)["keys"]) == SECTIONS
    for key, part in objects(folder, written).items():
        first, last = (part[place]["blockAddress"] for place in (0, -1))
        name = f"{first['strandId']}.{first['sequenceNo']}-{last['sequenceNo']}.ion"
        assert key.rpartition("/")[2] == name


@pytest.mark.parametrize("form", Format)
def test_the_started_manifest_tells_the_format_and_the_times(
    exported: Exported, form: Format, blocks: list[Any]
) -> None:
    folder, _ = exported(form)

    (started,) = folder.glob("*.started.manifest")
    manifest = simpleion.loads(started.read_bytes())
    assert manifest["outputFormat"] == form.output_format
    start, end = (
        datetime.fromisoformat(str(manifest[name]))
        for name in ("inclusiveStartTime", "exclusiveEndTime")
    )
    assert start <= blocks[0]["blockTimestamp"]
    assert blocks[-1]["blockTimestamp"] < end


def test_nothing_but_the_export_is_left_in_the_folder(exported: Exported) -> None:
    folder, written = exported(Format.ION_BINARY)

    manifests = list(folder.glob("*.manifest"))
    names = {f"{PREFIX}{name}" for name in files(folder)}
    beside = {f"{PREFIX}{path.name}" for path in [*manifests, written.proofs_file]}
    assert names == {*manifest_of(written)["keys"], *beside}


def test_versions_of_each_document_have_no_gap(blocks: list[Any]) -> None:
    versions = defaultdict(list)
    for revision in revisions(blocks):
        versions[revision["metadata"]["id"]].append(revision["metadata"]["version"])

    assert all(found == list(range(len(found))) for found in versions.values())


def test_nothing_follows_the_delete_of_a_document(blocks: list[Any]) -> None:
    last = {revision["metadata"]["id"]: revision for revision in revisions(blocks)}
    deletes = [
        revision
        for revision in revisions(blocks)
        if "data" not in revision and "dataHash" not in revision
    ]

    assert len(deletes) > 10
    assert all(last[revision["metadata"]["id"]] is revision for revision in deletes)


def test_updates_are_more_frequent_than_deletes(blocks: list[Any]) -> None:
    later = [revision for revision in revisions(blocks) if revision["metadata"]["version"]]

    assert sum("data" in revision for revision in later) > len(later) / 2


def test_some_documents_change_in_a_later_object_than_the_one_of_their_insert(
    exported: Exported,
) -> None:
    first, second = objects(*exported(Format.ION_BINARY)).values()

    inserted = {revision["metadata"]["id"] for revision in revisions(first)}
    changed = {
        revision["metadata"]["id"]
        for revision in revisions(second)
        if revision["metadata"]["version"] > 0
    }
    assert inserted & changed


def test_a_redaction_names_a_revision_that_is_only_a_hash(blocks: list[Any]) -> None:
    redactions = [block["redactionInfo"] for block in blocks if "redactionInfo" in block]
    targets = [target for redaction in redactions for target in redaction["revisions"]]
    redacted = [revision for revision in revisions(blocks) if "dataHash" in revision]

    assert len(targets) == SECTIONS
    assert sorted((it["documentId"], it["version"]) for it in targets) == sorted(
        (it["metadata"]["id"], it["metadata"]["version"]) for it in redacted
    )
    for target in targets:
        block = blocks[target["blockAddress"]["sequenceNo"]]
        assert target["documentId"] in block["transactionInfo"]["documents"]


def test_one_table_is_dropped_and_created_again_with_another_id(blocks: list[Any]) -> None:
    ids = defaultdict(set)
    statements = [
        statement["statement"]
        for block in blocks
        for statement in block["transactionInfo"]["statements"]
    ]
    for block in blocks:
        for document in block["transactionInfo"].get("documents", {}).values():
            ids[document["tableName"]].add(document["tableId"])

    assert {name: len(found) for name, found in ids.items()} == {
        "Customers": 1,
        "Drafts": 2,
        "Orders": 1,
        "Payments": 1,
        "Shipments": 1,
    }
    drop = statements.index("DROP TABLE Drafts")
    assert statements[drop + 1] == "CREATE TABLE Drafts"


def test_blocks_of_the_catalog_have_only_the_hash_of_a_revision(blocks: list[Any]) -> None:
    for block in blocks:
        text = block["transactionInfo"]["statements"][0]["statement"]
        if text.startswith(("CREATE", "DROP")):
            (revision,) = block["revisions"]
            assert list(revision) == ["hash"]


def test_times_grow_over_a_month(blocks: list[Any]) -> None:
    times = [block["blockTimestamp"] for block in blocks]

    assert times == sorted(set(times))
    assert 27 <= (times[-1] - times[0]).days <= 31


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(ExportError, match="not empty"):
        export(tmp_path)

    assert list(files(tmp_path)) == ["mine.txt"]


@pytest.mark.parametrize("count", range(1, 20))
def test_the_tree_gives_digest_and_proof_of_any_number_of_hashes(count: int) -> None:
    new_id = new_ids()
    hashes = [new_id().encode().ljust(32) for _ in range(count)]
    tree = HashTree()

    for leaf in hashes:
        tree.append(leaf)

    assert tree.digest() == merkle_root(hashes)
    assert tree.last_proof() == merkle_proof(hashes, count - 1)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--revisions", "0"), ("--format", "xml"), ("--object-megabytes", "0")],
)
def test_a_bad_option_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    options = {"--revisions": "5", "--format": "json", "--to": str(tmp_path / "new"), option: value}

    with pytest.raises(SystemExit):
        main(list(itertools.chain.from_iterable(options.items())))

    assert option in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
