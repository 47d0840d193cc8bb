"""Settings are accepted or refused with a remedy, and both files agree.

Proves the checks on settings as text. Cannot prove that the engine accepts Pulumi.yaml, which
tests/e2e does.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from handler.contract import RESERVED_ATTRIBUTES, Variable
from handler.settings import HandlerSettings
from handler.statements import MAX_STATEMENT, longest_statement
from infra.replica_settings import replica_tables_json
from infra.section import either
from infra.settings import Settings, SettingsError, sections_by_name
from infra.tables import Throughput
from tests.support.paths import REPOSITORY
from tests.support.pulumi_mocks import KEY_ARN, as_text, dev_settings

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def parse(**changed: object) -> Settings:
    return Settings.parse(
        dev_settings() | {name: as_text(value) for name, value in changed.items()}, now=NOW
    )


def problems(**changed: object) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        parse(**changed)
    return raised.value.problems


def tables_problem(**entry: object) -> str:
    """Return the only problem of an entry for Person."""
    [problem] = problems(replicaTables=[{"ledgerTable": "Person"} | entry])
    return problem


def test_the_dev_stack_is_the_reference_pattern() -> None:
    settings = parse()

    [person] = settings.replica_tables.replica_tables
    assert person.ledger_table == "Person"
    assert person.attributes == {
        "firstName": ("firstName",),
        "lastName": ("lastName",),
        "email": ("email",),
        "address": ("address",),
    }
    assert not settings.replica_tables.deletion_protection
    assert not settings.failures.deletion_protection
    assert settings.replica_tables.tombstone_lifetime_days == 0


def test_required_settings_alone_give_a_protected_stack_with_whole_documents() -> None:
    described = described_settings()
    defaults = {k: as_text(v["default"]) for k, v in described.items() if "default" in v}

    settings = Settings.parse(defaults | {"replicaTables": '[{"ledgerTable":"Person"}]'}, now=NOW)

    assert described.keys() - defaults.keys() == {"replicaTables"}
    assert settings.upstream.ledger_stack == ""
    assert settings.replica_tables.deletion_protection
    assert settings.replica_tables.replica_tables[0].attributes is None
    assert settings.ledger_stream.inclusive_start_time == "2020-05-29T00:00:00Z"
    stream = settings.journal_stream
    assert (stream.shard_count, stream.stream_retention_hours) == (1, 168)
    assert (stream.stream_mode, stream.max_record_kibibytes) == ("PROVISIONED", 1024)
    assert stream.kms_key_arn == ""
    tables = settings.replica_tables
    assert tables.tombstone_lifetime_days == 0
    assert tables.point_in_time_recovery_days == 35
    assert tables.throughput == Throughput()
    assert not tables.retain_on_delete
    assert not tables.has_history
    consumer = settings.consumer
    assert (consumer.lambda_runtime, consumer.lambda_architecture) == ("python3.13", "arm64")
    assert (consumer.lambda_memory_megabytes, consumer.lambda_timeout_seconds) == (1024, 60)
    assert (consumer.batch_size, consumer.batching_window_seconds) == (100, 0)
    assert (consumer.parallelization_factor, consumer.maximum_retry_attempts) == (1, 60)
    assert consumer.maximum_record_age_seconds == 86400
    assert consumer.reserved_concurrency == -1
    assert (consumer.log_retention_days, consumer.log_level) == (30, "INFO")
    assert settings.failures.failure_retention_days == 90
    assert settings.failures.deletion_protection
    assert settings.tags.tags == {}


def described_settings() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(
        (REPOSITORY / "Pulumi.yaml").read_text(encoding="utf-8")
    )["config"]
    return found


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schema of each setting in the code."""
    return {
        name: schema
        for type_ in sections_by_name().values()
        for name, schema in type_.model_json_schema()["properties"].items()
    }


def test_every_setting_is_described() -> None:
    described = described_settings()

    assert [name for name, setting in described.items() if not setting.get("description")] == []


def test_both_files_have_the_same_settings() -> None:
    assert schemas().keys() == described_settings().keys()


def test_the_ranges_in_the_descriptions_are_those_in_the_code() -> None:
    documented = {name: setting["description"] for name, setting in described_settings().items()}
    ranges = {
        name: f"({schema['minimum']} to {schema['maximum']}"
        for name, schema in schemas().items()
        if schema.get("type") == "integer" and "minimum" in schema
    }

    assert len(ranges) >= 10
    assert {name: text for name, text in ranges.items() if text not in documented[name]} == {}


