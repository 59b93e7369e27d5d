import { MetricUnit, Metrics as Powertools } from "@aws-lambda-powertools/metrics";
import type { Metrics } from "#ports/metrics.ts";

/** Metrics of CloudWatch by a line in the log (EMF): no request that could fail, and the numbers are in the log as well. */
export const emfMetrics =
  (stage: string, prefix: string): Metrics =>
  (measured, of) => {
    const line = new Powertools({ namespace: "holdfast" });
    line.clearDefaultDimensions(); // the service would be one more dimension to ask for, and always the same
    line.addDimensions({ stage, ...of });
    for (const [name, value] of Object.entries(measured)) line.addMetric(`${prefix}_${name}`, unitOf(name), value);
    line.publishStoredMetrics();
  };

function unitOf(name: string) {
  if (name.endsWith("_seconds")) return MetricUnit.Seconds;
  if (name.endsWith("_percent")) return MetricUnit.Percent;
  return name.endsWith("_bytes") ? MetricUnit.Bytes : MetricUnit.Count;
}
