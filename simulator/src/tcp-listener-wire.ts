import { createServer, type Server, type Socket } from "node:net";
import type { Wire, WireState } from "@portico/firmware-ts";

/** The device's end of a TCP wire: a listener on loopback that one controller at a time connects to. */
export interface TcpListenerWire extends Wire {
  /** Chosen by the system. */
  readonly port: number;
  /** Pulls the plug: drops the connection and refuses new ones until {@link mend}. */
  cut(): void;
  mend(): void;
}

/** Listens on 127.0.0.1 at a free port. Rejects with the system's error when it cannot. */
export async function listenTcpWire(name: string): Promise<TcpListenerWire> {
  const byteListeners = new Set<(bytes: Uint8Array) => void>();
  const stateListeners = new Set<(state: WireState) => void>();
  let socket: Socket | undefined;
  let isCut = false;

  const server = createServer({ noDelay: true }, (next) => {
    if (isCut) return void next.destroy();
    socket?.destroy(); // a device has one plug: the newest connection holds it
    socket = next;
    next.on("data", (chunk) => byteListeners.forEach((listener) => listener(Uint8Array.from(chunk))));
    next.on("error", () => next.destroy());
    next.on("close", () => {
      if (socket !== next) return;
      socket = undefined;
      stateListeners.forEach((listener) => listener("closed"));
    });
    stateListeners.forEach((listener) => listener("open"));
  });
  const port = await listening(server);

  return {
    name,
    port,
    get state(): WireState {
      return socket === undefined ? "closed" : "open";
    },
    get trouble() {
      return socket !== undefined ? "" : isCut ? "the wire is cut" : "nobody has connected";
    },
    write(bytes) {
      if (socket === undefined) return false;
      socket.write(bytes);
      return true;
    },
    onBytes(listener) {
      byteListeners.add(listener);
      return () => void byteListeners.delete(listener);
    },
    onState(listener) {
      stateListeners.add(listener);
      return () => void stateListeners.delete(listener);
    },
    cut() {
      isCut = true;
      socket?.destroy();
    },
    mend() {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        socket?.destroy();
        server.close(() => resolve());
      }),
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("the listener has no port"));
      else resolve(address.port);
    });
  });
}
