import { EVENT_NAMES, type EventName, hexToBytes, isStrictPublicKey, READER_FORMATS } from "@portico/card-protocol";
import { GPIO_BIASES } from "@portico/firmware-ts/gpio";
import { DEVICE_DIALECTS, ISAPI_DOORS_MAX, PUSH_AUTHENTICATIONS } from "@portico/firmware-ts/isapi";
import { UHPPOTE_PORT } from "@portico/firmware-ts/uhppote";
import * as z from "zod";
import { door, doorSchedule, fire, lockdownInput, turnstile, shadow } from "./door-schema.ts";
import { area, interlock } from "./area-schema.ts";
import { authenticationProfile, pin } from "./authentication-schema.ts";
import { ipv4Place } from "./ipv4-place.ts";
import { lift, LIFT_DOORS } from "./lift-schema.ts";
import { kiosk, lock, ttlock } from "./lock-schema.ts";
import { terminal } from "./terminal-schema.ts";
import { beacon, display, keypad } from "./till-schema.ts";
import { guardButton, guardReason, guardStation } from "./guard-schema.ts";
import { printer, releaseStation } from "./printing-schema.ts";
import { choiceOr, isOrigin, isPlain, NAME_TEXT, name, path, whole, wholeOr, yesOr, zoneName } from "./schema-parts.ts";
import { like, wordsOf } from "./schema-words.ts";

/** An Ed25519 public key that the strict checks would take. */
const isUsableKey = (key: string): boolean => isStrictPublicKey(hexToBytes(key)!);

const site = z.strictObject({
  id: like(z.string().regex(/^[a-z0-9-]{1,32}$/, "1 to 32 of a-z, 0-9 and hyphen"), `"demo-campus"`),
  time_zone: like(z.string().refine(isTimeZone, "not a time zone that this computer knows").default("Asia/Shanghai"), `"Asia/Shanghai"`),
  trust_list: like(path().optional(), `"trust-list.cose"`),
  root_keys: like(
    z
      .array(
        like(
          z
            .string()
            .regex(/^[0-9a-f]{64}$/, { error: "64 lower-case hex digits, an Ed25519 public key", abort: true })
            .refine(isUsableKey, "not a point that a key may be"),
          `["<64 hex digits>"]`,
        ),
      )
      .max(16)
      .default([]),
    `["<64 hex digits>"]`,
  ),
  root_version: like(z.int().min(1).max(65_535).default(1), "1"),
  root_threshold: like(z.int().min(1).max(16).optional(), "2"),
});

const controller = z.strictObject({
  id: name("gate-house"),
  data: like(path().optional(), `"."`),
  socket: like(path().optional(), `"controller.sock"`),
});

const clock = z.strictObject({
  trusted_by: choiceOr(["time-frames", "system"], "time-frames"),
  uncertainty_s: wholeOr(0, 300, 1),
});

const cloud = z.strictObject({
  url: like(z.string().refine(isOrigin, "https://host or https://host:port, without a path; http:// to this machine alone"), `"https://cloud.example.edu"`),
  zones: like(z.array(zoneName("east")).min(1).max(16), `["east"]`),
  ca_file: like(path().optional(), `"cloud-ca.pem"`),
  takes_configuration: yesOr(false),
});

const log = z.strictObject({
  max_mib: wholeOr(16, 1_048_576, 1_024),
  keep_free_mib: wholeOr(0, 1_048_576, 128),
});

const retention = z.strictObject({
  event: like(z.enum(EVENT_NAMES as unknown as readonly [EventName, ...EventName[]]), `"AccessGranted"`),
  days: whole(1, 36_500, 180),
});

const isIpv4Place = (text: string): boolean => ipv4Place(text, UHPPOTE_PORT) !== undefined;
const isDevicePlace = (text: string): boolean => ipv4Place(text, 443) !== undefined;
const isIpv4Listener = (text: string): boolean => ipv4Place(text) !== undefined;

const BAUDS = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600] as const;
const wire = z.strictObject({
  id: name("gate-1-scanner"),
  serial: like(path().startsWith("/", "a path that starts with /").optional(), `"/dev/serial/by-id/…"`),
  tcp: like(z.string().refine(isHostAndPort, "host:port, the port from 1 to 65535").optional(), `"127.0.0.1:4001"`),
  baud: like(z.literal(BAUDS).optional(), "115200"),
});

const osdpPd = z.strictObject({
  id: name("library-reader"),
  wire: name("bus-1"),
  address: whole(0, 126, 0),
  security: choiceOr(["secure", "clear-text"], "secure"),
  poll_ms: wholeOr(10, 1000, 50),
});

