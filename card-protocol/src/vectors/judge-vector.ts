import { firstFailure } from "../check.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { EMPTY_CALENDAR } from "../opening.ts";
import { PASS_CHECKS, type PassContext } from "../pass-checks.ts";
import { replayClass, type VerifiedPass } from "../pass.ts";
import { type Credential, CREDENTIAL_CHECKS } from "../permission.ts";
import { isReplayed } from "../replay.ts";
import type { Verifier } from "../signature.ts";
import { unixSeconds } from "../units.ts";
import { verifyPass } from "../verify-pass.ts";
import type { PassVectors } from "./pass-vectors.ts";
import type { Expected, Given, Vector } from "./vector.ts";

/** How long the vectors' reader takes the same text for the same showing. */
const DEBOUNCE_MS = 3_000;

/** Steps 1 and 9 as vectors name them. */
export const DEBOUNCE = "debounce";
export const NOT_YET_SPENT = "not yet spent";

/**
 * What this package makes of a vector: in the words of its `expected`.
 *
 * @param leftOut  a step that is not asked, by its name: to see that a vector notices
 */
export function judgeVector(file: PassVectors, throughStep: 7 | 9, vector: Vector, verifier: Verifier, leftOut?: string): Expected {
  const given: Given = { ...file.given, ...vector.given };
  const { before } = given;
  if (leftOut !== DEBOUNCE && before !== null && before.text === vector.text && before.msAgo < DEBOUNCE_MS) return { outcome: "debounced" };
  const outcome = verifyPass(
    Uint8Array.from(vector.text, (char) => char.charCodeAt(0)),
    contextOf(given, verifier),
    PASS_CHECKS.filter(({ name }) => name !== leftOut),
  );
  if (outcome.kind === "verified") return throughStep === 7 ? { outcome: "verified", pass: whoOf(outcome.pass) } : judgeSequel(given, outcome.pass, leftOut);
  const { reason, step, verified } = outcome;
  if (verified === undefined) return { outcome: "refused", reason, step };
  return { outcome: "refused", reason, step, pass: whoOf(verified.pass), phoneClockOffsetS: verified.phoneClockOffsetS };
}

function judgeSequel(given: Given, pass: VerifiedPass, leftOut: string | undefined): Expected {
  const refused = (reason: Expected["reason"] & string, step: string): Expected => ({
    outcome: "refused",
    reason,
    step,
    pass: whoOf(pass),
    phoneClockOffsetS: 0,
  });
  const row = given.credentials.find(({ id }) => id === pass.credentialId);
  const failure = firstFailure(
    CREDENTIAL_CHECKS.filter(({ name }) => name !== leftOut),
    {
      credential: row === undefined ? undefined : credentialOf(row),
      wall: wallOf(given),
      scheduleContext: { zone: "Asia/Shanghai", specialDays: new Map(), calendar: EMPTY_CALENDAR },
    },
  );
  if (failure !== undefined) return refused(failure.reason, failure.check.name);
  if (leftOut !== NOT_YET_SPENT && isReplayed(given.spent[replayClass(pass.kind)] ?? undefined, pass)) return refused("PassReplayed", NOT_YET_SPENT);
  return { outcome: "verified", pass: whoOf(pass) };
}

/** The controller that a vector describes. */
export function contextOf(given: Given, verifier: Verifier): PassContext {
  const open = new Set(given.openChallenges);
  const window = given.untrustedWindow;
  return {
    site: given.site,
    wall: wallOf(given),
    verifier,
    issuerKey: (kid) => {
      const key = given.issuerKeys.find((candidate) => candidate.kid === kid);
      if (key === undefined) return undefined;
      return { ...key, publicKey: hexToBytes(key.publicKey)!, notBefore: unixSeconds(key.notBefore), notAfter: unixSeconds(key.notAfter) };
    },
    credential: (id) => {
      const row = given.credentials.find((candidate) => candidate.id === id);
      return row === undefined ? undefined : credentialOf(row);
    },
    challengeDemanded: given.challengeDemanded,
    spendChallenge: (challenge) => (open.delete(bytesToHex(challenge)) ? "open" : "unknown"),
    untrustedWindow: window === null ? undefined : { from: unixSeconds(window.from), until: unixSeconds(window.until) },
    verifyDespiteTime: () => given.verifyDespiteTime,
  };
}

const wallOf = ({ wall }: Given): PassContext["wall"] => (wall === "untrusted" ? wall : { now: unixSeconds(wall.now), uncertaintyS: wall.uncertaintyS });

function credentialOf(row: Given["credentials"][number]): Credential {
  return {
    id: row.id,
    holder: 1,
    kind: "qr",
    validFrom: unixSeconds(row.validFrom),
    validUntil: unixSeconds(row.validUntil),
    takes: row.takes,
    flags: [],
    ...(row.publicKey === null ? {} : { publicKey: hexToBytes(row.publicKey)! }),
    ...(row.takesIssuedUntil === null ? {} : { takesIssuedUntil: unixSeconds(row.takesIssuedUntil) }),
    ...(row.suspension === null ? {} : { suspension: row.suspension }),
  };
}

const whoOf = ({ kind, credentialId, signedAt, counter }: VerifiedPass): NonNullable<Expected["pass"]> => ({ kind, credentialId, signedAt, counter });