def test_the_choices_in_the_descriptions_are_those_in_the_code() -> None:
    documented = {name: setting["description"] for name, setting in described_settings().items()}
    choices = {
        name: either([str(choice) for choice in schema["enum"]])
        for name, schema in schemas().items()
        if "enum" in schema
    }

    assert choices.keys() == {
        "streamMode",
        "lambdaRuntime",
        "lambdaArchitecture",
        "logRetentionDays",
        "logLevel",
    }
    assert {name: text for name, text in choices.items() if text not in documented[name]} == {}


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        (name, schema["minimum"], schema["maximum"])
        for name, schema in schemas().items()
        if "minimum" in schema and name != "maximumRecordAgeSeconds"  # the stream bounds it too
    ],
)
def test_integers_are_accepted_within_their_range(name: str, lowest: int, highest: int) -> None:
    parse(**{name: lowest, "maximumRecordAgeSeconds": 60})
    parse(**{name: highest, "maximumRecordAgeSeconds": 60})

    for value, nearest in ((lowest - 1, lowest), (highest + 1, highest)):
        [problem] = problems(**{name: value})
        assert problem == (
            f"{name} is '{value}'; expected an integer from {lowest} to {highest}: "
            f"pulumi config set {name} {nearest}"
        )


@pytest.mark.parametrize(("age", "hours"), [(60, 24), (23 * 3600, 24), (604_800, 169)])
def test_a_failing_record_reaches_the_failure_bucket_before_kinesis_forgets_it(
    age: int, hours: int
) -> None:
    settings = parse(maximumRecordAgeSeconds=age, streamRetentionHours=hours)
    assert settings.consumer.maximum_record_age_seconds == age


@pytest.mark.parametrize(
    ("age", "hours", "needed"), [(23 * 3600 + 1, 24, 25), (86_400, 24, 25), (604_800, 168, 169)]
)
def test_a_record_age_that_the_stream_does_not_outlast_is_refused(
    age: int, hours: int, needed: int
) -> None:
    [problem] = problems(maximumRecordAgeSeconds=age, streamRetentionHours=hours)

    assert problem.startswith(f"maximumRecordAgeSeconds is {age}; ")
    assert f": pulumi config set streamRetentionHours {needed}, " in problem


@pytest.mark.parametrize(("value", "nearest"), [(-1, 60), (0, 60), (59, 60), (604_801, 604_800)])
def test_other_record_ages_are_refused(value: int, nearest: int) -> None:
    [problem] = problems(maximumRecordAgeSeconds=value)

    assert problem == (
        f"maximumRecordAgeSeconds is '{value}'; expected an integer from 60 to 604800: "
        f"pulumi config set maximumRecordAgeSeconds {nearest}"
    )


@pytest.mark.parametrize("value", ["ten", "1.5", "", "1e2", " 1", "1_0", "true", "٣"])
def test_a_value_that_is_not_an_integer_is_refused(value: str) -> None:
    [problem] = problems(batchSize=value)

    assert problem.startswith(f"batchSize is {value!r}; expected an integer from ")
    assert problem.endswith(": pulumi config set batchSize N")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("lambdaRuntime", "python3.14", "python3.11, python3.12 or python3.13"),
        ("lambdaArchitecture", "amd64", "arm64 or x86_64"),
        ("streamMode", "on-demand", "PROVISIONED or ON_DEMAND"),
        ("retainOnDelete", "no", "true or false"),
        ("logLevel", "info", "DEBUG, INFO, WARNING or ERROR"),
        ("deletionProtection", "yes", "true or false"),
        ("logRetentionDays", "31", "1, 3, 5, 7, 14, 30, 60"),
        ("ledgerStack", "dev", "<organization>/<project>/<stack>"),
        ("ledgerStack", "a/b/c/d", "<organization>/<project>/<stack>"),
        ("ledgerStack", "a//c", "<organization>/<project>/<stack>"),
        ("ledgerStack", " ", "<organization>/<project>/<stack>"),
    ],
)
def test_other_words_are_refused(name: str, value: str, allowed: str) -> None:
    [problem] = problems(**{name: value})

    assert problem.startswith(f"{name} is {value!r}; expected {allowed}")
    assert f": pulumi config set {name} " in problem


