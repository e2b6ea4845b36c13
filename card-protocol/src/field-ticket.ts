import { sameBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor, isArray } from "./cbor.ts";
import type { WallTime } from "./clock.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { elementsOf, isBytes, isWord, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";

/** What an operator may do; each is a right of its own. */
export const OPERATOR_ROLES = ["view", "guard", "operate", "commission", "admin"] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** A technician's right to work on one controller while the cloud is away. Kind 9. */
export interface FieldTicket {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** Operator id and controller id: 1..64 characters, no white space. */
  readonly holder: string;
  readonly controller: string;
  /** In the order of {@link OPERATOR_ROLES}, at least one. */
  readonly roles: readonly OperatorRole[];
  /** notBefore ≤ t < notAfter, at most {@link TICKET_LIFE_MAX_S}. */
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  /** 16 bytes: the controller's nonce; null: judged by the clock alone. */
  readonly nonce: Uint8Array | null;
}

/** Eight hours: a shift. */
export const TICKET_LIFE_MAX_S = 8 * 3600;

export type FieldTicketError = SignedError | "TicketForAnother";

/**
 * Signs a ticket: `[id, holder, controller, [role…], notBefore, notAfter, nonce | null]`, by a key of the trust list with usage `ticket`.
 *
 * @throws RangeError for a ticket out of range: the caller's mistake
 */
export function makeFieldTicket(site: string, ticket: FieldTicket, kid: Uint8Array, signer: Signer): Uint8Array {
  const { id, holder, controller, roles, notBefore, notAfter, nonce } = ticket;
  const payload = encodeCbor([id, holder, controller, roles, notBefore, notAfter, nonce]);
  if (decodeTicket(payload) === undefined) throw new RangeError("a field ticket out of range");
  return sign1("fieldTicket", site, kid, payload, signer);
}

/**
 * A ticket that is signed, in range and meant for this controller. Whether it is in time: {@link judgeFieldTicket}.
 *
 * @param keyFor  `keysFor(trustList, "ticket", wall)`
 */
export function readFieldTicket(
  bytes: Uint8Array,
  site: string,
  controller: string,
  keyFor: KeyFor,
  verifier: Verifier,
): Result<FieldTicket, FieldTicketError> {
  const record = verify1("fieldTicket", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const ticket = decodeTicket(record.value.payload);
  if (ticket === undefined) return err("RecordMalformed", "not a field ticket, or out of range");
  if (ticket.controller !== controller) return err("TicketForAnother", `for controller ${ticket.controller}`);
  return ok(ticket);
}

/**
 * Whether a ticket is in time. While the clock is untrusted it must answer a nonce of this controller: then it was made after the nonce, and the session
 * it opens may last notAfter − notBefore of monotonic time.
 *
 * @param openNonce  the nonce that this controller gave out and that nobody answered yet
 */
export function judgeFieldTicket(
  ticket: FieldTicket,
  wall: WallTime,
  openNonce: Uint8Array | undefined,
): Result<FieldTicket, "TicketNotYetValid" | "TicketExpired" | "ClockUncertain"> {
  if (wall === "untrusted") {
    const answers = ticket.nonce !== null && openNonce !== undefined && sameBytes(ticket.nonce, openNonce);
    return answers ? ok(ticket) : err("ClockUncertain", "the ticket must answer this controller's nonce");
  }
  if (wall.now + wall.uncertaintyS < ticket.notBefore) return err("TicketNotYetValid", `begins in ${ticket.notBefore - wall.now} s`);
  if (wall.now - wall.uncertaintyS >= ticket.notAfter) return err("TicketExpired", `over since ${wall.now - ticket.notAfter} s`);
  return ok(ticket);
}

function decodeTicket(payload: Uint8Array): FieldTicket | undefined {
  const read = decodeCbor(payload, RECORD.fieldTicket.bytesMax);
  const [id, holder, controller, roleWords, notBefore, notAfter, nonce] = (read.ok ? elementsOf(read.value, 7) : undefined) ?? [];
  if (!isBytes(id, 16) || !isWord(holder) || !isWord(controller) || roleWords === undefined || !isArray(roleWords)) return undefined;
  const roles = OPERATOR_ROLES.filter((role) => roleWords.includes(role));
  if (roles.length === 0 || roles.join() !== roleWords.join()) return undefined;
  if (!isU32(notBefore) || !isU32(notAfter) || notAfter <= notBefore || notAfter > notBefore + TICKET_LIFE_MAX_S) return undefined;
  if (nonce !== null && !isBytes(nonce, 16)) return undefined;
  return { id, holder, controller, roles, notBefore: unixSeconds(notBefore), notAfter: unixSeconds(notAfter), nonce };
}
