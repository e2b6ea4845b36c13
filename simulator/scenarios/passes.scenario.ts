import { hexToBytes } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { forged } from "../src/life/pocket.ts";
import { heldPhone, memoryCounters } from "../src/virtual-phone.ts";
import { campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";

test("genuine: a pass opens the arm once, by the board's own frame, and the log has all of it", async () => {
  const { campus, scan, code, push, events } = await campusBench();
  const judged = await scan("gate-1-in", code("zhang"));
  expect(judged).toMatchObject({ outcome: "granted", presentation: "H", accessProfile: "campus", phoneClockOffsetS: null });
  expect([await push("gate-1", "entry"), await push("gate-1", "entry"), await push("gate-1", "exit")]).toEqual([true, false, false]);
  const acted = campus.reports.filter((report) => report.kind === "acted");
  // 0x0200 + relay 0, 3 units of 100 ms
  expect(acted).toMatchObject([{ grantedSeq: judged!.seq, accessPoint: "gate-1-in", device: "gate-1", frame: "0105020000038c73" }]);
  expect(acted[0]!.afterMs).toBeLessThan(30);
  expect((await events("AccessTaken")).map(({ fields }) => fields)).toEqual([{ accessPoint: "gate-1-in", grantedSeq: judged!.seq }]);
  expect(campus.devices.lanes.get("gate-1")!.releases("entry")).toBe(1);
});

test("genuine: in, to the library, out by its button and out by the gate", async () => {
  const { campus, answer, code, push, pass, events } = await campusBench();
  expect(await answer("gate-2-in", code("wang"))).toBe("granted");
  expect(await push("gate-2", "entry")).toBe(true);
  expect(await answer("library-in", code("wang"))).toBe("granted");
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
  await pass(2_000);
  await campus.hands.pressExit("library");
  await pass(400);
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
  await pass(2_000);
  expect(await answer("gate-1-out", code("wang"))).toBe("granted");
  expect(await push("gate-1", "exit")).toBe(true);
  expect((await events()).map(({ name }) => name).slice(4)).toEqual([
    "AccessGranted",
    "AccessTaken",
    "AccessGranted",
    "AccessTaken",
    "RequestToExit",
    "AccessGranted",
    "AccessTaken",
  ]);
});

test("a visitor passes with a pass that the issuer has made, each of them once", async () => {
  const { scan, answer, code, push, pass } = await campusBench();
  const shown = code("zhou");
  expect(await scan("gate-1-in", shown)).toMatchObject({ outcome: "granted", presentation: "T" });
  await push("gate-1", "entry");
  await pass(DEBOUNCE_OVER_MS);
  expect(await answer("gate-2-in", shown)).toBe("PassReplayed");
  expect(await answer("gate-2-in", code("zhou"))).toBe("granted");
});

test("card instead of QR: the same head reads both, and a card that was reported lost opens nothing", async () => {
  const { campus, scan, answer, pocket, code, pass, events } = await campusBench();
  expect(await scan("library-in", pocket("li").card!)).toMatchObject({ outcome: "granted", presentation: "card" });
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
  await pass(DEBOUNCE_OVER_MS);
  expect(await answer("library-in", pocket("li").card!), "a card is no pass: it may be shown again").toBe("granted");
  await campus.hands.pushDoor("library", 1_000);
  await pass(DEBOUNCE_OVER_MS);
  expect(await scan("library-in", pocket("sun").card!)).toMatchObject({ reason: "CredentialNotEnabled", detail: "CredentialLost" });
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(false);
  expect(await answer("library-in", code("sun")), "the phone of the same person is another credential").toBe("granted");
  expect(await answer("library-in", "04A1B2C3D4E5F6")).toBe("CredentialNotFound");
  const written = JSON.stringify([await events(), campus.reports]).toLowerCase();
  for (const person of ["li", "sun"]) expect(written).not.toContain(pocket(person).card!.toLowerCase());
});

test("expired: a pass that waited in the queue for too long, and the next one is good", async () => {
  const { scan, answer, code, pass } = await campusBench();
  const shown = code("zhang");
  await pass(40_000);
  expect(await scan("gate-1-in", shown)).toMatchObject({ reason: "PassExpired", phoneClockOffsetS: -40 });
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
});

test("replayed on the same lane: the same code is the same scan for a moment, then it is used", async () => {
  const { campus, answer, code, push, pass } = await campusBench();
  const shown = code("zhang");
  expect(await answer("gate-1-in", shown)).toBe("granted");
  expect(await answer("gate-1-in", shown), "light again, nothing else").toBe("no answer");
  expect([await push("gate-1", "entry"), await push("gate-1", "entry")]).toEqual([true, false]);
  await pass(DEBOUNCE_OVER_MS);
  expect(await answer("gate-1-in", shown)).toBe("PassReplayed");
  expect(campus.devices.lanes.get("gate-1")!.releases("entry")).toBe(1);
});

test("replayed on the next lane of the gate: used for all of them, and still good for the way out", async () => {
  const { answer, code, push, pass } = await campusBench();
  const shown = code("zhang");
  expect(await answer("gate-1-in", shown)).toBe("granted");
  expect(await answer("gate-2-in", shown)).toBe("PassReplayed");
  expect([await push("gate-2", "entry"), await push("gate-1", "entry")]).toEqual([false, true]);
  await pass(2_000);
  expect(await answer("gate-2-out", shown)).toBe("granted");
});

test("a lane that is in use refuses before it uses the pass up: the same code is good a moment later", async () => {
  const { answer, code, push } = await campusBench();
  expect(await answer("gate-1-out", code("li"))).toBe("granted");
  const shown = code("zhang");
  expect(await answer("gate-1-in", shown)).toBe("Interlock");
  expect(await push("gate-1", "exit")).toBe(true);
  expect(await answer("gate-2-in", shown)).toBe("granted");
});

test("a screenshot is worth nothing after 60 s, whichever kind of pass it shows", async () => {
  const { answer, code, pass, push } = await campusBench();
  const [held, issued] = [code("zhang"), code("zhou")];
  await pass(60_000);
  expect([await answer("gate-1-in", held), await answer("gate-2-in", issued)]).toEqual(["PassExpired", "PassExpired"]);
  expect([await push("gate-1", "entry"), await push("gate-2", "entry")]).toEqual([false, false]);
});

test("frozen: refused with the reason, in the name of the credential", async () => {
  const { campus, scan, code, events } = await campusBench();
  const { credential } = campus.campus.people.find(({ id }) => id === "xu")!.phone!;
  expect(await scan("gate-1-in", code("xu"))).toMatchObject({ outcome: "denied", reason: "CredentialNotEnabled", detail: "Frozen", credential });
  expect((await events("AccessDenied")).map(({ fields }) => fields)).toMatchObject([{ reason: "CredentialNotEnabled", credential }]);
});

test("no grant for the library: refused there, let in at the gate", async () => {
  const { answer, code } = await campusBench();
  expect([await answer("library-in", code("yang")), await answer("gate-1-in", code("yang"))]).toEqual(["Unauthorized", "granted"]);
});

test("wrong site and forged: no signature holds, so nobody is named and nothing is written but a count", async () => {
  const { campus, scan, pocket, code, pass, events } = await campusBench();
  const ofOtherSite = pocket("zhang").showOfOtherSite();
  const read = [ofOtherSite?.ok === true ? ofOtherSite.value : "", forged(code("zhang")), forged(code("zhou"))];
  for (const text of read) expect(await scan("gate-1-in", text)).toMatchObject({ reason: "SignatureInvalid", credential: null, presentation: null, seq: null });
  expect(await campus.hands.push("gate-1", "entry")).toBe(false);
  await pass(61_000);
  expect((await events()).slice(4).map(({ name, fields }) => ({ name, ...fields }))).toEqual([
    { name: "ScansRefused", accessPoint: "gate-1-in", reason: "SignatureInvalid", count: 3 },
  ]);
});

test("a phone whose clock is slow is refused, and the report says how slow it is", async () => {
  const { scan, code, events } = await campusBench();
  expect(await scan("gate-1-in", code("chen"))).toMatchObject({
    reason: "PassExpired",
    phoneClockOffsetS: -90,
    presentation: "H",
    credential: expect.any(String),
  });
  expect((await events("AccessDenied")).map(({ fields }) => fields)).toMatchObject([{ reason: "PassExpired", detail: expect.stringContaining("s too late") }]);
});

test("whoever is let in and does not come is AccessNotTaken, and the arm is secured", async () => {
  const { answer, code, push, pass, events } = await campusBench();
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  await pass(8_000);
  expect(await push("gate-1", "entry")).toBe(false);
  expect((await events("AccessNotTaken")).map(({ fields }) => fields)).toMatchObject([{ accessPoint: "gate-1-in", cause: "timeout" }]);
});

test("two on one grant: the second is told as tailgating; a body against a secured arm is nothing", async () => {
  const { campus, answer, code, push, pass, events } = await campusBench();
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  await pass(500);
  expect([await campus.hands.push("gate-1", "entry"), await campus.hands.tailgate("gate-1", "entry")]).toEqual([true, true]);
  await pass(5_000);
  expect(await push("gate-1", "entry")).toBe(false);
  expect((await events()).slice(5).map(({ name, source, fields }) => [name, source, fields["count"]])).toEqual([
    ["AccessTaken", "gate-1-in", undefined],
    ["Tailgating", "gate-1/entry", 1],
  ]);
});

test("challenged: the answer to what the reader shows opens once; the same answer, an old one and another reader's open nothing", async () => {
  const { campus, answer, push, pass } = await campusBench();
  const { phone } = campus.campus.people.find(({ id }) => id === "wang")!;
  const held = heldPhone({ site: campus.campus.site, credential: phone!.credential, seed: phone!.seed, counters: memoryCounters(), now: campus.now });
  const shownAt = async (accessPoint: string): Promise<Uint8Array> => {
    const route = campus.controller.answers["POST /v1/access-points/:id/challenge"];
    const { challenge } = await route({ params: { id: accessPoint }, query: new URLSearchParams(), body: undefined });
    return hexToBytes(challenge)!;
  };
  const answered = async (accessPoint: string): Promise<string> => {
    const made = held.answer(await shownAt(accessPoint));
    if (!made.ok) throw new Error(made.detail);
    return made.value;
  };
  const code = await answered("gate-1-in");
  expect(await answer("gate-1-in", code)).toBe("granted");
  await push("gate-1", "entry");
  await pass(DEBOUNCE_OVER_MS);
  expect(await answer("gate-1-in", code), "spent").toBe("ChallengeRequired");
  expect(await answer("gate-2-in", await answered("gate-1-in")), "another reader's").toBe("ChallengeRequired");
  const late = await answered("gate-1-in");
  await pass(12_000);
  expect(await answer("gate-1-in", late), "12 s old").toBe("ChallengeRequired");
  campus.setHostClockError(-400 * 86_400_000);
  await pass(30_000);
  expect(await answer("gate-1-in", await answered("gate-1-in")), "its time is not asked for, but nobody vouches for the clock").toBe("ClockUntrusted");
});
