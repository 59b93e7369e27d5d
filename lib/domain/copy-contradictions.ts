import type { Copy } from "./copies.ts";
import type { Problem } from "./plan-contradictions.ts";

/** `sources`: every name, however wrong its section is. */
export function copyContradictions(copies: Record<string, Copy>, sources: string[]): Problem[] {
  const strangers = Object.entries(copies).flatMap(([name, { sources: wanted = [] }]) =>
    wanted.flatMap((source, index) =>
      sources.includes(source)
        ? []
        : [{ path: `copies.${name}.sources.${index}`, message: `there is no source "${source}"` }],
    ),
  );
  const twice = Object.entries(copies).flatMap(([name, { bucket }], index, all) => {
    const other = all.slice(0, index).find(([, one]) => one.bucket === bucket)?.[0];
    return other === undefined
      ? []
      : [{ path: `copies.${name}.bucket`, message: `"${other}" is in this bucket already` }];
  });
  return [...strangers, ...twice];
}
