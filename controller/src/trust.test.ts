import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventOf, makeTrustList, type RootSet, type Signer, type TrustedKey, type TrustList, unixSeconds, SetupError } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SiteConfiguration } from "./configuration/configuration.ts";
import { ControllerDatabase } from "./store/database.ts";
import { TrustStore } from "./store/trust-store.ts";
import { issuerKeyOf, loadTrust } from "./trust.ts";

const SITE = "campus-east";
const NOW = unixSeconds(1_800_000_000);
const signer = (byte: number): Signer => nodeSigner(new Uint8Array(32).fill(byte));
const ROOTS = [1, 2, 3].map(signer);
const NEXT_ROOTS = [4, 5, 6].map(signer);
const STRANGERS = [7, 8].map(signer);
const rootSet = (version: number, signers: readonly Signer[]): RootSet => ({ version, threshold: 2, keys: signers.map(({ publicKey }) => publicKey) });
const PINNED = rootSet(1, ROOTS);
const ISSUER: TrustedKey = {
  kid: 7,
  publicKey: signer(0x11).publicKey,
  usages: ["T"],
  ttlS: 30,
  notBefore: unixSeconds(NOW - 86_400),
  notAfter: unixSeconds(NOW + 86_400),
  status: "active",
};

let folder: string;
let database: ControllerDatabase;
let store: TrustStore;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  database = ControllerDatabase.open(join(folder, "controller.db"));
  store = new TrustStore(database);
  file = join(folder, "trust-list.cose");
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const listOf = (sequence: number, change: Partial<TrustList> = {}): TrustList => ({
  sequence,
  feedEpoch: 1,
  issued: NOW,
  validUntil: unixSeconds(NOW + 100 * 86_400),
  roots: PINNED,
  keys: new Map([[ISSUER.kid, ISSUER]]),
  ...change,
});
function signed(list: TrustList, signers: readonly Signer[] = ROOTS.slice(0, 2)): Uint8Array {
  const made = makeTrustList(SITE, list, signers);
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}
const site = (roots: RootSet = PINNED): SiteConfiguration => ({ id: SITE, timeZone: "Asia/Shanghai", trust: { listFile: file, roots } });
const load = (roots?: RootSet): ReturnType<typeof loadTrust> => loadTrust(site(roots), store, nodeVerifier);
/** Brings a list into force, as an earlier start did. */
const inForce = (bytes: Uint8Array): void => {
  writeFileSync(file, bytes);
  expect(load().warning).toBeUndefined();
};
function setupError(attempt: () => unknown): SetupError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof SetupError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a file that brings a list", () => {
  test("for the first time is taken up, kept, and told of", () => {
    writeFileSync(file, signed(listOf(5)));
    const { list, event, warning } = load();
    expect([list?.sequence, warning]).toEqual([5, undefined]);
    expect(event).toEqual(eventOf("TrustListLoaded", { sequence: 5, validUntil: unixSeconds(NOW + 100 * 86_400) }));
    expect([issuerKeyOf(list, 7)?.ttlS, issuerKeyOf(list, 8), issuerKeyOf(undefined, 7)]).toEqual([30, undefined, undefined]);
    expect(store.chain().map(({ sequence }) => sequence)).toEqual([5]);
  });

  test("that is in force already changes nothing and is not told of again", () => {
    inForce(signed(listOf(5)));
    expect(load()).toMatchObject({ list: { sequence: 5 }, event: undefined, warning: undefined });
  });

  test("that is in force already, with more signatures under it, changes nothing either", () => {
    inForce(signed(listOf(5)));
    writeFileSync(file, signed(listOf(5), ROOTS));
    expect(load()).toMatchObject({ list: { sequence: 5 }, event: undefined, warning: undefined });
  });

  test("newer than the one in force takes its place", () => {
    inForce(signed(listOf(5)));
    const retired = { ...ISSUER, status: "retired" as const };
    writeFileSync(file, signed(listOf(6, { keys: new Map([[7, retired]]) })));
    const { list, event } = load();
    expect([issuerKeyOf(list, 7)?.status, event?.fields]).toEqual(["retired", { sequence: 6, validUntil: NOW + 100 * 86_400 }]);
  });

  test("with new roots is believed when the old ones and the new ones have signed it, and stands on its own from then on", () => {
    inForce(signed(listOf(5)));
    const next = rootSet(2, NEXT_ROOTS);
    writeFileSync(file, signed(listOf(6, { roots: next }), [...ROOTS.slice(0, 2), ...NEXT_ROOTS.slice(0, 2)]));
    expect(load().list?.roots.version).toBe(2);
    expect(load(), "from the old roots on").toMatchObject({ list: { sequence: 6 }, event: undefined });
    expect(load(next), "from the new ones, pinned in the configuration since").toMatchObject({ list: { sequence: 6 }, event: undefined });
    writeFileSync(file, signed(listOf(7, { roots: next }), NEXT_ROOTS.slice(1)));
    expect(load(next).list?.sequence).toBe(7);
  });
});

