import { expect, test } from "vitest";
import { places } from "./places.ts";

const INSTALLED = { checkout: undefined, workingFolder: "/home/zhang", env: {} };
const CHECKOUT = { checkout: "/src/portico", workingFolder: "/home/zhang", env: {} };

test("installed, everything has its place in the file system hierarchy", () => {
  expect(places(INSTALLED)).toEqual({
    dataFolder: "/var/lib/portico",
    configurationFile: "/etc/portico/portico.toml",
    socket: "/run/portico/controller.sock",
  });
});

test("in a checkout, everything lives in its .portico folder", () => {
  expect(places(CHECKOUT)).toEqual({
    dataFolder: "/src/portico/.portico",
    configurationFile: "/src/portico/.portico/portico.toml",
    socket: "/src/portico/.portico/controller.sock",
  });
});

test("in a checkout, --data moves the configuration and the socket along", () => {
  expect(places({ ...CHECKOUT, dataOption: "../campus-b" })).toEqual({
    dataFolder: "/home/campus-b",
    configurationFile: "/home/campus-b/portico.toml",
    socket: "/home/campus-b/controller.sock",
  });
});

test("installed, --data moves the data alone", () => {
  expect(places({ ...INSTALLED, dataOption: "/mnt/ssd" })).toMatchObject({ dataFolder: "/mnt/ssd", configurationFile: "/etc/portico/portico.toml" });
});

test.each([
  ["an option", { configOption: "my.toml" }, "/home/zhang/my.toml"],
  ["the environment", { env: { PORTICO_CONFIG: "/etc/other.toml" } }, "/etc/other.toml"],
  ["an option before the environment", { configOption: "/a.toml", env: { PORTICO_CONFIG: "/b.toml" } }, "/a.toml"],
  ["nothing, where the environment is empty", { env: { PORTICO_CONFIG: "" } }, "/etc/portico/portico.toml"],
])("the configuration is named by %s", (_, given, expected) => {
  expect(places({ ...INSTALLED, ...given }).configurationFile).toBe(expected);
});

test("PORTICO_DATA names the data folder", () => {
  expect(places({ ...CHECKOUT, env: { PORTICO_DATA: "/mnt/ssd" } }).socket).toBe("/mnt/ssd/controller.sock");
});
