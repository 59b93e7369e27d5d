"""AWS: sns:publish from a machine delivers MessageAttributes, and a Message object as JSON. Stock MiniStack loses both."""

import json

from ministack.services import stepfunctions as sfn


def _flat(parameters):
    parameters = dict(parameters)
    attributes = parameters.pop("MessageAttributes", None)
    if isinstance(parameters.get("Message"), (dict, list)):
        parameters["Message"] = json.dumps(parameters["Message"])
    for index, (name, value) in enumerate((attributes or {}).items(), 1):
        prefix = f"MessageAttributes.entry.{index}"
        parameters[f"{prefix}.Name"] = name
        for field in ("DataType", "StringValue", "BinaryValue"):
            if field in value:
                parameters[f"{prefix}.Value.{field}"] = value[field]
    return parameters


def _corrected(stock):
    return lambda resource, parameters: stock(resource, _flat(parameters))


_publishers = [key for key in sfn._SERVICE_DISPATCH if "sns:publish" in key]
assert _publishers, "ministack changed: no sns:publish among the machine's integrations"
for _key in _publishers:
    sfn._SERVICE_DISPATCH[_key] = _corrected(sfn._SERVICE_DISPATCH[_key])