const isapi = z.strictObject({
  id: name("visitor-gate-2"),
  address: like(z.string().refine(isDevicePlace, "an IPv4 address, with :port where it is not 443, or 80 in clear text"), `"192.168.10.30"`),
  dialect: choiceOr(DEVICE_DIALECTS, "isapi"),
  user: like(z.string().regex(/^[\x21-\x7e]{1,64}$/, "1 to 64 printable characters"), `"portico"`),
  password_file: like(path(), `"visitor-gate-2.password"`),
  security: choiceOr(["tls", "clear-text"], "tls"),
  certificate_file: like(path().optional(), `"visitor-gate-2.pem"`),
  listen: like(z.string().refine(isIpv4Listener, "address:port, an IPv4 address of this computer and a port from 1 to 65535").optional(), `"192.168.10.2:8088"`), // prettier-ignore
  push_authentication: choiceOr(PUSH_AUTHENTICATIONS, "digest"),
});

const scanner = z.strictObject({
  id: name("gate-1-in"),
  wire: like(NAME_TEXT.optional(), `"gate-1-scanner"`),
  pd: like(NAME_TEXT.optional(), `"library-reader"`),
  board: like(NAME_TEXT.optional(), `"library-board"`),
  isapi: like(NAME_TEXT.optional(), `"visitor-gate-2"`),
  reader: like(z.int().min(0).max(7).optional(), "0"),
  door: like(z.int().min(1).max(ISAPI_DOORS_MAX).optional(), "1"),
  direction: like(z.enum(["in", "out"]).optional(), `"in"`),
  confidence_min: like(z.int().min(0).max(100).optional(), "80"),
  terminator: choiceOr(["cr", "lf", "crlf", "any"], "any"),
  gap_ms: wholeOr(5, 2000, 60),
  keypad: like(z.boolean().optional(), "true"),
  card: like(
    z
      .strictObject({
        format: like(z.enum(READER_FORMATS), `"uid-hex"`),
        byte_order: choiceOr(["msb-first", "lsb-first"], "msb-first"),
        facility: like(z.int().min(0).max(65_535).optional(), "17"),
      })
      .optional(),
    `{ format = "uid-hex", byte_order = "msb-first" }`,
  ),
});

const pins = like(z.array(z.int().min(2).max(69)).max(16).optional(), "[8, 9]");
const gpioLine = z.union([z.int().min(0).max(999), z.string().regex(/^[A-Za-z0-9_.-]{1,32}$/, "a line's number or its name")]);
const gpioLines = like(z.array(gpioLine).max(16).optional(), `[17, "GPIO27"]`);
const relayBoard = z.strictObject({
  id: name("gate-1-board"),
  wire: like(NAME_TEXT.optional(), `"gate-1-board"`),
  pd: like(NAME_TEXT.optional(), `"library-reader"`),
  isapi: like(NAME_TEXT.optional(), `"visitor-gate-2"`),
  protocol: like(z.enum(["modbus-rtu", "relay-avr", "firmata", "osdp", "uhppote", "gpio", "isapi"]), `"modbus-rtu"`),
  address: like(z.string().refine(isIpv4Place, "an IPv4 address, with :port where it is not 60000").optional(), `"192.168.10.20"`),
  serial_number: like(z.int().min(1).max(0xffff_ffff).optional(), "423187757"),
  listen: like(z.string().refine(isIpv4Listener, "address:port, an IPv4 address of this computer and a port from 1 to 65535").optional(), `"192.168.10.2:60001"`), // prettier-ignore
  security: like(z.literal("clear-text").optional(), `"clear-text"`),
  unit: like(z.int().min(1).max(247).optional(), "1"),
  relays: like(z.int().min(1).max(64).optional(), "8"),
  inputs: like(z.int().min(0).max(64).optional(), "8"),
  poll_ms: like(z.int().min(10).max(1000).optional(), "50"),
  relay_pins: pins,
  input_pins: pins,
  active_low: like(z.boolean().optional(), "false"),
  chip: like(
    z
      .string()
      .regex(/^gpiochip\d{1,3}$/, "gpiochip with its number")
      .optional(),
    `"gpiochip0"`,
  ),
  relay_lines: gpioLines,
  input_lines: gpioLines,
  bias: like(z.enum(GPIO_BIASES).optional(), `"pull-up"`),
  supervised_pins: pins,
  loop: like(
    z.strictObject({ closed: wholeOr(1, 999, 500), open: wholeOr(1, 999, 667), tolerance: wholeOr(5, 200, 60) }).optional(),
    "{ closed = 500, open = 667, tolerance = 60 }",
  ),
});

