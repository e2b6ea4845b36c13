import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, type ConfigurationRecord, kidBytes, makeConfigurationRecord, makeTrustList, type Signer, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerRig } from "../rig/controller-rig.ts";
import { KEY, SITE, START } from "../rig/people.ts";
import { RIG_TRUST, rigToml } from "../rig/rig-configuration.ts";
import type { Problem } from "./control-api.ts";
import { Refusal } from "./refusal.ts";

const [root, feed, stranger] = [0x61, 0x62, 0x63].map((byte) => nodeSigner(new Uint8Array(32).fill(byte))) as [Signer, Signer, Signer];
const KID = 9;
const site = `trust_list = "trust-list.cose"\nroot_keys = ["${bytesToHex(root.publicKey)}"]\nroot_threshold = 1`;
const BEFORE = rigToml({ site });
/** The library opens for longer. */
const AFTER = rigToml({ site, door: "release_time_ms = 9000" });

let rig: ControllerRig;
let file: string;
beforeEach(async () => {
  rig = new ControllerRig({ site });
  file = join(rig.folder, "portico.toml");
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load();
  writeFileSync(file, BEFORE, { mode: 0o640 });
  const signing = { kid: KID, publicKey: feed.publicKey, usages: ["feed"], ttlS: 0, notBefore: unixSeconds(START - 86_400), notAfter: unixSeconds(START + 86_400), status: "active" } as const; // prettier-ignore
  const list = { ...RIG_TRUST, feedEpoch: 2, roots: { version: 1, threshold: 1, keys: [root.publicKey] }, keys: new Map([...RIG_TRUST.keys, [KID, signing] as const]) }; // prettier-ignore
  const made = makeTrustList(SITE, list, [root]);
  if (!made.ok) throw new Error(made.detail);
  writeFileSync(join(rig.folder, "trust-list.cose"), made.value);
  await rig.start();
});
afterEach(() => {
  chmodSync(rig.folder, 0o700);
  rig.end();
});

interface Change extends Partial<Omit<ConfigurationRecord, "text">> {
  readonly text?: string;
  readonly kid?: number;
  readonly signer?: Signer;
  readonly site?: string;
}
/** What an honest cloud signs, but for some changes. */
function record({ text = AFTER, kid = KID, signer = feed, site: forSite = SITE, ...change }: Change = {}): Uint8Array {
  const honest = { controller: "gate-house", epoch: 2, number: 7, issued: unixSeconds(START), text: new TextEncoder().encode(text) };
  return makeConfigurationRecord(forSite, { ...honest, ...change }, kidBytes(kid), signer);
}

function bring(bytes: Uint8Array) {
  const path = join(rig.folder, "carried");
  writeFileSync(path, bytes);
  return rig.ask("POST /v1/configuration/import", { body: { file: path, by: "wang" } });
}
function refusal(bytes: Uint8Array): Problem {
  try {
    bring(bytes);
  } catch (error) {
    if (error instanceof Refusal) return error.problem;
    throw error;
  }
  throw new Error("nothing was refused");
}
const textNow = (): string => readFileSync(file, "utf8");

test("a signed configuration takes the place of the one in force, which stays beside it; the log says so, and the next start runs on it", async () => {
  const taken = bring(record());
  expect(taken).toMatchObject({ epoch: 2, number: 7, file, former: `${file}.former`, isInForce: false });
  expect([textNow(), readFileSync(`${file}.former`, "utf8"), statSync(file).mode & 0o777, existsSync(`${file}.new`)]).toEqual([AFTER, BEFORE, 0o640, false]);
  await rig.stop();
  expect(rig.events()).toContainEqual({ name: "ConfigurationTaken", fields: { epoch: 2, number: 7, configurationHash: taken.hash, by: "wang" } });
});

