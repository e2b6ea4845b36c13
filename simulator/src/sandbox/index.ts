export type { CampusNote, CampusProgramsOptions } from "./campus-options.ts";
export { CampusEnded, type CampusPrograms } from "./campus-programs.ts";
export { WIRE_KINDS, type WireKind } from "./campus-wires.ts";
export { runDevices, startCampus } from "./main.ts";
export * from "./sandbox-api.ts";
export { SandboxClient, SandboxFailure, sandboxHands } from "./sandbox-client.ts";
export { type CampusSockets, campusSockets } from "./socket-path.ts";
export { folderPockets } from "./campus-pockets.ts";
export { accessPointsOf, type CampusAccessPoint } from "../campus/campus.ts";
