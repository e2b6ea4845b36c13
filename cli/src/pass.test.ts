import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, hexToBytes, isStrictPublicKey, makeTrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { phoneFileCounters } from "@portico/simulator/phone-file";
import { expect, onTestFinished, test } from "vitest";
import { type CommandRecord, RecordedSurroundings, runRecorded } from "./recorded-surroundings.ts";

const CREDENTIAL = "0123456789abcdef";
const SEED = "5a".repeat(32);
const PUBLIC_KEY = bytesToHex(nodeSigner(hexToBytes(SEED)!).publicKey);
const NOW = 1_800_000_000;
const ESCAPE = "\u001b";

/** A checkout with the phone of a demo person. */
function checkoutWithPhone(person = "zhang"): { readonly checkout: string; readonly phone: string } {
  const checkout = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(checkout, { recursive: true }));
  const folder = join(checkout, ".portico", "phones");
  mkdirSync(folder, { recursive: true });
  const phone = join(folder, `${person}.json`);
  writeFileSync(phone, JSON.stringify({ credential: CREDENTIAL, person, site: "demo", seed: SEED, nextCounter: 128 }), { mode: 0o600 });
  return { checkout, phone };
}

/** A private key in a file. */
function seedFile(mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "key"), `${SEED}\n`);
  chmodSync(join(folder, "key"), mode);
  return join(folder, "key");
}

const made = async (...words: string[]): Promise<string> => {
  const { exitCode, out, err } = await runRecorded({ now: NOW }, "pass", "make", ...words);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  return out.trimEnd();
};
const verified = (now: number, text: string, ...words: string[]): Promise<CommandRecord> =>
  runRecorded({ now }, "pass", "verify", text, "--site", "demo", "--public-key", PUBLIC_KEY, ...words);
const OWN = ["--site", "demo", "--credential", CREDENTIAL];

test.each<[kind: string, length: number, words: string[]]>([
  ["T", 151, ["--kid", "1"]],
  ["H", 148, ["--counter", "7"]],
  ["HC", 163, ["--counter", "7", "--challenge", "0011223344556677"]],
])("a pass %s that is made is verified, step by step, and inspected", async (kind, length, words) => {
  const text = await made("--kind", kind, "--seed-file", seedFile(), ...OWN, ...words);
  expect(text).toHaveLength(length);
  const { exitCode, out } = await verified(NOW, text, "--format", "table");
  expect(exitCode).toBe(0);
  expect(out).not.toMatch(/failed|not reached/);
  expect(out).toMatch(/signature holds +passed +for site demo/);
  const inspected = await runRecorded({ input: `${text}\n` }, "pass", "inspect");
  expect(inspected).toMatchObject({ exitCode: 0, err: expect.stringContaining("nothing here was verified") });
  expect(JSON.parse(inspected.out)).toMatchObject({ verified: false, kind, credentialId: CREDENTIAL });
});

test("a pass is refused with the reason, its remedy and every step that was not reached", async () => {
  const text = await made("--seed-file", seedFile(), ...OWN, "--counter", "7");
  const late = await verified(NOW + 100, text, "--format", "table");
  expect(late.exitCode).toBe(1);
  expect(late.out).toMatch(/failed .*70 s too late/);
  expect(late.out).toContain("not reached");
  expect(late.err).toContain("portico: PassExpired: ");
  expect(late.err).toContain("the phone's clock seems 100 s slow");
  expect((await verified(NOW + 100, text, "--uncertainty", "70")).exitCode).toBe(0);
  expect((await verified(NOW + 100, text, "--at", String(NOW))).exitCode).toBe(0);
  expect((await verified(NOW + 100, text, "--at", new Date(NOW * 1000).toISOString())).exitCode).toBe(0);
  expect((await runRecorded({ now: NOW }, "pass", "verify", text, "--site", "other", "--public-key", PUBLIC_KEY)).err).toContain("SignatureInvalid");
  expect((await runRecorded({ now: NOW }, "pass", "verify", "CP1:HELLO", "--site", "demo", "--public-key", PUBLIC_KEY)).err).toContain("PassMalformed");
  expect(JSON.parse((await verified(NOW + 100, text)).out)).toMatchObject({ verified: false, reason: "PassExpired", checks: expect.any(Array) });
});

