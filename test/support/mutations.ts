import fc from "fast-check";

/** How many inputs each property of test/domain/fuzz.test.ts is tried with; FUZZ_RUNS=100000 takes some minutes. */
export const FUZZ_RUNS = Number(process.env["FUZZ_RUNS"] ?? 2_000);

const names = ["__proto__", "constructor", "prototype", "toString", "", "../..", "a".repeat(300)];
const deep = fc.nat(20_000).map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
const value = fc.oneof(
  { weight: 8, arbitrary: fc.json() },
  { weight: 4, arbitrary: fc.constantFrom("null", "[]", "{}", '""', "0", "-1", "1e308", "0.5", '"NaN"', "true") },
  {
    weight: 2,
    arbitrary: fc.constant('{"__proto__":{"isPolluted":true},"constructor":{"prototype":{"isPolluted":true}}}'),
  },
  { weight: 1, arbitrary: deep },
);
const change = fc.record({
  path: fc.array(fc.nat(30), { maxLength: 7 }),
  how: fc.constantFrom("replace", "remove", "add", "rename"),
  name: fc.oneof(fc.constantFrom(...names), fc.string()),
  value,
});

/** JSON that is nearly right: of one of the texts, with a few things in it replaced, left out, added or called otherwise. */
export const nearly = (texts: string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 4 })).map(([text, changes]) => {
    const tree: unknown = JSON.parse(text);
    for (const [index, one] of changes.entries()) apply(tree, one, markOf(index));
    const marked = JSON.stringify(tree);
    return changes.reduce((all, { value }, index) => all.replace(JSON.stringify(markOf(index)), () => value), marked);
  });

type Change = { path: number[]; how: string; name: string; value: string };
/** Stands for a value until the tree is text again: a `__proto__` in it is a name like any other there, as in what comes from outside. */
const markOf = (index: number) => `\u0000value ${index}`;

function apply(tree: unknown, { path, how, name }: Change, mark: string): void {
  let holder = tree;
  for (const [depth, step] of path.entries()) {
    if (typeof holder !== "object" || holder === null) return;
    const entries = Object.entries(holder);
    const [key, within] = entries[step % Math.max(1, entries.length)] ?? [];
    if (key === undefined) return;
    if (depth < path.length - 1 && typeof within === "object" && within !== null) {
      holder = within;
      continue;
    }
    if (how === "remove" || how === "rename") Reflect.deleteProperty(holder, key);
    if (how === "remove") return;
    const at = how === "replace" ? key : Array.isArray(holder) ? String(holder.length) : name; // `length` is no name in lists
    const data = { value: mark, enumerable: true, configurable: true, writable: true };
    Object.defineProperty(holder, at, data);
    return;
  }
}
