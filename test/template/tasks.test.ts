import { describe, expect, it } from "vitest";
import { z } from "zod";
import { NOT_FOR_FILES } from "../../infra/file-systems.ts";
import { packagedTemplate } from "./packaged.ts";

const Task = z.object({
  Volumes: z.array(z.object({ Name: z.string() })),
  ContainerDefinitions: z.array(
    z.looseObject({
      Name: z.string(),
      User: z.string(),
      ReadonlyRootFilesystem: z.literal(true),
      Privileged: z.boolean().optional(),
      LinuxParameters: z.object({ Capabilities: z.looseObject({ Drop: z.array(z.string()) }) }),
      MountPoints: z.array(z.looseObject({ SourceVolume: z.string(), ContainerPath: z.string() })),
    }),
  ),
});
const tasks = packagedTemplate("local").ofType("AWS::ECS::TaskDefinition");

describe.each(tasks)("%s", (_, { Properties }) => {
  it("ECS runs every container read-only, as nobody in particular and without a single capability, but for file systems", () => {
    const { ContainerDefinitions, Volumes } = Task.parse(Properties);
    const hasFiles = Volumes.some(({ Name }) => Name !== "scratch");
    for (const container of ContainerDefinitions) {
      expect(container.User).toBe(hasFiles ? "0:0" : "10001:10001");
      expect(container.LinuxParameters.Capabilities).toEqual({ Drop: hasFiles ? NOT_FOR_FILES : ["ALL"] });
      expect(container.Privileged ?? false).toBe(false);
    }
  });

  it("ECS gives the worker one folder of scratch space, where its image expects it", () => {
    const { Volumes, ContainerDefinitions } = Task.parse(Properties);
    const worker = ContainerDefinitions.find(({ Name }) => Name === "worker");

    expect(Volumes).toContainEqual({ Name: "scratch" });
    expect(worker?.MountPoints).toContainEqual({ SourceVolume: "scratch", ContainerPath: "/scratch" });
  });

  it("N6 hands tasks no secret: the environment holds names, ids and a fingerprint", () => {
    const names = z
      .array(z.object({ Environment: z.array(z.object({ Name: z.string() })), Secrets: z.never().optional() }))
      .parse(Properties?.["ContainerDefinitions"])
      .flatMap(({ Environment }) => Environment.map(({ Name }) => Name));
    expect(names.filter((name) => /PASSWORD|SECRET|TOKEN|CREDENTIAL/.test(name))).toEqual([]);
  });
});

it("ECS gives only captures and restores file systems, and so root; verifications never", () => {
  const withFiles = tasks.filter(([, { Properties }]) => Task.parse(Properties).Volumes.length > 1);

  expect(withFiles.map(([name]) => name).toSorted()).toEqual(["CaptureTask", "RestoreTask"]);
});

it("covers capture, verify and restore", () => {
  expect(tasks.map(([name]) => name).toSorted()).toEqual(["CaptureTask", "RestoreTask", "VerifyTask"]);
});
