import { type CredentialId, type Result, type UnixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { type CounterStore, decodeBase45, PASS_PREFIX, passText } from "@portico/card-protocol/phone";
import { type Campus, type CampusPerson, ISSUER_KID, ISSUER_TTL_S } from "../campus/campus.ts";
import { type PassIssuer, passIssuer } from "../pass-issuer.ts";
import { heldPhone, memoryCounters, type PhoneError, type VirtualPhone, walletPhone } from "../virtual-phone.ts";

/** What a person carries. */
export interface Pocket {
  readonly person: CampusPerson;
  /** The code that the person's phone shows now; undefined for a person without a phone. */
  show(): Result<string, PhoneError> | undefined;
  /** The code of a phone that does the same at another site. */
  showOfOtherSite(): Result<string, PhoneError> | undefined;
  /** What a card reader types for the person's card; undefined without one. */
  readonly card: string | undefined;
}

/** The issuer of a campus. */
export const campusIssuer = (campus: Campus, site: string = campus.site): PassIssuer =>
  passIssuer({ site, kid: ISSUER_KID, ttlS: ISSUER_TTL_S, signer: nodeSigner(campus.keys.issuer) });

export interface PocketsOptions {
  readonly campus: Campus;
  /** The right time. */
  readonly now: () => UnixSeconds;
  /** Where a person's phone keeps its counters; default: memory. */
  readonly countersOf?: (person: string) => CounterStore;
}

/** A site that no campus of the simulator has. */
const OTHER_SITE = "other-campus";
/** Counted from the end: in the half of the signature that every value of a byte is possible in. */
const FORGED_BYTE = 50;

/** Everybody's pocket, by person. */
export function campusPockets({ campus, now, countersOf = memoryCounters }: PocketsOptions): ReadonlyMap<string, Pocket> {
  const pocketOf = (person: CampusPerson): Pocket => {
    const { phone, wallet, card } = person;
    const showing = (site: string, counters: () => CounterStore): VirtualPhone | undefined => {
      if (phone !== undefined) return heldPhone({ site, now, ...phone, counters: counters() });
      return wallet === undefined ? undefined : onLine(campusIssuer(campus, site), wallet.credential, now);
    };
    const own = showing(campus.site, () => countersOf(person.id));
    let ofOtherSite: VirtualPhone | undefined;
    return {
      person,
      show: () => own?.show(),
      showOfOtherSite: () => (ofOtherSite ??= showing(OTHER_SITE, memoryCounters))?.show(),
      card: card?.number.toUpperCase(),
    };
  };
  return new Map(campus.people.map((person) => [person.id, pocketOf(person)]));
}

/** A wallet on line: it asks its issuer for each pass that it shows. */
function onLine(issuer: PassIssuer, credential: CredentialId, now: () => UnixSeconds): VirtualPhone {
  const wallet = walletPhone({ credential, now });
  return {
    ...wallet,
    show() {
      wallet.load([issuer.issue(credential, now())]);
      return wallet.show();
    },
  };
}

/** A pass with one bit of its signature turned: whoever cannot sign can do no better. */
export function forged(text: string): string {
  const bytes = decodeBase45(text.slice(PASS_PREFIX.length));
  if (bytes === undefined) throw new RangeError("only a pass can be forged");
  bytes[bytes.length - FORGED_BYTE]! ^= 1;
  return passText(bytes);
}
