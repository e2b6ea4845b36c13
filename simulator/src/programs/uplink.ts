import { connect, createServer, type Socket } from "node:net";
import { listening, LOOPBACK } from "../loopback.ts";

/** The line from the controllers to the cloud: a port on loopback behind which the cloud is, until its plug is pulled. */
export interface Uplink {
  /** Chosen by the system; the controllers' configurations name it. */
  readonly port: number;
  readonly isCut: boolean;
  /** Empty while it leads somewhere; else why not. */
  readonly trouble: string;
  /** Where the cloud listens, on loopback; until it is told, connections are refused at the far end. */
  leadTo(port: number): void;
  /** Pulls the plug: every connection breaks, new ones are refused until {@link mend}. */
  cut(): void;
  /** Puts it back at the same port. Rejects when somebody has taken it meanwhile. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 at a free port. Rejects with the system's error when it cannot. */
export async function openUplink(): Promise<Uplink> {
  const sockets = new Set<Socket>();
  let target: number | undefined;
  let plug: "in" | "cut" | "closed" = "in";
  const server = createServer({ noDelay: true }, (near) => {
    if (target === undefined || plug !== "in") return void near.destroy();
    const far = connect({ host: LOOPBACK, port: target, noDelay: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => one.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const port = await listening(server, 0);
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    get isCut() {
      return plug === "cut";
    },
    get trouble() {
      return plug === "cut" ? "the wire is cut" : plug === "closed" ? "closed" : target === undefined ? "no cloud is behind it yet" : "";
    },
    leadTo: (to) => void (target = to),
    cut() {
      if (plug !== "in") return;
      plug = "cut";
      server.close();
      drop();
    },
    async mend() {
      if (plug !== "cut") return;
      await listening(server, port);
      plug = "in";
    },
    close() {
      const wasIn = plug === "in";
      plug = "closed";
      const closed = wasIn ? new Promise<void>((resolve) => server.close(() => resolve())) : Promise.resolve();
      drop();
      return closed;
    },
  };
}