describe("a file that brings none keeps the list in force going, with a warning", () => {
  test.each<[string, () => void, RegExp]>([
    ["missing", () => rmSync(file), /is not there .*the list in force goes on: sequence 5$/],
    ["a folder", () => (rmSync(file), mkdirSync(file)), /cannot be read: EISDIR.*goes on: sequence 5$/],
    ["older", () => writeFileSync(file, signed(listOf(4))), /refused: TrustListRollback.*sequence 4, in force 5/],
    ["another of the same number", () => writeFileSync(file, signed(listOf(5, { issued: unixSeconds(NOW + 1) }))), /TrustListFork/],
    ["signed by strangers", () => writeFileSync(file, signed(listOf(6), STRANGERS)), /refused: /],
    ["signed by one root alone", () => writeFileSync(file, signed(listOf(6), ROOTS.slice(0, 1))), /refused: /],
    ["without a key of before", () => writeFileSync(file, signed(listOf(6, { keys: new Map() }))), /KidChanged/],
    ["cut off", () => writeFileSync(file, signed(listOf(6)).slice(0, -1)), /refused: /],
    ["empty", () => writeFileSync(file, new Uint8Array()), /refused: /],
  ])("%s", (_, spoil, warning) => {
    inForce(signed(listOf(5)));
    spoil();
    const trust = load();
    expect(trust).toMatchObject({ list: { sequence: 5 }, event: undefined, warning: expect.stringMatching(warning) });
    expect(trust.warning).toContain(file);
    expect(store.chain().map(({ sequence }) => sequence)).toEqual([5]);
  });
});

describe("without a list in force", () => {
  test.each<[string, () => void, RegExp]>([
    ["no file", () => {}, /not there/],
    ["a list of strangers", () => writeFileSync(file, signed(listOf(5), STRANGERS)), /refused/],
    ["a list for another site", () => writeFileSync(file, wrongSite()), /refused/],
    [
      "a list of a later root version than the one that was pinned",
      () => writeFileSync(file, signed(listOf(5, { roots: rootSet(3, ROOTS) }))),
      /RootVersionSkipped/,
    ],
  ])("%s keeps the controller from starting", (_, prepare, what) => {
    prepare();
    const error = setupError(() => load());
    expect([error.what, error.where, error.remedy]).toEqual([expect.stringMatching(what), file, expect.stringContaining("root holders")]);
  });

  test("what cannot be read as a file keeps it from starting too", () => {
    mkdirSync(file);
    expect(setupError(() => load())).toMatchObject({
      what: expect.stringMatching(/cannot be read: EISDIR/),
      where: file,
      remedy: expect.stringContaining("may read"),
    });
  });

  test("and without one in the configuration there is nothing to believe", () => {
    expect(loadTrust({ id: SITE, timeZone: "Asia/Shanghai" }, store, nodeVerifier)).toEqual({ list: undefined, event: undefined, warning: undefined });
  });
});

function wrongSite(): Uint8Array {
  const made = makeTrustList("campus-west", listOf(5), ROOTS);
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}

describe("what the database says is believed no more than a file", () => {
  test("a list that was altered there keeps the controller from starting, and says what to do", () => {
    inForce(signed(listOf(5)));
    database.prepare<[]>("DROP TRIGGER trust_list_is_final").run();
    const forged = signed(listOf(5), STRANGERS);
    database.prepare<[Uint8Array]>("UPDATE trust_list SET bytes = ?").run(forged);
    const { what, remedy } = setupError(() => load());
    expect([what, remedy]).toEqual([
      expect.stringMatching(/^the trust list that was in force is refused: /),
      expect.stringContaining("the database was altered"),
    ]);
  });

  test("and so do roots in the configuration that never vouched for it", () => {
    inForce(signed(listOf(5)));
    expect(setupError(() => load(rootSet(1, NEXT_ROOTS))).what).toMatch(/was in force is refused/);
  });
});

describe("roots that were pinned anew", () => {
  test("take up a newer list of theirs, whatever was in force before", () => {
    inForce(signed(listOf(5)));
    const anew = rootSet(2, NEXT_ROOTS);
    writeFileSync(file, signed(listOf(6, { roots: anew }), NEXT_ROOTS));
    expect(load(anew)).toMatchObject({ list: { sequence: 6 }, event: { name: "TrustListLoaded" } });
    expect(load(anew)).toMatchObject({ list: { sequence: 6 }, event: undefined });
  });

  test("do not lead back behind a list that was in force before", () => {
    inForce(signed(listOf(5)));
    const anew = rootSet(2, NEXT_ROOTS);
    writeFileSync(file, signed(listOf(5, { roots: anew }), NEXT_ROOTS));
    expect(setupError(() => load(anew)).what).toMatch(/older than one that was in force: sequence 5/);
    expect(store.chain().map(({ sequence, rootVersion }) => [sequence, rootVersion])).toEqual([[5, 1]]);
  });
});
