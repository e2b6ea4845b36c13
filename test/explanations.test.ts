import { readFileSync } from "node:fs";
import { detailInChinese } from "@portico/card-protocol";
import { NOT_KNOWN } from "@portico/cloud-sync";
import { expect, test } from "vitest";
import { DECISION_CHECKS } from "../controller/src/core/decide.ts";
import { SECOND_PERSON_TEXT } from "../controller/src/core/second-person.ts";

const CHINESE = /[\u4e00-\u9fff]/;

test("what the cloud says that only the door knows are checks of the door, by their English and Chinese names, in their order", () => {
  const names = DECISION_CHECKS.map(({ name, zh }) => ({ name, zh }));
  expect(names.filter(({ name }) => NOT_KNOWN.some((each) => each.name === name))).toEqual(NOT_KNOWN);
});

test("every check of a decision has a Chinese name of its own", () => {
  expect(DECISION_CHECKS.filter(({ zh }) => !CHINESE.test(zh))).toEqual([]);
  expect(new Set(DECISION_CHECKS.map(({ zh }) => zh)).size).toBe(DECISION_CHECKS.length);
});

/** Where details of decisions and refusals are written. */
const WRITERS = [
  ...["pass-checks", "permission", "read-pass", "card-number"].map((name) => `card-protocol/src/${name}.ts`),
  ...["area", "authentication", "decide", "door-operation", "escort", "floors", "guard-station", "interlock", "lane", "lift", "overruling", "terminal"].map(
    (name) => `controller/src/core/${name}.ts`,
  ),
  ...["access-point", "batteries", "explain-floors", "health-watch", "portal/portal"].map((name) => `controller/src/${name}.ts`),
];

/** Texts of two words and more on lines and in functions that write details, with something in place of what differs. */
function writtenDetails(file: string): readonly string[] {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8").replaceAll(/^\s*(?:\/\/|\/\*\*|\*).*$|\s\/\/ .*$/gm, "");
  const functions = source.match(/^(?:export )?function \w*(?:Detail|Text|notShut|told)\([\s\S]*?^\}/gm) ?? [];
  const members = source.match(/^ {4}detail: \([^\n]*\{\n[\s\S]*?^ {4}\}/gm) ?? [];
  const lines = source.match(/^.*(?:\bdetail: |\binvalid\(|#judge\(|err\("OperationRefused", ).*$/gm) ?? [];
  const texts = [...functions, ...members, ...lines].flatMap((part) => part.match(/"[^"\n]*"|`(?:[^`$]|\$\{(?:[^`{}]|`[^`]*`)*\})*`/g) ?? []);
  return texts.map((text) => text.slice(1, -1)).filter((text) => /[a-z]{2,} [a-z]/.test(text));
}

/** Texts with a part that is chosen from some, and what becomes of them; parts themselves. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  "7for site 7": ["for site demo", "not for site demo"],
  "7: 7 7": ["hall: inside since nobody knows when", "hall: outside since 2027-01-11 07:50:01"],
  "the 7 is locked out for 7 s more": ["the holder is locked out for 30 s more", "the reader is locked out for 30 s more"],
  "7 asks for 7": ["night asks for card and pin, or pass"],
  "an escort has to go in front, 7": ["an escort has to go in front, within 15 s"],
  "is free": ["door a is free"],
  "stands open": ["door a stands open"],
  "does not say whether it is shut": ["door a does not say whether it is shut"],
  "is being passed": ["door a is being passed"],
  "the 7's board 7 does not answer": ["the lock's board gate does not answer", "the floor's board gate does not answer"],
  "decision recorded": [],
};

test.each(WRITERS)("%s writes no detail that cannot be told in Chinese", (file) => {
  const details = writtenDetails(file).map((text) => text.replace(/\$\{formatLocal[^}]*\}/g, "2027-01-11 07:50").replace(/\$\{durationWords[^}]*\}/g, "3 h").replace(/\$\{percent[^}]*\}/g, "40 %").replace(/\$\{[^}]*\}/g, "7")); // prettier-ignore
  expect(details.flatMap((detail) => COMPOSED[detail] ?? [detail]).filter((detail) => !CHINESE.test(detailInChinese(detail)))).toEqual([]);
});

test("what is said of a second person is told in Chinese", () => {
  for (const text of Object.values(SECOND_PERSON_TEXT)) expect(detailInChinese(text)).toMatch(CHINESE);
});

/** Where it is written why a device does not answer or a relay did not move: what an alarm tells a guard. */
const DEVICE_WRITERS = ["tcp-wire", "serial-wire", "reopening-wire", "modbus-relay-board", "core/modbus-frame", "relay-wishes", "firmata/firmata-relay-board", "firmata/johnny-five-board", "firmata/relay-lines"]; // prettier-ignore
/** Setup errors, and wishes that no configuration makes. */
const OF_THE_PROGRAM =
  /\bthrow\b|\bsettle\w*Error\(|is not in 1\.\.247|relays and 0\.\.|the board has relays|the board times holds|this board has|a pulse of|newer wish|^an (?:in|out)put$/;

test.each(DEVICE_WRITERS)("firmware-ts/src/%s.ts writes no trouble that cannot be told in Chinese", (name) => {
  const source = readFileSync(new URL(`../firmware-ts/src/${name}.ts`, import.meta.url), "utf8").replaceAll(/^\s*(?:\/\/|\/\*\*|\*).*$|\s\/\/ .*$/gm, "");
  const texts = (source.match(/"[^"\n]*"|`(?:[^`$]|\$\{(?:[^`{}]|`[^`]*`)*\})*`/g) ?? []).map((text) => text.slice(1, -1));
  const told = texts
    .filter((text) => /[a-z]{2,} [a-z]/.test(text) && !OF_THE_PROGRAM.test(text))
    .map((text) => text.replace(/\$\{modbusExceptionText[^}]*\}/, "exception 7 (the board failed)").replace(/^\$\{question[^}]*\}/, "relays").replace(/\$\{word\}/, "an output").replace(/\$\{wire\.trouble\}/, "the board booted").replace(/\$\{one\.attempts === [^}]*\}/, "attempts").replace(/\$\{[^}]*\}/g, "7")); // prettier-ignore
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter((text) => !CHINESE.test(detailInChinese(text)))).toEqual([]);
});

test.each([
  ["gate-1 relay 0: exception 6 (the board is busy) until the hold was over", "gate-1 继电器 0：异常码 6（控制板忙），直到保持时间结束"],
  ["/dev/ttyUSB0 hung up: check the cable; it will be switched off when the wire opens", "/dev/ttyUSB0 已断开：请检查线缆；线路恢复后将切换为 off"],
  ["words of a device", "words of a device"],
])("“%s” is told as “%s”", (detail, zh) => {
  expect(detailInChinese(detail)).toBe(zh);
});
