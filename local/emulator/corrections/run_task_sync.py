"""AWS: ecs:runTask.sync fails with States.TaskFailed when a container exits non-zero; its result is one task in Pascal
case (Containers[0].ExitCode); a timeout of the state or the end of the execution stops the task; there is no cap of its own.

Stock MiniStack succeeds on exit 1, answers in lower camel case, leaves containers running and gives up after 10 minutes.
"""

import contextvars
import json
import threading
import time

from ministack.services import ecs
from ministack.services import stepfunctions as sfn

_execution = contextvars.ContextVar("execution", default=None)
_tasks_of_state = contextvars.ContextVar("tasks_of_state", default=None)
# Execution ARN -> the (cluster, task ARN) it waits for: what ends with the execution.
live_tasks = {}


def current_execution():
    """The execution whose state is being worked on in this thread, or None."""
    return _execution.get()


def stop_tasks(tasks, reason):
    for cluster, task_arn in list(tasks):
        try:
            ecs._stop_task({"cluster": cluster, "task": task_arn, "reason": reason})
        except Exception as error:
            sfn.logger.warning("could not stop %s: %s", task_arn, error)


def in_background(work, *args):
    """A thread keeps neither account nor region by itself: they live in context variables."""
    threading.Thread(target=contextvars.copy_context().run, args=(work, *args), daemon=True).start()


def _pascal(value):
    if isinstance(value, list):
        return [_pascal(item) for item in value]
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _pascal(item) for key, item in value.items()}
    return value


def _has_failed(task):
    return task.get("StopCode") == "TaskFailedToStart" or any(
        container.get("ExitCode") not in (0, None) for container in task.get("Containers", [])
    )


def _poll_ecs_tasks(cluster, task_arns):
    execution_arn = (current_execution() or {}).get("executionArn")
    waited_for = [(cluster, arn) for arn in task_arns]
    live_tasks.setdefault(execution_arn, []).extend(waited_for)
    if _tasks_of_state.get() is not None:
        _tasks_of_state.get().extend(waited_for)
    try:
        while True:
            _, _, body = ecs._describe_tasks({"cluster": cluster, "tasks": task_arns})
            tasks = json.loads(body or b"{}").get("tasks", [])
            if tasks and all(task.get("lastStatus") == "STOPPED" for task in tasks):
                break
            time.sleep(0.2)
    finally:
        still_live = live_tasks.get(execution_arn, [])
        for reference in waited_for:
            if reference in still_live:
                still_live.remove(reference)
    answers = [_pascal(task) for task in tasks]
    for task in answers:
        if _has_failed(task):
            raise sfn._ExecutionError("States.TaskFailed", json.dumps(task))
    return answers[0] if len(answers) == 1 else {"Tasks": answers}


_stock_execute_task = sfn._execute_task


def _execute_task(state_def, raw_input, execution, ctx):
    token = _execution.set(execution)
    try:
        return _stock_execute_task(state_def, raw_input, execution, ctx)
    finally:
        _execution.reset(token)


_stock_with_timeout = sfn._invoke_resource_with_timeout


def _invoke_resource_with_timeout(resource, input_data, timeout):
    mine = []
    token = _tasks_of_state.set(mine)
    try:
        return _stock_with_timeout(resource, input_data, timeout)
    except sfn._ExecutionError as error:
        if error.error == "States.Timeout":
            stop_tasks(mine, "States.Timeout")
        raise
    finally:
        _tasks_of_state.reset(token)


_stock_stop_execution = sfn._stop_execution


def _stop_execution(data):
    waited_for = list(live_tasks.get(data.get("executionArn"), []))
    answer = _stock_stop_execution(data)
    in_background(stop_tasks, waited_for, "Execution aborted")
    return answer


sfn._poll_ecs_tasks = _poll_ecs_tasks
sfn._execute_task = _execute_task
sfn._invoke_resource_with_timeout = _invoke_resource_with_timeout
sfn._stop_execution = _stop_execution
