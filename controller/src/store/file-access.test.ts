import { SetupError } from "@portico/card-protocol";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { requireAccess } from "./file-access.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  path = join(folder, "controller.db");
  for (const suffix of ["", "-wal", "-shm", "-mark"]) writeFileSync(`${path}${suffix}`, "", { mode: 0o640 });
});

/** What is said where the system answers so for one path. */
function said(of: string, code: string): SetupError {
  try {
    requireAccess(path, (asked) => (asked === of ? code : undefined));
  } catch (error) {
    if (error instanceof SetupError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("files that may be used are used, also where some of them are not there yet", () => {
  requireAccess(path);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  expect(() => requireAccess(path)).not.toThrow();
});

test.each(["", "-wal", "-shm", "-mark"])("a file controller.db%s that belongs to somebody else is named, with whose it is and whose it must be", (suffix) => {
  const of = `${path}${suffix}`;
  const { what, where, remedy } = said(of, "EACCES");
  const { uid, gid } = statSync(of);
  expect(where).toBe(of);
  expect(what).toMatch(new RegExp(`^uid \\d+ may not read and write this \\(EACCES\\): it belongs to uid ${uid}, gid ${gid}, with mode 0640$`));
  expect(remedy).toContain(`chown ${process.getuid?.()}:${process.getgid?.()} ${of}`);
  expect(what + remedy).not.toMatch(/disk/);
});

test("a folder that may not be written to is named too", () => {
  expect(said(folder, "EACCES").where).toBe(folder);
});

test("a disk that is mounted read-only is called that", () => {
  expect(said(path, "EROFS")).toMatchObject({ what: "the disk is mounted read-only", where: path, remedy: expect.stringMatching(/dmesg/) });
});

test("a folder in the place of a file is named", () => {
  rmSync(`${path}-wal`);
  mkdirSync(`${path}-wal`);
  expect(() => requireAccess(path)).toThrow(/this is not a file/);
});
