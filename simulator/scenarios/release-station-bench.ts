import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  countPagesHere,
  type HeldJobRow,
  type JobOutcomeRow,
  LIST_FILES,
  type PrintReleaseRow,
  type ReleaseStationRow,
  MemoryMoney,
} from "@portico/controller";
import { memoryWirePair, seededRandom, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { postScript } from "../src/post-script.ts";
import { VirtualPrinter } from "../src/virtual-printer.ts";
import { type ControllerBench, controllerBench } from "./controller-bench.ts";

export const ALICE = "a1a2a3a4a5a6a7a8";
export const BOB = "b1b2b3b4b5b6b7b8";
/** A guest with a card, and without a grant to print. */
export const GUEST = "c1c2c3c4c5c6c7c8";
const CARD: Readonly<Record<string, string>> = { [ALICE]: "04C3E5A7192B3D", [BOB]: "04C3E5A7192B3E", [GUEST]: "04C3E5A7192B3F" };
export const SIDE_FEN = 10;
export const STATION = "library-release";

const toml = (onScan: string): string => `
[site]
id = "campus-east"
[controller]
id = "library"
data = "data"
[clock]
trusted_by = "system"
[[wire]]
id = "reader"
serial = "/dev/nowhere/reader"
[[scanner]]
id = "reader"
wire = "reader"
card = { format = "uid-hex", byte_order = "msb-first" }
[[printer]]
id = "library-printer"
uri = "ipp://127.0.0.1:6310/printers/findme"
accounts = "print-accounts.csv"
side_fen = ${SIDE_FEN}
[[release_station]]
id = "${STATION}"
printer = "library-printer"
on_scan = "${onScan}"
[[access_point]]
id = "library-print"
scanner = "reader"
release_station = "${STATION}"
`;

const FILES: Readonly<Record<string, string>> = {
  "people.csv": "person\nalice\nbob\nguest\n",
  "credentials.csv": `credential,person,kind\n${ALICE},alice,card\n${BOB},bob,card\n${GUEST},guest,card\n`,
  "cards.csv": `number,format,credential,person\n${Object.entries(CARD)
    .map(([credential, number]) => `${number},uid-hex,${credential},`)
    .join("\n")}\n`,
  "access-profiles.csv": "profile,access_points,capability,schedule\nprinting,library-print,print,always\n",
  "grants.csv": "person,profile\nalice,printing\nbob,printing\n",
};

/** A release station of a whole controller, on simulated time, at a virtual print server with a printer behind it. */
export interface StationBench extends ControllerBench {
  readonly clock: SimulatedClock;
  readonly printer: VirtualPrinter;
  readonly money: MemoryMoney;
  /** Somebody holds their card to the reader, and time passes until the light is out again. */
  scan(credential: string): Promise<void>;
  /** What a person sends from their desk. */
  send(user: string, pages: number, more?: { readonly copies?: number; readonly isDuplex?: boolean }): number;
  jobs(): Promise<readonly HeldJobRow[]>;
  release(job: number | null): Promise<readonly JobOutcomeRow[]>;
  cancel(job: number): Promise<JobOutcomeRow>;
  station(): Promise<ReleaseStationRow>;
  open(): Promise<readonly PrintReleaseRow[]>;
  /** Of the holder of alice's card. */
  account(): Promise<{ readonly heldFen: number; readonly postedFen: number }>;
  /** Names of the events of printing, each with what it says of the job. */
  told(): readonly string[];
  restart(): Promise<void>;
}

export async function stationBench({ onScan = "list", limitFen }: { readonly onScan?: string; readonly limitFen?: number } = {}): Promise<StationBench> {
  const clock = simulatedClock();
  const wire = memoryWirePair({ name: "reader", clock, random: seededRandom(1) });
  const printer = new VirtualPrinter({ clock });
  const money = new MemoryMoney(limitFen);
  const bench = controllerBench({
    toml: toml(onScan),
    clock,
    wireOf: () => wire.near,
    printing: { openPrinter: () => printer.exchange, countPages: countPagesHere },
    money,
  });
  const lists = join(bench.folder, "lists");
  mkdirSync(lists);
  for (const { file, heading } of LIST_FILES) writeFileSync(join(lists, file), FILES[file] ?? `${heading}\n`);
  writeFileSync(join(bench.folder, "print-accounts.csv"), `account,credential\nalice,${ALICE}\nbob,${BOB}\nalice@connect,${BOB}\n`);
  await bench.start();
  await bench.ask("POST /v1/list/load", {}, { folder: lists, by: "wang", reason: "" });
  const params = { id: STATION };
  return {
    ...bench,
    clock,
    printer,
    money,
    async scan(credential) {
      await clock.pass(4_000);
      wire.far.write(Uint8Array.from(Buffer.from(`${CARD[credential]}\r\n`, "latin1")));
      await clock.pass(200);
    },
    send: (user, pages, more = {}) => printer.send({ user, pages, document: postScript(pages), name: "resignation.pdf", ...more }),
    jobs: () => bench.ask("GET /v1/release-stations/:id/jobs", params),
    release: (job) => bench.ask("POST /v1/release-stations/:id/release", params, { job }),
    cancel: (job) => bench.ask("POST /v1/release-stations/:id/cancel", params, { job }),
    station: async () => (await bench.ask<readonly ReleaseStationRow[]>("GET /v1/release-stations"))[0]!,
    open: () => bench.ask("GET /v1/print-releases"),
    account: async () => money.account(1),
    told: () =>
      bench.events.flatMap(({ name, fields }) =>
        name.startsWith("Print")
          ? [[name, fields["job"], fields["sides"], fields["amountFen"] ?? fields["detail"]].filter((part) => part !== undefined).join(" ")]
          : [],
      ),
    async restart() {
      await bench.stop();
      await bench.start();
    },
  };
}
