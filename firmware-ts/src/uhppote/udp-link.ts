import { createSocket, type Socket } from "node:dgram";
import type { Clock } from "@portico/card-protocol";
import { listeners } from "../listeners.ts";
import type { WireState } from "../wire.ts";
import type { BoardListener } from "./board-meeting.ts";
import type { DatagramLink } from "./datagram-link.ts";

export interface UdpLinkOptions {
  readonly clock: Pick<Clock, "after">;
  /** The device's address; a name would be looked up for each datagram. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
  /** The address is everybody's on the network, and anybody may answer. Default: the device's own. */
  readonly isBroadcast?: boolean;
  /** An address of this computer and a port of it, for what the device pushes. */
  readonly listener?: BoardListener | undefined;
}

/** How long what cannot be sent, or a port that another program has, is left alone. */
const OPEN_AGAIN_MS = 1_000;

/** Datagrams to and from one device. A socket takes none but those of the address and port that it asks. */
export function udpLink({ clock, address, port, isBroadcast = false, listener }: UdpLinkOptions): DatagramLink {
  const name = `${address}:${port}`;
  const pushed = listeners<[Uint8Array]>();
  const states = listeners<[WireState]>();
  const sockets = new Set<Socket>();
  const releases = new Set<Promise<void>>();
  let state: WireState = "closed";
  let trouble = "opening";
  let hearing: Socket | undefined;
  let cancelOpening = (): void => {};
  let isClosedForGood = false;
  open();

  function open(): void {
    if (listener === undefined) return become("open", "");
    const place = `${listener.address.join(".")}:${listener.port}`;
    const socket = created();
    hearing = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      release(socket);
      if (hearing === socket)
        lose(error.code === "EADDRINUSE" ? `another program has the port ${place}: name another in listen` : `cannot listen on ${place}: ${error.message}`);
    });
    socket.on("message", (bytes, from) => {
      if (from.address === address && !isClosedForGood) pushed.tell(Uint8Array.from(bytes));
    });
    socket.bind({ address: listener.address.join("."), port: listener.port, exclusive: true }, () => hearing === socket && become("open", ""));
  }

  function created(): Socket {
    const socket = createSocket("udp4");
    sockets.add(socket);
    return socket;
  }

  function release(socket: Socket): void {
    if (!sockets.delete(socket)) return;
    const released = new Promise<void>((resolve) => void socket.close(resolve)).then(() => void releases.delete(released));
    releases.add(released);
  }

  function lose(why: string): void {
    if (isClosedForGood) return;
    if (hearing !== undefined) release(hearing);
    hearing = undefined;
    cancelOpening();
    cancelOpening = clock.after(OPEN_AGAIN_MS, open);
    become("closed", why);
  }

  function become(next: WireState, why: string): void {
    trouble = why;
    if (state === next || isClosedForGood) return;
    state = next;
    states.tell(next);
  }

  return {
    name,
    get state() {
      return state;
    },
    get trouble() {
      return trouble;
    },
    ask(bytes, hear) {
      if (state === "closed") return () => {};
      const socket = created();
      socket.on("error", (error: NodeJS.ErrnoException) => {
        if (!sockets.has(socket)) return;
        release(socket);
        lose(TROUBLE[error.code ?? ""]?.(name) ?? `${name}: ${error.message}`);
      });
      socket.on("message", (answer) => sockets.has(socket) && hear(Uint8Array.from(answer)));
      const send = (): void => void (sockets.has(socket) && socket.send(bytes));
      if (!isBroadcast) socket.connect(port, address, send);
      else
        socket.bind(() => {
          if (!sockets.has(socket)) return;
          socket.setBroadcast(true);
          socket.send(bytes, port, address);
        });
      return () => release(socket);
    },
    onPushed: pushed.add,
    onState: states.add,
    async close() {
      if (!isClosedForGood) {
        cancelOpening();
        trouble = "closed";
        const wasOpen = state === "open";
        state = "closed";
        isClosedForGood = true;
        for (const socket of sockets) release(socket);
        if (wasOpen) states.tell("closed");
      }
      await Promise.all(releases);
    },
  };
}

const TROUBLE: Readonly<Record<string, (at: string) => string>> = {
  ECONNREFUSED: (at) => `nothing listens on ${at}: is the board on, and is this its address?`,
  EHOSTUNREACH: (at) => `${at} cannot be reached: check cable, switch and network address`,
  ENETUNREACH: (at) => `${at} cannot be reached: check cable, switch and network address`,
  ENETDOWN: (at) => `${at} cannot be reached: the network is down`,
};
