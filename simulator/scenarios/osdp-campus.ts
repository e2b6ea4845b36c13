import type { PdRow } from "@portico/controller";
import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { virtualPd, type VirtualPdOptions } from "../src/osdp/virtual-pd.ts";
import { controllerBench } from "./controller-bench.ts";
import { seededBytes } from "./osdp-bench.ts";

/** What a test may say of its controller. */
export interface OsdpCampusChange {
  /** Default: `secure`. */
  readonly security?: "secure" | "clear-text";
  /** The reader's cards; default: `wiegand-26`. */
  readonly card?: string;
  /** Default: 0. */
  readonly address?: number;
  /** How often the PD is asked; default: 50. */
  readonly pollMs?: number;
  /** Lines for the `[[access_point]]`, and whole tables. */
  readonly accessPoint?: string;
  readonly tables?: string;
}

const portico = ({ security = "secure", card = "wiegand-26", address = 0, pollMs = 50, accessPoint = "", tables = "" }: OsdpCampusChange): string => `[site]
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
address = ${address}
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
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "line", clock, random: seededRandom(1), baud: 115_200 });
  const pd = virtualPd({ wire: line.far, clock, randomBytes: seededBytes(9), outputs: 2, inputs: 2, ...device });
  pd.setInput(0, true);
  const bench = controllerBench({ toml: portico(change), clock, wireOf: () => line.near });
  const pds = (): Promise<readonly PdRow[]> => bench.ask("GET /v1/osdp/pds");
  const giveKey = (over: string): Promise<PdRow> => bench.ask("POST /v1/osdp/pds/:id/key", { id: "reader" }, { by: "wang", reason: "", over });
  await bench.start();
  return { ...bench, clock, line, pd, pds, giveKey };
}
