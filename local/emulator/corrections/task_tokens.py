"""AWS: TimeoutSecondsPath bounds a state that waits for a token, and one whose Lambda fails has failed.

Stock MiniStack knows TimeoutSeconds only, so that such a state waits for a day, and goes on waiting for an answer to what a
failed Lambda never asked.
"""

import contextvars

from ministack.services import stepfunctions as sfn

_asking_for = contextvars.ContextVar("_asking_for", default=None)
_stock_execute_task = sfn._execute_task
_stock_callback = sfn._invoke_with_callback
_stock_call_lambda = sfn._call_lambda


def _execute_task(state_def, raw_input, execution, ctx):
    path = state_def.get("TimeoutSecondsPath")
    if path:
        state_def = {**state_def, "TimeoutSeconds": sfn._resolve_path(path, raw_input)}
    return _stock_execute_task(state_def, raw_input, execution, ctx)


def _invoke_with_callback(resource, input_data, token, state_def):
    asking = _asking_for.set(token)
    try:
        return _stock_callback(resource, input_data, token, state_def)
    finally:
        _asking_for.reset(asking)


def _call_lambda(func_ref, event):
    try:
        return _stock_call_lambda(func_ref, event)
    except sfn._ExecutionError as failure:
        waiting = sfn._task_tokens.get(_asking_for.get())
        if waiting:
            waiting["error"] = {"Error": failure.error, "Cause": failure.cause}
            waiting["event"].set()
        raise


sfn._execute_task = _execute_task
sfn._invoke_with_callback = _invoke_with_callback
sfn._call_lambda = _call_lambda
