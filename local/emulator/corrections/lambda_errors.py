"""AWS: a failed Node function answers with errorType = err.name, which Retry and Catch match by ErrorEquals.

Stock MiniStack says Runtime.HandlerError for every error, so no Retry or Catch by name ever matches. The worker's error
travels as JSON behind a marker in the one string that MiniStack passes on, and is taken apart again at the other end.
"""

import json

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

MARKER = "\x01"
STOCK = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
CORRECTED = (
    'status: "error", error: "\\u0001" + JSON.stringify({'
    'errorType: (err && err.name) || "Error", '
    "errorMessage: String((err && err.message) ?? err), "
    'trace: String((err && err.stack) || "").split("\\n")'
    '}), trace: (err && err.stack) || ""'
)

assert lambda_runtime._NODEJS_WORKER_SCRIPT.count(STOCK) == 1, "ministack changed: the Node worker's error answer"
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(STOCK, CORRECTED)

_stock_execute = lambda_svc._execute_function_warm


def _execute_function_warm(*args, **kwargs):
    result = _stock_execute(*args, **kwargs)
    body = result.get("body") if isinstance(result, dict) else None
    if result.get("error") and isinstance(body, dict) and str(body.get("errorMessage", "")).startswith(MARKER):
        result["body"] = json.loads(body["errorMessage"][len(MARKER) :])
    return result


lambda_svc._execute_function_warm = _execute_function_warm
