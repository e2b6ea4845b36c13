import { type Command, Option } from "commander";
import type { LockLogRow } from "@portico/controller";
import type { AnswerOf } from "@portico/simulator/programs";
import { cloudClientFor } from "./cloud-client.ts";
import { ControllerClient } from "./controller-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { type CampusOption, campusOption, withCampus } from "./sim-folder.ts";
import { scanned, shownBy } from "./sim-scan.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, verb } from "./verb.ts";

interface UnlockOptions extends CampusOption {
  readonly person?: string;
  readonly card?: true;
  readonly pin?: string;
  readonly format?: Format;
}

/** What the lock said of a PIN that was set. */
interface PinTold {
  readonly version: number;
  readonly state: string;
  readonly answer: string | null;
}

const LOOK_EVERY_MS = 200;
const PIN_WITHIN_MS = 15_000;
const PIN_DIGITS = /^[0-9]{1,8}$/;
const LOG_ROWS_MAX = 16;

/** `portico sim unlock`: somebody at the door of a room, by phone at its reader or by a PIN at its lock. */
export function simUnlockVerb(surroundings: Surroundings): Command {
  const command = verb("unlock <room>", "stand before a room: a phone at its reader, a PIN at its lock, and what the lock's own log says of it", [
    ["portico sim unlock room-301 --person zhang", "zhang's phone before the reader; the controller opens the lock over Bluetooth"],
    ["portico sim unlock room-301 --person zhang --pin 274951", "then zhang's phone seals that PIN to the lock, and zhang types it"],
    ["portico sim unlock room-301 --person wang", "who lives elsewhere"],
    ["portico sim unlock room-301 --pin 105938", "a PIN that nobody has"],
  ])
    .addOption(new Option("--person <id>", "who stands there: the pass on the phone, unless --card"))
    .addOption(new Option("--card", "the person's card"))
    .addOption(new Option("--pin <digits>", "typed at the lock; with --person it is that person's from now on"))
    .addOption(formatOption());
  return campusOption(command).action((room: string, options: UnlockOptions) =>
    withCampus(surroundings, options, async (client, folder, sockets) => {
      const { person, pin } = options;
      if (person === undefined && pin === undefined) throw new Failure(EXIT.usage, "nobody stands there", room, "add --person <id>, --pin <digits> or both");
      if (pin !== undefined && !PIN_DIGITS.test(pin)) throw new Failure(EXIT.usage, "a PIN has 6 to 8 digits", room, "type digits alone");
      await client.ask("lock", { room }); // no such room is said before anything is done
      const { controllerPlace } = await import("@portico/simulator/programs");
      const { socket, dataFolder } = controllerPlace(folder, sockets, room);
      const controller = new ControllerClient(socket, surroundings.interrupted);
      const before = (await rowsBehind(controller, room, 0)).at(-1)?.row ?? 0;
      const read = person === undefined ? undefined : await shownBy(surroundings, folder, room, options);
      const scan = read === undefined ? undefined : await scanned(surroundings, client, socket, room, read);
      const bolt = (await client.ask("lock", { room })).bolt;
      const isRefused = scan?.judged.outcome === "denied";
      // Whom the reader refuses is refused a PIN too, by the cloud: nothing is typed for them.
      const set = person === undefined || pin === undefined || isRefused ? undefined : await setPin(surroundings, folder, { person, room, pin });
      const typed = pin === undefined || isRefused ? undefined : await client.ask("type-pin", { room, digits: pin });
      const rows = await rowsBehind(controller, room, before);
      tell(surroundings, options.format, { room, scan, bolt, set, typed, rows });
      const refusal = isRefused ? scan.judged.reason : (typed ?? (scan !== undefined && scan.acted === undefined ? "the bolt was not drawn" : undefined));
      if (refusal === undefined || refusal === null) return;
      const place = dataFolder === undefined ? "" : ` --data ${dataFolder}`;
      const seq = scan?.judged.seq ?? null;
      throw new Failure(
        EXIT.refused,
        `refused: ${refusal}`,
        room,
        isRefused && seq !== null ? `portico event explain ${seq}${place}` : `portico lock held${place}`,
      );
    }),
  );
}

