"""AWS: a task's EFS volumes hold the file system's files, volumes without a host are scratch space, user,
readonlyRootFilesystem, dropped capabilities and the memory limit apply, and the SDK in the task finds region and
credentials.

Stock MiniStack ignores all of these; without its EFS volume a backup of files would be empty and look good. Here a file
system is the directory EFS_DIR/<file system id>.

TASK_FAULTS_FILE is this stage's fault injection point, and has no counterpart on AWS. While the file exists, its
{"environment": {"NAME": "value"}, "binds": ["host:container:ro"], "match": "part of a task definition's family"}
is added to containers that are started.
"""

import inspect
import json
import os
import shutil
import tempfile

import docker
from ministack.services import ecs

EFS_DIR = os.environ["EFS_DIR"]
GATEWAY = os.environ["GATEWAY_IP"]
ENDPOINT = f"http://{GATEWAY}:{os.environ['GATEWAY_PORT']}"
FAULTS_FILE = os.environ.get("TASK_FAULTS_FILE", "")
RUNTIME_ENVIRONMENT = {
    "AWS_REGION": os.environ["MINISTACK_REGION"],
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_ENDPOINT_URL": ENDPOINT,
    "AWS_ENDPOINT_URL_S3": ENDPOINT,
}


def _any(holder, *names):
    return next((holder[name] for name in names if holder.get(name)), None)


def _binds(task_definition, container_definition, task_id):
    binds = []
    volumes = {_any(volume, "name", "Name"): volume for volume in task_definition.get("volumes", [])}
    for mount in container_definition.get("mountPoints", []):
        volume, path = volumes.get(mount.get("sourceVolume")), mount.get("containerPath")
        if volume and path:
            binds.append(f"{_host_folder(volume, task_id)}:{path}:{'ro' if mount.get('readOnly') else 'rw'}")
    return binds


def _host_folder(volume, task_id):
    efs = _any(volume, "efsVolumeConfiguration", "EFSVolumeConfiguration", "EfsVolumeConfiguration")
    if efs:
        file_system = _any(efs, "fileSystemId", "FilesystemId", "FileSystemId")
        root = _any(efs, "rootDirectory", "RootDirectory") or "/"
        folder = os.path.join(EFS_DIR, file_system, root.lstrip("/"))
    else:
        folder = _any(_any(volume, "host", "Host") or {}, "sourcePath", "SourcePath")
    if folder:
        os.makedirs(folder, exist_ok=True)
        return folder
    scratch = os.path.join(_scratch_of(task_id), _any(volume, "name", "Name"))  # one for all containers of the task
    os.makedirs(scratch, exist_ok=True)
    os.chmod(scratch, 0o1777)
    return scratch


def _scratch_of(task_id):
    return os.path.join(tempfile.gettempdir(), "scratch", task_id)


_stock_run_kwargs = ecs._build_run_kwargs
_stock_cleanup = ecs._cleanup_task_resources
# Of _build_run_kwargs, after the two definitions.
TASK_ID_ARGUMENT = list(inspect.signature(_stock_run_kwargs).parameters).index("task_id") - 2


def _build_run_kwargs(container_definition, task_definition, *args):
    run = _stock_run_kwargs(container_definition, task_definition, *args)
    task_id = args[TASK_ID_ARGUMENT]
    if container_definition.get("user"):
        run["user"] = container_definition["user"]
    if container_definition.get("readonlyRootFilesystem"):
        run["read_only"] = True
    capabilities = _any(_any(container_definition, "linuxParameters") or {}, "capabilities", "Capabilities") or {}
    run["cap_drop"] = _any(capabilities, "drop", "Drop")
    mebibytes = container_definition.get("memory") or task_definition.get("memory")
    if mebibytes:
        run["mem_limit"] = f"{mebibytes}m"
    faults = _faults_for(task_definition.get("family", ""))
    run["environment"] = {**run.get("environment", {}), **RUNTIME_ENVIRONMENT, **faults.get("environment", {})}
    binds = _binds(task_definition, container_definition, task_id)
    run["volumes"] = [*binds, *faults.get("binds", [])]
    run["extra_hosts"] = {"host.docker.internal": GATEWAY}
    # The container engine's own defaults are more than some machines allow, and then nothing starts.
    run["ulimits"] = [
        docker.types.Ulimit(name="nofile", soft=1024, hard=1024),
        docker.types.Ulimit(name="nproc", soft=4096, hard=4096),
    ]
    return run


def _faults_for(family):
    try:
        with open(FAULTS_FILE, encoding="utf-8") as file:
            faults = json.load(file)
    except FileNotFoundError:
        return {}
    return faults if faults.get("match", "") in family else {}


def _cleanup_task_resources(task, *args):
    _stock_cleanup(task, *args)
    shutil.rmtree(_scratch_of(task.get("taskArn", "").rsplit("/", 1)[-1]), ignore_errors=True)


ecs._docker_binds_from_taskdef = lambda *_: []  # the stock function's caller does not say which task
ecs._cleanup_task_resources = _cleanup_task_resources
ecs._build_run_kwargs = _build_run_kwargs
