import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isListId, SetupError } from "@portico/card-protocol";
import * as z from "zod";
import { CASE_DEMANDS, OTHER_CATEGORY, type CaseRole, type CaseType, type CaseWindow, FORM_KINDS } from "../core/cases/case-type.ts";
import { FAULTS } from "./fault.ts";
import { namesIn } from "../core/outbox/message.ts";
import { CAMPUS_SERVICES_FILE } from "../services/service-file.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { problemsOf } from "../services/service-problem.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import { effectTroubles, UNFREEZE } from "./case-effects.ts";

/** The case types that come with the package. */
export const CAMPUS_CASES_FOLDER = join(dirname(CAMPUS_SERVICES_FILE), "cases");

/** What messages of every case may be filled with. */
export const MESSAGE_WORDS = ["number", "category", "place", "team", "state", "text"] as const;
/** Attachments of one case and one of them: more than this no type may allow. */
const ATTACHMENTS_MAX = 20;
export const ATTACHMENT_BYTES_MAX = 5 * 1024 * 1024;
const MEDIA_TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf", "video/mp4"] as const;

const id = z.string().refine(isListId, "1 to 64 letters, digits or Chinese characters, inside also . _ - /");
const ruleNumber = z.string().regex(/^[1-9]\d?\.[1-9]\d?$/, "a rule's number, such as 6.9");
const names = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });
const role = z
  .string()
  .refine(
    (text): text is CaseRole => ["reporter", "team", "desk", "system"].includes(text) || /^named:\w+$/.test(text),
    "reporter, team, desk, system, or named:field",
  );
const effect = z.strictObject({ act: z.string(), with: z.record(z.string(), z.string()).default({}) });
const transition = z.strictObject({
  id: z.string().regex(/^[a-z][a-z-]{0,31}$/, "a verb in lower case"),
  names,
  rule: ruleNumber,
  from: z.array(id).min(1),
  to: id.nullable().default(null),
  by: z.array(role).min(1),
  /** A window of the service. */
  window: id.nullable().default(null),
  demands: z.array(z.enum(CASE_DEMANDS)).default([]),
  approvals: z.int().min(1).max(9).default(1),
  newRound: z.boolean().default(false),
  completes: z.boolean().default(false),
  corrects: z.boolean().default(false),
  messages: z.array(id).default([]),
  effects: z.array(effect).default([]),
});
const message = z.strictObject({ id, rule: ruleNumber, names, to: z.enum(["reporter", "team"]), subject: names, text: names });
const field = z.strictObject({ id: z.string().regex(/^[a-z]\w{0,31}$/, "a word"), names, kind: z.enum(FORM_KINDS), required: z.boolean().default(true) });
const attachments = z.strictObject({
  countMax: z.int().min(0).max(ATTACHMENTS_MAX),
  bytesMax: z.int().min(1).max(ATTACHMENT_BYTES_MAX),
  types: z.array(z.enum(MEDIA_TYPES)).min(1),
});
const file = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "1 to 32 of a-z, 0-9 and hyphen"),
  names,
  prefix: z.string().regex(/^[A-Z]{1,6}$/, "1 to 6 capital letters"),
  rules: z.array(ruleNumber).min(1),
  service: id,
  categories: z.array(z.string().min(1)).min(1),
  opening: z.strictObject({ by: z.array(role).min(1), messages: z.array(id).default([]) }),
  start: id,
  states: z.array(z.strictObject({ id, names, isOver: z.boolean().default(false) })).min(1),
  transitions: z.array(transition).min(1),
  closing: z
    .strictObject({ from: z.array(id).min(1), to: id, behind: id })
    .nullable()
    .default(null),
  form: z.array(field).max(20).default([]),
  messages: z.array(message).default([]),
  attachments: attachments.default({ countMax: 9, bytesMax: ATTACHMENT_BYTES_MAX, types: ["image/jpeg", "image/png", "image/webp", "application/pdf"] }),
  beaconAreas: z.array(z.string().min(1)).default([]),
  faults: z
    .strictObject({ opens: z.partialRecord(z.enum(FAULTS), z.string()), over: z.array(id) })
    .nullable()
    .default(null),
});
type CaseTypeFile = z.output<typeof file>;

/** A case type, or all that is wrong with it. */
export type CaseTypeReading = { readonly ok: true; readonly value: CaseType } | { readonly ok: false; readonly problems: readonly ServiceProblem[] };

/** Reads one case type. @param text  JSON. @param services  whose categories, services and windows it names */
export function readCaseType(text: string, services: ServiceDocument): CaseTypeReading {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [{ path: "", cause: `is no JSON: ${(error as SyntaxError).message}` }] };
  }
  const read = file.safeParse(said, { reportInput: true });
  if (!read.success) return { ok: false, problems: problemsOf(said, read.error.issues) };
  const windows = windowsOf(services, read.data.service);
  const problems = troublesOf(read.data, services, windows);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: withWindows(read.data, windows) };
}

