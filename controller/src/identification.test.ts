import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AuthenticationProfile } from "./core/authentication.ts";
import { CARD, CREDENTIAL, type ListChange } from "./rig/people.ts";
import { outcomeOf, type ReaderChange, ReaderRig } from "./rig/reader-rig.ts";

const PROFILE: AuthenticationProfile = { id: "laboratory", anyOf: [["pass", "pin"], ["card"]], policies: [] };
const ACT = { by: "wang", reason: "at the desk" };
const WRONG = "InvalidPIN: PIN is right, or not asked for";
const SECOND = "SecondPersonRequired: holder may pass alone";

let rig: ReaderRig;
afterEach(() => rig.end());
const asked = (): void => void (rig = opened());

function opened(change: ReaderChange = { profile: PROFILE }, list: ListChange = {}): ReaderRig {
  const made = new ReaderRig(change);
  made.load(list);
  if (change.profile !== undefined) setPin(made, "zhang", "4826");
  return made;
}
function reopen(change: ReaderChange, list: ListChange = {}): void {
  rig.end();
  rig = opened(change, list);
}
const holder = (of: ReaderRig, person: keyof typeof CREDENTIAL): { zone: string; holder: number } => ({
  zone: "",
  holder: of.store.list.credential(CREDENTIAL[person])!.holder,
});
const setPin = (of: ReaderRig, person: keyof typeof CREDENTIAL, pin: string): unknown => of.pins.set(holder(of, person), pin, ACT);
const denials = (): string[] => rig.named("AccessDenied").map(({ fields }) => `${fields.reason}: ${fields.detail}`);
const passes = (ms: number): Promise<void> => rig.time.pass(ms);

/** zhang shows a fresh pass, and types. */
async function come(keys: string): Promise<string> {
  await passes(4_000);
  expect(rig.show(rig.pass("zhang"))).toBeUndefined();
  return outcomeOf(rig.type(keys));
}

