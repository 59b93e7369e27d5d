/** US dollars: a GB stored for a month, and an hour of a task's vCPU and of its GB of memory. A GB has 2^30 bytes. */
export type Prices = { storageGbMonth: number; vcpuHour: number; memoryGbHour: number };

/** Where the prices below come from. A region or a processor that is not listed there is "not known": no guesses. */
export const PRICES_SOURCE =
  "https://aws.amazon.com/s3/pricing/ (Standard, first 50 TB) and https://aws.amazon.com/fargate/pricing/ (Linux, on demand), April 2026";

const STORAGE_GB_MONTH: Record<string, number> = { "us-east-1": 0.023 };
const FARGATE: Record<string, Record<string, Pick<Prices, "vcpuHour" | "memoryGbHour">>> = {
  "us-east-1": {
    X86_64: { vcpuHour: 0.04048, memoryGbHour: 0.004445 },
    ARM64: { vcpuHour: 0.03238, memoryGbHour: 0.00356 },
  },
};

/** A GB for a month, by S3's storage class. https://aws.amazon.com/s3/pricing/, April 2026; the archives without retrievals. */
const STORAGE_CLASSES: Record<string, Record<string, number>> = {
  "us-east-1": {
    STANDARD: 0.023,
    STANDARD_IA: 0.0125,
    ONEZONE_IA: 0.01,
    GLACIER_IR: 0.004,
    GLACIER: 0.0036,
    DEEP_ARCHIVE: 0.00099,
  },
};

/** Undefined for a region whose prices are not known. */
export const storagePricesOf = (region: string) => STORAGE_CLASSES[region];

export function pricesOf(region: string, architecture: string): Prices | undefined {
  const storageGbMonth = STORAGE_GB_MONTH[region];
  const fargate = FARGATE[region]?.[architecture];
  return storageGbMonth !== undefined && fargate ? { storageGbMonth, ...fargate } : undefined;
}
