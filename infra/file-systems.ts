import { fileSystemsOf, mountOf } from "#domain/file-systems.ts";
import type { Plan } from "#domain/plan.ts";

type Found = ReturnType<typeof fileSystemsOf>[number];

/**
 * What the file systems of the plan need: volumes of the tasks, which begin as root to read every file and to give it back
 * to its owner, the right to mount them, and a way to their mount targets. Captures see them read-only, by their mount and
 * by their role; verifications never.
 */
export function fileSystems(plan: Plan) {
  const all = fileSystemsOf([...Object.values(plan.sources), ...Object.values(plan.targets)]); // safety points are captures of targets
  const written = new Set(fileSystemsOf(Object.values(plan.targets)).map((one) => mountOf(one).volume));
  const targets = all.filter((one) => written.has(mountOf(one).volume));
  return {
    ...mounted("Capture", all, { isReadOnly: true }),
    ...mounted("Restore", targets, { isReadOnly: false }),
    ...waysIn(all, "Task"),
    ...waysIn(targets, "Restore"),
  };
}

/** As in cluster.yml: lists are merged by position, so what stands first there stands first here. */
const SCRATCH = {
  volume: { Name: "scratch" },
  mountPoint: { SourceVolume: "scratch", ContainerPath: "/scratch" },
};

/**
 * What Fargate gives beyond what trees of files need: to read and write every file (DAC_OVERRIDE), to give it back to its owner
 * with its mode, attributes and device numbers (CHOWN, FOWNER, FSETID, SETFCAP, MKNOD), to stop being root (SETUID, SETGID).
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
 */
export const NOT_FOR_FILES = ["AUDIT_WRITE", "KILL", "NET_BIND_SERVICE", "NET_RAW", "SETPCAP", "SYS_CHROOT"];

/** Merged into the task definitions of cluster.yml, and their first and only container. */
function mounted(verb: "Capture" | "Restore", found: Found[], { isReadOnly }: { isReadOnly: boolean }) {
  if (found.length === 0) return {};
  return {
    [`${verb}Task`]: {
      Properties: {
        Volumes: [
          SCRATCH.volume,
          ...found.map((one) => ({
            Name: mountOf(one).volume,
            EFSVolumeConfiguration: {
              FilesystemId: one.fileSystem,
              TransitEncryption: "ENABLED",
              AuthorizationConfig: { IAM: "ENABLED", ...(one.accessPoint ? { AccessPointId: one.accessPoint } : {}) },
            },
          })),
        ],
        ContainerDefinitions: [
          {
            User: "0:0",
            LinuxParameters: { Capabilities: { Drop: NOT_FOR_FILES } },
            MountPoints: [
              SCRATCH.mountPoint,
              ...found.map((one) => ({
                SourceVolume: mountOf(one).volume,
                ContainerPath: mountOf(one).folder,
                ReadOnly: isReadOnly,
              })),
            ],
          },
        ],
      },
    },
    [`${verb}FileSystems`]: {
      Type: "AWS::IAM::Policy",
      Properties: {
        PolicyName: "mount-file-systems-of-the-plan",
        Roles: [{ Ref: `${verb}TaskRole` }],
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: found.map((one) => ({
            Effect: "Allow",
            Action: [
              "elasticfilesystem:ClientMount",
              "elasticfilesystem:ClientRootAccess",
              ...(isReadOnly ? [] : ["elasticfilesystem:ClientWrite"]),
            ],
            Resource: arn(`file-system/${one.fileSystem}`),
            ...(one.accessPoint
              ? {
                  Condition: {
                    StringEquals: { "elasticfilesystem:AccessPointArn": arn(`access-point/${one.accessPoint}`) },
                  },
                }
              : {}),
          })),
        },
      },
    },
  };
}

const arn = (resource: string) => ({
  "Fn::Sub": `arn:\${AWS::Partition}:elasticfilesystem:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
});

const NFS = 2049;

/** Only where the plan names the security group of the mount targets: else whoever made them lets the tasks in. */
function waysIn(found: Found[], from: "Task" | "Restore") {
  const groups = [...new Set(found.flatMap(({ mountTargetSecurityGroup }) => mountTargetSecurityGroup ?? []))];
  return Object.fromEntries(
    groups.map((group) => [
      `Nfs${from}${group.replace("-", "")}`,
      {
        Type: "AWS::EC2::SecurityGroupIngress",
        Properties: {
          GroupId: group,
          IpProtocol: "tcp",
          FromPort: NFS,
          ToPort: NFS,
          SourceSecurityGroupId: { "Fn::GetAtt": [`${from}SecurityGroup`, "GroupId"] },
          Description: "holdfast mounts the file system",
        },
      },
    ]),
  );
}
