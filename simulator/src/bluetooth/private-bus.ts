import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { type DbusHeader, type DbusMessage, firstDbusText, readDbusMessage, writeDbusBody, writeDbusMessage } from "./dbus-header.ts";

/** A D-Bus message bus in this program: as much of dbus-daemon as BlueZ's clients need, for where there is none. */
export interface PrivateBus {
  /** `unix:path=…`. */
  readonly address: string;
  /** Programs that are connected. */
  readonly clients: number;
  /** What they want to be told of, together. */
  readonly matchRules: number;
  /** Every connection ends, as when the daemon is killed. Others may come. */
  dropAll(): void;
  /** From now on nothing that is sent arrives, and nothing says so; `false` ends that for connections that come. */
  setDeaf(deaf: boolean): void;
  close(): Promise<void>;
}

interface Client {
  readonly name: string;
  readonly socket: Socket;
  readonly rules: Map<string, number>;
}

const BUS = "org.freedesktop.DBus";

/**
 * Listens on a socket. Whoever can reach its path may connect: it has no secret, and nothing beyond tests and simulations belongs on it.
 *
 * @param path  of the socket; it must not exist
 */
export async function privateBus(path: string): Promise<PrivateBus> {
  const clients = new Map<string, Client>();
  const sockets = new Set<Socket>();
  const owners = new Map<string, string>();
  let numbers = 0;
  let serial = 0;
  let isDeaf = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    greet(socket);
  });
  server.listen(path);
  await once(server, "listening");

  /** SASL as far as a client of this machine goes: whoever he says he is, he is. */
  function greet(socket: Socket): void {
    let bytes: Uint8Array = new Uint8Array(0);
    let client: Client | undefined;
    socket.on("data", (chunk: Uint8Array) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (client === undefined) {
        const end = bytes.indexOf(10);
        if (end < 0) return void (bytes.length > 4_096 && socket.destroy());
        const line = Buffer.from(bytes.subarray(0, end)).toString("latin1").replaceAll("\0", "").trim();
        bytes = bytes.subarray(end + 1);
        if (line.startsWith("AUTH EXTERNAL")) socket.write("OK 0123456789abcdef0123456789abcdef\r\n");
        else if (line === "NEGOTIATE_UNIX_FD") socket.write("ERROR\r\n");
        else if (line === "BEGIN") client = joined(socket);
        else socket.write("REJECTED EXTERNAL\r\n");
      }
      for (let read = readDbusMessage(bytes); read !== undefined; read = readDbusMessage(bytes)) {
        if (read === "broken") return void socket.destroy();
        bytes = bytes.subarray(read.length);
        if (!isDeaf) carry(client, read.message);
      }
    });
    socket.on("close", () => void (client !== undefined && left(client)));
  }

  function joined(socket: Socket): Client {
    const client = { name: `:1.${++numbers}`, socket, rules: new Map<string, number>() };
    clients.set(client.name, client);
    return client;
  }

  function left(client: Client): void {
    clients.delete(client.name);
    for (const [name, owner] of owners) if (owner === client.name) changeOwner(name, owner, "");
  }

  function changeOwner(name: string, before: string, after: string): void {
    if (after === "") owners.delete(name);
    else owners.set(name, after);
    const header = { type: "signal", flags: 1, path: "/org/freedesktop/DBus", interface: BUS, member: "NameOwnerChanged", signature: "sss" } as const;
    for (const client of clients.values()) if (client.rules.size > 0) tell(client, header, [name, before, after]);
  }

  function carry(client: Client, { header, body }: DbusMessage): void {
    const sent = { header: { ...header, sender: client.name }, body };
    if (header.destination === BUS) return answer(client, sent);
    if (header.destination === undefined) {
      for (const other of clients.values()) if (wants(other, sent.header)) other.socket.write(writeDbusMessage(sent));
      return;
    }
    const to = clients.get(owners.get(header.destination) ?? header.destination);
    if (to !== undefined) to.socket.write(writeDbusMessage(sent));
    else if (header.type === "call")
      refuse(client, header, "org.freedesktop.DBus.Error.ServiceUnknown", `The name ${header.destination} was not provided by any program`);
  }

  function answer(client: Client, { header, body }: DbusMessage): void {
    const argument = firstDbusText(body) ?? "";
    const reply = (signature: string, values: readonly (string | number)[]): void =>
      tell(client, { type: "reply", flags: 1, replySerial: header.serial, ...(signature === "" ? {} : { signature }) }, values);
    switch (header.member ?? "") {
      case "Hello":
        return reply("s", [client.name]);
      case "AddMatch":
        client.rules.set(argument, (client.rules.get(argument) ?? 0) + 1);
        return reply("", []);
      case "RemoveMatch": {
        const left = (client.rules.get(argument) ?? 0) - 1;
        if (left > 0) client.rules.set(argument, left);
        else client.rules.delete(argument);
        return reply("", []);
      }
      case "RequestName":
        if (owners.has(argument)) return reply("u", [3]);
        changeOwner(argument, "", client.name);
        return reply("u", [1]);
      case "ReleaseName":
        if (owners.get(argument) !== client.name) return reply("u", [3]);
        changeOwner(argument, client.name, "");
        return reply("u", [1]);
      case "GetNameOwner": {
        const owner = owners.get(argument);
        return owner === undefined ? refuse(client, header, `${BUS}.Error.NameHasNoOwner`, `Nobody is called ${argument}`) : reply("s", [owner]);
      }
      default:
        return refuse(client, header, `${BUS}.Error.UnknownMethod`, `No ${header.member ?? "such"} here`);
    }
  }

  const tell = (client: Client, header: Omit<DbusHeader, "serial">, values: readonly (string | number)[]): void =>
    void client.socket.write(writeDbusMessage({ header: { ...header, serial: ++serial, sender: BUS, destination: client.name }, body: writeDbusBody(values) }));
  const refuse = (client: Client, { serial: replySerial }: DbusHeader, errorName: string, detail: string): void =>
    tell(client, { type: "error", flags: 1, replySerial, errorName, signature: "s" }, [detail]);

  return {
    address: `unix:path=${path}`,
    get clients() {
      return clients.size;
    },
    get matchRules() {
      return [...clients.values()].reduce((sum, { rules }) => sum + rules.size, 0);
    },
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
    setDeaf: (deaf) => void (isDeaf = deaf),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(path, { force: true });
    },
  };
}

/** Whether one of its rules is about this signal: type, interface, member and path are looked at, as its clients here ask for them. */
function wants({ rules }: Client, header: DbusHeader): boolean {
  for (const rule of rules.keys()) {
    const asked = Object.fromEntries([...rule.matchAll(/(\w+)='([^']*)'/g)].map(([, key, value]) => [key!, value!]));
    const is = (key: string, value: string | undefined): boolean => asked[key] === undefined || asked[key] === value;
    if (is("type", header.type) && is("interface", header.interface) && is("member", header.member) && is("path", header.path)) return true;
  }
  return false;
}
