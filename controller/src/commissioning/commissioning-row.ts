import { createHash } from "node:crypto";
import type { CommissioningProtocol, ProtocolPart, ProtocolStep } from "@portico/card-protocol";
import type { CommissioningRow } from "../control/commissioning-rows.ts";
import { changedParts } from "./configuration-parts.ts";
import type { Commissionable } from "./step-plan.ts";

/** A door with the newest protocol of it. */
export interface SignedStanding {
  readonly of: Commissionable;
  /** What it hangs on now. */
  readonly parts: readonly ProtocolPart[];
  /** As kept; `said` is undefined where this controller's key has not signed it. */
  readonly protocol: { readonly record: Uint8Array; readonly said: CommissioningProtocol | undefined } | undefined;
}

/** Whether a door is commissioned as it is configured now, and why not. */
export function rowOf({ of, parts, protocol }: SignedStanding, isUnderWay: boolean): CommissioningRow {
  const said = protocol?.said;
  return {
    door: of.id,
    kind: of.kind,
    ...standingOf(protocol, parts),
    by: said?.by ?? null,
    at: said?.ended ?? null,
    protocol: protocol === undefined ? null : sha256(protocol.record),
    isUnderWay,
  };
}

function standingOf(protocol: SignedStanding["protocol"], parts: readonly ProtocolPart[]): Pick<CommissioningRow, "state" | "why"> {
  if (protocol === undefined) return { state: "never", why: "" };
  const { said } = protocol;
  if (said === undefined) return { state: "never", why: "its protocol is not signed by this controller's key" };
  const failed = named(said.steps, "failed");
  if (said.outcome === "failed") return { state: "failed", why: failed };
  const missing = [named(said.steps, "open"), named(said.steps, "skipped")].filter((text) => text !== "").join("; ");
  if (said.outcome === "incomplete") return { state: "incomplete", why: missing };
  const changed = changedParts(said.parts, parts);
  return changed.length > 0 ? { state: "changed", why: changed.join(", ") } : { state: "commissioned", why: missing };
}

function named(steps: readonly ProtocolStep[], of: ProtocolStep["outcome"]): string {
  const found = steps.filter(({ outcome }) => outcome === of).map(({ step, remark }) => (remark === "" ? step : `${step} (${remark})`));
  return found.length === 0 ? "" : `${TOLD[of]}: ${found.join(", ")}`;
}
const TOLD: Readonly<Record<ProtocolStep["outcome"], string>> = { open: "not done", passed: "passed", failed: "failed", skipped: "left out" };

/** Lower-case hex. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