/** Seals it as the person's phone does, hands it in, and waits until the cloud knows what the lock said. */
async function setPin(surroundings: Surroundings, folder: string, { person, room, pin }: { person: string; room: string; pin: string }): Promise<PinTold> {
  const calls = await cloudClientFor({ ...surroundings, env: {} }, { data: folder });
  const { campusCloud } = await import("./sim-cloud.ts");
  const { folderPockets } = await import("@portico/simulator/programs");
  const { campus } = folderPockets({ folder, now: surroundings.now, randomBytes: surroundings.randomBytes });
  const on = `PIN of ${person} at ${room}`;
  const cloud = campusCloud({
    ask: (route, parts, also) => calls.ask(on, route, parts, also),
    site: campus.site,
    randomBytes: surroundings.randomBytes,
    plug: () => Promise.resolve(),
  });
  const version = await cloud.pinSet(person, room, pin);
  for (let leftMs = PIN_WITHIN_MS; leftMs > 0; leftMs -= LOOK_EVERY_MS) {
    const { items } = await calls.ask(on, "GET /v1/locks/{id}/states", { params: { id: room } });
    const found = items.find((each) => each.kind === "pin" && each.version === version && each.answer?.version === version);
    if (found !== undefined) return { version, state: found.state, answer: found.answer?.outcome ?? null };
    if (!(await elapsed(surroundings, LOOK_EVERY_MS))) break;
  }
  return { version, state: "waiting", answer: null };
}

/** Rows of the lock's own log behind one, read from the lock. */
async function rowsBehind(controller: ControllerClient, room: string, after: number): Promise<LockLogRow[]> {
  const rows: LockLogRow[] = [];
  for (let last = after; ; last = rows.at(-1)!.row) {
    const page = await controller.ask("GET /v1/room-locks/:id/log", { params: { id: room }, query: { after: String(last) } });
    rows.push(...page);
    if (page.length < LOG_ROWS_MAX) return rows;
  }
}

interface Told {
  readonly room: string;
  readonly scan: Awaited<ReturnType<typeof scanned>> | undefined;
  readonly bolt: AnswerOf<"lock">["bolt"];
  readonly set: PinTold | undefined;
  readonly typed: string | null | undefined;
  readonly rows: readonly LockLogRow[];
}

function tell({ terminal }: Surroundings, format: Format | undefined, { room, scan, bolt, set, typed, rows }: Told): void {
  const judged = scan?.judged;
  const facts: [string, string][] = [];
  if (judged !== undefined) {
    const afterMs = scan?.acted?.afterMs;
    facts.push(["outcome", judged.outcome === "granted" ? `granted, ${judged.accessProfile}` : `refused: ${judged.reason} (${judged.detail})`]);
    facts.push(["bolt", afterMs === undefined ? bolt : `${bolt}, ${afterMs.toFixed(1)} ms behind the scan, over Bluetooth`]);
  }
  if (set !== undefined)
    facts.push([
      "PIN",
      `version ${set.version}, sealed to the lock; ${set.state === "applied" ? "the lock has taken it" : (set.answer ?? "the lock has said nothing of it yet")}`,
    ]);
  if (typed !== undefined) facts.push(["typed", typed === null ? "it opens" : `refused: ${typed}`]);
  facts.push(...rows.map((row, nth): [string, string] => [nth === 0 ? "lock's log" : "", rowText(row)]));
  const { outcome = null, reason = null, detail = null, seq = null } = judged ?? {};
  writeFacts(terminal, format, facts, {
    room,
    outcome,
    reason,
    detail,
    seq,
    bolt,
    afterMs: scan?.acted?.afterMs ?? null,
    pin: set ?? null,
    typed: typed === undefined ? null : (typed ?? "opened"),
    log: rows,
  });
}

function rowText({ row, event, way, holder, number, refusal }: LockLogRow): string {
  const by = way === null ? "" : ` by ${way}`;
  const whose = holder === null ? "" : `, holder ${holder}`;
  const more = refusal === null ? (number === 0 ? "" : `, ${number}`) : `: ${refusal}`;
  return `${row}  ${event}${by}${whose}${more}`;
}
