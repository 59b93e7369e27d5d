import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parsePlan } from "#domain/parse-plan.ts";
import { engineSections, restoreOptions } from "#engines/descriptions.ts";
import { BackupRequested } from "#events/backup-requested.ts";
import {
  AcknowledgeByHand,
  ApproveByHand,
  AuditByHand,
  BackupByHand,
  CancelByHand,
  CheckByHand,
  DescribeRestoreByHand,
  ExportByHand,
  HoldByHand,
  IncidentByHand,
  IncidentById,
  IncidentEndByHand,
  JudgementByHand,
  PointByHand,
  PointsByHand,
  RefuseByHand,
  ReleaseByHand,
  ResumeByHand,
  RetentionByHand,
  RollbackByHand,
  RotateByHand,
  StepByHand,
  SweepByHand,
  TimelineByHand,
  WhatNowByHand,
} from "#events/by-hand.ts";
import { CopyRequested } from "#events/copy-requested.ts";
import { DropRequested } from "#events/drop-requested.ts";
import { changeOf, ExecutionChanged, ObjectCreated, ObjectDeleted } from "#events/envelopes.ts";
import { EscalationState } from "#events/escalation-state.ts";
import { Happened, happeningOf } from "#events/happenings.ts";
import { RestoreAllRequested, RestoreByHand, RestoreRequested } from "#events/restore-requested.ts";
import { VerifyRequested } from "#events/verify-requested.ts";

const folder = "events/samples";

/** Who takes the samples that are named `<who>.json` or `<who>.<case>.json`, and by which contract. */
const contracts: Record<string, z.ZodType> = {
  "check-plan": z.strictObject({}),
  "check-source": CheckByHand,
  "check-objectives": z.strictObject({}),
  watch: z.strictObject({}),
  "list-points": PointsByHand,
  "describe-point": PointByHand,
  "start-backup": BackupByHand,
  "start-restore": RestoreByHand,
  "rollback-restore": RollbackByHand,
  "describe-restore": DescribeRestoreByHand,
  "cancel-restore": CancelByHand,
  approve: ApproveByHand,
  refuse: RefuseByHand,
  "backup-machine": BackupRequested,
  "verify-machine": VerifyRequested,
  "restore-machine": RestoreRequested,
  "restore-all-machine": RestoreAllRequested,
  "drop-machine": DropRequested,
  "copy-machine": CopyRequested,
  "check-backup": ObjectCreated,
  "notice-tampering": z.discriminatedUnion("detail-type", [ObjectCreated, ObjectDeleted]).transform(changeOf),
  "sweep-repository": SweepByHand,
  "plan-retention": RetentionByHand,
  hold: HoldByHand,
  "release-hold": ReleaseByHand,
  "read-audit": AuditByHand,
  "describe-source": TimelineByHand,
  release: JudgementByHand,
  quarantine: JudgementByHand,
  "export-audit": ExportByHand,
  "check-storage": z.strictObject({}),
  "self-check": z.union([ObjectCreated, z.strictObject({})]),
  "index-points": z.strictObject({}),
  "rotate-keys": RotateByHand,
  "what-now": WhatNowByHand,
  "open-incident": z.union([ObjectCreated, IncidentByHand]),
  "describe-incident": IncidentById,
  "close-incident": IncidentEndByHand,
  "tick-step": StepByHand,
  acknowledge: AcknowledgeByHand,
  "escalate-machine": EscalationState,
  resume: ResumeByHand,
  announce: z.union([ExecutionChanged, ObjectCreated, Happened.transform(happeningOf)]),
};
const files = readdirSync(folder).toSorted();
const whoOf = (file: string) => file.slice(0, file.indexOf("."));
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), "utf8"));

describe("the samples in events/samples", () => {
  it.each(files)("%s is taken by its contract", (file) => {
    const contract = contracts[whoOf(file)];
    if (!contract) throw new Error(`${file}: "${whoOf(file)}" has no contract in this test's map`);

    const parsed = contract.safeParse(read(file));

    expect(parsed.error && z.prettifyError(parsed.error)).toBeUndefined();
  });

  it("holds one for each contract", () => {
    expect([...new Set(files.map(whoOf))].toSorted()).toEqual(Object.keys(contracts).toSorted());
  });

  it("names only sources, targets, backups and options that the local stage's plan has, so that each can be tried there", () => {
    const { sources, targets, backups } = parsePlan(parse(readFileSync("config/local.yml", "utf8")), engineSections);
    const Names = z.looseObject({
      source: z.enum(Object.keys(sources)).optional(),
      sources: z.union([z.literal("all"), z.array(z.enum(Object.keys(sources)))]).optional(),
      target: z.enum(Object.keys(targets)).optional(),
      confirm: z.union([z.enum(Object.keys(targets)), z.array(z.enum(Object.keys(targets)))]).optional(),
      backup: z.enum(Object.keys(backups)).optional(),
      options: restoreOptions["postgresql"]?.optional(),
    });

    const byHand = files.filter((file) => !("detail-type" in z.looseObject({}).parse(read(file))));
    const strangers = byHand.filter((file) => !Names.safeParse(read(file)).success);

    expect(strangers).toEqual([]);
  });
});
