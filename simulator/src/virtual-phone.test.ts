import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PassContext, type UnixSeconds, unixSeconds, verifyPass, type VerifiedPass } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { expect, onTestFinished, test } from "vitest";
import { passIssuer } from "./pass-issuer.ts";
import { phoneFileCounters, writePhoneFile } from "./phone-file.ts";
import { heldPhone, type HeldPhoneOptions, memoryCounters, walletPhone } from "./virtual-phone.ts";

const SITE = "demo";
const CREDENTIAL = "0123456789abcdef";
const SEED = new Uint8Array(32).fill(7);
const START = 1_800_000_000;

/** A wall clock that a test sets. */
function time() {
  let now = START;
  return { now: () => unixSeconds(now), pass: (seconds: number) => void (now += seconds) };
}
/** What a door that knows this phone and its issuer says of a text. */
function judged(text: string, at: UnixSeconds, differing: Partial<PassContext> = {}): VerifiedPass | string {
  const outcome = verifyPass(text, {
    site: SITE,
    wall: { now: at, uncertaintyS: 0 },
    verifier: nodeVerifier,
    issuerKey: () => ({
      publicKey: nodeSigner(SEED).publicKey,
      usages: ["T"],
      notBefore: unixSeconds(0),
      notAfter: unixSeconds(2 ** 32 - 1),
      ttlS: 30,
      status: "active",
    }),
    credential: () => ({ publicKey: nodeSigner(SEED).publicKey, takes: ["T", "H", "HC"] }),
    challengeDemanded: false,
    spendChallenge: () => "unknown",
    untrustedWindow: undefined,
    verifyDespiteTime: () => true,
    ...differing,
  });
  return outcome.kind === "verified" ? outcome.pass : `${outcome.reason}${outcome.verified ? ` ${outcome.verified.phoneClockOffsetS}` : ""}`;
}
const shown = (result: { ok: true; value: string } | { ok: false; detail: string }): string => {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
};
const phone = (options: Partial<HeldPhoneOptions> = {}) =>
  heldPhone({ site: SITE, credential: CREDENTIAL, seed: SEED, counters: memoryCounters(), now: () => unixSeconds(START), ...options });

test("each showing is a pass of its own, signed now, with a higher counter", () => {
  const clock = time();
  const zhang = phone({ now: clock.now });
  const first = judged(shown(zhang.show()), clock.now());
  clock.pass(10);
  const second = judged(shown(zhang.show()), clock.now());
  expect([first, second]).toMatchObject([
    { kind: "H", credentialId: CREDENTIAL, signedAt: START, counter: 0 },
    { kind: "H", signedAt: START + 10, counter: 1 },
  ]);
});

test("a screenshot is what was on the screen: good for a moment, expired after a minute", () => {
  const clock = time();
  const zhang = phone({ now: clock.now });
  expect(zhang.screenshot()).toBeUndefined();
  const text = shown(zhang.show());
  const picture = zhang.screenshot()!;
  expect(picture).toBe(text);
  expect(judged(picture, clock.now())).toMatchObject({ kind: "H" });
  clock.pass(60);
  shown(zhang.show());
  expect(judged(picture, clock.now())).toMatch(/^PassExpired/);
});

test.each([-90, 90])("a phone whose clock is %i s off shows passes that say so", (clockErrorS) => {
  expect(judged(shown(phone({ clockErrorS }).show()), unixSeconds(START))).toBe(`${clockErrorS < 0 ? "PassExpired" : "PassNotYetValid"} ${clockErrorS}`);
});

test("the answer to a challenge names it and needs no clock", () => {
  const challenge = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const text = shown(phone({ clockErrorS: -9_999 }).answer(challenge));
  expect(
    judged(text, unixSeconds(START), { challengeDemanded: true, spendChallenge: (answered) => (String(answered) === String(challenge) ? "open" : "unknown") }),
  ).toMatchObject({
    kind: "HC",
  });
});

test("without a stored counter nothing is shown, and the screen stays as it was", () => {
  let works = true;
  const memory = memoryCounters();
  const zhang = phone({ counters: { load: () => memory.load(), store: (end) => works && memory.store(end) } });
  const before = shown(zhang.show());
  works = false;
  for (let n = 1; n < 64; n++) shown(zhang.show());
  const last = zhang.screenshot();
  expect(zhang.show()).toMatchObject({ ok: false, error: "CounterNotStored" });
  expect([last === before, zhang.screenshot()]).toEqual([false, last]);
});

test("a phone in a file goes on behind the counters that it has used", () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-phone-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "zhang.json");
  writePhoneFile({ path, site: SITE, credential: CREDENTIAL, person: "zhang", seed: SEED, clockErrorS: 0 });
  const counterOf = (): unknown => judged(shown(phone({ counters: phoneFileCounters(path) }).show()), unixSeconds(START));
  expect([counterOf(), counterOf()]).toMatchObject([{ counter: 0 }, { counter: 64 }]);
});

test("a wallet shows the newest issued pass that has begun, each with a higher counter, and nothing when they are over", () => {
  const clock = time();
  const issuer = passIssuer({ site: SITE, kid: 1, ttlS: 30, signer: nodeSigner(SEED) });
  const visitor = walletPhone({ credential: CREDENTIAL, now: clock.now });
  expect(visitor.show()).toMatchObject({ ok: false, error: "WalletEmpty" });
  visitor.load(issuer.batch(CREDENTIAL, clock.now(), 60, 10));
  const passes: unknown[] = [];
  for (let n = 0; n < 6; n++) {
    passes.push(judged(shown(visitor.show()), clock.now()));
    clock.pass(10);
  }
  expect(passes).toMatchObject(Array.from({ length: 6 }, (_, n) => ({ kind: "T", signedAt: START + 10 * n, counter: START + 10 * n + 30 })));
  clock.pass(20);
  expect(visitor.show()).toMatchObject({ ok: false, error: "WalletEmpty" });
  visitor.load([issuer.issue(CREDENTIAL, clock.now())]);
  expect(judged(shown(visitor.show()), clock.now())).toMatchObject({ kind: "T", signedAt: clock.now() });
});
