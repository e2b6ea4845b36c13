import { bytesToHex, LOCK_PLATFORMS, type LockPlatform } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { type CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange, timeOrLimit, withReason } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { bringVerb, carryVerb } from "./lock-carry.ts";
import { auditVerb, heldVerb, keysVerb, testVerb } from "./lock-field.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { hexBytes, noun, verb, wholeNumber } from "./verb.ts";

type LockTold = RouteAnswer<"GET /v1/locks/{id}">;
type PersonsLock = RouteAnswer<"GET /v1/persons/{id}/locks">["items"][number];
type StateTold = RouteAnswer<"GET /v1/locks/{id}/states">["items"][number];
interface ReasonOptions extends CloudVerbOptions {
  readonly reason?: string;
}

/** `portico lock`: room locks, and what people have set at them. */
export function lockNoun(surroundings: Surroundings): Command {
  return noun(
    "lock",
    "room locks: where they stand, PINs and fingers, and what the locks say of them",
    [
      ["portico lock put room-301 --public-key <hex> --service dormitory-lock", "the key of its sticker"],
      ["portico lock pin set zhang@example.edu room-301 < pin.txt", "sealed here to the lock: the cloud never sees it"],
      ["portico lock status room-301", "what is wanted, and what the lock has acknowledged or refused"],
    ],
    [listVerb(surroundings), showVerb(surroundings), putVerb(surroundings), removeVerb(surroundings), statusVerb(surroundings), pinNoun(surroundings), fingerNoun(surroundings), heldVerb(surroundings), keysVerb(surroundings), testVerb(surroundings), auditVerb(surroundings), carryVerb(surroundings), bringVerb(surroundings)], // prettier-ignore
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show the room locks, or those of a person", [
    ["portico lock list", "all of them"],
    ["portico lock list --person zhang@example.edu", "which they open, and whether they may set a PIN there"],
  ]).option("--person <person>", "account, phone number or id");
  return cloudVerb(surroundings, command, async (calls, { format, person }: CloudVerbOptions & { readonly person?: string }) => {
    if (person === undefined) {
      const columns: readonly Column<LockTold>[] = [
        { heading: "LOCK", cell: ({ id }) => id },
        { heading: "ZONE", cell: ({ zone }) => zone },
        { heading: "SERVICE", cell: ({ service }) => service },
        { heading: "FINGERS", cell: ({ fingerSlots }) => `${fingerSlots}` },
      ];
      return writeRows(surroundings.terminal, format, columns, (await calls.ask("locks", "GET /v1/locks", {})).items);
    }
    const columns: readonly Column<PersonsLock>[] = [
      { heading: "LOCK", cell: ({ id }) => id },
      { heading: "PIN", cell: ({ pin }) => (pin === null ? "none" : stateText(pin)) },
      { heading: "FINGERS", cell: ({ fingers }) => fingers.filter(({ wanted }) => wanted === "set").map(({ slot }) => `${slot}`).join(" ") || "none" }, // prettier-ignore
      { heading: "MAY SET", cell: ({ refusal }) => refusal ?? "yes" },
    ];
    writeRows(surroundings.terminal, format, columns, await locksOf(calls, (await personMeant(calls, person)).id));
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <lock>", "one room lock", [["portico lock show room-301", "where it stands, and the key that PINs are sealed to"]]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions, id = "") => {
    const lock = await calls.ask(`lock ${id}`, "GET /v1/locks/{id}", { params: { id } });
    writeFacts(surroundings.terminal, format, lockFacts(lock), lock);
  });
}