test("an HC is judged against the challenge that it must answer", async () => {
  const text = await made("--kind", "HC", "--seed-file", seedFile(), ...OWN, "--counter", "7", "--challenge", "0011223344556677");
  expect((await verified(NOW + 9999, text, "--challenge", "0011223344556677")).exitCode).toBe(0);
  expect((await verified(NOW, text, "--challenge", "ffffffffffffffff")).err).toContain("ChallengeRequired");
  expect((await verified(NOW, text, "--challenge", "00004822678189205111")).exitCode, "as a screen shows it").toBe(0);
});

test("a T is verified with the trust list and the roots of the configuration", async () => {
  const { checkout } = checkoutWithPhone();
  const roots = [nodeSigner(new Uint8Array(32).fill(1)), nodeSigner(new Uint8Array(32).fill(2))];
  const day = 86_400;
  const list = makeTrustList(
    "demo",
    {
      sequence: 1,
      feedEpoch: 1,
      issued: unixSeconds(NOW - day),
      validUntil: unixSeconds(NOW + 200 * day),
      roots: { version: 1, threshold: 2, keys: roots.map(({ publicKey }) => publicKey) },
      keys: new Map([
        [
          3,
          {
            kid: 3,
            publicKey: hexToBytes(PUBLIC_KEY)!,
            usages: ["T"] as const,
            notBefore: unixSeconds(NOW - day),
            notAfter: unixSeconds(NOW + day),
            ttlS: 30,
            status: "active" as const,
          },
        ],
      ]),
    },
    roots,
  );
  expect(roots.every(({ publicKey }) => isStrictPublicKey(publicKey))).toBe(true);
  if (!list.ok) throw new Error(list.detail);
  writeFileSync(join(checkout, ".portico", "trust-list.cose"), list.value);
  writeFileSync(
    join(checkout, ".portico", "portico.toml"),
    `[site]\nid = "demo"\ntrust_list = "trust-list.cose"\nroot_keys = ${JSON.stringify(roots.map(({ publicKey }) => bytesToHex(publicKey)))}\nroot_threshold = 2\n[controller]\nid = "x"\n`,
  );
  const text = await made("--kind", "T", "--kid", "3", "--seed-file", seedFile(), ...OWN);
  expect(await runRecorded({ now: NOW, checkout }, "pass", "verify", text)).toMatchObject({ exitCode: 0 });
  const held = await made("--seed-file", seedFile(), ...OWN, "--counter", "7");
  expect(await runRecorded({ now: NOW, checkout }, "pass", "verify", held)).toMatchObject({
    exitCode: 2,
    out: "",
    err: expect.stringMatching(/^portico: there is no key for an H\non: .*trust-list\.cose\nnext: .*--phone, or --public-key/),
  });
  const unknown = await made("--kind", "T", "--kid", "4", "--seed-file", seedFile(), ...OWN);
  expect(await runRecorded({ now: NOW, checkout }, "pass", "verify", unknown)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("kid 4: unknown kid"),
  });
});

test("a phone file that has not the key of a pass is wrong usage: nothing is judged, no list was asked", async () => {
  const { phone } = checkoutWithPhone();
  const others = await made("--seed-file", seedFile(), "--site", "demo", "--credential", "00000000000000ff", "--counter", "7");
  expect(await runRecorded({ now: NOW }, "pass", "verify", others, "--phone", phone)).toMatchObject({
    exitCode: 2,
    out: "",
    err: expect.stringMatching(/^portico: there is no key for the credential 00000000000000ff\non: .*zhang\.json\nnext: this phone has 0123456789abcdef: /),
  });
  const issued = await made("--kind", "T", "--kid", "3", "--seed-file", seedFile(), ...OWN);
  expect(await runRecorded({ now: NOW }, "pass", "verify", issued, "--phone", phone)).toMatchObject({
    exitCode: 2,
    out: "",
    err: expect.stringContaining("there is no key for a T\n"),
  });
});

