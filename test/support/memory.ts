/** The most that this process has held since, looked at every few milliseconds: what a flood on the way would leave. */
export function memoryFrom(): { grownMebibytes: () => number } {
  const held = () => process.memoryUsage().heapTotal + process.memoryUsage().external; // compilers of V8 take some for themselves
  const before = held();
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, held());
  }, 20);
  return {
    grownMebibytes() {
      clearInterval(looking);
      return (Math.max(most, held()) - before) / 2 ** 20;
    },
  };
}
