"""Alarms: what wakes somebody up, each with its section in docs/runbook.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from infra.alarm_rules import ALARMS, Missing
from infra.component import Component
from infra.iam import only_over_tls, policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.alarm_rules import AlarmRule, Dimensions
    from infra.alarm_settings import AlarmsSettings
    from infra.watched import Watched

RUNBOOK = "docs/runbook.md"

_PERIOD_SECONDS = 60
_WARM_UP_MINUTES = 60
"""Time in which a new stack publishes its first metrics. The warm-up ends early with enough of them
(CloudWatch user guide, "Alarm warm-up periods")."""

_REGION_OF_ARN = 3


@dataclass(frozen=True, kw_only=True)
class AlarmsProps:
    """Arguments of `Alarms`.

    Attributes
    ----------
    settings
        Whom to notify.
    watched
        What the alarms watch.
    """

    settings: AlarmsSettings
    watched: Watched


def check_regions(settings: AlarmsSettings) -> None:
    """Check that all topics are in the region of the stack.

    CloudWatch refuses others, each with the first alarm that is created.

    Raises
    ------
    pulumi.RunError
        If a topic is in another region.
    """
    if not (settings.alarms and settings.alarm_topic_arns):
        return
    here = aws.get_region().region
    for number, arn in enumerate(settings.alarm_topic_arns):
        region = arn.split(":")[_REGION_OF_ARN]
        if region != here:
            raise pulumi.RunError(
                f"alarmTopicArns[{number}] names a topic in {region}, and this stack deploys to "
                f"{here}: name a topic of that region"
            )


class Alarms(Component):
    """Alarms on everything that would otherwise go wrong in silence.

    Produces the alarms, and for an e-mail address a topic with its policy and subscription.
    """

    alarms: list[aws.cloudwatch.MetricAlarm]
    topic: aws.sns.Topic | None
    subscription: aws.sns.TopicSubscription | None

    def __init__(
        self,
        name: str,
        props: AlarmsProps,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("Alarms", name, tags=tags, opts=opts)
        email = props.settings.alarm_email
        self.topic = self.subscription = None
        topics: list[pulumi.Input[str]] = list(props.settings.alarm_topic_arns)
        if email:
            self.topic = self._topic(name)
            self.subscription = aws.sns.TopicSubscription(
                name, topic=self.topic.arn, protocol="email", endpoint=email, opts=self.child()
            )
            topics.append(self.topic.arn)
        self.alarms = [
            self._alarm(f"{name}-{rule.name}{suffix}", rule, dimensions, props.watched, topics)
            for rule in ALARMS
            for suffix, dimensions in rule.of(props.watched)
        ]
        self.register_outputs({"alarmNames": self.names})

    @property
    def names(self) -> list[pulumi.Output[str]]:
        """Names of the alarms."""
        return [alarm.name for alarm in self.alarms]

    @property
    def arns(self) -> list[pulumi.Output[str]]:
        """ARNs of the alarms."""
        return [alarm.arn for alarm in self.alarms]

    def _alarm(
        self,
        name: str,
        rule: AlarmRule,
        dimensions: Dimensions,
        watched: Watched,
        topics: list[pulumi.Input[str]],
    ) -> aws.cloudwatch.MetricAlarm:
        percentile = rule.statistic.startswith("p")
        threshold = rule.threshold(watched) if callable(rule.threshold) else rule.threshold
        return aws.cloudwatch.MetricAlarm(
            name,
            alarm_description=f"{rule.means} What to do: {RUNBOOK}#{rule.name}",
            namespace=rule.metric.namespace,
            metric_name=rule.metric.name,
            dimensions=rule.metric.at(dimensions),
            statistic=None if percentile else rule.statistic,
            extended_statistic=rule.statistic if percentile else None,
            comparison_operator=rule.comparison.value,
            threshold=threshold,
            period=_PERIOD_SECONDS,
            evaluation_periods=rule.minutes,
            datapoints_to_alarm=rule.minutes,
            treat_missing_data=rule.missing.value,
            warm_up_configuration=_warm_up(rule),
            alarm_actions=topics,
            # Who was called must learn that it is over.
            ok_actions=topics,
            tags=self.tags,
            opts=self.child(),
        )

    def _topic(self, name: str) -> aws.sns.Topic:
        # Not encrypted: CloudWatch may not use the AWS managed key of SNS (CloudWatch user guide,
        # "Notify users on alarm changes"), and a notification holds no document data.
        topic = aws.sns.Topic(name, tags=self.tags, opts=self.child())
        account = aws.get_caller_identity_output(opts=self.lookup).account_id
        aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=policy(
                {
                    "Sid": "Notify",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": topic.arn,
                    "Condition": {
                        "ArnLike": {
                            "aws:SourceArn": pulumi.Output.format(
                                "arn:{0}:cloudwatch:{1}:{2}:alarm:*",
                                aws.get_partition_output(opts=self.lookup).partition,
                                aws.get_region_output(opts=self.lookup).region,
                                account,
                            )
                        },
                        "StringEquals": {"aws:SourceAccount": account},
                    },
                },
                only_over_tls("sns:Publish", topic.arn),
            ),
            opts=self.child(),
        )
        return topic


def _warm_up(rule: AlarmRule) -> aws.cloudwatch.MetricAlarmWarmUpConfigurationArgs | None:
    """Return how long a new alarm waits, if it would take missing data for a fault."""
    if rule.missing is not Missing.IS_BAD:
        return None
    return aws.cloudwatch.MetricAlarmWarmUpConfigurationArgs(
        warm_up_period_duration_in_minutes=_WARM_UP_MINUTES
    )
