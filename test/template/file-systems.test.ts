import { describe, expect, it } from "vitest";
import { z } from "zod";
import { packagedTemplate } from "./packaged.ts";

const MOUNT = "/mnt/fs-0123456789abcdef0";
const STAGING_MOUNT = "/mnt/fs-0fedcba9876543210";
const SCRATCH = { SourceVolume: "scratch", ContainerPath: "/scratch" };
const { Resources: resources } = packagedTemplate("files");

const taskOf = (verb: string) => {
  const Task = z.object({
    Volumes: z.array(z.record(z.string(), z.unknown())).default([]),
    ContainerDefinitions: z.tuple([
      z.looseObject({
        Name: z.string(),
        User: z.string(),
        MountPoints: z.array(z.record(z.string(), z.unknown())).default([]),
      }),
    ]),
  });
  return Task.parse(resources[`${verb}Task`]?.Properties);
};
const actionsOf = (policy: string) =>
  z
    .object({ PolicyDocument: z.object({ Statement: z.array(z.looseObject({ Action: z.array(z.string()) })) }) })
    .parse(resources[policy]?.Properties)
    .PolicyDocument.Statement.flatMap(({ Action }) => Action);

describe("the packaged template of a plan with file systems", () => {
  it("mounts every file system of the plan into captures, read-only, and those of targets into restores", () => {
    const capture = taskOf("Capture");
    const restore = taskOf("Restore");

    expect(capture.ContainerDefinitions[0].MountPoints).toEqual([
      SCRATCH,
      { SourceVolume: "fs-0123456789abcdef0", ContainerPath: MOUNT, ReadOnly: true },
      { SourceVolume: "fs-0fedcba9876543210", ContainerPath: STAGING_MOUNT, ReadOnly: true },
    ]);
    expect(restore.ContainerDefinitions[0].MountPoints).toEqual([
      SCRATCH,
      { SourceVolume: "fs-0123456789abcdef0", ContainerPath: MOUNT, ReadOnly: false },
      { SourceVolume: "fs-0fedcba9876543210", ContainerPath: STAGING_MOUNT, ReadOnly: false },
    ]);
    expect(capture.ContainerDefinitions[0]).toMatchObject({ Name: "worker", StopTimeout: 60 });
  });

  it("mounts nothing into verifications, which stay without root", () => {
    const verify = taskOf("Verify");

    expect(verify.Volumes).toEqual([{ Name: "scratch" }]);
    expect(verify.ContainerDefinitions[0]).toMatchObject({ User: "10001:10001", MountPoints: [SCRATCH] });
  });

  it("encrypts what goes to and from a file system, and mounts by IAM alone", () => {
    const mounted = [...taskOf("Capture").Volumes, ...taskOf("Restore").Volumes].filter(
      ({ Name }) => Name !== "scratch",
    );
    expect(mounted).toHaveLength(4);
    for (const { EFSVolumeConfiguration } of mounted)
      expect(EFSVolumeConfiguration).toMatchObject({
        TransitEncryption: "ENABLED",
        AuthorizationConfig: { IAM: "ENABLED" },
      });
  });

  it("N7: lets captures mount and read as root, and never write", () => {
    expect(new Set(actionsOf("CaptureFileSystems"))).toEqual(
      new Set(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"]),
    );
    expect(actionsOf("RestoreFileSystems")).toContain("elasticfilesystem:ClientWrite");
  });

  it("lets both kinds of tasks reach the mount targets whose security group the plan names, by NFS and nothing else", () => {
    const ways = Object.values(resources).filter(({ Type }) => Type === "AWS::EC2::SecurityGroupIngress");

    expect(ways.map(({ Properties }) => Properties)).toEqual(
      ["TaskSecurityGroup", "RestoreSecurityGroup"].flatMap((tasks) =>
        ["sg-0123456789abcdef0", "sg-0fedcba9876543210"].map((group) =>
          expect.objectContaining({
            GroupId: group,
            FromPort: 2049,
            ToPort: 2049,
            SourceSecurityGroupId: { "Fn::GetAtt": [tasks, "GroupId"] },
          }),
        ),
      ),
    );
  });
});
