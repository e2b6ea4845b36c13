import { makeTrustList, type Signer, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { type Campus, CLOUD_KID, ISSUER_KID, ISSUER_TTL_S, ROOT_THRESHOLD } from "./campus.ts";

const DAY_S = 86_400;
/** Nobody renews the trust list of a simulated campus. */
const LIFE_S = 3650 * DAY_S;
/** The issuer's key is valid a little before the list is, so that a clock which is slow by less makes no difference. */
const LEAD_S = DAY_S;

/** The root keys of a campus, in the order of the configuration. */
export const campusRoots = ({ keys }: Pick<Campus, "keys">): Signer[] => keys.roots.map((seed) => nodeSigner(seed));

/** The first trust list of a campus: the issuer's key for passes T, the cloud's for feed, time and commands, signed by as many roots as must sign. Valid for ten years. */
export function campusTrustList(campus: Pick<Campus, "keys" | "site">, issued: UnixSeconds): Uint8Array {
  const roots = campusRoots(campus);
  const validUntil = unixSeconds(issued + LIFE_S);
  const made = makeTrustList(
    campus.site,
    {
      sequence: 1,
      feedEpoch: 1,
      issued,
      validUntil,
      roots: { version: 1, threshold: ROOT_THRESHOLD, keys: roots.map(({ publicKey }) => publicKey) },
      keys: new Map([
        [
          ISSUER_KID,
          {
            kid: ISSUER_KID,
            publicKey: nodeSigner(campus.keys.issuer).publicKey,
            usages: ["T"],
            notBefore: unixSeconds(issued - LEAD_S),
            notAfter: validUntil,
            ttlS: ISSUER_TTL_S,
            status: "active",
          },
        ],
        [
          CLOUD_KID,
          {
            kid: CLOUD_KID,
            publicKey: nodeSigner(campus.keys.cloud).publicKey,
            usages: ["feed", "command", "time"],
            notBefore: unixSeconds(issued - LEAD_S),
            notAfter: validUntil,
            ttlS: 0,
            status: "active",
          },
        ],
      ]),
    },
    roots.slice(0, ROOT_THRESHOLD),
  );
  if (!made.ok) throw new Error(`the trust list of a campus cannot be made: ${made.detail}`);
  return made.value;
}
