import type { SuspensionReason } from "@portico/card-protocol";

/** Trust lists, commands, and revocations that outlived a backup. */
export interface TrustTables {
  trust_list: TrustListTable;
  door_command: DoorCommandTable;
  zone_order: ZoneOrderTable;
  /** `settled` 1: it has done it, or has said that there is nothing to do. */
  zone_order_told: { controller: string; zone: string; id: string; settled: number };
  revocation_report: { controller: string; epoch: number; version: number; at: number };
  reported_revocation: { controller: string; credential: string; suspension: SuspensionReason; since: number };
  adopted_revocation: AdoptedRevocationTable;
}

/** As the root holders have signed it. Every one since the first stays: who missed root versions is given them one after the other. */
export interface TrustListTable {
  /** Rises with each list. */
  sequence: number;
  bytes: Uint8Array;
  installed_at: number;
}

export interface DoorCommandTable {
  /** 32 hex digits. */
  id: string;
  controller: string;
  target: string;
  verb: string;
  actor: string;
  reason: string;
  issued: number;
  not_after: number;
  /** Null: nothing was heard yet, and it may still be. */
  outcome: "acted" | "refused" | "unheard" | null;
  /** Of a refusal. */
  error: string | null;
  detail: string | null;
  /** What the controller wants answered, 32 hex digits: its clock may be off. */
  nonce: string | null;
}

/** The last lockdown of a zone, or its end. */
export interface ZoneOrderTable {
  zone: string;
  /** 32 hex digits. */
  id: string;
  verb: "lockdown" | "lockdown-release";
  actor: string;
  reason: string;
  at: number;
}

/** A revocation that only controllers knew of when the cloud came back from a backup: `global` names it from then on. */
export interface AdoptedRevocationTable {
  credential: string;
  suspension: SuspensionReason;
  since: number;
  adopted_at: number;
  /** Of a credential that the cloud does not know: when an operator lifted it. */
  lifted_at: number | null;
}
