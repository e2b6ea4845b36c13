import { nodeAes128, osdpPd, setCommunication } from "@portico/firmware-ts/osdp";
import { expect, test } from "vitest";
import { osdpBench, scbkOf, seededBytes } from "./osdp-bench.ts";
import { osdpCampus } from "./osdp-campus.ts";

const by = { by: "wang", reason: "second reader" };

test("a reader is given another address: recorded before it is sent, silent at the old one, with its key at the new one", async () => {
  const one = await osdpCampus({ installMode: true });
  await one.giveKey("install-mode");
  const ask = (body: object) => one.ask("POST /v1/osdp/pds/:id/communication", { id: "reader" }, { ...by, baud: null, ...body });
  await expect(ask({ address: 127 })).rejects.toMatchObject({ problem: { status: 400 } });
  await expect(ask({ address: 5, baud: 1_200 })).rejects.toMatchObject({ problem: { status: 400, remedy: expect.stringContaining("9600") } });
  expect(one.names()).not.toContain("ReaderAddressed");
  expect(await ask({ address: 5 })).toEqual({ id: "reader", wire: "line", address: 5, baud: 115_200 });
  expect(one.names()).toContain("ReaderAddressed");
  await one.clock.pass(9_000);
  expect((await one.pds())[0]).toMatchObject({ health: "offline", detail: expect.stringContaining("address 0") });
  await expect(ask({ address: 6 })).rejects.toMatchObject({ problem: { status: 409, title: "The reader is not spoken to" } });
  await one.stop();
});

test("an address that another reader of the line has is refused", async () => {
  const one = await osdpCampus({ installMode: true }, { tables: '[[osdp_pd]]\nid = "other"\nwire = "line"\naddress = 7\n' });
  await one.giveKey("install-mode");
  await expect(one.ask("POST /v1/osdp/pds/:id/communication", { id: "reader" }, { ...by, address: 7, baud: null })).rejects.toMatchObject({
    problem: { status: 409, detail: "7 on wire line is osdp_pd other" },
  });
  expect(one.names()).not.toContain("ReaderAddressed");
  await one.stop();
});

test("at its new address it opens a session with the key that it had", async () => {
  const { bus, clock, pds } = osdpBench();
  const [{ pd }] = pds as [(typeof pds)[number]];
  expect(await clock.until(() => pd.state === "secure" && pd.health.kind === "online", 3_000)).toBe(true);
  const answer = setCommunication(pd, { address: 9, baud: 38_400 });
  await clock.pass(500);
  expect(await answer).toMatchObject({ ok: true, value: { address: 9, baud: 38_400 } });
  pd.leave();
  const moved = osdpPd({ id: "moved", bus, address: 9, security: { kind: "secure", scbks: [scbkOf(0)] }, aes: nodeAes128, randomBytes: seededBytes(3) });
  expect(await clock.until(() => moved.state === "secure" && moved.health.kind === "online", 3_000)).toBe(true);
});

test("nothing is sent to a reader without a session", async () => {
  const { clock, pds } = osdpBench({ device: () => ({ scbk: scbkOf(77) }) });
  await clock.pass(1_000);
  expect(await setCommunication(pds[0]!.pd, { address: 9, baud: 9_600 })).toMatchObject({ ok: false, error: "NotInSession" });
});
