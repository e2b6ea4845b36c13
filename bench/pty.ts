import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";

/** One pseudo-terminal: a program opens it as its serial port, and this one is the device at the other end. */
export interface Pty {
  /** What the program opens. */
  readonly path: string;
  /** Hands bytes to the kernel, at once. */
  write(bytes: Uint8Array): void;
  /** Listener for what the program wrote. One at most. */
  onBytes(listener: (bytes: Uint8Array) => void): void;
  close(): void;
}

/**
 * Unlocks the other end of the terminal that is its standard input, tells the number of that end, and makes it pass every byte as it is. Node calls no ioctl, and
 * these two programs are on every Debian. Source: ioctl_tty(2), TIOCSPTLCK and TIOCGPTN; the same numbers on x86 and ARM.
 */
const UNLOCK = `perl -e 'my $n = pack("i", 0); ioctl(STDIN, 0x40045431, $n) && ioctl(STDIN, 0x80045430, $n) or die "$!\\n"; print unpack("i", $n)' && stty raw -echo`;
const OPEN = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;

/** @throws Error where the system has no such terminals, or perl or stty is missing */
export function openPty(): Pty {
  const end = openSync("/dev/ptmx", OPEN);
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", UNLOCK], { stdio: [end, "pipe", "pipe"], encoding: "utf8" });
  if (status !== 0) throw new Error(`no pseudo-terminal could be made, which takes Linux, perl and stty: ${stderr.trim()}`);
  const path = `/dev/pts/${stdout}`;
  // While nobody has the far end open, reading this one is an error: the program may come later than we, and go before.
  const kept = openSync(path, OPEN);
  const stream = new ReadStream(end);
  return {
    path,
    write: (bytes) => void writeSync(end, bytes),
    onBytes: (listener) => void stream.on("data", listener),
    close() {
      stream.destroy();
      closeSync(kept);
    },
  };
}