/** The windows of a service that something of a case opens and ends. */
function windowsOf({ services }: ServiceDocument, service: string): ReadonlyMap<string, CaseWindow> {
  const found = services.find((each) => each.id === service)?.windows ?? [];
  const isOfCase = (of: string): of is "issue" | "completion" => of === "issue" || of === "completion";
  return new Map(
    found.flatMap(({ id: of, rule, from, until }) =>
      isOfCase(from.of) && isOfCase(until.of) ? [[of, { id: of, rule, from: { ...from, of: from.of }, until: { ...until, of: until.of } }] as const] : [],
    ),
  );
}

function withWindows(type: CaseTypeFile, windows: ReadonlyMap<string, CaseWindow>): CaseType {
  const { closing, faults } = type;
  return {
    ...type,
    transitions: type.transitions.map((each) => ({ ...each, window: each.window === null ? null : windows.get(each.window)! })),
    closing: closing && { ...closing, behind: windows.get(closing.behind)! },
    faults: faults && { over: faults.over, opens: Object.fromEntries(Object.entries(faults.opens).filter((entry): entry is [string, string] => entry[1] !== undefined)) }, // prettier-ignore
  };
}

/** What the schema cannot see: that everything which is named is there, and that the table leads somewhere. */
function troublesOf(type: CaseTypeFile, services: ServiceDocument, windows: ReadonlyMap<string, CaseWindow>): ServiceProblem[] {
  const problems: ServiceProblem[] = [];
  const say = (path: string, cause: string): void => void problems.push({ path, cause });
  const states = new Map(type.states.map((state) => [state.id, state]));
  const messages = new Set(type.messages.map((each) => each.id));
  const fields = new Set(type.form.map((each) => each.id));
  const known = (path: string, id: string, there: { has(id: string): boolean }, what: string): void => {
    if (!there.has(id)) say(path, `there is no ${what} ${id}`);
  };
  const twice = (list: readonly { readonly id: string }[], name: string): void =>
    list.forEach(
      (each, nth) => list.findIndex((other) => other.id === each.id) < nth && say(`${name}[#${nth + 1}].id`, `${each.id} stands for another one already`),
    );
  twice(type.states, "states");
  twice(type.messages, "messages");
  twice(type.form, "form");
  if (!services.services.some((each) => each.id === type.service)) say("service", `there is no service ${type.service}`);
  for (const category of type.categories)
    if (!services.caseCategories.some((each) => each.id === category)) say("categories", `there is no case category ${category}`);
  known("start", type.start, states, "state");
  const asRole = (path: string, by: readonly CaseRole[]): void => {
    for (const one of by)
      if (one.startsWith("named:") && !type.form.some((each) => each.id === one.slice(6) && each.kind === "person"))
        say(path, `${one} names no field of kind person`);
  };
  asRole("opening.by", type.opening.by);
  for (const each of type.opening.messages) known("opening.messages", each, messages, "message");
  const arrows: (readonly [from: string, to: string])[] = [];
  type.transitions.forEach((each, nth) => {
    const at = (part: string): string => `transitions[${each.id}].${part}`;
    for (const from of each.from) {
      known(at("from"), from, states, "state");
      const other = type.transitions.slice(0, nth).find((before) => before.id === each.id && before.from.includes(from));
      if (other !== undefined) say(at("from"), `another ${each.id} leads from ${from} already`);
      arrows.push([from, each.to ?? from]);
    }
    if (each.to !== null) known(at("to"), each.to, states, "state");
    if (each.to === null && each.approvals > 1) say(at("approvals"), "several have to ask for a way to another state alone");
    if (each.window !== null) known(at("window"), each.window, windows, `window of issue or completion in service ${type.service},`);
    for (const one of each.messages) known(at("messages"), one, messages, "message");
    asRole(at("by"), each.by);
    each.effects.forEach((one) => effectTroubles(one, fields).forEach((cause) => say(at("effects"), cause)));
    if (!type.rules.includes(each.rule)) say("rules", `${each.rule} is missing, by which ${each.id} goes`);
  });
  if (type.closing !== null) {
    for (const from of type.closing.from) {
      known("closing.from", from, states, "state");
      arrows.push([from, type.closing.to]);
    }
    known("closing.to", type.closing.to, states, "state");
    known("closing.behind", type.closing.behind, windows, `window of issue or completion in service ${type.service},`);
  }
  for (const { id: of, subject, text } of type.messages)
    for (const name of new Set([subject.zh, subject.en, text.zh, text.en].flatMap(namesIn)))
      if (!(MESSAGE_WORDS as readonly string[]).includes(name)) say(`messages[${of}]`, `{${name}} stands for nothing: known are ${MESSAGE_WORDS.join(", ")}`);
  for (const [fault, category] of Object.entries(type.faults?.opens ?? {}))
    if (category !== undefined && !type.categories.includes(category)) say(`faults.opens.${fault}`, `${category} is none of its categories`);
  for (const over of type.faults?.over ?? []) known("faults.over", over, new Set(type.transitions.map((each) => each.id)), "transition");
  if (type.faults !== null) {
    if (!type.opening.by.includes("system")) say("opening.by", "system is missing: faults open it");
    for (const each of type.form) if (each.required) say(`form[${each.id}].required`, "a fault, which opens it, answers nothing");
  }
  for (const state of type.states) {
    if (!isReached(state.id, type.start, arrows)) say(`states[${state.id}]`, "no way leads there");
    const goesOn = arrows.some(([from, to]) => from === state.id && to !== from);
    if (!state.isOver && !goesOn) say(`states[${state.id}]`, "no way leads on, and it is not over");
  }
  return problems;
}

