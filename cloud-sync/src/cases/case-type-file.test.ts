import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SetupError } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SERVICES } from "../rig/places-rig.ts";
import { CAMPUS_CASES_FOLDER, loadCaseTypes, readCaseType } from "./case-type-file.ts";
import { FAULTS } from "./fault.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  cpSync(CAMPUS_CASES_FOLDER, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Content {
  id: string;
  prefix: string;
  faults: { opens: Record<string, string> };
  form: object[];
}
const read = (name: string): Content => JSON.parse(readFileSync(join(folder, name), "utf8")) as Content;
const write = (name: string, content: object): void => writeFileSync(join(folder, name), JSON.stringify(content));
function refused(): SetupError {
  try {
    loadCaseTypes(folder, SERVICES);
  } catch (error) {
    if (error instanceof SetupError) return error;
    throw error;
  }
  throw new Error("the types were taken");
}

test("a campus without a type for money that does not go back, or for a device's faults, is told at the start: no case that the cloud opens is lost", () => {
  expect(loadCaseTypes(folder, SERVICES).length).toBe(5);
  rmSync(join(folder, "money-trouble.json"));
  expect(refused()).toMatchObject({
    what: "cases would be lost\nfaults.opens.hand-back-failed: no type has it",
    where: folder,
    remedy: expect.stringContaining(`from ${CAMPUS_CASES_FOLDER}`),
  });
  rmSync(join(folder, "device-fault.json"));
  expect(refused().what.split("\n").slice(1)).toEqual(FAULTS.map((fault) => `faults.opens.${fault}: no type has it`));
});

test("a fault that two types would take is told: neither would be sure to", () => {
  const own = read("money-trouble.json");
  write("own.json", { ...own, id: "own-trouble", prefix: "ZZ" });
  expect(refused().what).toBe("cases would be lost\nfaults.opens.hand-back-failed: money-trouble and own-trouble have it, and one may");
});

test("rule 2.5: a campus of whose types none unfreezes is told: what the cloud freezes would stay so", () => {
  rmSync(join(folder, "unfreeze.json"));
  expect(refused().what).toBe("cases would be lost\neffects: no step of any type does credential.unfreeze, and what was frozen would stay so");
});

test("rule 6.4: a campus where nobody can report what is in no category, or without saying what, is told", () => {
  const gap = "cases would be lost\ncategories: no type takes 其他-其他 from whoever reports, or the category asks for no description";
  const bare = SERVICES.caseCategories.map((each) => (each.id === "其他-其他" ? { ...each, requiresDescription: false } : each));
  expect(() => loadCaseTypes(folder, { ...SERVICES, caseCategories: bare })).toThrow(gap);
  const repair = read("repair.json") as Content & { categories: string[] };
  write("repair.json", { ...repair, categories: repair.categories.filter((each) => each !== "其他-其他") });
  expect(refused().what).toBe(gap);
});

test("a type that faults open asks nothing that has to be answered: nobody is there to answer", () => {
  const asks = { id: "colour", names: { zh: "颜色", en: "Colour" }, kind: "text" };
  const judged = (form: object[]) => readCaseType(JSON.stringify({ ...read("money-trouble.json"), form }), SERVICES);
  expect(judged([{ ...asks, required: false }]).ok).toBe(true);
  expect(judged([asks])).toMatchObject({ problems: [{ path: "form[colour].required", cause: "a fault, which opens it, answers nothing" }] });
});
