"""AWS: a GET with a Range and a versionId answers that range of that version (206, or 416 behind its end). Stock MiniStack
answers the whole version, so that nothing could be read by its version in parts."""

from ministack.services import s3

_stock = s3._get_object


def _get_object(bucket_name, key, headers, query_params=None):
    wanted = headers.get("range", "")
    if not wanted or not s3._qp(query_params or {}, "versionId", ""):
        return _stock(bucket_name, key, headers, query_params)
    whole = {name: value for name, value in headers.items() if name not in ("range", "x-amz-checksum-mode")}
    status, answer, body = _stock(bucket_name, key, whole, query_params)
    if status != 200:
        return status, answer, body
    found = s3._parse_range(wanted, len(body))
    if found is None:
        refused = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
        return 416, refused, s3._xml_body(s3._range_error_xml(bucket_name, key))
    start, end = found
    part = body[start : end + 1]
    return 206, {**answer, "Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{end}/{len(body)}"}, part


s3._get_object = _get_object