describe("a PIN behind a pass", () => {
  beforeEach(asked);

  test("waits with nothing recorded or spent; the right one lets in, and nothing anywhere holds a digit", async () => {
    const pass = rig.pass("zhang");
    expect(rig.show(pass)).toBeUndefined();
    expect([rig.lights, rig.grants, rig.named("AccessGranted", "AccessDenied")]).toEqual([["Processing"], [], []]);
    expect(rig.type("48")).toBeUndefined();
    await passes(1_000);
    expect(outcomeOf(rig.type("26#"))).toBe("granted");
    expect([rig.lights, rig.grants.length, rig.named("AccessGranted").length]).toEqual([["Processing", "AccessGranted"], 1, 1]);
    // the same code once more in front of the reader
    expect(rig.show(pass)).toBeUndefined();
    await passes(4_000);
    expect(outcomeOf(rig.show(pass))).toBe("PassReplayed: pass was not spent before");
    expect(JSON.stringify([rig.events(), rig.judged])).not.toContain("4826");
  });

  test("a card alone is enough where its group says so, and a wrong PIN spends no pass: the same code may be tried again at once", () => {
    expect(outcomeOf(rig.show(CARD.chen))).toBe("granted");
    const pass = rig.pass("zhang");
    rig.show(pass);
    expect(outcomeOf(rig.type("4825#"))).toBe(WRONG);
    rig.show(pass);
    expect(outcomeOf(rig.type("4826#"))).toBe("granted");
    expect(denials()).toEqual(["InvalidPIN: wrong, 1 of 5 in a row"]);
  });

  test("is asked of nobody whom something else refuses, or who has none; keys without anybody are not kept", () => {
    rig.refusal = { reason: "LockedDown", detail: "mode LockedDown" };
    expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe("LockedDown: door lets somebody in");
    rig.refusal = undefined;
    expect(rig.type("4826#")).toBeUndefined();
    expect(outcomeOf(rig.show(rig.pass("li")))).toBe(WRONG);
    rig.show(rig.pass("zhang", { counter: 9 }));
    expect(outcomeOf(rig.type("#4826*99#"))).toBe(WRONG);
    expect(denials().slice(1)).toEqual(["InvalidPIN: the holder has no PIN at this controller", "InvalidPIN: wrong, 1 of 5 in a row"]);
  });

  test("everything is asked again when it has been typed: who was revoked meanwhile is refused for that", () => {
    rig.show(rig.pass("zhang"));
    rig.load({ credentials: { zhang: { suspension: "CredentialLost" } } });
    expect(outcomeOf(rig.type("4826#"))).toBe("CredentialNotEnabled: credential is enabled");
    expect(rig.grants).toEqual([]);
  });

  test("waits so long for a key and no longer, and for nobody once another came: neither is a wrong try", async () => {
    rig.show(rig.pass("zhang"));
    await passes(19_999);
    rig.type("4");
    await passes(19_999);
    expect(denials()).toEqual([]);
    await passes(1);
    expect(rig.type("826#")).toBeUndefined();
    rig.show(rig.pass("zhang", { counter: 77 }));
    expect(outcomeOf(rig.show(CARD.chen))).toBe(WRONG); // what was judged first is zhang, who was overtaken
    expect(outcomeOf(rig.judged.at(-1))).toBe("granted");
    expect(denials()).toEqual(["InvalidPIN: none was typed in time", "InvalidPIN: none was typed in time"]);
    expect(rig.pins.list()).toMatchObject([{ wrongTries: 0 }]);
  });

  test("goes on while the phone shows newer codes, the newest of which is spent, and while something unreadable passes by", () => {
    rig.show(rig.pass("zhang", { counter: 20 }));
    rig.type("48");
    expect(rig.show(rig.pass("zhang", { counter: 21 }))).toBeUndefined();
    expect(outcomeOf(rig.show("glare"))).toBe("PassMalformed: pass holds");
    expect(outcomeOf(rig.type("26#"))).toBe("granted");
    expect(rig.named("AccessGranted").map(({ fields }) => fields.counter)).toEqual([21]);
    expect(denials()).toEqual([]);
  });

  test("ends when the same credential is refused meanwhile: what was typed is forgotten", () => {
    rig.show(rig.pass("zhang", { counter: 20 }));
    rig.type("48");
    rig.refusal = { reason: "DoorBlocked", detail: "mode Blocked" };
    expect(outcomeOf(rig.show(rig.pass("zhang", { counter: 21 })))).toBe("DoorBlocked: door lets somebody in");
    rig.refusal = undefined;
    rig.show(rig.pass("zhang", { counter: 22 }));
    expect(outcomeOf(rig.type("26#"))).toBe(WRONG);
  });

  test("on a disk that takes nothing no try is taken and nobody let in", () => {
    rig.show(rig.pass("zhang"));
    rig.fillDisk();
    expect(outcomeOf(rig.type("4826#"))).toBe("Other: decision recorded");
    expect(rig.grants).toEqual([]);
    expect(outcomeOf(rig.show(rig.pass("zhang", { counter: 9 })))).toBe("debounced");
    rig.type("4826#");
    expect([rig.grants, rig.judged.at(-1)?.decision]).toEqual([[], expect.objectContaining({ detail: "the disk refuses to count the try" })]);
  });

  test("comes as a line of a serial keypad where the scanner has one, never as a scan", async () => {
    reopen({ profile: PROFILE, keypadLines: true });
    rig.show("4826#");
    rig.show(rig.pass("zhang"));
    expect(outcomeOf(rig.show("4826#"))).toBe("granted");
    await passes(61_000);
    expect(rig.named("ScansRefused")).toEqual([]);
  });
});

