import { bytesToHex, CHALLENGE_SHOWN_MS } from "@portico/card-protocol";
import type { Device, RelayBoard, Scanner } from "@portico/firmware-ts";
import { operatorAct } from "./asked.ts";
import type { AccessPointRow, DeviceRow, DeviceTest } from "./control-api.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { Refusal } from "./refusal.ts";
import { openedBy } from "../zones-of.ts";

type WatchedDevice = ControlParts["devices"][number];

/** Scanners, boards, and the readers that they make up. */
export function deviceAnswers({
  devices,
  clock,
  configuration,
  accessPoints,
  freshnessOf,
}: ControlParts): AnswersTo<"GET /v1/devices" | "POST /v1/devices/:id/test" | "GET /v1/access-points" | "POST /v1/access-points/:id/challenge"> {
  return {
    "GET /v1/devices": () => devices.map((each) => deviceRow(each, clock.monotonic())),
    "POST /v1/devices/:id/test": (asked) => {
      operatorAct(asked);
      const { id = "" } = asked.params;
      const found = devices.find(({ device }) => device.id === id);
      if (found === undefined) throw new Refusal(404, "There is no such device", id, `Use one of ${devices.map(({ device }) => device.id).join(", ")}.`);
      return deviceTest(found);
    },
    "GET /v1/access-points": () =>
      configuration.accessPoints.map((point): AccessPointRow => {
        const { id, opens, scanner, enabled, egress, demandChallenge, challengeFace, replayGroup, zone } = point;
        const shown = devices.find(({ device }) => device.id === challengeFace?.id)?.device.health;
        return {
          id,
          opens: openedBy(opens),
          scanner,
          enabled,
          egress,
          demandsChallenge: demandChallenge,
          challengeOn: challengeFace?.id ?? null,
          challengeDark: shown === undefined || shown.kind === "online" ? null : shown.detail,
          replayGroup,
          zone: zone ?? null,
          ...freshnessOf(point),
        };
      }),
    "POST /v1/access-points/:id/challenge": ({ params: { id = "" } }) => {
      const point = accessPoints.find((each) => each.id === id);
      if (point === undefined) throw new Refusal(404, "There is no such access point", id, `Use one of ${accessPoints.map((each) => each.id).join(", ")}.`);
      return { challenge: bytesToHex(point.challenge()), shownMs: CHALLENGE_SHOWN_MS };
    },
  };
}

/** The wires of a board that answers and are not whole. */
function faultsOf(device: Device): string {
  if (!("supervision" in device)) return "";
  const { inputs, supervision } = device as RelayBoard;
  const faulted = Array.from({ length: inputs }, (_, input) => [input, supervision?.fault(input)] as const).filter(([, fault]) => fault !== undefined);
  return faulted.map(([input, fault]) => `input ${input}: ${fault}`).join(", ");
}

function deviceRow({ device, kind, wire, watch }: WatchedDevice, now: number): DeviceRow {
  const { health } = device;
  return {
    id: device.id,
    kind,
    wire,
    health: health.kind,
    detail: health.kind === "online" ? faultsOf(device) : health.detail,
    sinceS: Math.floor((now - watch.since) / 1000),
    counts: kind === "scanner" ? { ...scanCounts(device as Scanner, watch.scans), outages: watch.outages } : { outages: watch.outages },
  };
}

/** `late`: cards that were read while nobody heard the reader, and opened nothing. */
const scanCounts = (scanner: Scanner, scans: number): Record<string, number> => ({
  scans,
  unreadable: scanner.unreadable,
  ...("late" in scanner ? { late: scanner.late as number } : {}),
});

/** Whether the wire is open, the board answers, its inputs are read. Nothing is moved. */
function deviceTest({ device, kind, wire, watch }: WatchedDevice): DeviceTest {
  const { health } = device;
  const isOpen = health.kind === "online" || health.error !== "Disconnected";
  const steps: DeviceTest["steps"][number][] = [
    {
      step: `wire ${wire} is open`,
      passed: isOpen,
      detail: isOpen ? "" : health.detail,
      remedy: "check cable and power; `portico doctor` looks at the serial ports",
    },
  ];
  if (kind === "scanner")
    steps.push({
      step: "something was scanned",
      passed: watch.scans > 0,
      detail: `${watch.scans} scans, ${(device as Scanner).unreadable} unreadable since the start`,
      remedy: "hold any code before it, then test again; unreadable alone: compare baud rate and terminator",
    });
  else if (kind === "relay-board") {
    const board = device as RelayBoard;
    const inputs = Array.from({ length: board.inputs }, (_, input) => board.input(input));
    const closed = inputs.flatMap((state, input) => (state === true ? [input] : []));
    const answers = health.kind === "online";
    steps.push(
      {
        step: "it answers",
        passed: answers,
        detail: answers ? "" : health.detail,
        remedy: "check power, the pair A and B, baud rate and unit number; for Firmata the sketch, on a network address and serial number",
      },
      {
        step: "its inputs are read",
        passed: answers && inputs.every((state) => state !== undefined),
        detail: board.inputs === 0 ? "it has none" : `closed: ${closed.length === 0 ? "none" : closed.join(", ")} of ${board.inputs}`,
        remedy: "compare the number of inputs in portico.toml with the board",
      },
    );
  }
  return { id: device.id, passed: steps.every(({ passed }) => passed), steps };
}
