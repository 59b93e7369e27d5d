import { z } from "zod";

const UNITS: Record<string, number> = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** `512MiB`, `10GiB`, `1TiB`: kept as written, as durations are. */
export const ByteSize = z.string().regex(/^\d{1,6}(MiB|GiB|TiB)$/, "must be a number of MiB, GiB or TiB, as in 10GiB");

export const bytesOf = (size: string): number => Number.parseInt(size, 10) * (UNITS[size.slice(-3)] ?? Number.NaN);
