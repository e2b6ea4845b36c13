import { createSocket } from "node:dgram";
import { listeners } from "@portico/firmware-ts";
import type { DatagramEnd } from "@portico/firmware-ts/uhppote";

/** The board's side of a real network. */
export interface UdpBoardEnd extends DatagramEnd {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on loopback. @param port  default 0: one that is free */
export function udpBoardEnd(port: number = 0): Promise<UdpBoardEnd> {
  const asked = listeners<[Uint8Array, (bytes: Uint8Array) => void]>();
  const socket = createSocket("udp4");
  let isClosed = false;
  // Whoever asked has hung up: that is theirs to notice.
  const send = (bytes: Uint8Array, toPort: number, address: string): void => void (isClosed || socket.send(bytes, toPort, address, () => {}));
  socket.on("message", (bytes, from) => asked.tell(Uint8Array.from(bytes), (answer) => send(answer, from.port, from.address)));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, "127.0.0.1", () =>
      resolve({
        address: "127.0.0.1",
        port: socket.address().port,
        onAsked: asked.add,
        push: (bytes, address, toPort) => send(bytes, toPort, address.join(".")),
        close() {
          isClosed = true;
          return new Promise((closed) => void socket.close(closed));
        },
      }),
    );
  });
}
