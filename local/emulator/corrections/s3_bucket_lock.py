"""AWS: CloudFormation makes a bucket with ObjectLockEnabled one that can lock objects. Stock MiniStack does not hear it."""

from ministack.services import s3
from ministack.services.cloudformation import provisioners

_handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
_stock_create = _handlers["create"]
assert _stock_create is provisioners._s3_create, "ministack changed: how CloudFormation makes buckets"


def _s3_create(logical_id, props, stack_name):
    created = _stock_create(logical_id, props, stack_name)
    if str(props.get("ObjectLockEnabled")).lower() == "true":
        s3._bucket_object_lock[created[0]] = {"enabled": True, "default_retention": None}
    return created


_handlers["create"] = _s3_create
