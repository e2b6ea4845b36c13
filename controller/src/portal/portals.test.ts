import { afterEach, beforeEach, expect, test } from "vitest";
import type { Configuration } from "../configuration/configuration.ts";
import { PortalRig } from "../rig/portal-rig.ts";
import { rigConfiguration } from "../rig/rig-configuration.ts";
import { buildPortals } from "./portals.ts";

let rig: PortalRig;
beforeEach(() => {
  rig = new PortalRig();
});
afterEach(() => rig.end());

function rows(fires: ReadonlySet<string>): Record<string, { readonly mode: string; readonly lock: string; readonly fire: boolean }> {
  const plain = rigConfiguration({ folder: rig.folder });
  const configuration: Configuration = { ...plain, turnstiles: plain.turnstiles.map((each) => ({ ...each, fire: { board: "gate-1", input: 3 } })) };
  const { operables } = buildPortals(
    configuration,
    { ...rig.parts, onPassed: () => {} },
    { modes: new Map([["gate-1/exit", { mode: "LockedDown", setBy: "person", setAt: null }]]), fires },
  );
  return Object.fromEntries([...operables].map(([id, operable]) => [id, operable.row()]));
}

test("doors and turnstiles begin in their modes, and locked where none was ever set", () => {
  expect(rows(new Set())).toMatchObject({
    library: { mode: "Locked", lock: "Locked", fire: false },
    "gate-1/entry": { mode: "Locked", lock: "Locked", fire: false },
    "gate-1/exit": { mode: "LockedDown", lock: "Locked", fire: false },
  });
});

test("those whose fire loop was open when the controller went down begin free, and no others", () => {
  expect(rows(new Set(["library"]))).toMatchObject({ library: { lock: "Unlocked", fire: true }, "gate-1/entry": { lock: "Locked", fire: false } });
  expect(rows(new Set(["gate-1"]))).toMatchObject({
    library: { lock: "Locked", fire: false },
    "gate-1/entry": { mode: "Locked", lock: "Unlocked", fire: true },
    "gate-1/exit": { mode: "LockedDown", lock: "Unlocked", fire: true },
  });
});
