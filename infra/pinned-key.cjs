// The fingerprint of the signing key that the plan pins, for the environment of tasks; "none" until the first deployment.
module.exports = async ({ options }) => (await import("./from-plan.ts")).pinnedKey(options.stage ?? "local");
