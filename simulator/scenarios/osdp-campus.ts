import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Controller, type ControllerReport, type EventLine, parseConfiguration, type PdRow, readListHere } from "@portico/controller";
import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { onTestFinished } from "vitest";
import { virtualPd, type VirtualPdOptions } from "../src/osdp/virtual-pd.ts";
import { seededBytes } from "./osdp-bench.ts";

/** What a test may say of its controller. */
export interface OsdpCampusChange {
  /** Default: `secure`. */
  readonly security?: "secure" | "clear-text";
  /** The reader's cards; default: `wiegand-26`. */
  readonly card?: string;
  /** How often the PD is asked; default: 50. */
  readonly pollMs?: number;
  /** Lines for the `[[access_point]]`, and whole tables. */
  readonly accessPoint?: string;
  readonly tables?: string;
}

const portico = ({ security = "secure", card = "wiegand-26", pollMs = 50, accessPoint = "", tables = "" }: OsdpCampusChange): string => `[site]
id = "demo"
[controller]
id = "library"
data = "data"
socket = "controller.sock"
[clock]
trusted_by = "system"
[[wire]]
id = "line"
serial = "/dev/nowhere/line"
[[osdp_pd]]
id = "reader"
wire = "line"
address = 0
security = "${security}"
poll_ms = ${pollMs}
[[scanner]]
id = "library-in"
pd = "reader"
card = { format = "${card}" }
[[relay_board]]
id = "outputs"
pd = "reader"
protocol = "osdp"
relays = 2
inputs = 2
[[door]]
id = "library"
strike = { board = "outputs", relay = 0 }
contact = { board = "outputs", input = 0 }
rex = { board = "outputs", input = 1 }
release_time_ms = 3000
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
${accessPoint}
${tables}
`;

/** A whole controller whose reader, strike and contacts are one PD on an OSDP line. */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- what stands here is what a test takes of it
export async function osdpCampus(device: Partial<VirtualPdOptions>, change: OsdpCampusChange = {}) {
  const folder = mkdtempSync(join(tmpdir(), "portico-osdp-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = simulatedClock();
  const randomBytes = seededBytes(5);
  const line = memoryWirePair({ name: "line", clock, random: seededRandom(1), baud: 115_200 });
  const pd = virtualPd({ wire: line.far, clock, randomBytes: seededBytes(9), outputs: 2, inputs: 2, ...device });
  pd.setInput(0, true);
  const reading = parseConfiguration(new TextEncoder().encode(portico(change)), join(folder, "portico.toml"), {
    dataFolder: folder,
    socket: join(folder, "s"),
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { configuration } = reading;
  const events: EventLine[] = [];
  const judged: Extract<ControllerReport, { readonly kind: "judged" }>[] = [];
  let controller: Controller | undefined;
  const start = async (): Promise<void> => {
    controller = await Controller.start(configuration, {
      clock,
      hostWallMs: () => 1_799_625_600_000 + clock.monotonic(),
      random: seededRandom(3),
      randomBytes,
      bootId: "boot 1",
      version: "0.0.0",
      readList: readListHere,
      openCloud: () => {
        throw new Error("there is no cloud here");
      },
      // The cable outlives the program.
      openWire: () => ({ ...line.near, get state() { return line.near.state; }, get trouble() { return line.near.trouble; }, close: () => Promise.resolve() }), // prettier-ignore
      onReport: (report) => {
        if (report.kind === "event") events.push(report.event);
        else if (report.kind === "judged") judged.push(report);
      },
      onWarning: () => {},
      onFatal: () => {},
    });
    await clock.pass(500);
  };
  const ask = async <T>(route: string, params: Record<string, string> = {}, body?: unknown, query: Record<string, string> = {}): Promise<T> => {
    const answers = controller!.answers as unknown as Record<string, (asked: unknown) => unknown>;
    let result: { value?: unknown; error?: unknown } | undefined;
    void Promise.resolve()
      .then(() => answers[route]!({ params, query: new URLSearchParams(query), body }))
      .then(
        (value) => (result = { value }),
        (error: unknown) => (result = { error }),
      );
    await clock.until(() => result !== undefined, 30_000);
    if (result?.error !== undefined) throw result.error;
    return result?.value as T;
  };
  const stop = async (): Promise<void> => {
    let isStopped = false;
    void controller!.stop().then(() => (isStopped = true));
    await clock.until(() => isStopped, 5_000);
  };
  const names = (): string[] => events.map(({ name }) => name);
  const pds = (): Promise<readonly PdRow[]> => ask("GET /v1/osdp/pds");
  const giveKey = (over: string): Promise<PdRow> => ask("POST /v1/osdp/pds/:id/key", { id: "reader" }, { by: "wang", reason: "", over });
  await start();
  return { clock, folder, line, pd, events, judged, names, ask, pds, giveKey, start, stop };
}
