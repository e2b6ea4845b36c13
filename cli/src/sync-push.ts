import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isTimeZone } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type CloudCalls, cloudClientFor, type CloudOptions } from "./cloud-client.ts";
import { tellChange } from "./cloud-verb.ts";
import type { OnItsWay } from "./doors-held.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Format } from "./table.ts";
import { typedPath } from "./places.ts";

/** What is typed beside a list's file. */
export interface PushListOptions extends CloudOptions {
  readonly source: string;
  readonly timeZone: string;
  readonly partial?: boolean;
  readonly format?: Format;
}
type Push = RouteAnswer<"GET /v1/pushes/{id}">;
type PlannedRow = RouteAnswer<"GET /v1/pushes/{id}/rows">["items"][number];
/** A push with rows of its plan, by the lines of the file. */
export interface ListedPush {
  readonly push: Push;
  readonly rows: readonly (Omit<PlannedRow, "row"> & { /** Of the file; null: whoever is in no line. */ readonly line: number | null })[];
}

/** Bytes in one part: small enough that a slow line shows that it goes on. */
const PART_BYTES = 512 * 1024;

/** One file on its way into a cloud. Whatever cuts it off, the same file goes on where the cloud says it stands. */
export class ListPush {
  readonly on: string;
  readonly #surroundings: Surroundings;
  readonly #calls: CloudCalls;
  readonly #list: Buffer;
  readonly #lines: readonly number[];
  #push: Push;
  /** Of the last step that changed anybody. */
  #way: OnItsWay | undefined;

  private constructor(surroundings: Surroundings, calls: CloudCalls, on: string, list: Buffer, lines: readonly number[], push: Push) {
    this.#surroundings = surroundings;
    this.#calls = calls;
    this.on = on;
    this.#list = list;
    this.#lines = lines;
    this.#push = push;
  }

  /** Reads the file; takes up the push of the same list that was cut off, else begins one. @throws Failure 2 for a file that cannot be read as a list */
  static async open(surroundings: Surroundings, file: string, options: PushListOptions & { readonly compares?: boolean }): Promise<ListPush> {
    if (!isTimeZone(options.timeZone))
      throw new Failure(EXIT.usage, "there is no such time zone", `--time-zone ${options.timeZone}`, "give an IANA name, such as Asia/Shanghai");
    const path = typedPath(surroundings, file);
    const { readPushFile } = await import("@portico/cloud-sync");
    const read = readPushFile(readFileSync(path), /\.csv$/i.test(path) ? "csv" : "jsonl", options.timeZone);
    if (!read.ok) throw new Failure(EXIT.usage, read.cause, read.line === null ? path : `${path}, line ${read.line}`, read.remedy);
    const calls = await cloudClientFor(surroundings, options);
    const { list, lines } = read.value;
    const told = {
      source: options.source,
      full: options.partial !== true,
      rows: lines.length,
      bytes: list.length,
      sha256: createHash("sha256").update(list).digest("hex"),
    };
    const open = options.compares === true ? undefined : await openPush(calls, path, told);
    const push = open ?? (await calls.ask(path, "POST /v1/pushes", { body: told }));
    if (open !== undefined) surroundings.terminal.err(`going on with push ${open.id}, which was ${open.state}\n`);
    return new ListPush(surroundings, calls, path, list, lines, push);
  }

