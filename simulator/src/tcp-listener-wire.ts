import { createServer, type Socket } from "node:net";
import { listeners, type Wire, type WireState } from "@portico/firmware-ts";
import { listening } from "./loopback.ts";

/** The device's end of a TCP wire: a listener on loopback that one controller at a time connects to. */
export interface TcpListenerWire extends Wire {
  /** Chosen by the system. */
  readonly port: number;
  /** Pulls the plug: drops the connection, and new ones are refused until {@link mend}. */
  cut(): void;
  /** Puts the plug back at the same port. Rejects when somebody has taken it meanwhile. */
  mend(): Promise<void>;
}

/** Listens on 127.0.0.1 at a free port. Rejects with the system's error when it cannot. */
export async function listenTcpWire(name: string): Promise<TcpListenerWire> {
  const bytes = listeners<[Uint8Array]>();
  const states = listeners<[WireState]>();
  let socket: Socket | undefined;
  let plug: "in" | "cut" | "closed" = "in";
  const server = createServer({ noDelay: true }, take);
  const port = await listening(server, 0);

  /** A device has one plug: the newest connection holds it. */
  function take(next: Socket): void {
    if (plug !== "in") return void next.destroy();
    drop();
    socket = next;
    next.on("data", (chunk) => void (socket === next && bytes.tell(Uint8Array.from(chunk))));
    next.on("error", () => next.destroy());
    next.on("close", () => void (socket === next && drop()));
    states.tell("open");
  }

  /** What an old connection still says does not count. */
  function drop(): void {
    if (socket === undefined) return;
    const old = socket;
    socket = undefined;
    old.destroy();
    states.tell("closed");
  }

  const isClosed = (): boolean => plug === "closed";

  return {
    name,
    port,
    get state(): WireState {
      return socket === undefined ? "closed" : "open";
    },
    get trouble() {
      if (socket !== undefined) return "";
      return { in: "nobody has connected", cut: "the wire is cut", closed: "closed" }[plug];
    },
    write(chunk) {
      if (socket === undefined) return false;
      socket.write(chunk);
      return true;
    },
    onBytes: bytes.add,
    onState: states.add,
    cut() {
      if (plug !== "in") return;
      plug = "cut";
      drop();
      server.close();
    },
    async mend() {
      if (plug !== "cut") return;
      await listening(server, port);
      if (isClosed()) server.close();
      else plug = "in";
    },
    close() {
      const wasIn = plug === "in";
      plug = "closed";
      drop();
      return wasIn ? new Promise((resolve) => server.close(() => resolve())) : Promise.resolve();
    },
  };
}
