"""CloudWatch dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.resource import Computed, Observed, Setting
from pulumi_aws_standin.schema import JsonObject, Property, String
from pulumi_aws_standin.values import as_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


class Dashboard(Setting):
    """A dashboard. Its id is its name."""

    type_name: ClassVar[str] = "aws:cloudwatch/dashboard:Dashboard"
    properties = (
        Property(
            name="dashboardName",
            type=String(pattern=r"[A-Za-z0-9_-]{1,255}"),
            required=True,
            force_new=True,
        ),
        Property(name="dashboardBody", type=JsonObject(), required=True),
    )
    computed = (Computed(name="dashboardArn"), Computed(name="region"))
    identity = ("dashboardName",)
    missing = ("ResourceNotFound", "DashboardNotFoundError")

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        dashboard = session.cloudwatch.get_dashboard(DashboardName=identifier)
        return Observed(
            inputs={
                "dashboardName": dashboard["DashboardName"],
                "dashboardBody": dashboard["DashboardBody"],
            },
            computed={"dashboardArn": dashboard["DashboardArn"]},
        )

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        session.cloudwatch.put_dashboard(
            DashboardName=identifier, DashboardBody=as_string(inputs["dashboardBody"])
        )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.cloudwatch.delete_dashboards(DashboardNames=[identifier])
