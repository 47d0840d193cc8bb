"""The table of error codes contains every code in the services' own models.

Cannot prove that the services have no other codes; an unknown code counts as transient.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from botocore.loaders import Loader

from handler.error_codes import FAULT_CLASSES, FaultClass, classified, normalized, of_exception

WRITER_ONLY = {"ConditionalCheckFailed", "DuplicateItem"}


def service_model() -> dict[str, dict[str, object]]:
    shapes: dict[str, dict[str, object]] = Loader().load_service_model("dynamodb", "service-2")[
        "shapes"
    ]
    return shapes


def test_every_code_of_a_statement_is_classified() -> None:
    codes = service_model()["BatchStatementErrorCodeEnum"]["enum"]
    assert isinstance(codes, list)
    assert len(codes) == 11
    unknown = [code for code in codes if classified(code)[1] is None]
    assert {normalized(code) for code in unknown} == WRITER_ONLY


@pytest.mark.parametrize("operation", ["BatchExecuteStatement", "PutItem"])
def test_every_error_of_the_operations_used_is_classified(operation: str) -> None:
    model = Loader().load_service_model("dynamodb", "service-2")
    errors = [error["shape"] for error in model["operations"][operation]["errors"]]
    unknown = {normalized(code) for code in errors if classified(code)[1] is None}
    assert unknown <= WRITER_ONLY


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ValidationError", FaultClass.PERMANENT),
        ("ValidationException", FaultClass.PERMANENT),
        ("com.amazon.coral.validate#ValidationException", FaultClass.PERMANENT),
        ("ThrottlingError", FaultClass.TRANSIENT),
        ("ThrottlingException", FaultClass.TRANSIENT),
        ("InternalServerError", FaultClass.TRANSIENT),
        ("AccessDenied", FaultClass.CONFIGURATION),
        ("AccessDeniedException", FaultClass.CONFIGURATION),
        ("SomethingNew", None),
    ],
)
def test_statements_and_requests_share_the_table(code: str, expected: FaultClass | None) -> None:
    assert classified(code)[1] is expected


def client_error(code: str, status: int) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "secret"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        "BatchExecuteStatement",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ValidationException", 400), ("Validation", FaultClass.PERMANENT)),
        (client_error("Whatever", 503), ("Whatever", FaultClass.TRANSIENT)),
        (client_error("Whatever", 400), ("Whatever", None)),
        (
            EndpointConnectionError(endpoint_url="x"),
            ("EndpointConnection", FaultClass.TRANSIENT),
        ),
        (ParamValidationError(report="secret"), ("ParamValidation", FaultClass.PERMANENT)),
        (KeyError("secret"), ("KeyError", None)),
    ],
)
def test_exceptions_of_requests_are_classified_without_their_messages(
    error: Exception, expected: tuple[str, FaultClass | None]
) -> None:
    assert of_exception(error) == expected


def test_the_table_is_keyed_by_normalized_codes() -> None:
    assert [code for code in FAULT_CLASSES if normalized(code) != code] == []
