/** What is counted and measured, as docs/reference/metrics.md lists it; the plan's prefix comes before each name. */
export type MetricName =
  | "backup_duration_seconds"
  | "backup_size_bytes"
  | "backup_success_total"
  | "backup_failure_total"
  | "backup_skipped_total"
  | "backup_verified_total"
  | "backup_age_seconds"
  | "backup_objective_met"
  | "backup_suspicious_total"
  | "storage_bytes"
  | "storage_budget_used_percent"
  | "recovery_test_duration_seconds"
  | "recovery_test_success";

/** One measurement of each, for one source or one backup of the plan. */
export type Metrics = (
  measured: Partial<Record<MetricName, number>>,
  of: { source: string } | { backup: string },
) => void;
