import { expect, it } from "vitest";
import { judgeAudit } from "../suite/audit.ts";

const report = (vulnerabilities: object) =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { dependencies: { prod: 200 } } });

it("N9 a production dependency with a known hole of high severity fails the suite, and is named", () => {
  const answer = report({ pg: { severity: "high", range: "<9" }, ms: { severity: "moderate", range: "*" } });

  expect(() => judgeAudit(answer, "")).toThrow("npm audit:\npg <9: high");
  expect(() => judgeAudit(report({ pg: { severity: "critical", range: "<9" } }), "")).toThrow("pg <9: critical");
});

it("N9 dependencies without a known hole pass", () => {
  expect(judgeAudit(report({ ms: { severity: "moderate", range: "*" } }), "")).toEqual({});
});

it("N9 a registry without an audit endpoint is told of, and is not taken for a clean one", () => {
  expect(judgeAudit(JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405 }), "")).toEqual({
    notChecked: "npm audit: this machine's registry has no audit endpoint",
  });
});

it.each(["", "{}", "no JSON", JSON.stringify({ statusCode: 500 }), JSON.stringify({ vulnerabilities: {} })])(
  "N9 an audit that answers %j fails the suite: nothing was checked",
  (answer) => {
    expect(() => judgeAudit(answer, "what npm said")).toThrow("npm audit gave no report:\nwhat npm said");
  },
);
