"""AWS: HeartbeatSeconds of a task token and TimeoutSeconds of a machine are honoured. Stock MiniStack ignores both."""

import contextvars
import json
import threading
import time

from corrections.run_task_sync import in_background, live_tasks, stop_tasks
from ministack.services import stepfunctions as sfn

_stock_callback = sfn._invoke_with_callback


def _invoke_with_callback(resource, input_data, token, state_def):
    heartbeat_seconds = state_def.get("HeartbeatSeconds")
    if heartbeat_seconds:
        in_background(_fail_without_heartbeat, token, heartbeat_seconds)
    return _stock_callback(resource, input_data, token, state_def)


def _fail_without_heartbeat(token, heartbeat_seconds):
    last_at, last_seen, is_waiting = time.time(), None, False
    while True:
        time.sleep(0.1)
        waiting = sfn._task_tokens.get(token)
        if waiting is None:
            if is_waiting or time.time() - last_at > 5:  # answered, or never came to wait
                return
            continue
        is_waiting = True
        if waiting.get("heartbeat") != last_seen:
            last_seen, last_at = waiting.get("heartbeat"), time.time()
        if time.time() - last_at > heartbeat_seconds:
            waiting["error"] = {"Error": "States.HeartbeatTimeout", "Cause": ""}
            waiting["event"].set()
            return


_stock_run_execution = sfn._run_execution


def _run_execution(execution_arn, *args, **kwargs):
    execution = sfn._executions.get(execution_arn)
    seconds = _machine_timeout(execution)
    if seconds and execution:
        limit = threading.Timer(seconds, contextvars.copy_context().run, args=(_time_out, execution_arn, execution))
        limit.daemon = True
        limit.start()
    return _stock_run_execution(execution_arn, *args, **kwargs)


def _machine_timeout(execution):
    machine = sfn._state_machines.get((execution or {}).get("stateMachineArn")) or {}
    try:
        return json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    except ValueError:
        return None


def _time_out(execution_arn, execution):
    if execution["status"] != "RUNNING":
        return
    execution["status"], execution["stopDate"], execution["error"] = "TIMED_OUT", sfn.now_iso(), "States.Timeout"
    sfn._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}})
    sfn._emit_execution_status_event(execution)
    stop_tasks(live_tasks.get(execution_arn, []), "States.Timeout")


sfn._invoke_with_callback = _invoke_with_callback
sfn._run_execution = _run_execution
