import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DeviceRow, LineTrace, Refusal } from "@portico/controller";
import { expect, test } from "vitest";
import { cardBits } from "./osdp-bench.ts";
import { osdpCampus } from "./osdp-campus.ts";

test("a new reader in install mode is not spoken to until somebody gives it a key; then it opens the door, and goes on behind a restart", async () => {
  const one = await osdpCampus({ installMode: true });
  expect((await one.pds())[0]).toMatchObject({ health: "offline", hasKey: false, detail: expect.stringContaining("KeyMissing") });
  expect(await one.giveKey("install-mode")).toMatchObject({ health: "online", state: "secure", hasKey: true, identity: { vendor: "000ee3" } });
  expect(one.names()).toEqual(expect.arrayContaining(["ReaderConceded", "ReaderKeySet"]));

  const file = join(one.folder, "data", "osdp", "reader.scbk");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(new Uint8Array(readFileSync(file))).toEqual(one.pd.keysHeld.scbk);
  expect(JSON.stringify(one.events)).not.toContain(Buffer.from(one.pd.keysHeld.scbk!).toString("hex"));

  one.pd.card(cardBits(0x2aa5501));
  await one.clock.pass(300);
  expect(await one.ask<readonly DeviceRow[]>("GET /v1/devices")).toMatchObject([
    { id: "library-in", counts: { scans: 1, unreadable: 0 } },
    { id: "outputs", health: "online" },
  ]);
  expect(one.pd.body.shown).toMatchObject({ led: { temporary: { onColour: "red" } }, text: "Access denied" });

  await one.ask("POST /v1/doors/:id/:act", { id: "library", act: "access" }, { by: "wang", reason: "" });
  await one.clock.pass(200);
  expect(one.pd.relay(0), "the strike").toBe(true);
  await one.clock.pass(4_000);
  expect(one.pd.relay(0), "timed by the PD").toBe(false);
  one.pd.setInput(1, true);
  await one.clock.pass(300);
  expect([one.pd.relay(0), one.names().includes("RequestToExit")]).toEqual([true, true]);

  await one.stop();
  expect(one.pd.relay(0), "stopped, every output is off").toBe(false);
  await one.start();
  expect((await one.pds())[0]).toMatchObject({ health: "online", state: "secure" });
  await one.stop();
});

test("a key is changed over the session; what failed in between leaves a reader that is still spoken to", async () => {
  let isDeafened = false;
  const one = await osdpCampus({ installMode: true, onAnswer: (bytes, asked) => (isDeafened && asked.code === 0x75 ? [] : [bytes]) });
  await one.giveKey("install-mode");
  const first = one.pd.keysHeld.scbk;
  expect(await one.giveKey("own-key")).toMatchObject({ state: "secure" });
  const second = one.pd.keysHeld.scbk;
  expect(second).not.toEqual(first);
  // It takes the key and its answer is lost: nobody knows, so both keys are tried.
  isDeafened = true;
  await expect(one.giveKey("own-key")).rejects.toMatchObject({ problem: { status: 409 } });
  expect(one.pd.keysHeld.scbk).not.toEqual(second);
  isDeafened = false;
  await one.clock.pass(12_000);
  expect((await one.pds())[0]).toMatchObject({ health: "online", state: "secure" });
  expect(new Uint8Array(readFileSync(join(one.folder, "data", "osdp", "reader.scbk")))).toEqual(one.pd.keysHeld.scbk);
  await one.stop();
});

test("what a reader refuses, and a reader that is not there, is a refusal with a next step", async () => {
  const one = await osdpCampus({ scbk: Uint8Array.from({ length: 16 }, (_, index) => index + 1) });
  const refusal = await one.giveKey("install-mode").catch((error: unknown) => error as Refusal);
  expect(refusal).toMatchObject({
    problem: { status: 409, detail: expect.stringContaining("KeyNotAccepted"), remedy: expect.stringContaining("install mode") },
  });
  await expect(one.giveKey("own-key")).rejects.toMatchObject({ problem: { status: 409 } });
  await expect(one.ask("POST /v1/osdp/pds/:id/key", { id: "raeder" }, { by: "wang", over: "own-key" })).rejects.toMatchObject({ problem: { status: 404 } });
  await expect(one.ask("POST /v1/osdp/pds/:id/key", { id: "reader" }, { by: "wang", over: "shouting" })).rejects.toMatchObject({ problem: { status: 400 } });
  await expect(one.ask("GET /v1/osdp/lines/:id/trace", { id: "lime" })).rejects.toMatchObject({ problem: { status: 404 } });
  await one.stop();
});

test("in clear, as the configuration says in so many words, it works and is written down; a key said in clear is in no trace", async () => {
  const one = await osdpCampus({}, { security: "clear-text" });
  expect((await one.pds())[0]).toMatchObject({ health: "online", state: "clear", hasKey: false });
  expect(one.names(), "a reader that has not answered yet is no fault of the door").not.toContain("DoorFault");
  expect(one.events.find(({ name }) => name === "ReaderConceded")).toMatchObject({ fields: { device: "reader", concession: "clear-text" } });
  one.pd.setTamper(true);
  await one.clock.pass(300);
  expect(one.events.find(({ name }) => name === "DeviceTamper")).toMatchObject({ fields: { device: "library-in", tamper: true, powerFailure: false } });
  await one.giveKey("clear-text");
  expect(one.events.filter(({ name }) => name === "ReaderConceded").map(({ fields }) => (fields as { concession: string }).concession)).toContain(
    "key-in-clear",
  );
  const key = Buffer.from(one.pd.keysHeld.scbk!).toString("hex");
  const { frames } = await one.ask<LineTrace>("GET /v1/osdp/lines/:id/trace", { id: "line" });
  expect(frames.length).toBeGreaterThan(20);
  expect(frames.map(({ bytes }) => bytes).join("\n")).not.toContain(key);
  await one.stop();
});