  /** Sends what has not landed yet, and plans. @param outcomes  of which rows are listed */
  async plan(outcomes: readonly PlannedRow["outcome"][]): Promise<ListedPush> {
    const params = { id: this.#push.id };
    while (this.#push.state === "receiving" && this.#push.receivedBytes < this.#list.length) {
      const offset = this.#push.receivedBytes;
      this.#goesOn("sent", offset, this.#list.length);
      this.#push = await this.#calls.ask(this.on, "POST /v1/pushes/{id}/parts", { params, query: { offset }, body: this.#partFrom(offset) });
    }
    // An old plan may have been overtaken: asked for again, it is made anew.
    if (this.#push.state === "planned") this.#push = await this.#calls.ask(this.on, "POST /v1/pushes/{id}/plan", { params });
    while (this.#push.state === "receiving" || this.#push.state === "planning") {
      this.#goesOn("planned", this.#push.plannedRows, this.#push.rows);
      this.#push = await this.#calls.ask(this.on, "POST /v1/pushes/{id}/plan", { params });
    }
    this.#quiet();
    const rows: PlannedRow[] = [];
    for (const outcome of outcomes)
      for (let after: number | undefined, more = true; more;) {
        const query = { outcome, limit: 1000, ...(after === undefined ? {} : { after }) };
        const page = await this.#calls.ask(this.on, "GET /v1/pushes/{id}/rows", { params, query });
        rows.push(...page.items);
        after = page.next === null ? undefined : Number(page.next);
        more = page.next !== null;
      }
    return { push: this.#push, rows: rows.map(({ row, ...rest }) => ({ line: this.#lines[row - 1] ?? null, ...rest })) };
  }

  /** Tells a person how many controllers hold what was applied last (rule 4.4). */
  async tellDoors(): Promise<void> {
    if (this.#way !== undefined) await tellChange(this.#surroundings, this.#calls, this.#way);
  }

  /** Does what the plan says. @throws Failure 1 where it is held for a second operator */
  async apply(): Promise<Push> {
    const params = { id: this.#push.id };
    const { plan, dueRows: due } = this.#push;
    do {
      this.#goesOn("done", due - this.#push.dueRows, due);
      const step = await this.#calls.ask(this.on, "POST /v1/pushes/{id}/apply", { params, body: { plan: plan! } });
      this.#push = step;
      if (step.publish !== null || step.notice !== null) this.#way = { publish: step.publish, notice: step.notice, doors: step.doors };
    } while (this.#push.state === "applying");
    this.#quiet();
    return this.#push;
  }

  async drop(): Promise<void> {
    await this.#calls.ask(this.on, "POST /v1/pushes/{id}/drop", { params: { id: this.#push.id } });
  }

  /** Whole lines, as many as a part holds. */
  #partFrom(offset: number): string {
    const end = offset + PART_BYTES >= this.#list.length ? this.#list.length : this.#list.lastIndexOf(0x0a, offset + PART_BYTES) + 1;
    return this.#list.toString("utf8", offset, end > offset ? end : this.#list.indexOf(0x0a, offset) + 1);
  }

  #goesOn(what: string, done: number, of: number): void {
    const { interrupted, terminal } = this.#surroundings;
    if (interrupted.aborted) {
      this.#quiet();
      throw new Failure(EXIT.refused, `interrupted: ${done} of ${of} ${what}`, `push ${this.#push.id}`, "type the same line again: it goes on from here");
    }
    if (terminal.isTty) terminal.err(`\r${what} ${of === 0 ? 100 : Math.floor((100 * done) / of)} % `);
  }

  #quiet(): void {
    if (this.#surroundings.terminal.isTty) this.#surroundings.terminal.err(`\r${" ".repeat(20)}\r`);
  }
}

/** The push of this very list that is not over. */
async function openPush(calls: CloudCalls, on: string, told: Pick<Push, "source" | "full" | "rows" | "bytes" | "sha256">): Promise<Push | undefined> {
  let found: Push | undefined;
  for (let after: string | undefined, more = true; more;) {
    const page = await calls.ask(on, "GET /v1/pushes", { query: { source: told.source, limit: 1000, ...(after === undefined ? {} : { after }) } });
    const same = page.items.filter((push) => push.sha256 === told.sha256 && push.full === told.full && push.rows === told.rows && push.bytes === told.bytes);
    found = same.findLast(({ state }) => state !== "applied" && state !== "dropped") ?? found;
    after = page.next ?? undefined;
    more = page.next !== null;
  }
  return found;
}
