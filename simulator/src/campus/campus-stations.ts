import type { Capability, CredentialId, IdentityFormat } from "@portico/card-protocol";

/** What there is on a campus beside lanes and doors. */
export type CampusStation =
  /** A till with a reader, a keypad and a customer display: wires `<id>-reader`, `<id>-keypad`, `<id>-display`. */
  | { readonly kind: "till"; readonly id: string; readonly merchant: string }
  /** A release station at a print queue: wire `<id>-reader`, and the queue on the network. */
  | { readonly kind: "printer"; readonly id: string }
  /** A visitors' gate whose face and ID-card terminal on the network drives its door. */
  | { readonly kind: "visitor-gate"; readonly id: string; readonly password: string }
  /** A barrier on a relay board of its own, whose camera on the network is `<id>-camera`. */
  | { readonly kind: "barrier"; readonly id: string; readonly password: string }
  /** A room whose lock is in reach of its controller's Bluetooth adapter, and a reader before it: wire `<id>`. */
  | RoomStation;

/** The lock of a room, and the reader before it. Lock, reader and access point bear one id. */
export interface RoomStation {
  readonly kind: "room";
  readonly id: string;
  /** Bluetooth's, six bytes in capital hex with colons. */
  readonly address: string;
  /** X25519, 32 bytes: it was made in the lock, and only its public half is on the sticker. */
  readonly secret: Uint8Array;
}

/** A reader of a station. */
export interface StationReader {
  /** The access point. */
  readonly id: string;
  readonly station: CampusStation;
  readonly capability: Capability;
  /** Codes and cards over a wire of its own, or what a device of the network recognises. */
  readonly reads: "codes" | IdentityFormat;
}

/** By what somebody is recognised who shows neither card nor phone. */
export interface CampusIdentity {
  readonly kind: IdentityFormat;
  readonly credential: CredentialId;
  /** The plate, the ID number, or the terminal's reference. */
  readonly text: string;
}

/** A campus, or a part of one, that may have stations. */
interface WithStations {
  readonly stations?: readonly CampusStation[];
}

/** Every reader of the stations. */
export const stationReaders = ({ stations = [] }: WithStations): StationReader[] =>
  stations.flatMap((station): StationReader[] => {
    const { id } = station;
    switch (station.kind) {
      case "till":
        return [{ id: `${id}-reader`, station, capability: "pay", reads: "codes" }];
      case "printer":
        return [{ id: `${id}-reader`, station, capability: "print", reads: "codes" }];
      case "visitor-gate":
        return (["face", "idcard"] as const).map((reads) => ({ id: `${id}-${reads}`, station, capability: "pass", reads }));
      case "barrier":
        return [{ id: `${id}-in`, station, capability: "pass", reads: "plate" }];
      case "room":
        return [{ id, station, capability: "unlock", reads: "codes" }];
    }
    return station satisfies never;
  });

/** The wires of the stations. */
export const stationWires = ({ stations = [] }: WithStations): CampusWire[] =>
  stations.flatMap(({ kind, id }): CampusWire[] => {
    switch (kind) {
      case "till":
        return [
          { id: `${id}-reader`, use: "scanner" },
          { id: `${id}-keypad`, use: "keypad" },
          { id: `${id}-display`, use: "display" },
        ];
      case "printer":
        return [{ id: `${id}-reader`, use: "scanner" }];
      case "visitor-gate":
        return [];
      case "barrier":
        return [{ id, use: "relay-board" }];
      case "room":
        return [{ id, use: "scanner" }];
    }
    return kind satisfies never;
  });

/** What a station has on the network, by the name that its address is asked with; undefined: nothing. */
export function networkDevice({ kind, id }: CampusStation): string | undefined {
  switch (kind) {
    case "till":
    case "room":
      return undefined;
    case "printer":
    case "visitor-gate":
      return id;
    case "barrier":
      return `${id}-camera`;
  }
  return kind satisfies never;
}

/** A wire of the campus; the device at its end has the wire's name. */
export interface CampusWire {
  readonly id: string;
  readonly use: "scanner" | "relay-board" | "keypad" | "display";
}
