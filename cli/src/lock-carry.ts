import { readFileSync, writeFileSync } from "node:fs";
import { type CarriedDenySet, type CarriedLockList, decodeLockFile, encodeLockFile, hexToBytes, LOCK_FILE_LISTS_MAX, type LockFile, unixSeconds } from "@portico/card-protocol"; // prettier-ignore
import type { RoomLockResult } from "@portico/firmware-ts";
import { type Command, InvalidArgumentError, Option } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeRows } from "./table.ts";
import { timeText } from "./time-text.ts";
import { formatOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface CarryOptions extends ControllerOptions {
  readonly out: string;
  readonly deny?: true;
  readonly format?: Format;
}

/** One record of a lock file, for people. */
interface CarriedRow {
  readonly record: "list" | "deny set";
  /** Of a list. */
  readonly lock: string | null;
  readonly version: number;
  /** Of a list; when it ends. */
  readonly people: number | null;
  readonly until: number | null;
  /** Of a deny set. */
  readonly denied: number | null;
  readonly left: number | null;
}

/** `portico lock carry`: what is carried to locks that nobody reaches. */
export function carryVerb(surroundings: Surroundings): Command {
  const command = verb("carry [locks...]", "write the signed lists of room locks and the newest deny set into a file, for whoever carries them there", [
    ["portico lock carry room-301 room-302 --out corridor.locks", "at each lock: portico lock bring; a list holds for 30 days"],
    ["portico lock carry --deny --out east.locks", "the deny set alone, the same for every lock of the controller"],
  ])
    .addOption(new Option("--out <file>", "where it is written").makeOptionMandatory())
    .option("--deny", "the deny set alone")
    .addOption(formatOption());
  return controllerOptions(command).action(async (locks: readonly string[], { out, deny, format, ...options }: CarryOptions) => {
    const wanted = [...new Set(locks)];
    if ((deny === true) === wanted.length > 0)
      throw new Failure(EXIT.usage, "name locks, or write --deny", "portico lock carry", "portico lock held names them");
    if (wanted.length > LOCK_FILE_LISTS_MAX)
      throw new Failure(EXIT.usage, `a file takes at most ${LOCK_FILE_LISTS_MAX} lists`, `${wanted.length} locks`, "write several files");
    const client = await clientFor(surroundings, options);
    const { site, controller } = await client.ask("GET /v1/room-locks", {});
    const rows: CarriedRow[] = [];
    const lists: CarriedLockList[] = [];
    for (const id of wanted) {
      const { lock, version, people, validUntil: until, record } = await client.ask("POST /v1/room-locks/:id/list", { params: { id } });
      lists.push({ lock, version, validUntil: unixSeconds(until), record: hexToBytes(record)! });
      rows.push({ record: "list", lock, version, people, until, denied: null, left: null });
    }
    const { denySet: made } = await client.ask("POST /v1/room-locks/deny-set", {});
    const denySet: CarriedDenySet | undefined = made === null ? undefined : { version: made.version, issued: unixSeconds(made.issued), record: hexToBytes(made.record)! }; // prettier-ignore
    if (made !== null) rows.push({ record: "deny set", lock: null, version: made.version, people: null, until: null, denied: made.denied, left: made.left });
    if (lists.length === 0 && denySet === undefined)
      throw new Failure(EXIT.refused, "there is nobody to deny, and never was", "deny set", "nothing needs to be carried");
    const path = typedPath(surroundings, out);
    writeFileSync(path, encodeLockFile({ site, controller, lists, denySet }), { mode: 0o600 });
    const columns: readonly Column<CarriedRow>[] = [
      { heading: "RECORD", cell: ({ record }) => record },
      { heading: "LOCK", cell: ({ lock }) => lock ?? "every lock" },
      { heading: "VERSION", cell: ({ version }) => `${version}` },
      { heading: "WHAT", cell: (row) => (row.record === "list" ? `${row.people} people, until ${timeText(row.until, client.zone)}` : `${row.denied} denied`) },
    ];
    writeRows(surroundings.terminal, format, columns, rows);
    surroundings.terminal.err(`${path}: at each lock: portico lock bring\n`);
    if (made !== null && made.left > 0)
      surroundings.terminal.err(`the deny set has no room for ${made.left} more: they open with the lists that are out there, so carry a new list to every lock\n`); // prettier-ignore
  });
}

interface BringOptions {
  readonly address: string;
  readonly lock?: string;
  readonly adapter: string;
  readonly format?: Format;
}

const addressOf = (text: string): string => {
  const address = text.toUpperCase();
  if (!/^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(address)) throw new InvalidArgumentError("Six bytes in hex with colons are wanted, as on the lock's sticker.");
  return address;
};

/** What became of one record at a lock. */
interface BroughtRow {
  readonly record: "list" | "deny set";
  readonly version: number;
  readonly outcome: "taken" | "newer there" | "not for this lock" | "refused" | "not brought";
  readonly detail: string;
}

/** `portico lock bring`: hands a lock what was carried to it, from this computer, without any key of it. */
export function bringVerb(surroundings: Surroundings): Command {
  const command = verb(
    "bring <file>",
    "stand at a room lock and give it the deny set and its list from a file, by this computer's Bluetooth; no key is needed",
    [
      ["portico lock bring corridor.locks --lock room-301 --address C0:FF:EE:00:03:01", "the deny set first, then the list"],
      ["portico lock bring east.locks --address C0:FF:EE:00:03:01", "a file with one list, or with a deny set alone"],
    ],
  )
    .addOption(new Option("--address <address>", "the lock's, as on its sticker").makeOptionMandatory().argParser(addressOf))
    .addOption(new Option("--lock <lock>", "whose list, where the file has several"))
    .addOption(new Option("--adapter <name>", "this computer's Bluetooth adapter").default("hci0"))
    .addOption(formatOption());
  return command.action(async (file: string, { address, lock, adapter: name, format }: BringOptions) => {
    const path = typedPath(surroundings, file);
    const carried = decodeLockFile(new Uint8Array(readFileSync(path)));
    if (carried === undefined) throw new Failure(EXIT.usage, "this is no file of portico lock carry, or not a whole one", path, "write it anew: portico lock carry"); // prettier-ignore
    const list = listFor(carried, lock, path);
    const { passerBy } = await import("@portico/firmware-ts/ble-lock");
    const adapter = await surroundings.bluetooth(name);
    surroundings.interrupted.addEventListener("abort", () => void adapter.close(), { once: true });
    const at = passerBy({ adapter, address, clock: surroundings });
    const rows: BroughtRow[] = [];
    let failure: Failure | undefined;
    const bring = async (record: BroughtRow["record"], { version, record: bytes }: CarriedDenySet | CarriedLockList): Promise<void> => {
      const progress = progressOf(surroundings, record, bytes.length);
      const result = await at.carry(record === "list" ? 16 : 17, bytes, progress.at);
      progress.end();
      const row = broughtRow(record, version, result);
      rows.push(row);
      if (row.outcome === "refused" || row.outcome === "not brought") failure = failureOfBringing(row, result, address, carried, list?.lock);
    };
    try {
      // What takes away goes first: a connection that breaks in between leaves nobody in.
      if (carried.denySet !== undefined) await bring("deny set", carried.denySet);
      if (list !== undefined && failure === undefined) await bring("list", list);
    } finally {
      await adapter.close();
    }
    const columns: readonly Column<BroughtRow>[] = [
      { heading: "RECORD", cell: ({ record }) => record },
      { heading: "VERSION", cell: ({ version }) => `${version}` },
      { heading: "OUTCOME", cell: ({ outcome }) => outcome },
      { heading: "DETAIL", cell: ({ detail }) => detail },
    ];
    writeRows(surroundings.terminal, format, columns, rows);
    if (failure !== undefined) throw failure;
  });
}

function listFor({ lists, denySet }: LockFile, lock: string | undefined, path: string): CarriedLockList | undefined {
  const known = lists.map(({ lock: each }) => each).join(", ");
  if (lock === undefined && lists.length > 1) throw new Failure(EXIT.usage, `the file has lists of several locks: ${known}`, path, "say which one you stand at: --lock"); // prettier-ignore
  const list = lock === undefined ? lists[0] : lists.find((each) => each.lock === lock);
  if (list !== undefined || (lock === undefined && denySet !== undefined)) return list;
  throw new Failure(EXIT.usage, `the file has no list for ${lock ?? "any lock"}`, path, known === "" ? "write one: portico lock carry" : `it has: ${known}`);
}

function broughtRow(record: BroughtRow["record"], version: number, result: RoomLockResult): BroughtRow {
  if (result.ok) return { record, version, outcome: "taken", detail: "" };
  const { error, detail } = result;
  if (error === "Refused") {
    // The newer one knows more than the file: the lock is no worse for it.
    const isKept = record === "deny set" && result.refusal === "VersionNotNewer";
    return { record, version, outcome: isKept ? "newer there" : "refused", detail: `${result.refusal}: ${detail}` };
  }
  return { record, version, outcome: error === "Unsupported" && record === "deny set" ? "not for this lock" : "not brought", detail };
}

function failureOfBringing(
  { record, detail }: BroughtRow,
  result: RoomLockResult,
  address: string,
  { controller }: LockFile,
  lock: string | undefined,
): Failure {
  const on = `the ${record} at ${address}`;
  if (result.ok || result.error !== "Refused") return new Failure(EXIT.unreachable, detail, on, "stand nearer, and see that nobody else is connected; then bring it again"); // prettier-ignore
  const next =
    result.refusal === "RecordRefused"
      ? `see that this is ${lock ?? "a lock"} of controller ${controller}, and the file whole`
      : result.refusal === "VersionNotNewer"
        ? "it holds a newer one; for others than that names: portico lock carry"
        : "wait a minute, then bring it again";
  return new Failure(EXIT.refused, `the lock refuses it: ${detail}`, on, next);
}

/** One line that is written over; nothing where nobody watches. */
function progressOf({ terminal }: Surroundings, record: string, of: number): { readonly at: (bytes: number) => void; readonly end: () => void } {
  let line = "";
  return {
    at(bytes) {
      line = `${record}: ${bytes} of ${of} bytes`;
      if (terminal.isTty) terminal.err(`\r${line}`);
    },
    end: () => void (terminal.isTty && line !== "" && terminal.err(`\r${" ".repeat(line.length)}\r`)),
  };
}
