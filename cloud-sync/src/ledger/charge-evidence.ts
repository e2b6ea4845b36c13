import { type CredentialId, decodeEvent, type EventFields, isGenuinePass, isPassPresentation } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Controller } from "../controllers.ts";
import type { Queries } from "../store/cloud-database.ts";

/** A charge or refund as a controller tells it. */
export interface ToldPosting {
  readonly id: string;
  /** Of its event. */
  readonly seq: number;
  readonly kind: "charge" | "refund";
  readonly of: string | null;
  readonly terminal: string;
  readonly zone: string;
  readonly holder: number;
  readonly credential: CredentialId;
  readonly amountFen: number;
  readonly at: number;
}

/** What the event log says of a charge. `awaited`: its event has not come up yet. */
export type Evidence = "proven" | "awaited" | "missing" | "differs";

export interface EvidenceNeeds {
  readonly site: string;
  /** The issuer's key of a kid, whether or not it is still in use. */
  readonly issuerKey: (kid: number) => Uint8Array | undefined;
}

/**
 * Looks a posting up in the signed log of the machine that tells it: its own event has to say the same, and of a charge by a pass the grant before it has to
 * hold the pass, signed by whoever had to. A card signs nothing: there the machine's log is all there is, and limits bound what it is worth.
 */
export async function evidenceOf(queries: Queries, { site, issuerKey }: EvidenceNeeds, machine: Controller, told: ToldPosting): Promise<Evidence> {
  const chain = await queries
    .selectFrom("event_chain")
    .select(["number", "seq"])
    .where("controller", "=", machine.id)
    .where("public_key", "=", Buffer.from(machine.publicKey))
    .executeTakeFirst();
  if (chain === undefined || chain.seq < told.seq) return "awaited";
  const eventAt = async (seq: number) => {
    const row = await queries.selectFrom("controller_event").select("record").where("chain", "=", chain.number).where("seq", "=", seq).executeTakeFirst();
    const read = row && decodeEvent(new Uint8Array(row.record));
    return read?.ok === true ? read.value.event : undefined;
  };
  const event = await eventAt(told.seq);
  if (event === undefined) return "missing";
  if (told.kind === "refund") {
    const isSame = event.name === "ChargeRefunded" && event.fields.terminal === told.terminal && event.fields.amountFen === told.amountFen;
    return isSame ? "proven" : "differs";
  }
  if (event.name !== "ChargeMade" || !isSaid(event.fields, told)) return "differs";
  const grant = await eventAt(event.fields.grantedSeq);
  if (grant?.name !== "AccessGranted" || grant.fields.credential !== told.credential) return "missing";
  const { presentation, pass } = grant.fields;
  if (!isPassPresentation(presentation)) return "proven";
  const key = await keyOfCredential(queries, told.credential);
  return pass !== null && isGenuinePass(pass, site, told.credential, (kid) => (kid === null ? key : issuerKey(kid)), nodeVerifier) ? "proven" : "missing";
}

const isSaid = (said: EventFields<"ChargeMade">, told: ToldPosting): boolean =>
  (["terminal", "credential", "zone", "holder", "amountFen"] as const).every((field) => said[field] === told[field]);

/** Of a credential that was taken away since nothing is kept: its charges wait for a person. */
async function keyOfCredential(queries: Queries, id: CredentialId): Promise<Uint8Array | undefined> {
  const row = await queries.selectFrom("credential").select("public_key").where("id", "=", id).executeTakeFirst();
  return row === undefined || row.public_key === null ? undefined : new Uint8Array(row.public_key);
}