describe("wrong tries", () => {
  beforeEach(asked);

  test("the fifth in a row raises the alarm and locks the holder out, by whatever credential, until the time is over", async () => {
    for (let nth = 1; nth <= 5; nth++) expect(await come("1111#")).toBe(WRONG);
    expect(rig.named("PinLockedOut").map(({ fields }) => fields)).toEqual([
      { accessPoint: "gate-1-in", credential: CREDENTIAL.zhang, whose: "holder", tries: 5, lockedS: 900 },
    ]);
    await passes(4_000);
    expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe(WRONG);
    expect(rig.type("4826#")).toBeUndefined();
    expect(outcomeOf(rig.show(CARD.chen))).toBe("granted");
    await passes(900_000);
    expect(await come("4826#")).toBe("granted");
  });

  test("a right PIN has them forgotten, and so has a named operator, who stands in the log", async () => {
    for (let nth = 1; nth <= 4; nth++) await come("1111#");
    expect(await come("4826#")).toBe("granted");
    for (let nth = 1; nth <= 5; nth++) await come("1111#");
    expect(rig.pins.unlock(holder(rig, "zhang"), ACT)).toBe(true);
    expect(await come("4826#")).toBe("granted");
    expect(rig.named("PinUnlocked").map(({ fields }) => fields)).toEqual([{ whose: `holder ${holder(rig, "zhang").holder}`, ...ACT }]);
  });

  test("a keypad at which many guess is locked out for everybody who needs a PIN, and for nobody else", async () => {
    reopen({ profile: PROFILE, pin: { readerTriesMax: 3 } });
    setPin(rig, "li", "7391");
    for (const person of ["zhang", "li", "zhang"] as const) {
      await passes(4_000);
      rig.show(rig.pass(person));
      rig.type("1111#");
    }
    expect(rig.named("PinLockedOut").map(({ fields }) => fields.whose)).toEqual(["reader"]);
    await passes(4_000);
    expect(outcomeOf(rig.show(rig.pass("li")))).toBe(WRONG);
    expect(outcomeOf(rig.show(CARD.chen))).toBe("granted");
    rig.pins.unlock({ accessPoint: "gate-1-in" }, ACT);
    await passes(61_000);
    rig.show(rig.pass("li"));
    expect(outcomeOf(rig.type("7391#"))).toBe("granted");
  });
});

describe("duress", () => {
  beforeEach(asked);

  test("opens as ever, with the same light; an alarm behind the grant is all that tells, before the lock moves", () => {
    reopen({ profile: PROFILE, pin: { duress: true } });
    rig.show(rig.pass("zhang"));
    const judged = rig.type("4827#")!;
    expect([outcomeOf(judged), rig.lights]).toEqual(["granted", ["Processing", "AccessGranted"]]);
    expect(rig.named("Duress").map(({ fields }) => fields)).toEqual([{ accessPoint: "gate-1-in", credential: CREDENTIAL.zhang, grantedSeq: judged.seq }]);
    expect(rig.logAtGrant[0]!.slice(-2)).toEqual(["AccessGranted", "Duress"]);
  });

  test("is told as well where something else refuses, or a second person is still awaited, and told once", async () => {
    reopen({ profile: PROFILE, pin: { duress: true }, secondPersonMs: 15_000 });
    rig.show(rig.pass("zhang"));
    rig.type("4827#");
    const told = (): unknown[] => rig.named("Duress").map(({ fields }) => fields.grantedSeq);
    expect([told(), rig.judged]).toEqual([[null], []]);
    rig.show(CARD.chen);
    expect([told(), rig.judged.map(outcomeOf)]).toEqual([[null], ["granted", "granted"]]);
    await passes(4_000);
    rig.show(rig.pass("zhang"));
    rig.refusal = { reason: "DoorBlocked", detail: "mode Blocked" };
    expect(outcomeOf(rig.type("4827#"))).toBe("DoorBlocked: door lets somebody in");
    expect(told()).toEqual([null, null]);
  });

  test("without the key it is a wrong PIN, and the right one tells of nothing", async () => {
    expect(await come("4827#")).toBe(WRONG);
    expect(await come("4826#")).toBe("granted");
    expect(rig.named("Duress")).toEqual([]);
  });
});