test("a key that others may read is refused", async () => {
  expect(await runRecorded({}, "pass", "make", "--seed-file", seedFile(0o644), ...OWN, "--counter", "1")).toMatchObject({
    exitCode: 2,
    out: "",
    err: expect.stringContaining("others may read this key"),
  });
});

test.each([
  ["--seed-file", ["--site", "demo"]],
  ["--site", ["--seed-file", "KEY"]],
  ["--credential", ["--seed-file", "KEY", "--site", "demo"]],
  ["--counter", ["--seed-file", "KEY", ...OWN]],
  ["--kid", ["--kind", "T", "--seed-file", "KEY", ...OWN]],
  ["--challenge", ["--kind", "HC", "--seed-file", "KEY", ...OWN, "--counter", "1"]],
])("pass make says that %s is missing", async (option, words) => {
  const { exitCode, err } = await runRecorded({}, "pass", "make", ...words.map((word) => (word === "KEY" ? seedFile() : word)));
  expect({ exitCode, what: err.split(":")[1]!.trim() }).toEqual({ exitCode: 2, what: `${option} is missing` });
});

test.each<[option: string, words: string[]]>([
  ["--site", ["--phone", "PHONE", "--site", "other"]],
  ["--credential", ["--phone", "PHONE", "--credential", CREDENTIAL]],
  ["--counter", ["--phone", "PHONE", "--counter", "3"]],
  ["--challenge", ["--phone", "PHONE", "--challenge", "0011223344556677"]],
  ["--ttl", ["--seed-file", "KEY", ...OWN, "--counter", "1", "--ttl", "60"]],
  ["--kid", ["--seed-file", "KEY", ...OWN, "--counter", "1", "--kid", "1"]],
  ["--counter", ["--kind", "T", "--seed-file", "KEY", ...OWN, "--kid", "1", "--counter", "1"]],
  ["--challenge", ["--kind", "T", "--seed-file", "KEY", ...OWN, "--kid", "1", "--challenge", "0011223344556677"]],
])("pass make refuses %s where the pass would not go by it: %j", async (option, words) => {
  const { phone } = checkoutWithPhone();
  const typed = words.map((word) => ({ KEY: seedFile(), PHONE: phone })[word] ?? word);
  expect(await runRecorded({}, "pass", "make", ...typed)).toMatchObject({ exitCode: 2, out: "", err: expect.stringMatching(`has no use for ${option}\n`) });
});

test("a T lives as long as is said, else 30 s", async () => {
  const expiry = async (...words: string[]): Promise<number> => {
    const text = await made("--kind", "T", "--kid", "1", "--seed-file", seedFile(), ...OWN, ...words);
    return (JSON.parse((await runRecorded({}, "pass", "inspect", text)).out) as { expiresAt: number }).expiresAt;
  };
  expect([await expiry(), await expiry("--ttl", "600")]).toEqual([NOW + 30, NOW + 600]);
});

test("a phone's counters rise with every pass, and the end of a block is stored before it is used", async () => {
  const { checkout, phone } = checkoutWithPhone();
  const counters: number[] = [];
  for (let i = 0; i < 2; i++) {
    const { out } = await runRecorded({ checkout, now: NOW }, "pass", "make", "--phone", phone);
    counters.push((JSON.parse((await runRecorded({}, "pass", "inspect", out.trimEnd())).out) as { counter: number }).counter);
  }
  expect(counters).toEqual([128, 192]);
  expect(JSON.parse(readFileSync(phone, "utf8"))).toEqual({ credential: CREDENTIAL, person: "zhang", site: "demo", seed: SEED, nextCounter: 256 });
  expect(
    (await runRecorded({ now: NOW }, "pass", "verify", (await runRecorded({ now: NOW }, "pass", "make", "--phone", phone)).out, "--phone", phone)).exitCode,
  ).toBe(0);
});

