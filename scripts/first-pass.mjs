/**
 * A pass from end to end, without hardware: a phone's key made for this run alone signs it, the QR is drawn, and the pass is judged as a door judges it,
 * genuine, as an old screenshot and at another site. Ends with 0 only when each is judged as it must be.
 */
import { randomBytes } from "node:crypto";
import { unixSeconds, verifyPass } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { makeHeldPass, qrMatrix, qrToText } from "@portico/card-protocol/phone";

const signer = nodeSigner(new Uint8Array(randomBytes(32)));
const credentialId = randomBytes(8).toString("hex");
const site = "demo-campus";
const now = Math.floor(Date.now() / 1000);
const door = (at, siteOfDoor) => ({
  site: siteOfDoor,
  wall: { now: unixSeconds(at), uncertaintyS: 1 },
  verifier: nodeVerifier,
  issuerKey: () => undefined,
  credential: (id) => (id === credentialId ? { publicKey: signer.publicKey, takes: ["H", "HC"] } : undefined),
  challengeDemanded: false,
  spendChallenge: () => false,
  untrustedWindow: undefined,
  verifyDespiteTime: true,
});

const pass = makeHeldPass({ site, credentialId, signedAt: unixSeconds(now), counter: 0 }, signer);
process.stdout.write(`${qrToText(qrMatrix(pass.text))}\n`);
process.stdout.write(`a pass of ${pass.bytes.length} bytes, ${pass.text.length} characters, signed by a key made for this run\n\n`);
const cases = [
  ["scanned now", door(now, site), "verified"],
  ["its screenshot, 60 s later", door(now + 60, site), "PassExpired"],
  ["at another site", door(now, "other-campus"), "SignatureInvalid"],
];
let wrong = 0;
for (const [what, context, wanted] of cases) {
  const outcome = verifyPass(pass.text, context);
  const got = outcome.kind === "verified" ? "verified" : outcome.reason;
  if (got !== wanted) wrong++;
  process.stdout.write(`${what.padEnd(28)} ${got}${outcome.kind === "refused" ? ` (${outcome.step}: ${outcome.detail})` : ""}\n`);
}
process.stdout.write("\ntry: npx portico pass --help · npx portico config init · npx portico doctor\n");
process.exit(wrong === 0 ? 0 : 1);
