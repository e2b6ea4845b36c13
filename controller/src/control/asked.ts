import * as z from "zod";
import { WORDS } from "../core/commissioning.ts";
import { isSignedByMachine } from "../core/door-operation.ts";
import { KEY_WAYS, OSDP_BAUDS } from "../osdp-words.ts";
import type { Asked } from "./control-server.ts";
import { Refusal } from "./refusal.ts";

const BY = z
  .string()
  .min(1)
  .max(64)
  .refine((by) => !isSignedByMachine({ by }), "schedules and inputs sign so, no person does");
export const ACT = z.object({ by: BY, reason: z.string().max(200).default("") });
const KEY_ACT = z.object({ over: z.enum(KEY_WAYS) });
const COMMUNICATION_ACT = z.object({ address: z.int().min(0).max(126), baud: z.literal(OSDP_BAUDS).nullable() });
const CREDENTIAL = z.string().regex(/^[0-9a-f]{16}$/);
/** What is wrong with the digits is said elsewhere, without them. */
const PIN_SETTING = ACT.extend({ credential: CREDENTIAL, pin: z.string().max(64) });
const PIN_ERASURE = ACT.extend({ credential: CREDENTIAL.nullable(), holder: z.int().min(0).nullable(), all: z.boolean() });
const PIN_LOCK_OUT = ACT.extend({ credential: CREDENTIAL.nullable(), accessPoint: z.string().max(64).nullable() });
const AREA_RESET = ACT.extend({ credential: CREDENTIAL.nullable() });
const SITE_ASKED = ACT.extend({ zone: z.string().min(1).max(64).nullable() });
const JOB_CHOICE = z.object({ job: z.int().min(1).max(0x7fff_ffff).nullable() });
const PRINT_SETTLEMENT = ACT.extend({ sides: z.int().min(0).max(1_000_000) });
const COMMISSIONING_ASKED = z.object({ by: BY, step: z.string().max(160).nullable(), word: z.enum(WORDS).nullable(), remark: z.string().max(200) });
const FOLDER = z.object({ folder: z.string().startsWith("/").max(4096) });
const BROUGHT = z.object({ file: z.string().startsWith("/").max(4096), by: z.string().min(1).max(64) });
const FILE = z.object({ file: z.string().startsWith("/").max(4096) });

/** Who asks and why. @throws Refusal 400 */
export const operatorAct = (asked: Asked): z.infer<typeof ACT> =>
  askedBody(ACT, asked, `Send {"by": "<name of 1 to 64 characters>", "reason": "<at most 200>"}.`);

/** Where a reader is to be spoken to. @throws Refusal 400 */
export const communicationAct = (asked: Asked): z.infer<typeof COMMUNICATION_ACT> =>
  askedBody(COMMUNICATION_ACT, asked, `Send {"by": "<name>", "address": 0 to 126, "baud": ${OSDP_BAUDS.join(", ")} or null for the line's own}.`);

/** What a reader's key is given over. @throws Refusal 400 */
export const keyAct = (asked: Asked): z.infer<typeof KEY_ACT> => askedBody(KEY_ACT, asked, `Send {"by": "<name>", "over": "${KEY_WAYS.join('" or "')}"}.`);

/** Whom an area is to forget, who asks and why. @throws Refusal 400 */
export const areaReset = (asked: Asked): z.infer<typeof AREA_RESET> =>
  askedBody(AREA_RESET, asked, `Send {"by": "<name of 1 to 64 characters>", "reason": "<at most 200>", "credential": "<16 hex digits>"}; null for everybody.`);

/** A PIN and whose it is to be. @throws Refusal 400 that does not repeat it */
export const pinSetting = (asked: Asked): z.infer<typeof PIN_SETTING> =>
  askedBody(PIN_SETTING, asked, `Send {"by": "<name>", "reason": "<at most 200>", "credential": "<16 hex digits>", "pin": "<4 to 8 digits>"}.`);

