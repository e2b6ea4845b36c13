import { isU32, LOCK_REFUSALS } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { seededRandom } from "../../seeded-random.ts";
import {
  auditRowOfRecord,
  fingerName,
  type LockRecord,
  pageOf,
  pinName,
  platformError,
  readFingerName,
  readPinName,
  readRecord,
  readVerdict,
} from "./index.ts";

test.each([
  [`{"errcode":0,"errmsg":"none error message"}`, "answer"],
  [`{"list":[],"pages":0}`, "answer"],
  [`{"errcode":"0"}`, "answer"],
  [`{"errcode":-3002,"errmsg":"gateway off"}`, "unreached"],
  [`{"errcode":"10003"}`, "token"],
  [`{"errcode":-987654}`, "unknown"],
  [`{"errcode":1}`, "unknown"],
  ["", "nonsense"],
  ["null", "nonsense"],
  ["[]", "nonsense"],
  [`"ok"`, "nonsense"],
  [`{"errcode":0`, "nonsense"],
  ["<html>502</html>", "nonsense"],
])("an answer %s is %s", (text, kind) => {
  const verdict = readVerdict(text);
  expect(verdict.kind === "error" ? verdict.error.kind : verdict.kind).toBe(kind);
});

test("a number that stands in no table is never taken for a no, and every refusal is a word of the one table", () => {
  for (const errcode of [1, 90000, -1, -2, 12345]) expect(platformError(errcode).kind).toBe("unknown");
  for (let errcode = -5_000; errcode < 0; errcode++) {
    const { kind, refusal } = platformError(errcode);
    expect(kind === "refused").toBe(refusal !== undefined);
    if (refusal !== undefined) expect(LOCK_REFUSALS).toContain(refusal);
  }
});

test("names say whose an entry is, both ways; what somebody else has written is nobody's of ours", () => {
  for (const pin of [
    { holder: 7, version: 1, isRenewed: false },
    { holder: 0xffff_ffff, version: 0xffff_ffff, isRenewed: true },
  ])
    expect(readPinName(pinName(pin))).toEqual(pin);
  expect(readFingerName(fingerName({ slot: 49, holder: 7 }))).toEqual({ slot: 49, holder: 7 });
  expect(readFingerName("  Portico Finger 2 of 7 "), "as a thumb types it").toEqual({ slot: 2, holder: 7 });
  for (const name of [
    "",
    "cleaner",
    "portico pin",
    "portico pin 7",
    "portico pin 7 v",
    "portico pin 4294967296 v1",
    "portico pin 7 v1 for ever",
    "x portico pin 7 v1",
  ])
    expect([name, readPinName(name)]).toEqual([name, undefined]);
  for (const name of ["portico finger 2", "portico finger 123 of 7", "portico finger 2 of 99999999999"]) expect([name, readFingerName(name)]).toEqual([name, undefined]); // prettier-ignore
});

test("a gateway's record is the opening of ours that it falls into, the nearest of two, and nobody's beyond a minute", () => {
  const record = (lockS: number, type = 12): LockRecord => ({ id: 1, type, isSuccess: true, name: "", lockMs: lockS * 1000, serverMs: 1_000_000 });
  const own = [{ seq: 41, holder: 7, fromS: 1_000, toS: 1_002 }, { seq: 42, holder: 8, fromS: 1_040, toS: 1_041 }]; // prettier-ignore
  const number = (lockS: number, type?: number) => auditRowOfRecord(record(lockS, type), own)?.number;
  expect([1_001, 990, 1_015, 1_035, 1_100, 1_102, 900].map((lockS) => number(lockS))).toEqual([41, 41, 41, 42, 42, 0, 0]);
  expect([number(1_001, 4), number(1_001, 45)], "a code is no opening of ours, a bolt that was thrown is no row").toEqual([0, undefined]);
});

test("whatever a platform sends is read or is nothing", () => {
  const random = seededRandom(11);
  const odd = [null, -1, 1_800_000_000_000, 1.5, "12", "x", true, [], {}, 9e99, "9".repeat(30)];
  const pick = () => odd[Math.floor(random() * odd.length)];
  for (let nth = 0; nth < 2_000; nth++) {
    const row = Object.fromEntries(["recordId", "recordType", "lockDate", "serverDate", "success", "username"].map((field) => [field, pick()]));
    const verdict = readVerdict(JSON.stringify({ list: random() < 0.5 ? [row, pick()] : pick(), pages: pick(), errcode: random() < 0.5 ? 0 : pick() }));
    const page = verdict.kind === "answer" ? pageOf(verdict.body) : undefined;
    for (const each of page?.rows ?? []) {
      const record = readRecord(each);
      const told = record && auditRowOfRecord({ ...record, type: 4 }, []);
      if (told !== undefined) expect([isU32(told.seq), told.at === undefined || isU32(told.at)]).toEqual([true, true]);
    }
  }
  expect(readRecord({ recordId: "17", recordType: 4, lockDate: 1_000, serverDate: 2_000, success: 1, keyboardPwd: "402913" })).not.toHaveProperty(
    "keyboardPwd",
  );
});
