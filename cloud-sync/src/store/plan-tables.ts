/** What plans and privacy keep. */
export interface PlanTables {
  kept_plan: KeptPlanTable;
}

/** A change that was shown before it is made. */
export interface KeptPlanTable {
  /** 32 hex digits: of everything that the plan says. */
  id: string;
  kind: "access" | "cards";
  made_by: string;
  made_at: number;
  /** From this instant on nobody applies it; then it goes. */
  until: number;
  /** JSON: what was asked for. Null once it is applied: card numbers do not stay here. */
  content: string | null;
  /** JSON: the steps. */
  steps: string;
  applied_by: string | null;
  applied_at: number | null;
}