/** Whose PIN goes. @throws Refusal 400 */
export const pinErasure = (asked: Asked): z.infer<typeof PIN_ERASURE> =>
  askedBody(PIN_ERASURE, asked, `Send {"by": "<name>", "reason": "<at most 200>", "credential": "<16 hex digits>", "holder": null, "all": false}.`);

/** Whose wrong tries are forgotten. @throws Refusal 400 */
export const pinLockOut = (asked: Asked): z.infer<typeof PIN_LOCK_OUT> =>
  askedBody(PIN_LOCK_OUT, asked, `Send {"by": "<name>", "reason": "<at most 200>", "credential": "<16 hex digits>", "accessPoint": null}.`);

/** Which zone, null for every door; who asks and why. @throws Refusal 400 */
export const siteAsked = (asked: Asked): z.infer<typeof SITE_ASKED> =>
  askedBody(SITE_ASKED, asked, `Send {"zone": "<zone>" or null for every door, "by": "<name of 1 to 64 characters>", "reason": "<at most 200>"}.`);

/** Which of their jobs. @throws Refusal 400 */
export const jobChoice = (asked: Asked): z.infer<typeof JOB_CHOICE> => askedBody(JOB_CHOICE, asked, `Send {"job": <number>}, or {"job": null} for all.`);

/** What somebody has counted in a tray. @throws Refusal 400 */
export const printSettlement = (asked: Asked): z.infer<typeof PRINT_SETTLEMENT> =>
  askedBody(PRINT_SETTLEMENT, asked, `Send {"sides": <0 to 1000000>, "by": "<name of 1 to 64 characters>", "reason": "<at most 200>"}.`);

/** What is asked of a commissioning. @throws Refusal 400 */
export const commissioningAsked = (asked: Asked): z.infer<typeof COMMISSIONING_ASKED> =>
  askedBody(
    COMMISSIONING_ASKED,
    asked,
    `Send {"by": "<name of 1 to 64 characters>", "step": "<step>" or null, "word": ${WORDS.join(", ")} or null, "remark": "<at most 200>"}.`,
  );

/** A folder by its absolute path. @throws Refusal 400 */
export const listFolder = (asked: Asked): z.infer<typeof FOLDER> => askedBody(FOLDER, asked, `Send {"folder": "/absolute/path"}.`);

/** A file by its absolute path. @throws Refusal 400 */
export const filePath = (asked: Asked): z.infer<typeof FILE> => askedBody(FILE, asked, `Send {"file": "/absolute/path"}.`);

/** A signed configuration by its absolute path, and who brings it. @throws Refusal 400 */
export const configurationFile = (asked: Asked): z.infer<typeof BROUGHT> =>
  askedBody(BROUGHT, asked, `Send {"file": "/absolute/path", "by": "<name of 1 to 64 characters>"}.`);

/** The body as a schema reads it. @throws Refusal 400 */
export function askedBody<S extends z.ZodType>(schema: S, asked: Asked, remedy: string): z.infer<S> {
  const read = schema.safeParse(asked.body);
  if (read.success) return read.data;
  throw new Refusal(
    400,
    "The body is not what this route takes",
    read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
    remedy,
  );
}

/** A whole number of the query; `preset` where it is absent. @throws Refusal 400 */
export function wholeNumber<Preset>({ query }: Asked, key: string, from: number, to: number, preset: Preset): number | Preset {
  const text = query.get(key);
  if (text === null) return preset;
  return inRange(text, key, from, to);
}

/** A whole number of the path. @throws Refusal 400 */
export const pathNumber = ({ params }: Asked, key: string, from: number, to: number): number => inRange(params[key] ?? "", key, from, to);

function inRange(text: string, key: string, from: number, to: number): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < from || value > to)
    throw new Refusal(400, "This is not a number that the route takes", `${key} = ${text.slice(0, 40)}`, `Send a whole number from ${from} to ${to}.`);
  return value;
}
