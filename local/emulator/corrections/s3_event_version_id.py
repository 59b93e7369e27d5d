"""AWS: the events of a versioned bucket say in `object.version-id` which version came or went. Stock MiniStack leaves it out on
EventBridge, so that nobody could tell which version was deleted for good."""

import json
import threading

from ministack.services import eventbridge, s3

_of_this_event = threading.local()
_stock_fire = s3._fire_s3_event
_stock_dispatch = eventbridge._dispatch_event


def _fire_s3_event(*args, version_id=None, **kwargs):
    _of_this_event.version_id = version_id
    try:
        return _stock_fire(*args, version_id=version_id, **kwargs)
    finally:
        _of_this_event.version_id = None


def _dispatch_event(event, *args, **kwargs):
    version_id = getattr(_of_this_event, "version_id", None)
    if version_id and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version_id
        event = {**event, "Detail": json.dumps(detail)}
    return _stock_dispatch(event, *args, **kwargs)


s3._fire_s3_event = _fire_s3_event
eventbridge._dispatch_event = _dispatch_event
