import { createHash } from "node:crypto";
import { type Signer, type TrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";

/** The campus that the cloud of the bench keeps: everything in it follows from numbers, so that each program of a run knows the keys of all. */
export const CLOUD_SITE = "bench";
const seed = (what: string): Uint8Array => new Uint8Array(createHash("sha256").update(`portico bench ${what}`).digest());

export const controllerId = (nth: number): string => `controller-${nth}`;
export const controllerSigner = (nth: number): Signer => nodeSigner(seed(`controller ${nth}`));
/** The zone that a controller follows. */
export const zoneOf = (nth: number, zones: number): string => zoneId(nth % zones);
export const zoneId = (nth: number): string => `zone-${nth}`;

/** A person's ids, 16 hex digits of a credential and a UUIDv7 of its person: of the `nth` person, 0 or more. */
export const cardId = (nth: number): string => seed(`card ${nth}`).reduce((hex, byte, at) => (at < 8 ? hex + byte.toString(16).padStart(2, "0") : hex), "");
export const phoneId = (nth: number): string => seed(`phone ${nth}`).reduce((hex, byte, at) => (at < 8 ? hex + byte.toString(16).padStart(2, "0") : hex), "");
export const phoneKey = (nth: number): Uint8Array => seed(`phone key ${nth}`);
export const personId = (nth: number): string => `0192f000-0000-7000-8000-${nth.toString(16).padStart(12, "0")}`;

/** Who asks the API, by the key of which the store is filled. */
export const OPERATOR: Signer = nodeSigner(seed("operator"));
export const ROOT: Signer = nodeSigner(seed("root"));
export const ROOT_VERSION = 1;

/** A trust list in which the cloud's key signs feed and time. */
export function benchTrust(cloudKey: Uint8Array, nowS: number): TrustList {
  const key = { kid: 1, publicKey: cloudKey, notBefore: unixSeconds(0), notAfter: unixSeconds(0xffff_ffff), ttlS: 0, status: "active" } as const;
  return {
    sequence: 1,
    issued: unixSeconds(nowS),
    validUntil: unixSeconds(nowS + 100 * 86_400),
    feedEpoch: 1,
    roots: { version: ROOT_VERSION, threshold: 1, keys: [ROOT.publicKey] },
    keys: new Map([[1, { ...key, usages: ["feed", "time"] }]]),
  };
}
