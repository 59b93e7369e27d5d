"""AWS: EventBridge Scheduler puts context attributes like <aws.scheduler.scheduled-time> into a target's Input, fires within
the second it says, and an at() that was changed fires again. Stock MiniStack does none of it, and ticks every 10 seconds.
"""

from datetime import datetime, timedelta, timezone

from ministack.services import eventbridge
from ministack.services import scheduler

assert scheduler._SCHEDULE_TICK_INTERVAL == 10, "ministack changed: the scheduler's tick"
scheduler._SCHEDULE_TICK_INTERVAL = 1

# Seconds to look back for the newest occurrence of a cron: from minutely to yearly.
LOOK_BACK = (120, 7_200, 172_800, 3_000_000, 32_000_000)

_stock_invoke_target = eventbridge._invoke_target
_stock_update_schedule = scheduler._update_schedule


def _invoke_target(target, event, rule, *rest):
    text = target.get("Input") or ""
    if event.get("Source") == "aws.scheduler" and "<aws.scheduler." in text:
        at = _scheduled_at(rule.get("ScheduleExpression", ""), datetime.now(timezone.utc))
        attributes = {
            "scheduled-time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "schedule-arn": rule.get("Arn", ""),
            "execution-id": event["EventId"],
            "attempt-number": "1",
        }
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        target = {**target, "Input": text}
    return _stock_invoke_target(target, event, rule, *rest)


def _scheduled_at(expression, now):
    at = scheduler._at_time_epoch(expression)
    if at is not None:
        return datetime.fromtimestamp(at, tz=timezone.utc)
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:  # a rate() has no instants of its own
        return now
    for seconds in LOOK_BACK:
        newest, due = None, eventbridge._cron_next_fire(fields, now - timedelta(seconds=seconds))
        while due is not None and due <= now:
            newest, due = due, eventbridge._cron_next_fire(fields, due)
        if newest:
            return newest
    return now


def _update_schedule(name, body):
    for key in [key for key in scheduler._schedule_last_fired if key[2].endswith(f"/{name}")]:
        scheduler._schedule_last_fired.pop(key, None)
    return _stock_update_schedule(name, body)


eventbridge._invoke_target = _invoke_target
scheduler._update_schedule = _update_schedule
