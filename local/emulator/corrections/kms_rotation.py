"""AWS: RotateKeyOnDemand gives a key new material; what was wrapped before still opens. ListKeyRotations says when that was,
and ReEncrypt wraps anew without giving the plaintext away. Stock MiniStack has none of the three."""

import json
import os
import time

from ministack.core.responses import json_response
from ministack.services import kms

_stock = kms.handle_request
_stock_derive = kms._derive_with_context
_material_of = {}  # by the nonce of each ciphertext


def _derive_with_context(material, context, nonce):
    return _stock_derive(_material_of.setdefault(nonce, material), context, nonce)


def _rotate(asked):
    key = kms._resolve_key(asked["KeyId"])
    key["_symmetric_key"] = os.urandom(32)
    key.setdefault("_rotations", []).append(time.time())
    return json_response({"KeyId": key["Arn"]})


def _list_rotations(asked):
    key = kms._resolve_key(asked["KeyId"])
    dates = key.get("_rotations", [])
    rotations = [{"KeyId": key["Arn"], "RotationDate": date, "RotationType": "ON_DEMAND"} for date in dates]
    return json_response({"Rotations": rotations, "Truncated": False})


def _re_encrypt(asked):
    source = {"KeyId": asked.get("SourceKeyId", ""), "CiphertextBlob": asked["CiphertextBlob"]}
    opened = kms._decrypt({**source, "EncryptionContext": asked.get("SourceEncryptionContext", {})})
    if opened[0] != 200:
        return opened
    plain = json.loads(opened[2])
    context = asked.get("DestinationEncryptionContext", {})
    wrapped = kms._encrypt(
        {"KeyId": asked["DestinationKeyId"], "Plaintext": plain["Plaintext"], "EncryptionContext": context}
    )
    if wrapped[0] != 200:
        return wrapped
    again = json.loads(wrapped[2])
    return json_response(
        {"CiphertextBlob": again["CiphertextBlob"], "SourceKeyId": plain["KeyId"], "KeyId": again["KeyId"]}
    )


_ours = {"RotateKeyOnDemand": _rotate, "ListKeyRotations": _list_rotations, "ReEncrypt": _re_encrypt}


async def handle_request(method, path, headers, body, query_params):
    action = headers.get("x-amz-target", "").split(".")[-1]
    if action in _ours:
        return _ours[action](json.loads(body))
    return await _stock(method, path, headers, body, query_params)


kms.handle_request = handle_request
kms._derive_with_context = _derive_with_context