@pytest.mark.parametrize(
    "value",
    [
        "2020-05-29",
        "2020-05-29T00:00:00",
        "2020-05-29T00:00:00+00:00",
        "2020-05-29T00:00:00.000Z",
        "2020-13-29T00:00:00Z",
        "2026-01-02T03:04:06Z",
    ],
)
def test_other_times_and_the_future_are_refused(value: str) -> None:
    [problem] = problems(inclusiveStartTime=value)

    assert problem.startswith(f"inclusiveStartTime is {value!r}; expected a time in UTC such ")


def test_the_present_is_a_start_time() -> None:
    assert parse(inclusiveStartTime="2026-01-02T03:04:05Z").ledger_stream.inclusive_start_time


def test_all_problems_are_reported_at_once() -> None:
    settings = dev_settings() | {"shardCount": "0", "logLevel": "X", "ledgerStack": "dev"}
    del settings["replicaTables"]

    with pytest.raises(SettingsError) as raised:
        Settings.parse(settings, now=NOW)

    assert len(raised.value.problems) == 4
    text = str(raised.value)
    assert all(
        name in text
        for name in ("shardCount", "logLevel", "ledgerStack", "replicaTables is missing")
    )


@pytest.mark.parametrize(
    ("value", "example"),
    [
        ("", "N"),
        ("-1", "0"),
        ("forever", "N"),
        ("36501", "36500"),
        ("1" + "0" * 40, "36500"),
    ],
)
def test_a_tombstone_lives_for_days_or_is_permanent(value: str, example: str) -> None:
    [problem] = problems(tombstoneLifetimeDays=value)

    assert problem == (
        f"tombstoneLifetimeDays is {value!r}; expected an integer from 0 to 36500: "
        f"pulumi config set tombstoneLifetimeDays {example}"
    )


def test_an_unknown_setting_is_refused_with_the_nearest_one() -> None:
    [problem] = problems(tombstoneLifetimeDay=900)

    assert problem == (
        "unknown setting tombstoneLifetimeDay; did you mean tombstoneLifetimeDays? Otherwise "
        "remove it: pulumi config rm tombstoneLifetimeDay"
    )


@pytest.mark.parametrize("value", ["null", "{}", "[]", "x", '"Person"'])
def test_replica_tables_that_are_not_a_list_with_entries_are_refused(value: str) -> None:
    [problem] = problems(replicaTables=value)

    assert problem.startswith(f"replicaTables is {value}; expected a list of one or more entries")
    assert "pulumi config set --path 'replicaTables[0].ledgerTable' Person" in problem


@pytest.mark.parametrize("name", [None, "", "1st", "a-b", "a" * 129, 7, "a b"])
def test_a_ledger_table_has_a_name_that_qldb_takes(name: object) -> None:
    [problem] = problems(replicaTables=[{"ledgerTable": name}])

    assert problem.startswith(f"replicaTables[0].ledgerTable is {json.dumps(name)}; ")


def test_a_ledger_table_can_be_named_by_its_id() -> None:
    settings = parse(replicaTables=[{"ledgerTable": "1ABCDEFGHIJKLMNOPQRSTU"}])

    (entry,) = settings.replica_tables.replica_tables
    assert entry.ledger_table == "1ABCDEFGHIJKLMNOPQRSTU"


def test_a_ledger_table_is_replicated_once() -> None:
    [problem] = problems(replicaTables=[{"ledgerTable": "A"}, {"ledgerTable": "A"}])

    assert problem.startswith("replicaTables names the ledger table 'A' 2 times")


def test_an_unknown_key_is_refused() -> None:
    assert tables_problem(attribute={"a": "a"}) == (
        "replicaTables[0] has the unknown key 'attribute'; its keys are ledgerTable, tableName, "
        "attributes, indexes, history, tombstoneLifetimeDays, mergeGenerations, "
        "importFrom"
    )


def test_an_entry_is_an_object() -> None:
    [problem] = problems(replicaTables=["Person"])

    assert problem.startswith('replicaTables[0] is "Person"; expected an object with the keys')


def test_nested_paths_are_field_names_with_dots() -> None:
    [table] = parse(
        replicaTables=[{"ledgerTable": "Person", "attributes": {"city": "address.city.name"}}]
    ).replica_tables.replica_tables

    assert table.attributes == {"city": ("address", "city", "name")}


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("address[0].city", "address[0]"),
        ("address.[0].city", "[0]"),
        ("address.0.city", "0"),
        ("items[*]", "items[*]"),
        ("items.*", "*"),
        ("$.address", "$"),
        ("/address/city", "/address/city"),
        ('address."city"', '"city"'),
        ("'address'.city", "'address'"),
        ("`address`", "`address`"),
    ],
)
def test_a_path_of_another_language_is_refused_with_what_to_write(path: str, step: str) -> None:
    problem = tables_problem(attributes={"city": path})

    assert problem.startswith(
        f"replicaTables[0].attributes.city is {json.dumps(path)}, in which {json.dumps(step)} is "
        "not a plain field name"
    )
    assert "name the path of the list itself, or leave `attributes` out" in problem
    assert f"write the path as a list of names, {json.dumps(path.split('.'))}" in problem


