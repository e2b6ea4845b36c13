import { type Command, InvalidArgumentError, Option } from "commander";
import type { AskedBoard, UhppoteEvent, UhppoteReply, UhppoteRequest, UhppoteStatus } from "@portico/firmware-ts/uhppote";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeRows } from "./table.ts";
import { formatOption, noun, verb, wholeNumber } from "./verb.ts";

interface Place {
  readonly address: string;
  readonly port: number;
}

/** The board's own port; a test compares. */
const PORT = 60_000;
const EVENTS = 20;
const FIND_S = 2;
const NOBODY = "check power, network and the number printed on the board: portico device uhppote find";

/** `portico device uhppote`: UHPPOTE UT0311-L0x boards over the network, without a controller. */
export function uhppoteNoun(surroundings: Surroundings): Command {
  return noun(
    "uhppote",
    "UHPPOTE UT0311-L0x boards, asked directly",
    [
      ["portico device uhppote find", "which of them are on the network"],
      ["portico device uhppote show 192.168.10.20 423187757", "how one is set, and what it sees"],
      ["portico device uhppote events 192.168.10.20 423187757", "the newest rows of its own log"],
      ["portico device uhppote clear-cards 192.168.10.20 423187757 --cards 12", "empty its own list of cards, for good"],
    ],
    [findVerb(surroundings), showVerb(surroundings), eventsVerb(surroundings), clearCardsVerb(surroundings)],
  );
}

const placeOf = (text: string): Place => {
  const [, address, port] = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const number = port === undefined ? PORT : Number(port);
  if (address === undefined || address.split(".").some((part) => Number(part) > 255) || number < 1 || number > 65_535)
    throw new InvalidArgumentError("An IPv4 address is wanted, with :port where it is not 60000.");
  return { address, port: number };
};

function findVerb(surroundings: Surroundings): Command {
  const command = verb("find", "call every board that hears it", [
    ["portico device uhppote find", "on this computer's own network"],
    ["portico device uhppote find --address 192.168.10.255", "on another one"],
  ])
    .addOption(
      new Option("--address <address>", "whom to call: an address that is everybody's")
        .default({ address: "255.255.255.255", port: PORT }, "255.255.255.255")
        .argParser(placeOf),
    )
    .addOption(new Option("--wait <seconds>", "how long to listen").default(FIND_S).argParser(wholeNumber(1, 60)))
    .addOption(formatOption());
  return command.action(async ({ address, wait, format }: { readonly address: Place; readonly wait: number; readonly format?: Format }) => {
    const { findUhppotes } = await import("@portico/firmware-ts/uhppote");
    const link = await surroundings.datagrams({ ...address, isBroadcast: true });
    const found = await findUhppotes({ link, after: surroundings.after }, wait * 1000);
    const { trouble } = link;
    await link.close();
    if (found.length === 0)
      throw new Failure(
        EXIT.unreachable,
        trouble === "" ? "no board answers" : trouble,
        address.address,
        "check power and cable; a board that is set to another network needs --address",
      );
    writeRows(
      surroundings.terminal,
      format,
      [
        { heading: "SERIAL NUMBER", cell: (row) => String(row.serialNumber) },
        { heading: "ADDRESS", cell: (row) => row.address },
        { heading: "NETMASK", cell: (row) => row.netmask },
        { heading: "GATEWAY", cell: (row) => row.gateway },
        { heading: "VERSION", cell: (row) => row.version },
      ],
      found.map((board) => ({
        serialNumber: board.serial,
        address: board.address.join("."),
        netmask: board.netmask.join("."),
        gateway: board.gateway.join("."),
        version: board.version,
      })),
    );
  });
}

/** A verb that speaks with one board. */
function boardVerb(
  surroundings: Surroundings,
  command: Command,
  act: (talk: Talk, options: { readonly format?: Format } & Record<string, unknown>) => Promise<void>,
): Command {
  return command
    .argument("<address>", "the board's, with :port where it is not 60000", placeOf)
    .argument("<serial>", "the number printed on it", wholeNumber(1, 0xffff_ffff))
    .addOption(formatOption())
    .action(async (place: Place, serial: number, options: { readonly format?: Format }) => {
      const link = await surroundings.datagrams({ ...place, isBroadcast: false });
      try {
        await act(await talkWith({ link, serial, after: surroundings.after }, `${place.address} ${serial}`), options);
      } finally {
        await link.close();
      }
    });
}

interface Talk {
  readonly on: string;
  /** @throws Failure where nobody answers */
  readonly ask: <const R extends UhppoteRequest>(request: R) => Promise<Extract<UhppoteReply, { readonly kind: R["kind"] }>>;
}

