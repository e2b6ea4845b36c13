import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { monotonicMs, type MonotonicMs, SetupError } from "@portico/card-protocol";
import { afterPowerLoss, type LockMemory } from "./lock-memory.ts";

/** It holds PINs in clear, as a lock's own memory does. */
const PRIVATE_FILE = 0o600;

/**
 * What a lock remembers, in a file: the lock of a room is the same tomorrow.
 *
 * @returns what it remembers from the last time, as behind a loss of power; undefined: it comes out of its box
 * @throws SetupError  the file is not one that was kept here
 */
export function readKeptMemory(file: string, now: MonotonicMs): LockMemory | undefined {
  if (!existsSync(file)) return undefined;
  const kept = unpacked(readFileSync(file));
  if (kept === undefined)
    throw new SetupError("this is not what a simulated lock remembers", file, "remove it: the lock is then one that comes out of its box");
  // Times of another run mean nothing in this one; how often somebody was wrong does.
  const open = { closedUntil: monotonicMs(0) };
  const { keypad, newPins, strangers } = kept;
  const anew = { ...kept, keypad: { ...keypad, ...open }, newPins: { ...newPins, ...open }, strangers: { ...strangers, ...open } };
  return afterPowerLoss(anew, now);
}

/** Keeps it: whole or not at all, and nobody waits for a disk, since a lock's flash is not what is simulated here. @throws the system's error */
export function keepMemory(file: string, memory: LockMemory): void {
  const next = `${file}.next`;
  rmSync(next, { force: true }); // one that was left behind would keep its own mode
  writeFileSync(next, serialize(memory), { mode: PRIVATE_FILE });
  renameSync(next, file);
}

function unpacked(bytes: Buffer): LockMemory | undefined {
  try {
    const kept = deserialize(bytes) as Partial<LockMemory> | null;
    return Array.isArray(kept?.audit) && kept.pins instanceof Map ? (kept as LockMemory) : undefined;
  } catch {
    return undefined;
  }
}
