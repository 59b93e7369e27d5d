import { once } from "node:events";
import { seededBytes } from "../seeded-bytes.ts";

/** Writes so many seeded bytes to its standard output, as a tool writes a dump. */
for (const chunk of seededBytes("memory", Number(process.argv[2])))
  if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
