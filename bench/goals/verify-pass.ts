import { externalAad, type PassContext, sigStructure1, unixSeconds, verifyPass } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { makeHeldPass } from "@portico/card-protocol/phone";
import { type Goal, pairedMediansUs } from "../goal.ts";

const NOW = unixSeconds(1_790_000_000);
const CREDENTIAL = "0011223344556677";
const signer = nodeSigner(new Uint8Array(32).fill(7));
const context: PassContext = {
  site: "bench",
  wall: { now: NOW, uncertaintyS: 1 },
  verifier: nodeVerifier,
  issuerKey: () => undefined,
  credential: () => ({ publicKey: signer.publicKey, takes: ["H", "HC"] }),
  challengeDemanded: false,
  spendChallenge: () => "unknown",
  untrustedWindow: undefined,
  verifyDespiteTime: () => false,
};
const { text } = makeHeldPass({ site: "bench", credentialId: CREDENTIAL, signedAt: NOW, counter: 1 }, signer);
const message = sigStructure1(new Uint8Array(13), externalAad("passH", "bench"), new Uint8Array(13));
const signature = signer.sign(message);
const oneVerify = (): void => void nodeVerifier.verify(signer.publicKey, message, signature);

/** A held pass judged from its text, steps 0 to 7, against the signature verification that nobody can do without. */
export const VERIFY_PASS: Goal = {
  name: "verify-pass",
  what: "held pass from text to verified, against one Ed25519 verify of the same run",
  unit: "×",
  goal: 1.3,
  measure: async (note) => {
    if (verifyPass(text, context).kind !== "verified") throw new Error("the pass does not verify");
    const [ours, native] = await pairedMediansUs({ rounds: 2_000, warmUpRounds: 500, work: [() => void verifyPass(text, context), oneVerify] });
    note(`${ours!.toFixed(1)} µs against ${native!.toFixed(1)} µs`);
    return ours! / native!;
  },
};

/** What a stranger's scan costs before anything is looked up. */
export const GARBAGE: Goal = {
  name: "garbage",
  what: "4,096 arbitrary bytes refused as a pass, against one Ed25519 verify of the same run",
  unit: "×",
  goal: 0.02,
  measure: async (note) => {
    const garbage = Uint8Array.from({ length: 4_096 }, (_, i) => (i * 31) & 0xff);
    const [ours, native] = await pairedMediansUs({ rounds: 2_000, warmUpRounds: 500, work: [() => void verifyPass(garbage, context), oneVerify] });
    note(`${ours!.toFixed(2)} µs against ${native!.toFixed(1)} µs`);
    return ours! / native!;
  },
};
