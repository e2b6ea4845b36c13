export * from "./core/discovery/port-finding.ts";
export * from "./core/discovery/port-probes.ts";
export * from "./core/discovery/probe.ts";
export * from "./discovery/scan-port.ts";
export * from "./serial-ports.ts";
