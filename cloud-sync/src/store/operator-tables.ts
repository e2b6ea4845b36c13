/** Who runs the campus's access, and what of it was passed on. Times are seconds since 1970 UTC. */
export interface OperatorTables {
  operator: OperatorTable;
  delegation: DelegationTable;
}

export interface OperatorTable {
  /** Who acts, in the audit. Never given to another, also when it has ended. */
  id: string;
  name: string;
  /** The whole mail address of the campus account with which this operator logs in; null: by key file alone. */
  account: string | null;
  /** What it may everywhere; null: only what is delegated to it. */
  role: string | null;
  valid_until: number;
  ended_at: number | null;
}

export interface DelegationTable {
  id: string;
  operator: string;
  /** The delegation that it is a part of, and ends with; null: a campus-wide operator gave it. */
  parent: string | null;
  given_by: string;
  given_at: number;
  /** JSON arrays, ascending. */
  zones: string;
  access_points: string;
  capabilities: string;
  may_delegate: number;
  valid_until: number;
  ended_at: number | null;
}
