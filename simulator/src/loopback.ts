import type { Server } from "node:net";

/** Virtual devices and lines are reached from this computer alone. */
export const LOOPBACK = "127.0.0.1";

/** Has a server listen on loopback; port 0 takes any that is free. Resolves with the port, rejects with the system's error. */
export function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, () => {
      server.removeListener("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("the listener has no port"));
      else resolve(address.port);
    });
  });
}