async function talkWith(board: AskedBoard, on: string): Promise<Talk> {
  const { askUhppote } = await import("@portico/firmware-ts/uhppote");
  return {
    on,
    async ask(request) {
      const reply = await askUhppote(board, request);
      if (reply === undefined) throw new Failure(EXIT.unreachable, board.link.trouble === "" ? "no such board answers" : board.link.trouble, on, NOBODY);
      return reply;
    },
  };
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show", "how a board is set, and what it sees", [["portico device uhppote show 192.168.10.20 423187757", "one row a door"]]);
  return boardVerb(surroundings, command, async ({ ask }, { format }) => {
    const { boardTimeText } = await import("@portico/firmware-ts/uhppote");
    const { version } = await ask({ kind: "device" });
    const status = await ask({ kind: "status" });
    const { count } = await ask({ kind: "cards" });
    const listener = await ask({ kind: "listener" });
    const { index } = await ask({ kind: "eventIndex" });
    const doors = [];
    for (const door of [1, 2, 3, 4]) doors.push(doorRow(await ask({ kind: "door", door }), status));
    writeRows(
      surroundings.terminal,
      format,
      [
        { heading: "DOOR", cell: (row) => String(row.door) },
        { heading: "CONTROL", cell: (row) => row.control },
        { heading: "OPENS FOR", cell: (row) => `${row.delayS} s` },
        { heading: "RELAY", cell: (row) => (row.relay ? "on" : "off") },
        { heading: "CONTACT", cell: (row) => (row.open ? "open" : "closed") },
        { heading: "BUTTON", cell: (row) => (row.pressed ? "pressed" : "") },
      ],
      doors,
    );
    const time = status.time === undefined ? "none" : boardTimeText(status.time);
    const sends = listener.port === 0 ? "nobody" : `${listener.address.join(".")}:${listener.port}`;
    surroundings.terminal.err(
      `version ${version}, its clock ${time}, ${count} cards of its own, events sent to ${sends}, log read up to ${index} of ${status.event?.index ?? 0}\n`,
    );
    if (count > 0) surroundings.terminal.err(`next: it lets these cards in without us: portico device uhppote clear-cards … --cards ${count}\n`);
  });
}

const doorRow = (
  { door, control, delayS }: Extract<UhppoteReply, { readonly kind: "door" }>,
  { isEnergized, isOpen, isPressed }: UhppoteStatus,
): { door: number; control: string; delayS: number; relay: boolean; open: boolean; pressed: boolean } => ({
  door,
  control,
  delayS,
  relay: isEnergized[door - 1] === true,
  open: isOpen[door - 1] === true,
  pressed: isPressed[door - 1] === true,
});

function eventsVerb(surroundings: Surroundings): Command {
  const command = verb("events", "the newest rows of a board's own log, oldest first; never a card's number", [
    ["portico device uhppote events 192.168.10.20 423187757", "twenty of them"],
    ["portico device uhppote events 192.168.10.20 423187757 --limit 200", "more"],
  ]).addOption(new Option("--limit <count>", "at most so many").default(EVENTS).argParser(wholeNumber(1, 1000)));
  return boardVerb(surroundings, command, async ({ ask }, { format, limit }) => {
    const { boardTimeText, UHPPOTE_REASONS } = await import("@portico/firmware-ts/uhppote");
    const newest = (await ask({ kind: "status" })).event?.index ?? 0;
    const events: UhppoteEvent[] = [];
    for (let index = Math.max(1, newest - (limit as number) + 1); index <= newest; index++) {
      const { event } = await ask({ kind: "event", index });
      if (typeof event !== "string") events.push(event);
    }
    writeRows(
      surroundings.terminal,
      format,
      [
        { heading: "INDEX", cell: (row) => String(row.index) },
        { heading: "TIME", cell: (row) => row.time },
        { heading: "DOOR", cell: (row) => String(row.door) },
        { heading: "WAY", cell: (row) => row.way },
        { heading: "LET IN", cell: (row) => (row.granted ? "by the board" : "") },
        { heading: "WHY", cell: (row) => row.why },
      ],
      events.map(({ index, time, door, direction, isGranted, type, reason }) => ({
        index,
        time: time === undefined ? "" : boardTimeText(time),
        door,
        way: direction === 2 ? "out" : "in",
        granted: type === 1 && isGranted,
        why: UHPPOTE_REASONS[reason] ?? `reason ${reason}`,
      })),
    );
  });
}

function clearCardsVerb(surroundings: Surroundings): Command {
  const command = verb("clear-cards", "empty a board's own list of cards, for good: from then on a controller alone lets people in", [
    ["portico device uhppote clear-cards 192.168.10.20 423187757 --cards 12", "says no if it has more or fewer than 12"],
  ]).addOption(new Option("--cards <count>", "how many it has, as show tells").makeOptionMandatory().argParser(wholeNumber(0, 1_000_000)));
  return boardVerb(surroundings, command, async ({ ask, on }, { cards }) => {
    const { count } = await ask({ kind: "cards" });
    if (count !== cards) throw new Failure(EXIT.refused, `it has ${count} cards, not ${String(cards)}`, on, "look at it first: portico device uhppote show");
    if (count > 0) {
      const { isDone } = await ask({ kind: "deleteCards" });
      const left = (await ask({ kind: "cards" })).count;
      if (!isDone || left > 0) throw new Failure(EXIT.refused, `it keeps ${left} cards`, on, "switch it off and on, then try again");
    }
    surroundings.terminal.err(`cleared: ${count} cards\n`);
  });
}