function isReached(state: string, start: string, arrows: readonly (readonly [string, string])[]): boolean {
  const reached = new Set([start]);
  for (let size = 0; size < reached.size;) {
    size = reached.size;
    for (const [from, to] of arrows) if (reached.has(from)) reached.add(to);
  }
  return reached.has(state);
}

/**
 * Reads every case type of a folder, one a file.
 *
 * @throws SetupError that names file, place and cause; nothing starts with half of them, nor where a case that the cloud opens itself would have no type
 */
export function loadCaseTypes(folder: string, services: ServiceDocument): readonly CaseType[] {
  let files: string[];
  try {
    files = readdirSync(folder).filter((name) => name.endsWith(".json")).sort(); // prettier-ignore
  } catch (error) {
    throw new SetupError(`the case types cannot be read: ${(error as Error).message}`, folder, "Make the folder beside the service definitions; docs/cases.md tells what stands in it.", { cause: error }); // prettier-ignore
  }
  const types: CaseType[] = [];
  for (const name of files) {
    const path = join(folder, name);
    const read = readCaseType(readFileSync(path, "utf8"), services);
    if (!read.ok) {
      const lines = read.problems.map((each) => `${each.path || "the file"}: ${each.cause}`).join("\n");
      throw new SetupError(`the case type has ${read.problems.length === 1 ? "a mistake" : `${read.problems.length} mistakes`}\n${lines}`, path, "Mend what is named; docs/cases.md tells how."); // prettier-ignore
    }
    const same = types.find(({ id: other, prefix }) => other === read.value.id || prefix === read.value.prefix);
    if (same !== undefined) throw new SetupError(`its id or prefix is that of case type ${same.id} already`, path, "Choose another one.");
    types.push(read.value);
  }
  const gaps = gapsIn(types, services);
  if (gaps.length > 0)
    throw new SetupError(`cases would be lost\n${gaps.join("\n")}`, folder, `Copy the types that have it from ${CAMPUS_CASES_FOLDER}, or let one of your own have it; docs/cases.md tells how.`); // prettier-ignore
  return types;
}

/**
 * What the cloud itself needs types for: each fault opens a case of exactly one, some step unfreezes what the cloud has frozen, and whatever is in no other
 * category can be reported, with a description.
 */
function gapsIn(types: readonly CaseType[], { caseCategories }: ServiceDocument): string[] {
  const faults = FAULTS.flatMap((fault) => {
    const taken = types.filter(({ faults: of }) => of?.opens[fault] !== undefined).map(({ id: of }) => of);
    if (taken.length === 1) return [];
    return [taken.length === 0 ? `faults.opens.${fault}: no type has it` : `faults.opens.${fault}: ${taken.join(" and ")} have it, and one may`];
  });
  const unfreezes = types.some(({ transitions }) => transitions.some(({ effects }) => effects.some(({ act }) => act === UNFREEZE)));
  const describes = caseCategories.some(({ id: of, requiresDescription }) => of === OTHER_CATEGORY && requiresDescription);
  const takes = types.some(({ categories, opening }) => categories.includes(OTHER_CATEGORY) && opening.by.includes("reporter"));
  return [
    ...faults,
    ...(unfreezes ? [] : [`effects: no step of any type does ${UNFREEZE}, and what was frozen would stay so`]),
    ...(describes && takes ? [] : [`categories: no type takes ${OTHER_CATEGORY} from whoever reports, or the category asks for no description`]),
  ];
}