@pytest.mark.parametrize(
    "path", ["it's.a", "km/h", "a-b", "a b", "a1", "_0", "$price", "straße", "a:b", "#"]
)
def test_a_field_name_may_have_any_characters_that_mean_nothing_else(path: str) -> None:
    (table,) = parse(
        replicaTables=[{"ledgerTable": "Person", "attributes": {"city": path}}]
    ).replica_tables.replica_tables
    assert table.attributes == {"city": tuple(path.split("."))}


@pytest.mark.parametrize("names", [["address[0]", "city"], ["0"], ["a.b"], [" a", ""], ["*"]])
def test_a_list_of_field_names_is_taken_as_it_is(names: list[str]) -> None:
    # given a table whose documents have such fields
    attributes = {"city": names}
    (table,) = parse(
        replicaTables=[{"ledgerTable": "Person", "attributes": attributes}]
    ).replica_tables.replica_tables
    # then the handler reads the same names
    text = replica_tables_json([table], {"Person": "person-1a2b3c"})
    handler = HandlerSettings.from_environment(
        {Variable.REPLICA_TABLES: text, Variable.FAILURE_BUCKET: "failures"}
    )
    assert handler.replica_tables["Person"].attributes == {"city": tuple(names)}


@pytest.mark.parametrize("path", ["a\ud800", ["a", "\ud800"]])
def test_a_field_name_that_is_not_unicode_text_is_refused(path: object) -> None:
    assert "which is not Unicode text: no document has it" in tables_problem(
        attributes={"city": path}
    )


@pytest.mark.parametrize("path", ["", ".", "a..b", ".a", "a.", "a. b", " a", 3, [], ["a", 3], None])
def test_other_paths_are_refused(path: object) -> None:
    problem = tables_problem(attributes={"city": path})

    assert problem.startswith(
        f"replicaTables[0].attributes.city is {json.dumps(path)}; expected a path: "
    )


@pytest.mark.parametrize("value", [{}, [], "firstName"])
def test_attributes_that_are_not_a_map_with_entries_are_refused(value: object) -> None:
    assert tables_problem(attributes=value).startswith(
        f"replicaTables[0].attributes is {json.dumps(value)}; expected a map of "
    )


@pytest.mark.parametrize("name", RESERVED_ATTRIBUTES)
def test_the_replicas_own_attributes_are_refused(name: str) -> None:
    assert f"the reserved attribute name {name!r}" in tables_problem(attributes={name: "a"})


@pytest.mark.parametrize("name", ["", " a", "a "])
def test_attribute_names_are_not_empty_and_have_no_space_around_them(name: str) -> None:
    assert f"has the attribute name {name!r}" in tables_problem(attributes={name: "a"})


@pytest.mark.parametrize("name", ["#a", ":a", "#", ":"])
def test_attribute_names_that_dynamodb_takes_for_placeholders_are_refused(name: str) -> None:
    problem = tables_problem(attributes={name: "a"})

    assert problem.startswith(f"replicaTables[0].attributes has the attribute name {name!r}")
    assert "choose another name for the same path" in problem


def test_attribute_names_are_unicode_text() -> None:
    assert "is not Unicode text" in tables_problem(attributes={"a\ud800": "a"})


@pytest.mark.parametrize("value", [[], ["old"], None, "old"])
def test_a_list_of_retired_attributes_is_refused_with_the_remedy(value: object) -> None:
    assert tables_problem(retiredAttributes=value) == (
        "replicaTables[0] has the key 'retiredAttributes', which is no longer needed: items that "
        "another configuration wrote are replaced as a whole; remove the key from "
        "Pulumi.<stack>.yaml"
    )


def test_a_key_without_a_value_is_a_key_that_is_left_out() -> None:
    [table] = parse(
        replicaTables=[{"ledgerTable": "Person", "attributes": None}]
    ).replica_tables.replica_tables

    assert table.attributes is None


