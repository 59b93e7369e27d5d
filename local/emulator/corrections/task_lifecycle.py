"""AWS: RunTask with a clientToken that was used starts nothing and answers with the first task, and one with a revision
that was deregistered is refused. StopTask sends SIGTERM, SIGKILL after stopTimeout (30 s unless the task definition says
otherwise), and the exit code is the container's own.

Stock MiniStack starts another task per call, and of any revision that there ever was, and calls a stopped task's exit code
0, before its container has ended: a task that was killed half way would look like a success.
"""

from corrections.run_task_sync import in_background
from ministack.services import ecs

STOP_TIMEOUT_SECONDS = 30

_stock_run_task = ecs._run_task
_stock_stop_task = ecs._stop_task
_stock_mark_stopped = ecs._mark_task_stopped
_answers = {}


def _run_task(data):
    definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", ""))) or {}
    if definition.get("status") == "INACTIVE":
        return ecs.error_response_json("ClientException", "TaskDefinition is inactive", 400)
    token = data.get("clientToken")
    if not token:
        return _stock_run_task(data)
    if token not in _answers:
        _answers[token] = _stock_run_task(data)
    return _answers[token]


def _stop_task(data):
    task = ecs._resolve_task(data.get("task", ""), ecs._resolve_cluster_name(data.get("cluster", "default")))
    if not task or task.get("lastStatus") != "RUNNING" or not task.get("_docker_ids"):
        return _stock_stop_task(data)
    if "_stop_reason" not in task:
        task["_stop_reason"] = data.get("reason", "Task stopped by user")
        in_background(_stop_containers, list(task["_docker_ids"]), _stop_timeout_seconds(task))
    return ecs.json_response({"task": {**ecs._sanitize(task), "desiredStatus": "STOPPED"}})


def _stop_timeout_seconds(task):
    definition = ecs._task_defs.get(ecs._resolve_td_key(task.get("taskDefinitionArn", ""))) or {}
    asked = [container.get("stopTimeout") for container in definition.get("containerDefinitions", [])]
    return max([int(seconds) for seconds in asked if seconds], default=STOP_TIMEOUT_SECONDS)


def _stop_containers(container_ids, timeout_seconds):
    """MiniStack watches the containers: it sees their exits, and marks the task as stopped."""
    for container_id in container_ids:
        try:
            ecs._get_docker().containers.get(container_id).stop(timeout=timeout_seconds)
        except Exception as error:
            ecs.logger.warning("could not stop container %s: %s", container_id, error)


def _mark_task_stopped(task_arn, task, reason, stop_code, exit_code=None):
    if "_stop_reason" in task:
        reason, stop_code = task["_stop_reason"], "UserInitiated"
    return _stock_mark_stopped(task_arn, task, reason, stop_code, exit_code)


def _replace_in_dispatch(action, stock, corrected):
    tables = [table for table in vars(ecs).values() if isinstance(table, dict) and table.get(action) is stock]
    assert tables, f"ministack changed: no dispatch table with {action}"
    for table in tables:
        table[action] = corrected


_replace_in_dispatch("RunTask", _stock_run_task, _run_task)
_replace_in_dispatch("StopTask", _stock_stop_task, _stop_task)
ecs._run_task = _run_task
ecs._stop_task = _stop_task
ecs._mark_task_stopped = _mark_task_stopped