describe("two persons", () => {
  beforeEach(() => void (rig = opened({ secondPersonMs: 15_000 })));

  test("two holders within the time are let in together, both recorded in one write before the lock moves; until then nothing is", () => {
    expect(rig.show(rig.pass("zhang"))).toBeUndefined();
    expect([rig.lights, rig.named("AccessGranted")]).toEqual([["Processing"], []]);
    rig.show(CARD.chen);
    expect(rig.judged.map(outcomeOf)).toEqual(["granted", "granted"]);
    expect(rig.named("AccessGranted").map(({ fields }) => fields.credential)).toEqual([CREDENTIAL.zhang, CREDENTIAL.chen]);
    expect(rig.logAtGrant[0]!.filter((name) => name === "AccessGranted")).toHaveLength(2);
    expect(rig.grants.map(({ grantedSeq }) => grantedSeq)).toEqual(rig.judged.map(({ seq }) => seq));
  });

  test("the same holder counts once, by whatever credential, and the first one's time goes on", async () => {
    reopen({ secondPersonMs: 15_000 }, { credentials: { chen: { person: "zhang" } } });
    rig.show(rig.pass("zhang"));
    expect(outcomeOf(rig.show(CARD.chen))).toBe(SECOND);
    expect(denials()).toEqual(["SecondPersonRequired: the same holder once more; another one is wanted"]);
    await passes(14_000);
    rig.show(rig.pass("li"));
    expect(rig.judged.map(outcomeOf)).toEqual([SECOND, "granted", "granted"]);
  });

  test("alone nobody is let in: refused when the time is over, with the pass unspent", async () => {
    const pass = rig.pass("zhang");
    rig.show(pass);
    await passes(14_999);
    expect(denials()).toEqual([]);
    await passes(1);
    expect(denials()).toEqual(["SecondPersonRequired: no second holder came in time"]);
    expect(rig.show(pass)).toBeUndefined();
    rig.show(rig.pass("li"));
    expect(rig.judged.slice(1).map(outcomeOf)).toEqual(["granted", "granted"]);
  });

  test("who is refused for a reason of their own is no second person; whoever may not pass any more is no first", () => {
    rig.show(rig.pass("zhang"));
    expect(outcomeOf(rig.show(CARD.nobody))).toBe("CredentialNotFound: credential is in the list");
    rig.load({ credentials: { zhang: { suspension: "CredentialLost" } } });
    rig.show(rig.pass("li"));
    expect(outcomeOf(rig.judged.at(-1))).toBe("CredentialNotEnabled: credential is enabled");
    rig.show(CARD.chen);
    expect(rig.named("AccessGranted").map(({ fields }) => fields.credential)).toEqual([CREDENTIAL.li, CREDENTIAL.chen]);
  });

  test("an area is asked for room for both, and a disk that is full lets neither in", () => {
    const asked: [string, number][] = [];
    rig.areas = ({ id }, _, others) => {
      asked.push([id, others]);
      return { refusal: undefined, violations: [] };
    };
    rig.show(rig.pass("zhang"));
    rig.fillDisk();
    rig.show(rig.pass("li"));
    expect(asked).toEqual([[CREDENTIAL.zhang, 0], [CREDENTIAL.li, 1], [CREDENTIAL.zhang, 1]]); // prettier-ignore
    expect(rig.judged.map(outcomeOf)).toEqual(["Other: decision recorded", "Other: decision recorded"]);
    expect(rig.grants).toEqual([]);
  });

  test("with a PIN beside: each types their own", () => {
    reopen({ secondPersonMs: 15_000, profile: PROFILE });
    setPin(rig, "li", "7391");
    rig.show(rig.pass("zhang"));
    expect(rig.type("4826#")).toBeUndefined();
    rig.show(rig.pass("li"));
    rig.type("7391#");
    expect(rig.judged.map(outcomeOf)).toEqual(["granted", "granted"]);
  });
});

describe("escort", () => {
  const list: ListChange = { credentials: { zhang: { flags: ["escort"] }, li: { flags: ["escortRequired"] } } };
  beforeEach(() => void (rig = opened({ escortMs: 20_000 }, list)));

  test("whoever needs one is let in behind one within the time, and before nobody", async () => {
    expect(outcomeOf(rig.show(rig.pass("li")))).toBe(SECOND);
    expect(denials()).toEqual(["SecondPersonRequired: an escort has to go in front, within 20 s"]);
    expect(outcomeOf(rig.show(rig.pass("wang")))).toBe("granted");
    await passes(4_000);
    expect(outcomeOf(rig.show(rig.pass("li", { counter: 70 })))).toBe(SECOND);
    expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe("granted");
    await passes(19_999);
    expect(outcomeOf(rig.show(rig.pass("li")))).toBe("granted");
    await passes(1);
    expect(outcomeOf(rig.show(rig.pass("li")))).toBe(SECOND);
  });

  test("an escort of whom it is known that they did not pass takes nobody in", () => {
    const { seq } = rig.show(rig.pass("zhang"))!;
    rig.store.events.append({ name: "AccessNotTaken", fields: { accessPoint: "gate-1-in", grantedSeq: seq!, cause: "timeout" } }, rig.clock.eventTime());
    expect(outcomeOf(rig.show(rig.pass("li")))).toBe(SECOND);
  });

  test("where two persons are asked for, an escort beside is one", () => {
    reopen({ escortMs: 20_000, secondPersonMs: 15_000 }, list);
    rig.show(rig.pass("zhang"));
    rig.show(rig.pass("li"));
    expect(rig.judged.map(outcomeOf)).toEqual(["granted", "granted"]);
  });
});