def test_a_table_has_at_most_a_hundred_attributes() -> None:
    attributes = {f"a{index}": "a" for index in range(100)}
    parse(replicaTables=[{"ledgerTable": "Person", "attributes": attributes}])

    problem = tables_problem(attributes=attributes | {"b": "b"})

    assert problem.startswith("replicaTables[0] has 101 attributes")


@pytest.mark.parametrize("character", ["n", "'", '"', "\U0001f600"])
def test_attribute_names_leave_room_for_a_statement(character: str) -> None:
    # when names are long, or only with their quotes doubled, or only in bytes
    names = {character * 3900 + end: "a" for end in "ab"}
    problem = tables_problem(attributes=names)

    # then
    assert "has attribute names that make a write statement " in problem
    assert "DynamoDB allows 8192: shorten them" in problem


@pytest.mark.parametrize(
    "option",
    [
        {"history": True},
        {"indexes": [{"name": "by-key", "partitionKey": {"attribute": "key"}}]},
    ],
    ids=["history", "indexes"],
)
def test_what_indexes_and_history_add_to_a_statement_counts(option: dict[str, Any]) -> None:
    # given names that fill a statement to its end
    room = MAX_STATEMENT - longest_statement(["key", "n"])
    attributes = {"key": "a", "n" * (1 + room): "a"}
    parse(replicaTables=[{"ledgerTable": "Person", "attributes": attributes}])
    # when
    problem = tables_problem(attributes=attributes, **option)
    # then
    assert "DynamoDB allows 8192: shorten them" in problem


def test_a_role_policy_beyond_iams_limit_is_refused() -> None:
    # given 100 tables with short names, which fit
    parse(replicaTables=[{"ledgerTable": f"Table{n:03}"} for n in range(100)])
    # when their names are long / then the setting is named with the remedy
    [problem] = problems(replicaTables=[{"ledgerTable": f"T{n:03}" * 32} for n in range(100)])
    assert problem.startswith("replicaTables has 100 entries")
    assert "IAM allows 10240: divide the tables between two stacks" in problem


def test_history_a_customer_key_and_given_names_count_in_the_size_of_the_role_policy() -> None:
    def fits(count: int, entry: dict[str, object], **changed: object) -> bool:
        tables = [{"ledgerTable": f"Table{n:03}"} for n in range(count)]
        try:
            parse(replicaTables=[*tables, {"ledgerTable": "Last"} | entry], **changed)
        except SettingsError:
            return False
        return True

    # given as many tables as fit
    most = next(count for count in range(100, 200) if not fits(count + 1, {}))
    assert fits(most, {})
    # when something needs more room / then they no longer fit
    assert not fits(most, {"history": True})
    assert not fits(most, {}, kmsKeyArn=KEY_ARN)
    assert not fits(most, {"tableName": "a" * 255})


@pytest.mark.parametrize(
    ("hours", "days", "least"),
    [(24, 90, 94), (7 * 24, 1, 11), (7 * 24, 90, 100), (49, 2, 8)],
)
def test_tombstones_outlive_a_record_that_was_long_in_the_stream_and_then_in_the_bucket(
    hours: int, days: int, least: int
) -> None:
    changed = {
        "streamRetentionHours": hours,
        "failureRetentionDays": days,
        "maximumRecordAgeSeconds": 60,
    }

    assert (
        parse(tombstoneLifetimeDays=least, **changed).replica_tables.tombstone_lifetime_days
        == least
    )
    [problem] = problems(tombstoneLifetimeDays=least - 1, **changed)
    assert problem.startswith(f"tombstoneLifetimeDays is {least - 1}; ")
    assert f"expected {least} or more, or 0 for permanent tombstones" in problem
    assert problem.endswith(f"pulumi config set tombstoneLifetimeDays {least}")


def test_the_lifetime_of_one_table_is_held_to_the_same_rule() -> None:
    entry = {"ledgerTable": "Person", "tombstoneLifetimeDays": 99}
    [problem] = problems(replicaTables=[{"ledgerTable": "Car"}, entry])

    assert problem.startswith("replicaTables[1].tombstoneLifetimeDays is 99; a record can arrive")
    assert problem.endswith("pulumi config set --path 'replicaTables[1].tombstoneLifetimeDays' 100")


