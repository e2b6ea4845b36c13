import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { makePossession } from "@portico/card-protocol/phone";
import { LOSS_CHANNELS } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";
import { CHANNEL_WORDS } from "./phone.ts";

const ZHANG = "zhang@example.edu";
let cloud: CampusCloud;
let id: string;
beforeEach(async () => {
  cloud = await campusCloud();
  id = String((await one("person", "add", "--name", "张三", "--account", ZHANG, "--phone", "+8613800138000", "--audience", "student"))["id"]);
  await one("credential", "add", "--person", ZHANG, "--kind", "qr");
  await one("credential", "add", "--person", ZHANG, "--kind", "card", "--number", "04a1b2c3");
});
afterEach(() => cloud.end());

const one = async (...words: readonly string[]): Promise<Record<string, unknown>> => (await cloud.json(...words))[0]!;
const LOST = ["phone", "lost", ZHANG, "--channel", "hotline", "--identity-check", "called back"];
const states = async (): Promise<string[]> => (await cloud.json("credential", "list", "--person", ZHANG)).map(({ kind, state }) => `${String(kind)} ${String(state)}`).sort(); // prettier-ignore
/** As the phone does it: its own key, and the proof. */
async function enroll(seed: number, ...words: readonly string[]) {
  const signer = nodeSigner(new Uint8Array(32).fill(seed));
  const { nonce } = await one("phone", "challenge", ZHANG);
  const proof = makePossession("demo", { nonce: hexToBytes(String(nonce))!, person: id }, signer);
  const given = ["--public-key", bytesToHex(signer.publicKey), "--nonce", String(nonce), "--proof", bytesToHex(proof)];
  return cloud.run(["phone", "enroll", ZHANG, ...given, ...words]);
}

test("the command line knows where the cloud lets a loss be reported", () => {
  expect([...CHANNEL_WORDS]).toEqual([...LOSS_CHANNELS]);
});

test("rule 4.5: a phone is reported lost by hotline after an identity check: key and QR die, the card goes on, it is audited, and another phone lifts it", async () => {
  const first = JSON.parse((await enroll(1)).out) as { readonly credential: string };
  expect(await states()).toEqual(["card active", "qr active", "qr active"]);
  expect(await cloud.run(LOST.slice(0, 5)), "nobody is believed unseen").toMatchObject({ exitCode: 2, err: expect.stringContaining("--identity-check") });
  expect(await cloud.run([...LOST.slice(0, 6), ""])).toMatchObject({ exitCode: 2, err: expect.stringContaining("body /identityCheck") });
  expect(await cloud.run([...LOST.slice(0, 3), "--identity-check", "seen"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("--channel") });
  expect(await states(), "nothing has happened yet").toEqual(["card active", "qr active", "qr active"]);
  const lost = await one(...LOST, "--reason", "in the tram");
  expect(lost).toMatchObject({ person: id, lostSince: "2026-09-01T00:00:00Z", held: [], issued: [{ state: "suspended" }], change: expect.any(Number) });
  expect(await states()).toEqual(["card active", "qr suspended"]);
  const audit = await cloud.client.ask("GET /v1/changes", { query: { after: Number(lost["change"]) - 1 } });
  expect(audit).toMatchObject({ value: { items: [{ actor: "li", action: "phone report-lost", reason: "by hotline, identity: called back; in the tram" }] } });
  cloud.pass(60);
  expect(await one(...LOST), "again changes nothing").toMatchObject({ lostSince: "2026-09-01T00:00:00Z" });
  expect(await cloud.json("phone", "list")).toMatchObject([{ person: id, lostSince: "2026-09-01T00:00:00Z" }]);

  expect(await enroll(1), "the lost phone's own key").toMatchObject({ exitCode: 1, err: expect.stringContaining("PhoneKeyUsed") });
  const next = JSON.parse((await enroll(2)).out) as { readonly credential: string; readonly issuedCredential: string };
  expect(next.credential).not.toBe(first.credential);
  expect(await one("phone", "show", "+8613800138000")).toMatchObject({ lostSince: null, held: [{ credential: next.credential }], issued: [{ credential: next.issuedCredential, state: "active" }] }); // prettier-ignore
  expect(await cloud.json("phone", "list")).toEqual([]);
});

test("a phone in use is replaced by name alone; a proof for another challenge is none", async () => {
  const first = JSON.parse((await enroll(1)).out) as { readonly credential: string };
  expect(await enroll(2)).toMatchObject({ exitCode: 1, err: expect.stringMatching(/PhoneKeyActive.*\non: phone of person [0-9a-f-]{36}\nnext: /) });
  expect(JSON.parse((await enroll(3, "--replaces", first.credential)).out)).toMatchObject({ ended: [first.credential] });
  const other = ["phone", "enroll", ZHANG, "--public-key", "c050c563".repeat(8), "--nonce", "00".repeat(32), "--proof", "84".repeat(64)];
  expect(await cloud.run(other)).toMatchObject({ exitCode: 1, err: expect.stringContaining("PossessionRefused") });
  expect(await cloud.run([...other.slice(0, 3), "--public-key", "c0"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("64 hex digits are wanted"),
  });
});

test("a person at a terminal reads what a phone may in lines, and whose is lost in a table", async () => {
  expect((await cloud.run(["phone", "show", ZHANG], { isTty: true })).out).toMatch(/^person +\S+\nphone +not reported lost\nissued passes +credential [0-9a-f]{16}, active\npasses until +none was issued\n$/); // prettier-ignore
  expect((await cloud.run(LOST, { isTty: true })).out).toMatch(/^phone +lost since 20\d\d-.*; enrolling another one lifts it$/m);
  expect((await cloud.run(["phone", "list"], { isTty: true })).out).toMatch(/^PERSON +LOST SINCE +PASSES UNTIL\n[0-9a-f-]{36} +20\d\d-/);
  expect(await cloud.run(["phone", "lost", "nobody@example.edu", ...LOST.slice(3)])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("nobody is known by this"),
  });
});
