// osls loads .js and .cjs only, and shows an error's stack: the message is what a person needs.
module.exports = async ({ options }) => {
  try {
    return (await import("./from-plan.ts")).fromPlan(options.stage ?? "local");
  } catch (error) {
    error.stack = error.message;
    throw error;
  }
};
