/** What privacy keeps. */
export interface PrivacyTables {
  /** Ids of people who were erased: none of them is ever given again. */
  erased_person: { id: string; at: number };
  movement_request: MovementRequestTable;
}

/** That somebody wishes to read where a person went. */
export interface MovementRequestTable {
  id: string;
  person: string;
  from_time: number;
  until_time: number;
  reason: string;
  asked_by: string;
  asked_at: number;
  /** Never who asked. */
  approved_by: string | null;
  approved_at: number | null;
}
