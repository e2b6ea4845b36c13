import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { campusSockets, makeSocketFolder, removeSocketFolder } from "./socket-path.ts";

const LONG = `/campus/${"deep/".repeat(30)}folder`;

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test("sockets stand in the folder of the campus", () => {
  expect(campusSockets("/home/zhang/portico/.portico")).toEqual({
    sim: "/home/zhang/portico/.portico/sim.sock",
    controller: "/home/zhang/portico/.portico/controller.sock",
    controllerOf: expect.any(Function),
    bus: "/home/zhang/portico/.portico/bus.sock",
    isElsewhere: false,
  });
  const { controller, controllerOf } = campusSockets("/home/zhang/portico/.portico");
  expect([controllerOf("gates"), controllerOf("library")]).toEqual([controller, "/home/zhang/portico/.portico/library.sock"]);
});

test("where that path is too long, in a short folder that the path alone names", () => {
  const { sim, controller, isElsewhere } = campusSockets(LONG, ["/tmp"]);
  expect(sim).toMatch(/^\/tmp\/portico-[0-9a-f]{16}\/sim\.sock$/);
  expect({ controller, isElsewhere }).toEqual({ controller: join(dirname(sim), "controller.sock"), isElsewhere: true });
  expect(campusSockets(LONG, ["/tmp"]).sim).toBe(sim);
  expect(campusSockets(`${LONG}2`, ["/tmp"]).sim).not.toBe(sim);
});

test("a path of 107 bytes is short enough, one of 108 is not", () => {
  const name = "/controller.sock";
  const fits = `/${"x".repeat(107 - name.length - 1)}`;
  expect(campusSockets(fits).isElsewhere).toBe(false);
  expect(campusSockets(`${fits}x`, ["/tmp"]).isElsewhere).toBe(true);
  expect(campusSockets(`${fits.slice(0, -1)}ä`, ["/tmp"]).isElsewhere).toBe(true);
});

test("the first temporary folder that is short enough is taken; without one there is nothing to start", () => {
  expect(campusSockets(LONG, [LONG, "/tmp"]).sim).toMatch(/^\/tmp\//);
  expect(() => campusSockets(LONG, [LONG])).toThrow(expect.objectContaining({ name: "SetupError", where: LONG, remedy: expect.stringContaining("--data") }));
});

test("the short folder is this user's alone, and goes when it is empty", () => {
  const sockets = campusSockets(LONG, [temporary()]);
  makeSocketFolder(sockets);
  expect(statSync(dirname(sockets.sim)).mode & 0o777).toBe(0o700);
  makeSocketFolder(sockets);
  removeSocketFolder(sockets);
  expect(existsSync(dirname(sockets.sim))).toBe(false);
});

test("a short folder that others may write to is not trusted", () => {
  const sockets = campusSockets(LONG, [temporary()]);
  mkdirSync(dirname(sockets.sim));
  chmodSync(dirname(sockets.sim), 0o770);
  expect(() => makeSocketFolder(sockets)).toThrow(expect.objectContaining({ name: "SetupError", where: dirname(sockets.sim) }));
});