function putVerb(surroundings: Surroundings): Command {
  const command = verb("put <access-point>", "say that a room lock stands at an access point, or how it is set; another key is another lock", [
    ["portico lock put room-301 --public-key <hex> --service dormitory-lock", "students and staff set PINs there"],
    ["portico lock put office-12 --public-key <hex> --service office-lock --fingers 0", "one without a finger reader"],
    ["portico lock put room-302 --public-key <hex> --platform ttlock", "behind its maker's platform, with the key that portico lock keys shows"],
  ])
    .addOption(new Option("--public-key <hex>", "X25519, of its sticker: 64 hex digits").argParser(hexBytes(32)).makeOptionMandatory())
    .addOption(new Option("--service <id>", "the campus service that says who sets PINs there").default("dormitory-lock"))
    .addOption(new Option("--fingers <count>", "fingers that it holds").argParser(wholeNumber(0, 50)).default(50))
    .addOption(
      new Option("--platform <name>", "the maker's platform that it is behind: what it cannot keep is told to whoever sets a PIN").choices(LOCK_PLATFORMS),
    )
    .addOption(cloudReason(false));
  interface Options extends ReasonOptions {
    readonly platform?: LockPlatform;
    readonly publicKey: Uint8Array;
    readonly service: string;
    readonly fingers: number;
  }
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "") => {
    const body = { publicKey: bytesToHex(options.publicKey), service: options.service, fingerSlots: options.fingers, platform: options.platform ?? null };
    const { value, ...made } = await calls.ask(`lock ${id}`, "PUT /v1/locks/{id}", { params: { id }, body }, withReason(options));
    writeFacts(surroundings.terminal, options.format, lockFacts(value), { ...value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <lock>", "take a room lock away, and every PIN and finger there", [
    ["portico lock remove room-301 --reason 'replaced'", "the access point stays"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: ReasonOptions, id = "") => {
    const { value, ...made } = await calls.ask(`lock ${id}`, "DELETE /v1/locks/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["removed", `lock ${id}`]], { id, value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

function statusVerb(surroundings: Surroundings): Command {
  const command = verb("status <lock>", "what is set at a lock for whom: wanted, acknowledged, or refused and why; never a PIN", [
    ["portico lock status room-301", "by whom and when, and what the lock said"],
  ]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions, id = "") => {
    const { items } = await calls.ask(`lock ${id}`, "GET /v1/locks/{id}/states", { params: { id } });
    const columns: readonly Column<StateTold>[] = [
      { heading: "PERSON", cell: ({ person }) => person },
      { heading: "WHAT", cell: ({ kind, slot }) => (slot === null ? kind : `${kind} ${slot}`) },
      { heading: "VERSION", cell: ({ version }) => `${version}` },
      { heading: "STATE", cell: stateText },
      { heading: "SINCE", cell: ({ changedAt }) => timeOrLimit(changedAt) },
      { heading: "BY", cell: ({ changedBy }) => changedBy },
      { heading: "UNTIL", cell: ({ heldUntil, wanted }) => (wanted === "set" ? timeOrLimit(heldUntil) : "") },
    ];
    writeRows(surroundings.terminal, format, columns, items);
    tellNotKept(surroundings, (await calls.ask(`lock ${id}`, "GET /v1/locks/{id}", { params: { id } })).notKept);
  });
}

/** What a lock behind its maker's platform does not keep: said whenever somebody looks, and before a PIN is set. */
function tellNotKept({ terminal }: Surroundings, notKept: LockTold["notKept"]): void {
  for (const { rule, en } of notKept) terminal.err(`rule ${rule} is not kept at this lock: ${en}\n`);
}

function pinNoun(surroundings: Surroundings): Command {
  return noun(
    "pin",
    "PINs at room locks",
    [["portico lock pin set zhang@example.edu room-301 < pin.txt", "6 to 8 digits"]],
    [pinSetVerb(surroundings), pinEraseVerb(surroundings)],
  );
}

function pinSetVerb(surroundings: Surroundings): Command {
  const command = verb(
    "set <person> <lock>",
    "set or change a person's PIN at a lock; it is read from standard input and sealed here, so that the lock alone can read it",
    [
      ["portico lock pin set zhang@example.edu room-301", "let the person type it, then Enter and Ctrl-D"],
      ["portico lock pin set zhang@example.edu room-301 < pin.txt", "from a file that is then destroyed"],
    ],
  ).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: ReasonOptions, who = "", lock = "") => {
    const { id } = await personMeant(calls, who);
    const [pin = ""] = (await surroundings.input()).split(/\r?\n/);
    if (!/^[0-9]{1,8}$/.test(pin)) throw new Failure(EXIT.usage, "a PIN has 6 to 8 digits", `lock ${lock}`, "type digits alone, one line");
    const { sealing, version, notKept } = await sealingAt(calls, id, lock);
    tellNotKept(surroundings, notKept.filter(({ rule }) => rule === "14.1" || rule === "14.4")); // prettier-ignore
    const { sealPin } = await import("@portico/card-protocol");
    const sealed = bytesToHex(sealPin(sealing.publicKey, { site: sealing.site, lock, holder: sealing.holder, version }, pin, surroundings.randomBytes(32)));
    const parts = { params: { id, lock }, body: { version, sealed } };
    const { value, ...made } = await calls.ask(`PIN of person ${id} at lock ${lock}`, "PUT /v1/persons/{id}/locks/{lock}/pin", parts, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["wanted", `PIN, version ${value.version}`], ["next", "portico lock status tells when the lock has taken it"]], { ...value, ...made }); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

/** What a PIN is sealed with. Where none can be set the cloud is asked all the same: it names rule, contact and case category. */
async function sealingAt(calls: CloudCalls, person: string, lock: string) {
  const own = (await locksOf(calls, person)).find(({ id }) => id === lock);
  const told = own?.sealing ?? undefined;
  if (told !== undefined) {
    const publicKey = hexBytes(32)(told.publicKey);
    return { sealing: { ...told, publicKey }, version: told.version, notKept: own!.notKept };
  }
  const on = `PIN of person ${person} at lock ${lock}`;
  await calls.ask(on, "PUT /v1/persons/{id}/locks/{lock}/pin", { params: { id: person, lock }, body: { version: 1, sealed: "00".repeat(57) } });
  throw new Failure(EXIT.refused, "the person's grant has just changed", on, "ask again");
}

function pinEraseVerb(surroundings: Surroundings): Command {
  const command = verb("erase <person> <lock>", "erase a person's PIN at a lock", [["portico lock pin erase zhang@example.edu room-301 --reason 'forgotten'", "the lock acknowledges it"]]).addOption(cloudReason(false)); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, options: ReasonOptions, who = "", lock = "") => {
    const { id } = await personMeant(calls, who);
    const { value, ...made } = await calls.ask(`PIN of person ${id} at lock ${lock}`, "DELETE /v1/persons/{id}/locks/{lock}/pin", { params: { id, lock } }, withReason(options)); // prettier-ignore
    writeFacts(surroundings.terminal, options.format, [["wanted", "no PIN"]], { person: id, lock, value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

function fingerNoun(surroundings: Surroundings): Command {
  return noun(
    "finger",
    "fingers at room locks: enrolled there, and their templates never leave them",
    [["portico lock finger enrol zhang@example.edu room-301", "then the finger is put on the lock, within ten minutes"]],
    [fingerEnrolVerb(surroundings), fingerEraseVerb(surroundings)],
  );
}

const placeOption = (): Option => new Option("--place <number>", "one of the person's own, as lock status names it").argParser(wholeNumber(0, 49));

function fingerEnrolVerb(surroundings: Surroundings): Command {
  const command = verb("enrol <person> <lock>", "have a lock take a person's finger, who stands in front of it within ten minutes", [
    ["portico lock finger enrol zhang@example.edu room-301", "a new finger, at most five a person"],
    ["portico lock finger enrol zhang@example.edu room-301 --place 2", "that finger anew"],
  ])
    .addOption(placeOption())
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: ReasonOptions & { readonly place?: number }, who = "", lock = "") => {
    const { id } = await personMeant(calls, who);
    const parts = { params: { id, lock }, body: { slot: options.place ?? null } };
    const { value, ...made } = await calls.ask(`finger of person ${id} at lock ${lock}`, "POST /v1/persons/{id}/locks/{lock}/fingers", parts, withReason(options)); // prettier-ignore
    const facts = [["place", `${value.slot}`], ["at the lock before", timeOrLimit(value.enrolUntil)]] as const; // prettier-ignore
    writeFacts(surroundings.terminal, options.format, facts, { ...value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

function fingerEraseVerb(surroundings: Surroundings): Command {
  const command = verb("erase <person> <lock>", "erase a person's finger at a lock", [
    ["portico lock finger erase zhang@example.edu room-301 --place 2", "as lock status names it"],
  ])
    .addOption(placeOption().makeOptionMandatory())
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: ReasonOptions & { readonly place: number }, who = "", lock = "") => {
    const { id } = await personMeant(calls, who);
    const params = { id, lock, slot: options.place };
    const { value, ...made } = await calls.ask(`finger of person ${id} at lock ${lock}`, "DELETE /v1/persons/{id}/locks/{lock}/fingers/{slot}", { params }, withReason(options)); // prettier-ignore
    writeFacts(surroundings.terminal, options.format, [["wanted", `no finger in place ${options.place}`]], { person: id, lock, value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

async function locksOf(calls: CloudCalls, id: string): Promise<PersonsLock[]> {
  return (await calls.ask(`locks of person ${id}`, "GET /v1/persons/{id}/locks", { params: { id } })).items;
}

const lockFacts = ({ id, zone, publicKey, service, fingerSlots, platform, notKept }: LockTold): readonly (readonly [string, string])[] => [
  ["lock", id],
  ["zone", zone],
  ["key", publicKey],
  ["service", service],
  ["fingers", `${fingerSlots}`],
  ...(platform === null ? [] : ([["platform", platform], ...notKept.map(({ rule, en }) => [`not kept, ${rule}`, en] as const)] as const)),
];

/** `set`, `waiting for the lock`, `refused: PinFormat`, `erased with the grant`. */
function stateText({ wanted, state, endedWhy, answer }: StateTold): string {
  if (wanted === "erased") return `${state === "applied" ? "erased" : "to be erased"}${endedWhy === "grant" ? " with the grant" : ""}`;
  if (state === "refused") return `refused: ${answer?.outcome ?? ""}`;
  return state === "applied" ? "set" : "waiting for the lock";
}
