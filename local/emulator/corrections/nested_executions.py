"""AWS: an execution that another one starts and waits for (startExecution.sync) is a standard one: it tells EventBridge how it
ends, and is stopped, with its tasks, when the one that waits for it is stopped.

Stock MiniStack runs it as an express one, which tells nobody, in the thread of the parent, and it outlives its parent's end.
"""

import json
import time

from corrections.run_task_sync import current_execution
from ministack.services import stepfunctions as sfn

# Execution ARN -> the execution it waits for.
_children = {}


def _start_and_wait(request):
    status, headers, body = sfn._start_execution(request)
    if status >= 400:
        return status, headers, body
    arn = json.loads(body)["executionArn"]
    parent = (current_execution() or {}).get("executionArn")
    _children[parent] = arn
    child = sfn._executions[arn]
    while child["status"] == "RUNNING":
        time.sleep(0.1)
    _children.pop(parent, None)
    kept = ("executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status", "input")
    return sfn.json_response({**{key: child.get(key) for key in kept}, "output": child.get("output") or "{}"})


_corrected_stop_execution = sfn._stop_execution


def _stop_execution(data):
    child = _children.get(data.get("executionArn"))
    answer = _corrected_stop_execution(data)
    if child:
        _stop_execution({"executionArn": child, "cause": "the execution that waited for it was stopped"})
    return answer


sfn._start_sync_execution = _start_and_wait
sfn._stop_execution = _stop_execution
