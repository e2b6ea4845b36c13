import { expect, test } from "vitest";
import { type ExampleWires, exampleConfiguration } from "./example-configuration.ts";
import { parsedToml } from "../rig/parsed-toml.ts";

const WIRES: ExampleWires = { site: "demo", controller: "library", scanner: "/dev/ttyACM0", board: "/dev/ttyUSB0", protocol: "modbus-rtu", rootKeys: [] };
const judge = (text: string): unknown => parsedToml(text);

test.each<Partial<ExampleWires>>([
  {},
  { protocol: "firmata" },
  { protocol: "osdp" },
  { protocol: "relay-avr" },
  { protocol: "uhppote", board: "192.168.10.20", serialNumber: 423_187_757 },
  { protocol: "gpio", board: "gpiochip0" },
  { scanner: "10.0.0.7:4001", board: "[::1]:502" },
  { rootKeys: ["01".repeat(32)] },
  { rootKeys: ["01".repeat(32), "02".repeat(32), "03".repeat(32)], protocol: "firmata" },
])("the example is valid as it stands for %j", (given) => {
  expect(judge(exampleConfiguration({ ...WIRES, ...given }))).toMatchObject({ ok: true, configuration: { site: { id: "demo" }, doors: [{ id: "library" }] } });
});

test("the example stays valid when every commented line is taken in, with the defaults that the comments name", () => {
  for (const protocol of ["modbus-rtu", "relay-avr", "firmata", "osdp", "uhppote", "gpio"] as const) {
    const place = { uhppote: { board: "192.168.10.20", serialNumber: 423_187_757 }, gpio: { board: "gpiochip0" } }[protocol as string] ?? {};
    const text = exampleConfiguration({ ...WIRES, ...place, protocol, rootKeys: ["01".repeat(32)] });
    const taken = text
      .split("\n")
      .map((line) => (/^# (data|socket|fire|card) /.test(line) ? line : line.replace(/^# (?=[a-z_]+ = )/, "")))
      .join("\n");
    expect(taken).not.toBe(text);
    const withHash = (reading: unknown): unknown => ({ ...(reading as { configuration: object }).configuration, hash: "" });
    expect(judge(taken)).toMatchObject({ ok: true });
    expect(withHash(judge(taken))).toEqual(withHash(judge(text)));
  }
});
