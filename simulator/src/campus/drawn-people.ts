import { bytesToHex, type HolderFlag, type SuspensionReason } from "@portico/card-protocol";
import type { CampusCard, CampusKeys, CampusPerson, CampusPhone } from "./campus.ts";
import { derivedBytes } from "./derived-bytes.ts";

/** A person before keys, credential ids and card numbers are drawn. */
export interface PersonPlan {
  readonly id: string;
  readonly profiles: readonly string[];
  /** Default: student. */
  readonly audience?: CampusPerson["audience"];
  readonly flags?: readonly HolderFlag[];
  /** Absent: no phone with a key of its own. */
  readonly phone?: { readonly clockErrorS?: number; readonly suspension?: SuspensionReason };
  /** Shows passes T. */
  readonly wallet?: true;
  readonly card?: { readonly suspension?: SuspensionReason };
  readonly name?: string;
  readonly phoneNumber?: string;
  readonly sponsor?: string;
}

/** NXP's manufacturer code: the first byte of a UID of 7 bytes. ISO/IEC 7816-6. */
const NXP = "04";

/**
 * The person with what only this campus has.
 *
 * @param ids  what credential ids and card numbers are drawn from, where everybody may know them; default: the secret
 */
export function drawnPerson(secret: Uint8Array, plan: PersonPlan, ids: Uint8Array = secret): CampusPerson {
  const { id, profiles, audience = "student", flags = [], phone, wallet, card, name, phoneNumber, sponsor } = plan;
  const credential = (kind: string): string => bytesToHex(derivedBytes(ids, `credential of the ${kind} of ${id}`, 8));
  const suspended = (suspension: SuspensionReason | undefined): { readonly suspension?: SuspensionReason } => (suspension === undefined ? {} : { suspension });
  const held = (): CampusPhone => ({
    credential: credential("phone"),
    seed: derivedBytes(secret, `phone of ${id}`, 32),
    clockErrorS: phone?.clockErrorS ?? 0,
    ...suspended(phone?.suspension),
  });
  const drawnCard = (): CampusCard => ({
    credential: credential("card"),
    number: NXP + bytesToHex(derivedBytes(ids, `card of ${id}`, 6)),
    ...suspended(card?.suspension),
  });
  return {
    id,
    flags,
    audience,
    profiles,
    ...(phone === undefined ? {} : { phone: held() }),
    ...(wallet === undefined ? {} : { wallet: { credential: credential("wallet") } }),
    ...(card === undefined ? {} : { card: drawnCard() }),
    ...(name === undefined ? {} : { name }),
    ...(phoneNumber === undefined ? {} : { phoneNumber }),
    ...(sponsor === undefined ? {} : { sponsor }),
  };
}

/** The keys that sign for a site of this secret. */
export const drawnKeys = (secret: Uint8Array): CampusKeys => ({
  roots: [1, 2, 3].map((root) => derivedBytes(secret, `root ${root}`, 32)),
  issuer: derivedBytes(secret, "issuer", 32),
  cloud: derivedBytes(secret, "cloud", 32),
  operator: derivedBytes(secret, "operator", 32),
});
