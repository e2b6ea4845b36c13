import fc from "fast-check";
import { expect, test } from "vitest";
import { unixSeconds } from "../units.ts";
import { CREDENTIAL, KEY, NOW, SITE } from "../vectors/vector-campus.ts";
import { CounterBlocks, type CounterStore, HeldCredential } from "./index.ts";

/** A phone's storage, in memory; what goes wrong with it is said from outside. */
class MemoryStore implements CounterStore {
  end: number | undefined;
  failure: "none" | "refuses" | "throws" | "forgets" | "unreadable" = "none";
  load(): number | undefined {
    if (this.failure === "unreadable") throw new Error("storage is locked");
    return this.end;
  }
  store(end: number): boolean {
    if (this.failure === "throws") throw new Error("quota exceeded");
    if (this.failure === "refuses") return false;
    if (this.failure !== "forgets") this.end = end;
    return true;
  }
}
const taken = (counters: CounterBlocks): number => {
  const counter = counters.take();
  return counter.ok ? counter.value : -1;
};

test("a new key counts from 0, and the end of a block stands in the store before its first counter is handed out", () => {
  const store = new MemoryStore();
  const counters = new CounterBlocks(store);
  expect(store.end).toBeUndefined();
  const seen = Array.from({ length: 130 }, () => [taken(counters), store.end]);
  expect(seen[0]).toEqual([0, 64]);
  expect(seen[63]).toEqual([63, 64]);
  expect(seen[64]).toEqual([64, 128]);
  expect(seen[129]).toEqual([129, 192]);
});

test("after a start it goes on behind the stored end, whatever was used of the block", () => {
  const store = new MemoryStore();
  const before = new CounterBlocks(store);
  for (let i = 0; i < 3; i++) taken(before);
  expect(taken(new CounterBlocks(store))).toBe(64);
  expect(store.end).toBe(128);
});

test("counters never repeat and only rise, however often the phone dies or its storage fails", () => {
  const event = fc.constantFrom("take", "take", "take", "start", "none", "refuses", "throws", "forgets", "unreadable");
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const store = new MemoryStore();
      let counters = new CounterBlocks(store);
      let last = -1;
      for (const name of events) {
        if (name === "start") counters = new CounterBlocks(store);
        else if (name !== "take") store.failure = name as MemoryStore["failure"];
        else {
          const counter = counters.take();
          if (!counter.ok) continue;
          expect(counter.value).toBeGreaterThan(last);
          expect(store.end).toBeGreaterThan(counter.value);
          last = counter.value;
        }
      }
      expect(last).toBeGreaterThanOrEqual(-1);
    }),
  );
});

test.each([
  ["refuses", "CounterNotStored"],
  ["throws", "CounterNotStored"],
  ["forgets", "CounterNotStored"],
  ["unreadable", "CounterUnreadable"],
] as const)("nothing is signed when the store %s, and all goes on when it is mended", (failure, error) => {
  const store = new MemoryStore();
  let signatures = 0;
  const signer = { publicKey: KEY.phone.publicKey, sign: (message: Uint8Array) => (signatures++, KEY.phone.sign(message)) };
  const credential = new HeldCredential({ site: SITE, credentialId: CREDENTIAL.held, signer, counters: new CounterBlocks(store) });
  store.failure = failure;
  expect(credential.pass(unixSeconds(NOW))).toMatchObject({ ok: false, error });
  expect(credential.answer(new Uint8Array(8), unixSeconds(NOW))).toMatchObject({ ok: false, error });
  expect(signatures).toBe(0);
  store.failure = "none";
  expect(credential.pass(unixSeconds(NOW)).ok).toBe(true);
  expect(signatures).toBe(1);
});

test.each([Number.NaN, -64, 0.5, "64", null, {}, Infinity])("a stored end of %s is no end: nothing is counted from it", (end) => {
  const store = new MemoryStore();
  store.end = end as never;
  expect(new CounterBlocks(store).take().ok).toBe(false);
});

test("an end that went back, by a restored backup under a running phone, is not counted from", () => {
  const store = new MemoryStore();
  const counters = new CounterBlocks(store);
  for (let i = 0; i < 128; i++) taken(counters);
  store.end = 64;
  expect(counters.take()).toMatchObject({ ok: false, error: "CounterUnreadable" });
});

test("an end moved on by another tab is gone behind", () => {
  const store = new MemoryStore();
  const counters = new CounterBlocks(store);
  for (let i = 0; i < 64; i++) taken(counters);
  store.end = 640;
  expect(taken(counters)).toBe(640);
});

test("the last block of u32 is the last: then the phone enrols a new key", () => {
  const store = new MemoryStore();
  store.end = 0xffff_ffff - 127;
  const counters = new CounterBlocks(store);
  for (let i = 0; i < 64; i++) expect(counters.take().ok).toBe(true);
  expect(counters.take()).toMatchObject({ ok: true, value: 0xffff_ffff - 63 });
  for (let i = 0; i < 63; i++) expect(counters.take().ok).toBe(true);
  expect(counters.take()).toMatchObject({ ok: false, error: "CountersExhausted" });
});

test("an H and an HC of one credential share the counters", () => {
  const credential = new HeldCredential({ site: SITE, credentialId: CREDENTIAL.held, signer: KEY.phone, counters: new CounterBlocks(new MemoryStore()) });
  const texts = [credential.pass(unixSeconds(NOW)), credential.answer(new Uint8Array(8), unixSeconds(NOW)), credential.pass(unixSeconds(NOW))];
  const counterAt = [26, 26, 26];
  expect(texts.map((pass, i) => (pass.ok ? pass.value.bytes[counterAt[i]! + 3] : undefined))).toEqual([0, 1, 2]);
});