test("the very same again finishes what was interrupted; a later number and a later one still are taken", () => {
  bring(record());
  writeFileSync(file, BEFORE);
  expect(bring(record())).toMatchObject({ number: 7 });
  expect(textNow()).toBe(AFTER);
  expect(bring(record({ number: 8, text: BEFORE }))).toMatchObject({ number: 8 });
  expect([textNow(), readFileSync(`${file}.former`, "utf8")]).toEqual([BEFORE, AFTER]);
});

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === bytes.length - 70 ? byte ^ 1 : byte));
const spoilt = (what: string, by: string): string => AFTER.replace(what, by);
test.each<[string, () => Uint8Array, string]>([
  ["of too many bytes", () => new Uint8Array(70_000), "RecordTooLarge"],
  ["that is none", () => new TextEncoder().encode(AFTER), "RecordMalformed"],
  ["by a key that the trust list does not know", () => record({ kid: 8 }), "KeyUntrusted"],
  ["by a key that may sign passes alone", () => record({ kid: 3, signer: KEY.issuer }), "KeyUntrusted"],
  ["by a stranger under the cloud's kid", () => record({ signer: stranger }), "SignatureInvalid"],
  ["with one bit turned", () => flipped(record()), "SignatureInvalid"],
  ["for another site", () => record({ site: "campus-west" }), "SignatureInvalid"],
  ["for another controller", () => record({ controller: "library-house" }), "ConfigurationForAnother"],
  ["of an epoch above the trust list's", () => record({ epoch: 3 }), "ConfigurationFastForward"],
  ["with a lower number", () => (bring(record()), record({ number: 6 })), "ConfigurationRollback"],
  ["of a lower epoch", () => (bring(record()), record({ epoch: 1, number: 9 })), "ConfigurationRollback"],
  ["with another text under a number that was taken", () => (bring(record()), record({ text: BEFORE })), "ConfigurationFork"],
  ["with a mistake", () => record({ text: spoilt('board = "library", relay = 0', 'board = "libary", relay = 0') }), "ConfigurationInvalid"],
  ["that is no TOML", () => record({ text: "[site" }), "ConfigurationInvalid"],
  ["of another site within", () => record({ text: spoilt(`id = "${SITE}"`, 'id = "elsewhere"') }), "ConfigurationForeign"],
  ["with other root keys", () => record({ text: spoilt(bytesToHex(root.publicKey), bytesToHex(stranger.publicKey)) }), "ConfigurationForeign"],
  ["without root keys", () => record({ text: rigToml() }), "ConfigurationForeign"],
  ["with another controller id within", () => record({ text: spoilt('id = "gate-house"', 'id = "library-house"') }), "ConfigurationForeign"],
  ["with another data folder", () => record({ text: spoilt('data = "data"', 'data = "elsewhere"') }), "ConfigurationForeign"],
])("a configuration %s is refused by name, recorded, and changes nothing", async (_, made, error) => {
  const bytes = made();
  const before = textNow();
  expect(refusal(bytes)).toMatchObject({ status: 409, title: error });
  expect([textNow(), existsSync(`${file}.new`)]).toEqual([before, false]);
  await rig.stop();
  expect(rig.events().flatMap((event) => (event.name === "ConfigurationRefused" ? [event.fields.error] : []))).toEqual([error]);
});

test("every mistake of a configuration is told with its line", () => {
  const wrong = record({ text: spoilt('board = "library", relay = 0', 'board = "libary", relay = 0') });
  expect(refusal(wrong).problems).toEqual([expect.objectContaining({ file: "portico.toml", row: expect.any(Number), remedy: 'write "library"' })]);
});

test("where the file cannot be replaced that is a refusal too, and the one in force stays", async () => {
  // A folder stands where what was taken last is remembered.
  mkdirSync(join(rig.folder, "data", "configuration-taken.json.new", "in the way"), { recursive: true });
  expect(refusal(record())).toMatchObject({ title: "ConfigurationNotWritten" });
  expect(textNow()).toBe(BEFORE);
  await rig.stop();
  expect(rig.events().map(({ name }) => name)).toContain("ConfigurationRefused");
});

test("a file that is not there, and a body that names none, are refused before anything is judged", () => {
  expect(() => rig.ask("POST /v1/configuration/import", { body: { file: "/nowhere", by: "wang" } })).toThrow("cannot be read");
  expect(() => rig.ask("POST /v1/configuration/import", { body: { file: "relative", by: "wang" } })).toThrow("body");
});
