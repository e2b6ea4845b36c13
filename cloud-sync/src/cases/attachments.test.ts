import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { apiCampus, type ApiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, valueOf } from "../rig/api-rig.ts";
import { DOT } from "../rig/case-cases.ts";
import { AttachmentFolder } from "./attachment-folder.ts";

let folder: string;
let drawn = 0;
const files = (): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : [])); // prettier-ignore
const store = (): AttachmentFolder => new AttachmentFolder(folder, (length) => new Uint8Array(length).fill(drawn++));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hashOf = (text: string): string => bytesToHex(nodeSha256(bytes(text)));

test("what is put there lies under its hash, once, for its owner alone; what was spoilt on the disk is not given out", async () => {
  const [first, again] = [await store().put(bytes("a")), await store().put(bytes("a"))];
  expect([first, again, files()]).toEqual([hashOf("a"), hashOf("a"), [hashOf("a")]]);
  const path = join(folder, first.slice(0, 2), first);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await store().get(first)).toEqual(bytes("a"));
  writeFileSync(path, "b");
  expect(await store().get(first)).toBeUndefined();
  for (const wrong of ["../../etc/passwd", "", "A".repeat(64), hashOf("b")]) expect(await store().get(wrong)).toBeUndefined();
  await store().put(bytes("a"));
  expect(await store().get(first)).toEqual(bytes("a"));
});

test("two who put the same at once leave one file, and what was cut off is swept away a day later, with what no case names", async () => {
  const same = store();
  await Promise.all([same.put(bytes("a")), same.put(bytes("a")), same.put(bytes("c"))]);
  expect(files().toSorted()).toEqual([hashOf("a"), hashOf("c")].toSorted());
  const cut = join(folder, hashOf("a").slice(0, 2), `${hashOf("a")}.0011.part`);
  writeFileSync(cut, "half");
  const isNamed = (sha256: string) => Promise.resolve(sha256 === hashOf("a"));
  expect(await same.sweep(isNamed, Date.parse("2000-01-01"))).toBe(0);
  for (const name of files()) utimesSync(join(folder, name.slice(0, 2), name), 0, 0);
  expect(await same.sweep(isNamed, 86_400_000)).toBe(2);
  expect(files()).toEqual([hashOf("a")]);
  expect(await new AttachmentFolder(join(folder, "none"), () => new Uint8Array(8)).sweep(isNamed, 0)).toBe(0);
});

test("rule 6.1: a picture is attached to a case by whose it is, and shown with it; what lies about its type, is too large, or comes from strangers is refused by name, and nothing is kept", async () => {
  const rig: ApiRig = await apiRig();
  const { client } = rig.backend;
  const campus: ApiCampus = await apiCampus(client);
  const opening = { category: "水", description: "漏水", place: null, beacons: null, form: {}, reporter: { person: campus.person } };
  const { id } = await valueOf(client.ask("POST /v1/cases", { body: opening }));
  const attach = (change: object) => client.ask("POST /v1/cases/{id}/attachments", { params: { id }, body: { as: { person: campus.person }, name: "dot.png", type: "image/png", content: DOT, ...change } }); // prettier-ignore
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const refusals: unknown[] = [];
  for (const change of [
    { type: "image/jpeg" },
    { content: base64("<!doctype html><script>alert(1)</script>") },
    { content: base64("%PDF-1.7\n"), type: "image/png" },
    { content: base64("#!/bin/sh\nrm -rf /\n"), type: "application/x-sh" },
    { content: base64("GIF89a" + "\0".repeat(40)), type: "image/gif" },
    { content: Buffer.concat([Buffer.from(DOT, "base64"), Buffer.alloc(5 * 1024 * 1024)]).toString("base64") },
    { content: "A".repeat(9 * 1024 * 1024) },
    { content: "not base64!" },
    { as: { phone: "+8613900139000" } },
  ]) {
    const made = await attach(change);
    refusals.push(made.ok ? "taken" : made.problem.reason);
  }
  expect(refusals).toEqual([...Array<string>(5).fill("AttachmentTypeRefused"), "AttachmentTooLarge", "BodyTooLarge", "RequestMalformed", "CaseNotYours"]);
  const shown = () => answered(client.ask("GET /v1/cases/{id}", { params: { id }, query: {} }));
  expect((await shown()).attachments).toEqual([]);
  const { sha256 } = await valueOf(attach({}));
  expect(await valueOf(attach({ name: "again.png" }))).toMatchObject({ sha256, name: "dot.png" });
  expect((await shown()).attachments).toMatchObject([{ sha256, name: "dot.png", type: "image/png", bytes: 70, role: "reporter" }]);
  expect((await answered(client.ask("GET /v1/cases/{id}/attachments/{sha256}", { params: { id, sha256 } }))).content).toBe(DOT);
  const { id: other } = await valueOf(client.ask("POST /v1/cases", { body: opening }));
  expect(await client.ask("GET /v1/cases/{id}/attachments/{sha256}", { params: { id: other, sha256 } })).toMatchObject({
    problem: { reason: "AttachmentUnknown" },
  });
  await rig.close();
});
