"""AWS: EventBridge invokes a function asynchronously. An event that it fails on is given to it twice more, under the same
request id, and then lies in the queue that its onFailure names. Stock MiniStack calls the function once and forgets the event.
"""

import json
from contextvars import ContextVar

from ministack.core.responses import new_uuid
from ministack.services import eventbridge, lambda_svc

_request_id = ContextVar("request id of all tries of an event", default=None)
_stock_execute = lambda_svc._execute_function_warm


def _execute_function_warm(func, event, request_id):
    return _stock_execute(func, event, _request_id.get() or request_id)


def _dispatch_to_lambda(arn, payload):
    func, config, name = lambda_svc._get_func_record_for_ref(arn)
    assert func and config, f"EventBridge: there is no function {name}"
    token = _request_id.set(new_uuid())
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(func, config), json.loads(payload))
    _request_id.reset(token)


lambda_svc._execute_function_warm = _execute_function_warm
eventbridge._dispatch_to_lambda = _dispatch_to_lambda
