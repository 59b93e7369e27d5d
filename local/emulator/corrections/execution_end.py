"""AWS: an execution that was stopped, or has timed out, stays so, and none of its states starts anything any more.

In stock MiniStack the branches of an ended execution go on: a task that fails because it was stopped turns ABORTED into
FAILED, and its Retry starts the next container.
"""

from corrections.run_task_sync import current_execution
from ministack.services import stepfunctions as sfn

_stock_fail_execution = sfn._fail_execution
_stock_invoke_resource = sfn._invoke_resource


def _fail_execution(execution, error, cause):
    if execution["status"] == "RUNNING":
        _stock_fail_execution(execution, error, cause)


def _invoke_resource(resource, input_data):
    execution = current_execution()
    if execution and execution.get("status", "RUNNING") != "RUNNING":
        raise sfn._ExecutionError("States.Runtime", "the execution has ended")
    return _stock_invoke_resource(resource, input_data)


sfn._fail_execution = _fail_execution
sfn._invoke_resource = _invoke_resource
