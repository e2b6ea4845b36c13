import type { Step } from "../migration-step.ts";

/**
 * Which events name a credential, in a table that is filled behind the intake, in the place of an index that was kept in its very transaction: there each event
 * of a large store touched a page of its own.
 */
export const credentialEvents: Step = ({ int, end }) => [
  `CREATE TABLE credential_event (
    credential TEXT NOT NULL, chain ${int} NOT NULL, seq ${int} NOT NULL, PRIMARY KEY (credential, chain, seq)
  ) ${end === "" ? "" : `${end}, WITHOUT ROWID`}`,
  "INSERT INTO credential_event (credential, chain, seq) SELECT credential, chain, seq FROM controller_event WHERE credential IS NOT NULL ORDER BY credential",
  "DROP INDEX controller_event_by_credential",
];