test("two programs that use one phone never get the same counters", () => {
  const { phone } = checkoutWithPhone();
  const [one, other] = [phoneFileCounters(phone), phoneFileCounters(phone)];
  expect([one.load(), other.load()]).toEqual([128, 128]);
  expect(one.store(192)).toBe(true);
  expect(other.store(192), "somebody else stored meanwhile").toBe(false);
  writeFileSync(`${phone}.lock`, String(process.pid));
  expect([one.load(), one.store(256)], "a living program holds the lock").toEqual([192, false]);
  writeFileSync(`${phone}.lock`, "999999999");
  expect([one.load(), one.store(256)], "a dead program's lock is taken over").toEqual([192, true]);
  expect(existsSync(`${phone}.lock`)).toBe(false);
});

test("pass show without arguments shows a live pass of the campus, a new one every 10 s until Ctrl-C", async () => {
  const { checkout } = checkoutWithPhone();
  const surroundings = new RecordedSurroundings({ checkout, isTty: true, now: NOW });
  let shown = 0;
  surroundings.onWait = () => (++shown < 3 ? surroundings.passTime() : surroundings.interrupt());
  const { exitCode, out, err } = await surroundings.run("pass", "show");
  expect(exitCode).toBe(0);
  const passes = out.trimEnd().split("\n");
  expect(new Set(passes).size).toBe(3);
  expect(err.match(/zhang, credential 0123456789abcdef/g)).toHaveLength(3);
  const signedAt = await Promise.all(
    passes.map(async (text) => (JSON.parse((await runRecorded({}, "pass", "inspect", text)).out) as { signedAt: number; counter: number }).signedAt),
  );
  expect(signedAt).toEqual([NOW, NOW + 10, NOW + 20]);
});

test("pass show --qr draws the code in place, black on white", async () => {
  const { checkout } = checkoutWithPhone();
  const { exitCode, out } = await runRecorded({ checkout, isTty: true, now: NOW }, "pass", "show", "--qr", "--once");
  expect(exitCode).toBe(0);
  const rows = out.trimEnd().split("\n");
  expect(rows).toHaveLength(25);
  for (const row of rows) expect(row).toMatch(new RegExp(`^${ESCAPE}\\[38;5;16;48;5;231m[ ▀▄█]{49}${ESCAPE}\\[0m$`, "u"));
});

test.each([
  ["a window that is too narrow", { columns: 40 }, ["--qr"], "the code is 49 columns wide"],
  ["a person without a phone", {}, ["--person", "li"], "no phone of li"],
  ["a person's phone beside a text", {}, ["CP1:…", "--person", "zhang"], "has no use for --person"],
])("pass show refuses %s", async (_, options, words, what) => {
  const { checkout } = checkoutWithPhone();
  expect(await runRecorded({ checkout, isTty: true, ...options }, "pass", "show", ...words)).toMatchObject({ exitCode: 2, err: expect.stringContaining(what) });
});

test("pass show finds the phone of a person", async () => {
  const { checkout } = checkoutWithPhone("li");
  expect(await runRecorded({ checkout }, "pass", "show", "--person", "li")).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^CP1:.*\n$/) });
});

test("without a campus pass show says how to get one", async () => {
  expect(await runRecorded({ checkout: "/nowhere" }, "pass", "show", "--qr")).toMatchObject({ exitCode: 2, err: expect.stringContaining("npm start") });
});

test("text that is no pass is neither shown nor taken apart", async () => {
  expect(await runRecorded({}, "pass", "show", "--qr", "hello")).toMatchObject({ exitCode: 2, err: expect.stringContaining("not the text of a pass") });
  expect(await runRecorded({}, "pass", "inspect", "hello")).toMatchObject({ exitCode: 1, err: expect.stringContaining("not a pass") });
  expect(await runRecorded({}, "pass", "inspect")).toMatchObject({ exitCode: 2, err: expect.stringContaining("no pass was given") });
});
