import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventExplanation, FloorTrace } from "@portico/controller";
import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { liftBody } from "../src/lift-body.ts";
import { virtualPd } from "../src/osdp/virtual-pd.ts";
import { virtualRelayBoard } from "../src/virtual-relay-board.ts";
import { virtualScanner } from "../src/virtual-scanner.ts";
import { controllerBench } from "./controller-bench.ts";
import { seededBytes } from "./osdp-bench.ts";

const BAUD = 38_400;
const CARD = "04C3E5A7192B3D";
/** The lowest floor is the way out; 2 to 33 hang on a Modbus board, the others on two OSDP modules of one line. */
const FLOORS = Array.from({ length: 63 }, (_, n) => ({
  id: String(n + 2),
  board: n < 32 ? "lower" : n < 48 ? "middle" : "upper",
  relay: n < 32 ? n : (n - 32) % 16,
}));

const PORTICO = `[site]
id = "demo"
[controller]
id = "tower"
data = "data"
socket = "controller.sock"
[clock]
trusted_by = "system"
${["reader", "bus", "line"].map((id) => `[[wire]]\nid = "${id}"\nserial = "/dev/nowhere/${id}"\nbaud = ${BAUD}\n`).join("")}
[[scanner]]
id = "cabin"
wire = "reader"
card = { format = "uid-hex" }
[[relay_board]]
id = "lower"
wire = "bus"
protocol = "modbus-rtu"
relays = 32
${["middle", "upper"].map((id, address) => `[[osdp_pd]]\nid = "${id}-pd"\nwire = "line"\naddress = ${address}\nsecurity = "clear-text"\n[[relay_board]]\nid = "${id}"\npd = "${id}-pd"\nprotocol = "osdp"\nrelays = 16\n`).join("")}
[[lift]]
id = "lift-1"
[[lift.floor]]
id = "1"
always_free = true
${FLOORS.map(({ id, board, relay }) => `[[lift.floor]]\nid = "${id}"\nrelay = { board = "${board}", relay = ${relay} }\n`).join("")}
[[access_point]]
id = "cabin"
scanner = "cabin"
lift = "lift-1"
`;

/** A list in which one card rides everywhere. */
function listFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-list-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = {
    people: "person\nwu",
    credentials: "credential,person,kind",
    cards: `person,number,format\nwu,${CARD},uid-hex`,
    "access-profiles": `profile,access_points,capability,schedule\ntower,${FLOORS.map(({ id }) => `lift-1/${id}`).join(" ")},ride,always`,
    grants: "person,profile\nwu,tower",
    schedules: "schedule,days,start,end",
    "special-days": "group,date",
    calendar: "date,kind",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.csv`), `${text}\n`);
  return folder;
}

test("rule 2.7: one controller drives 64 floors on three modules of two kinds; one that falls silent takes its own floors away and no others", async () => {
  const clock = simulatedClock();
  const wires = Object.fromEntries(
    ["reader", "bus", "line"].map((name, seed) => [name, memoryWirePair({ name, clock, random: seededRandom(seed + 1), baud: BAUD })]),
  );
  const boards = {
    lower: virtualRelayBoard({ wire: wires["bus"]!.far, clock, relays: 32, inputs: 0, answerAfterMs: 5 }),
    middle: virtualPd({ wire: wires["line"]!.far, clock, randomBytes: seededBytes(1), address: 0, outputs: 16, inputs: 0 }),
    upper: virtualPd({ wire: wires["line"]!.far, clock, randomBytes: seededBytes(2), address: 1, outputs: 16, inputs: 0 }),
  };
  const cabin = liftBody(
    [{ floor: "1" }, ...FLOORS.map(({ id, board, relay }) => ({ floor: id, relay: { board: boards[board as keyof typeof boards], relay } }))],
    clock,
  );
  const scanner = virtualScanner({ wire: wires["reader"]!.far, clock, random: seededRandom(9) });
  const controller = controllerBench({ toml: PORTICO, clock, wireOf: (id) => wires[id]!.near });
  await controller.start();
  await clock.pass(1_500);
  await controller.ask("POST /v1/list/load", {}, { folder: listFolder(), by: "wang", reason: "" });

  const { events } = controller;
  void scanner.scan(CARD);
  await clock.until(() => cabin.working().length === 64, 1_000);
  expect(cabin.working()).toHaveLength(64);
  expect(events.findLast(({ name }) => name === "FloorsGranted")?.text).toMatch(
    /^Grant \d+ of cabin opens these floors: 2\.\.64; named by a grant and not open: none\.$/,
  );
  await clock.pass(9_000);
  expect(cabin.working()).toEqual(["1"]);

  boards.upper.setMute(true);
  await clock.pass(12_000);
  void scanner.scan(CARD);
  await clock.pass(500);
  expect(cabin.working()).toHaveLength(49);
  const granted = events.findLast(({ name }) => name === "FloorsGranted")!;
  expect(granted.fields).toMatchObject({ floors: "2..49", refused: "50..64 Other" });
  expect(events.filter(({ name }) => name.startsWith("DoorFault")).map(({ fields }) => fields["device"])).toEqual(["upper"]);
  const { floors } = await controller.ask<EventExplanation>("GET /v1/events/:seq/explain", { seq: String(granted.fields["grantedSeq"]) });
  expect(floors?.filter(({ outcome }: FloorTrace) => outcome === "refused").map(({ floor }: FloorTrace) => floor)).toEqual(
    FLOORS.slice(48).map(({ id }) => `lift-1/${id}`),
  );
  await controller.stop();
  expect(cabin.working()).toEqual(["1"]);
});
