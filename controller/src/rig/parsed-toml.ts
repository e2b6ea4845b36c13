import { type ConfigurationReading, parseConfiguration } from "../configuration/read-configuration.ts";

/** What a `portico.toml` of this text says, as on a machine that it was installed on. */
export const parsedToml = (text: string): ConfigurationReading =>
  parseConfiguration(new TextEncoder().encode(text), "/etc/portico/portico.toml", { dataFolder: "/var/lib/portico", socket: "/run/portico/controller.sock" });
