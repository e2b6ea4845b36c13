import type { ControllerReport } from "@portico/controller";

/** What a controller says of something that was no pass. */
export const judgedReport = (accessPoint = "gate-1-in"): ControllerReport => ({
  kind: "judged",
  shadow: false,
  accessPoint,
  atMs: null,
  presentation: null,
  credential: null,
  outcome: "denied",
  accessProfile: null,
  reason: "PassMalformed",
  detail: "",
  seq: null,
  phoneClockOffsetS: null,
});
