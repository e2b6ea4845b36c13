import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PinRow } from "@portico/controller";
import { expect, test } from "vitest";
import { osdpCampus, type OsdpCampusChange } from "./osdp-campus.ts";

const CARD = { zhang: "04c3e5a7", li: "04c3e5a8", wang: "04c3e5a9" } as const;
type Person = keyof typeof CARD;
const SCBK = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);
/** Open when every run begins, 08:00 on a Monday, and for a minute. */
const OFFICE = "schedule,days,start,end\noffice,mon-fri,07:00,08:01\n";
const PIN_AND_CARD = 'any_of = [["card", "pin"]]';
const asking = (level: string, rest = ""): OsdpCampusChange => ({
  accessPoint: 'authentication_profile = "laboratory"',
  tables: `[[authentication_profile]]\nid = "laboratory"\n${level}\n${rest}`,
});

/** zhang, li and wang with a card each, who may pass at the library at any time; its reader is an OSDP PD with a keypad, under a key. */
async function library(change: OsdpCampusChange, flags: Partial<Record<Person, string>> = {}) {
  const one = await osdpCampus({ scbk: SCBK, installMode: true }, { card: "uid-hex", pollMs: 150, ...change });
  await one.giveKey("install-mode");
  const folder = join(one.folder, "list");
  mkdirSync(folder);
  const people = Object.keys(CARD) as Person[];
  const files: Readonly<Record<string, string>> = {
    "people.csv": `person,flags\n${people.map((person) => `${person},${flags[person] ?? ""}\n`).join("")}`,
    "credentials.csv": "credential,person,kind\n",
    "cards.csv": `person,number,format\n${people.map((person) => `${person},${CARD[person]},uid-hex\n`).join("")}`,
    "access-profiles.csv": "profile,access_points,capability,schedule\neverybody,library-in,pass,always\noffice,library-in,pass,office\n",
    "grants.csv": `person,profile\n${people.map((person) => `${person},everybody\n`).join("")}`,
    "schedules.csv": OFFICE,
    "special-days.csv": "group,date\nnone,2020-01-01\n",
    "calendar.csv": "date,kind\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await one.ask("POST /v1/list/load", {}, { folder, by: "wang", reason: "" });
  const act = { by: "wang", reason: "at the desk" };
  const credentialOf = (person: Person): Promise<string> =>
    one.ask<readonly { readonly credential: string }[]>("GET /v1/list/credentials", {}, undefined, { person }).then(([row]) => row!.credential);
  return {
    ...one,
    act,
    credentialOf,
    setPin: async (person: Person, pin: string) => one.ask("POST /v1/pins/set", {}, { ...act, credential: await credentialOf(person), pin }),
    /** Holds a card before the reader, and types. */
    show: async (person: Person, keys = ""): Promise<void> => {
      one.pd.card(Number.parseInt(CARD[person], 16).toString(2).padStart(32, "0"));
      await one.clock.pass(300);
      for (const key of keys) {
        one.pd.keys(key);
        await one.clock.pass(200);
      }
    },
    /** Whether the strike was released since; and then the door rests. */
    opened: async (): Promise<boolean> => {
      const isOpen = one.pd.relay(0);
      await one.clock.pass(6_000);
      expect(one.pd.relay(0)).toBe(false);
      return isOpen;
    },
    reasons: (): string[] => one.judged.map(({ reason }) => reason ?? "granted"),
    told: (name: string) => one.events.filter((event) => event.name === name),
  };
}

test("card and PIN: the door opens behind both, over an encrypted line; a wrong one, none, and a card alone open nothing, and no digit is anywhere", async () => {
  const lab = await library(asking(PIN_AND_CARD, "[pin]\nwait_s = 3"));
  await lab.setPin("zhang", "4826");
  await lab.show("zhang", "4826#");
  expect(await lab.opened()).toBe(true);
  await lab.show("zhang", "4825#");
  expect(await lab.opened()).toBe(false);
  await lab.show("zhang");
  await lab.clock.pass(3_500);
  await lab.show("li");
  expect(lab.reasons()).toEqual(["granted", "InvalidPIN", "InvalidPIN", "InvalidPIN"]);
  expect(lab.pd.body.shown).toMatchObject({ led: { temporary: { onColour: "red" } } });
  expect(JSON.stringify([lab.events, lab.judged])).not.toMatch(/4826|4825/);
  await lab.stop();
});

test("by schedule: in office hours the card is enough, outside them the PIN is asked for too", async () => {
  const lab = await library(asking(PIN_AND_CARD, 'policy = [{ schedule = "office", any_of = [["card"]] }]'));
  await lab.setPin("zhang", "4826");
  await lab.show("zhang");
  expect(await lab.opened()).toBe(true);
  await lab.clock.pass(60_000);
  await lab.show("zhang");
  expect([await lab.opened(), lab.reasons()]).toEqual([false, ["granted"]]);
  await lab.show("zhang", "4826#");
  expect(await lab.opened()).toBe(true);
  await lab.stop();
});

test("wrong tries: the fifth raises the alarm and locks the holder out, over a power cut too, until a named operator has them forgotten", async () => {
  const lab = await library(asking(PIN_AND_CARD));
  await lab.setPin("zhang", "4826");
  for (let nth = 1; nth <= 5; nth++) {
    await lab.show("zhang", "1111#");
    await lab.clock.pass(4_000);
  }
  expect(lab.told("PinLockedOut").map(({ severity, fields }) => [severity, fields["whose"], fields["tries"]])).toEqual([["alarm", "holder", 5]]);
  await lab.stop();
  await lab.start();
  await lab.clock.pass(3_000);
  await lab.show("zhang", "4826#");
  expect(await lab.opened()).toBe(false);
  expect(lab.judged.at(-1)).toMatchObject({ reason: "InvalidPIN", detail: expect.stringMatching(/^the holder is locked out for \d+ s more$/) });
  const rows = await lab.ask<readonly PinRow[]>("POST /v1/pins/unlock", {}, { ...lab.act, credential: await lab.credentialOf("zhang"), accessPoint: null });
  expect(rows).toMatchObject([
    { wrongTries: 0, lockedForS: null },
    { accessPoint: "library-in", wrongTries: 5 },
  ]);
  await lab.clock.pass(4_000);
  await lab.show("zhang", "4826#");
  expect(await lab.opened()).toBe(true);
  expect(lab.told("PinUnlocked")).toMatchObject([{ fields: { by: "wang", reason: "at the desk" } }]);
  await lab.stop();
});

test("duress: the same light, the same door; the alarm stands in the log alone, and an explanation says no word of it", async () => {
  const lab = await library(asking(PIN_AND_CARD, "[pin]\nduress = true"));
  await lab.setPin("zhang", "4829");
  await lab.show("zhang", "4820#");
  expect(lab.pd.body.shown).toMatchObject({ led: { temporary: { onColour: "green" } } });
  expect(await lab.opened()).toBe(true);
  const [duress] = lab.told("Duress");
  expect(duress).toMatchObject({ severity: "alarm", source: "library-in", fields: { credential: await lab.credentialOf("zhang") } });
  const explained = await lab.ask("GET /v1/events/:seq/explain", { seq: String(duress!.fields["grantedSeq"]) });
  expect([explained, JSON.stringify(explained).includes("uress")]).toEqual([expect.objectContaining({ outcome: "granted" }), false]);
  await lab.stop();
});

test("two persons: two cards of different people open the door once, each with a grant of its own; one alone opens nothing", async () => {
  const vault = await library({ accessPoint: "second_person_s = 15" });
  await vault.show("zhang");
  await vault.clock.pass(4_000);
  await vault.show("zhang");
  expect([await vault.opened(), vault.reasons()]).toEqual([false, ["SecondPersonRequired"]]);
  await vault.show("li");
  expect([await vault.opened(), vault.reasons()]).toEqual([true, ["SecondPersonRequired", "granted", "granted"]]);
  await vault.show("zhang");
  await vault.clock.pass(15_000);
  expect([await vault.opened(), vault.reasons().at(-1)]).toEqual([false, "SecondPersonRequired"]);
  await vault.stop();
});

test("escort: whoever needs one is let in behind one whom the door has seen pass, and not behind one who stayed outside", async () => {
  const hall = await library({ accessPoint: "escort_s = 20" }, { zhang: "escort", li: "escortRequired" });
  await hall.show("li");
  expect(await hall.opened()).toBe(false);
  await hall.show("zhang"); // lets the door lock again
  expect(await hall.opened()).toBe(true);
  await hall.show("li");
  expect(await hall.opened()).toBe(false);
  await hall.clock.pass(20_000);
  await hall.show("zhang");
  hall.pd.setInput(0, false);
  await hall.clock.pass(4_500);
  await hall.show("li");
  expect(hall.reasons()).toEqual(["SecondPersonRequired", "granted", "SecondPersonRequired", "granted", "granted"]);
  await hall.stop();
});

test("first person: the schedule unlocks the door once somebody with the flag has gone through it, over a restart too, and locks it at its end", async () => {
  const tables = '[[door_schedule]]\ndoor = "library"\nschedule = "office"\nmode = "unlock"\nfirst_person = true';
  const hall = await library({ tables }, { zhang: "firstPerson" });
  const goThrough = async (person: Person): Promise<void> => {
    await hall.show(person);
    hall.pd.setInput(0, false);
    await hall.clock.pass(500);
    hall.pd.setInput(0, true);
    await hall.clock.pass(4_000);
  };
  await goThrough("li");
  expect(hall.pd.relay(0)).toBe(false);
  await goThrough("zhang");
  expect([hall.pd.relay(0), hall.told("FirstPersonIn").length]).toEqual([true, 1]);
  await hall.stop();
  await hall.start();
  await hall.clock.pass(3_000);
  expect(hall.pd.relay(0), "behind a restart").toBe(true);
  await hall.clock.pass(50_000);
  expect(hall.pd.relay(0), "the schedule is over").toBe(false);
  await hall.stop();
});
