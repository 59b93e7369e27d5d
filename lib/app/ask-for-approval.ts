import { type ApprovalRequest, approvalSeconds } from "#domain/approval.ts";
import { type Asked, inShort, requestIdOf } from "#domain/asked.ts";
import { ApprovalInvalid } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import type { Signer } from "#ports/keys.ts";
import type { RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readApproval } from "./read-approval.ts";
import { createSigned } from "./signed-objects.ts";

type Ports = CatalogPorts & {
  stage: string;
  plan: Plan;
  signer: Signer;
  audit: Audit;
  events: Events;
  log: RunLog;
};
/** `enteredAt`: when the machine began to wait, which is what its time counts from. */
type Input = { asked: Asked; token: string; attempt: number; enteredAt: string };
/** `askedAt`: what its time counts from. */
type Request = { asked: Asked; askedAt: Date; keepToken?: () => Promise<unknown> };

/**
 * Writes down what a second person is asked for, keeps what makes the machine go on, and tells people. A retry asks the same
 * again, and its token is the one that counts. Throws `ApprovalInvalid` where somebody was asked and has decided already.
 */
export const askForApproval =
  (ports: Ports) =>
  async ({ asked, token, attempt, enteredAt }: Input): Promise<void> => {
    const { repository, layout } = ports;
    const requestId = requestIdOf(asked);
    ports.log.belongsTo(requestId);
    const keepToken = () => repository.create(layout.approvalToken(requestId, attempt), JSON.stringify({ token }));
    await requestApproval(ports, { asked, askedAt: new Date(enteredAt), keepToken });
  };

/** The same for what no machine waits for: whoever asks calls again. */
export async function requestApproval(ports: Ports, { asked, askedAt, keepToken }: Request): Promise<ApprovalRequest> {
  const { stage } = ports;
  const request = await writeDown(ports, asked, askedAt);
  await keepToken?.();
  await ports.audit({
    who: { claimed: asked.requestedBy.claimed, call: asked.requestedBy.execution },
    what: "ask for approval",
    to: inShort(asked),
    because: asked.because ?? "",
    outcome: `waits until ${request.until}`,
  });
  const { schema: _, boundTo: __, ...told } = request;
  await ports.events.emit({ type: "ApprovalRequested", detail: { stage, ...told } });
  ports.log.info(`${asked.target}: a second person is asked`, { until: request.until });
  return request;
}

async function writeDown(ports: Ports, asked: Asked, askedAt: Date): Promise<ApprovalRequest> {
  const { layout, plan } = ports;
  const until = new Date(askedAt.getTime() + approvalSeconds(plan) * 1000);
  const request: ApprovalRequest = {
    ...{ schema: 1, ...asked, askedAt: askedAt.toISOString(), until: until.toISOString() },
  };
  const requestId = requestIdOf(asked);
  const key = layout.approvalRequested(requestId);
  const body = `${JSON.stringify(request, null, 2)}\n`;
  const written = await createSigned(ports, key, (hash) => layout.proofSignature(key, hash), body);
  if (written !== "differs") return request;
  const there = await readApproval(ports, requestId);
  if (there?.request.boundTo === asked.boundTo && !there.decision) return there.request;
  throw new ApprovalInvalid(`${requestId} was asked for already; nothing was touched. Start it again`);
}