@pytest.mark.parametrize("value", ["400", True, 1.5, -1, 36_501])
def test_the_lifetime_of_one_table_is_an_integer(value: object) -> None:
    assert tables_problem(tombstoneLifetimeDays=value) == (
        f"replicaTables[0].tombstoneLifetimeDays is {json.dumps(value)}; expected an integer from "
        "0 (tombstones never expire) to 36500, or nothing for the stack's tombstoneLifetimeDays: "
        "pulumi config set --path 'replicaTables[0].tombstoneLifetimeDays' 400"
    )


@pytest.mark.parametrize("value", ["true", 1, "yes", None])
def test_history_is_kept_or_not(value: object) -> None:
    assert tables_problem(history=value) == (
        f"replicaTables[0].history is {json.dumps(value)}; expected true or false: pulumi config "
        "set --path 'replicaTables[0].history' true"
    )


@pytest.mark.parametrize(
    "value",
    [
        "alias/my-key",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:123456789012:alias/my-key",
        "arn:aws:kms:eu-west-1:123:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms::123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:123456789012:key/*",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\n",
        "arn:aws:s3:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ],
)
def test_a_customer_key_is_named_by_its_arn(value: str) -> None:
    [problem] = problems(kmsKeyArn=value)

    assert problem.startswith(f"kmsKeyArn is {value!r}; expected the ARN of a symmetric KMS key")
    assert "(not an alias), or an empty text for keys of AWS" in problem


@pytest.mark.parametrize(
    "value",
    [
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    ],
)
def test_keys_of_every_partition_and_multi_region_keys_are_accepted(value: str) -> None:
    settings = parse(kmsKeyArn=value)

    assert settings.consumer.kms_key_arn == settings.failures.kms_key_arn == value


def test_a_reservation_that_stops_the_function_is_refused() -> None:
    [problem] = problems(reservedConcurrency=0)

    assert problem.startswith("reservedConcurrency is 0, which would stop the function")
    assert "Expected -1 for no reservation, or 1 and more" in problem
    assert "aws lambda update-event-source-mapping" in problem


@pytest.mark.parametrize(
    ("name", "least"), [("tableWarmReadUnits", 12_000), ("tableWarmWriteUnits", 4_000)]
)
def test_less_than_dynamodbs_own_throughput_is_refused(name: str, least: int) -> None:
    parse(**{name: least})

    for units in (1, least - 1):
        [problem] = problems(**{name: units})
        assert problem == (
            f"{name} is {units}; expected 0 for what DynamoDB gives every table, or {least} and "
            "more"
        )


@pytest.mark.parametrize(("kind", "units"), [("Read", 12_000), ("Write", 4_000)])
def test_warm_throughput_above_the_ceiling_is_refused(kind: str, units: int) -> None:
    warm, most = f"tableWarm{kind}Units", f"tableMax{kind}Units"
    parse(**{warm: units, most: units})

    [problem] = problems(**{warm: units, most: units - 1})
    assert problem == (
        f"{warm} is {units}, above the ceiling {most} of {units - 1}: raise the ceiling, or "
        f"pulumi config set {warm} 0"
    )


@pytest.mark.parametrize("name", ["ab", "a" * 256, "a b", "a/b", "", 7])
def test_a_table_name_is_one_that_dynamodb_takes(name: object) -> None:
    assert tables_problem(tableName=name) == (
        f"replicaTables[0].tableName is {json.dumps(name)}; expected a DynamoDB table name of 3 to "
        "255 letters, digits, underscores, hyphens or dots, or nothing for a name that Pulumi "
        "makes up: pulumi config set --path 'replicaTables[0].tableName' people"
    )


def test_two_ledger_tables_do_not_share_a_table() -> None:
    tables = [{"ledgerTable": name, "tableName": "people"} for name in ("Person", "Human")]
    [problem] = problems(replicaTables=tables)

    assert problem.startswith("replicaTables gives the tableName 'people' 2 times")


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("qldb-history-0a1b2c3", "the history table"),
        ("qldb-Car-0a1b2c3", "the ledger table Car"),
    ],
)
def test_a_table_name_is_not_one_that_pulumi_may_give_to_another_table(
    name: str, whose: str
) -> None:
    entry = {"ledgerTable": "Person", "tableName": name}
    [problem] = problems(replicaTables=[{"ledgerTable": "Car"}, entry])

    assert problem == (
        f"replicaTables[1].tableName is {name!r}, a name that {whose} of this stack can have: "
        "choose another"
    )


def test_a_table_can_be_given_the_name_that_pulumi_made_up_for_it() -> None:
    parse(replicaTables=[{"ledgerTable": "Person", "tableName": "qldb-Person-0a1b2c3"}])
