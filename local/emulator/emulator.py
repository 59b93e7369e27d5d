"""MiniStack, corrected where it differs from AWS in ways that would hide real bugs.

Run instead of MiniStack's own command. Each module in corrections/ replaces private functions of MiniStack, so the
version is pinned here and in local/requirements.txt, and each module asserts the shape of what it replaces.
"""

import importlib
from importlib.metadata import version

EXPECTED = "1.5.33"
assert version("ministack") == EXPECTED, f"the corrections are written for ministack {EXPECTED}"

CORRECTIONS = [
    "lambda_errors",
    "async_invocations",
    "run_task_sync",
    "execution_end",
    "nested_executions",
    "timeouts",
    "task_tokens",
    "sns_publish",
    "s3_versioned_range",
    "s3_event_version_id",
    "s3_part_copy_checksum",
    "s3_bucket_lock",
    "kms_rotation",
    "scheduler",
    "task_containers",
    "task_lifecycle",
]

if __name__ == "__main__":
    for correction in CORRECTIONS:
        importlib.import_module(f"corrections.{correction}")
    from ministack.app import main

    main()
