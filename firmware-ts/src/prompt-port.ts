import { readSync, writeSync } from "node:fs";

/** What is used here of an open port of serialport's own on Unix. Its file is not waited for: what cannot be read or written at once is an error. */
export interface UnixPort {
  /** Null once it is closed. */
  readonly fd: number | null;
  readonly poller: { once(event: "readable", told: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
}

/**
 * The port, from now on read and written within the loop's turn. By itself it hands each read and each write to another thread, and behind each chunk it reads
 * once more in vain: between a scan and a relay these are several waits for a processor. What does not succeed at once it does in its own way.
 *
 * A file that is told readable and has nothing to be read was hung up: then 0 bytes are read, which is the end. By itself the port would ask again without end.
 */
export function promptPort<Port extends UnixPort>(port: Port): Port {
  const [read, write] = [port.read.bind(port), port.write.bind(port)];
  port.read = async (buffer, offset, length) => {
    if (port.fd === null) return read(buffer, offset, length);
    await new Promise<void>((resolve, reject) => port.poller.once("readable", (error) => (error === null ? resolve() : reject(error))));
    try {
      return { buffer, bytesRead: readSync(port.fd, buffer, offset, length, null) };
    } catch {
      return read(buffer, offset, length); // it meets the same trouble, and tells it as the library does
    }
  };
  port.write = (buffer) => {
    const written = writtenAtOnce(port.fd, buffer);
    return written === buffer.length ? Promise.resolve() : write(buffer.subarray(written));
  };
  return port;
}

function writtenAtOnce(fd: number | null, buffer: Buffer): number {
  if (fd === null) return 0;
  try {
    return writeSync(fd, buffer);
  } catch {
    return 0; // full, or hung up: the port's own way waits, or tells it
  }
}
