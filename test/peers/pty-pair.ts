import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPeer, until } from "./peer-program.ts";

/** Two pseudo-terminals joined by socat: a cable with a serial port at each end. */
export interface PtyPair {
  /** Device files; the names stay the same from one plugging-in to the next. */
  readonly near: string;
  readonly far: string;
  /** Pulls the cable: kills socat, both device files go. */
  unplug(): Promise<void>;
  /** Removes the near device file while its line goes on: an adapter that vanished without a hang-up. */
  vanish(): void;
  /** Plugs a new cable in. */
  plugIn(): Promise<void>;
  /** Unplugs and removes the folder. */
  end(): Promise<void>;
}

/** A plugged-in pair in a folder of its own. */
export async function ptyPair(): Promise<PtyPair> {
  const folder = mkdtempSync(join(tmpdir(), "portico-pty-"));
  const near = join(folder, "near");
  const far = join(folder, "far");
  let unplug = (): Promise<void> => Promise.resolve();

  async function plugIn(): Promise<void> {
    const socat = await startPeer("socat", "socat", [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]);
    unplug = async () => {
      await socat.stop();
      // Killed, socat leaves its links behind; a real device file goes with its device.
      for (const link of [near, far]) rmSync(link, { force: true });
    };
    await until("socat makes its pseudo-terminals", () => existsSync(near) && existsSync(far));
  }

  await plugIn();
  return {
    near,
    far,
    unplug: () => unplug(),
    vanish: () => rmSync(near, { force: true }),
    plugIn,
    async end() {
      await unplug();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