const accessPoint = z.strictObject({
  id: name("gate-1-in"),
  scanner: name("gate-1-in"),
  turnstile: like(name("gate-1").optional(), `"gate-1"`),
  door: like(name("library").optional(), `"library"`),
  direction: like(z.enum(["entry", "exit"]).optional(), `"entry"`),
  lift: like(name("lift-1").optional(), `"lift-1"`),
  lift_door: like(z.enum(LIFT_DOORS).optional(), `"front"`),
  guard_station: like(name("gate-house").optional(), `"gate-house"`),
  terminal: like(name("canteen-1").optional(), `"canteen-1"`),
  release_station: like(name("library-release").optional(), `"library-release"`),
  kiosk: like(name("library-1").optional(), `"library-1"`),
  lock: like(name("room-301").optional(), `"room-301"`),
  enters: like(name("reading-room").optional(), `"reading-room"`),
  leaves: like(name("reading-room").optional(), `"reading-room"`),
  authentication_profile: like(name("laboratory").optional(), `"laboratory"`),
  second_person_s: like(z.int().min(3).max(120).optional(), "15"),
  escort_s: like(z.int().min(3).max(120).optional(), "20"),
  capability: like(z.enum(["pass", "ride", "unlock", "print", "pay", "borrow"]).optional(), `"pass"`),
  zone: like(zoneName("east").optional(), `"east"`),
  stale: like(
    z.strictObject({ ok_h: wholeOr(0, 8760, 24), strict_h: wholeOr(0, 8760, 168), essential_h: wholeOr(0, 8760, 720) }).prefault({}),
    `{ ok_h = 24, strict_h = 168, essential_h = 720 }`,
  ),
  replay_group: like(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9./_-]{0,127}$/, "1 to 128 of a-z, 0-9, dot, slash, underscore and hyphen")
      .optional(),
    `"main-gate/entry"`,
  ),
  demand_challenge: yesOr(false),
  challenge_display: like(NAME_TEXT.optional(), `"library-display"`),
  challenge_beacon: like(NAME_TEXT.optional(), `"library-beacon"`),
  enabled: yesOr(true),
  egress: yesOr(false),
  untrusted_clock: like(
    z.strictObject({ qr: choiceOr(["refuse", "emergency"], "refuse"), card: choiceOr(["refuse", "emergency"], "refuse") }).prefault({}),
    `{ qr = "refuse", card = "refuse" }`,
  ),
  indicator: like(
    z
      .strictObject({ board: name("gate-1-board"), granted: whole(0, 255, 4), denied: whole(0, 255, 5), buzzer: like(z.int().min(0).max(255).optional(), "6") })
      .optional(),
    `{ board = "gate-1-board", granted = 4, denied = 5, buzzer = 6 }`,
  ),
});

const many = <S extends z.ZodType>(schema: S, table: string) => like(z.array(schema).default([]), `[[${table}]]`);

/** `portico.toml` as a person writes it, with every default. What the tables mean together is judged in cross-checks.ts. */
export const FILE_SCHEMA = z.strictObject({
  site: like(site, "[site]"),
  controller: like(controller, "[controller]"),
  clock: like(clock.prefault({}), "[clock]"),
  cloud: like(cloud.optional(), "[cloud]"),
  log: like(log.prefault({}), "[log]"),
  retention: many(retention, "retention"),
  wire: many(wire, "wire"),
  osdp_pd: many(osdpPd, "osdp_pd"),
  isapi: many(isapi, "isapi"),
  scanner: many(scanner, "scanner"),
  relay_board: many(relayBoard, "relay_board"),
  keypad: many(keypad, "keypad"),
  display: many(display, "display"),
  beacon: many(beacon, "beacon"),
  door: many(door, "door"),
  turnstile: many(turnstile, "turnstile"),
  lift: many(lift, "lift"),
  door_schedule: many(doorSchedule, "door_schedule"),
  lockdown_input: many(lockdownInput, "lockdown_input"),
  guard_station: many(guardStation, "guard_station"),
  guard_button: many(guardButton, "guard_button"),
  guard_reason: many(guardReason, "guard_reason"),
  terminal: many(terminal, "terminal"),
  printer: many(printer, "printer"),
  release_station: many(releaseStation, "release_station"),
  kiosk: many(kiosk, "kiosk"),
  ttlock: like(ttlock.optional(), "[ttlock]"),
  lock: many(lock, "lock"),
  shadow: like(shadow.prefault({}), "[shadow]"),
  fire: like(fire.prefault({}), "[fire]"),
  interlock: many(interlock, "interlock"),
  area: many(area, "area"),
  pin: like(pin.prefault({}), "[pin]"),
  authentication_profile: many(authenticationProfile, "authentication_profile"),
  access_point: many(accessPoint, "access_point"),
});

/** The file's content behind {@link FILE_SCHEMA}: types and ranges hold, defaults are filled in, references are not followed yet. */
export type FileContent = z.infer<typeof FILE_SCHEMA>;

/** What the file may say, by path. */
export const { keysAt, exampleAt, hasDefault } = wordsOf(FILE_SCHEMA);

/** True for an IANA zone that `Intl` can judge dates in. */
function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** True for `host:port` and `[IPv6]:port`. */
function isHostAndPort(text: string): boolean {
  const port = Number(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):(\d{1,5})$/.exec(text)?.[1] ?? 0);
  return port >= 1 && port <= 65_535 && isPlain(text);
}
