/** Imports go one way: functions, containers → app, adapters, engines → ports → domain. `events` holds contracts only. */
const only = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: from },
  to: { path: "^(lib|functions|containers|infra|local|test|events)/", pathNot: [from, ...allowed] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    only("domain-knows-nobody", "^lib/domain/", []),
    only("events-know-the-domain", "^events/", ["^lib/domain/"]),
    only("ports-know-domain-and-events", "^lib/ports/", ["^lib/domain/", "^events/"]),
    only("app-knows-ports", "^lib/app/", ["^lib/(domain|ports)/", "^events/"]),
    only("engines-know-ports", "^lib/engines/", ["^lib/(domain|ports)/"]),
    only("adapters-know-ports", "^lib/adapters/", ["^lib/(domain|ports)/", "^lib/config", "^events/"]),
    only("functions-wire", "^functions/", ["^lib/", "^events/"]),
    only("containers-wire", "^containers/", ["^lib/"]),
    {
      name: "domain-is-pure",
      comment: "no clock, no I/O; hashing is arithmetic",
      severity: "error",
      from: { path: "^lib/domain/" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    {
      name: "only-adapters-know-sdks-and-processes",
      severity: "error",
      from: { path: "^lib/", pathNot: "^lib/adapters/" },
      to: { path: "(^|/)(@aws-sdk|@aws-lambda-powertools|@middy|execa)/|^(node:)?child_process$" },
    },
    {
      name: "lambdas-bring-no-client",
      comment: "engines/descriptions holds schemas and text",
      severity: "error",
      from: { path: "^lib/engines/descriptions" },
      to: { path: "node_modules/(pg|redis|@redis|libpg-query)/", reachable: true },
    },
    {
      name: "lambdas-bring-no-engine",
      severity: "error",
      from: { path: "^functions/" },
      to: { path: "^lib/engines/registry" },
    },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js", ".cjs"],
      conditionNames: ["import", "require", "node", "default", "types"],
      exportsFields: ["exports"],
    },
  },
};
