import type { TrustList } from "@portico/card-protocol";
import type { AccessList } from "./access-list.ts";
import type { AccessPoint } from "./access-point.ts";
import { Areas } from "./areas.ts";
import type { Battery } from "./batteries.ts";
import { buildAccessPoints } from "./build-access-points.ts";
import { type CloudLink, cloudLinkOf, moneyOf } from "./cloud-link.ts";
import { Commissioning } from "./commissioning/commissioning.ts";
import type { AccessPointConfiguration, Configuration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import type { ControlAnswers } from "./control/control-server.ts";
import { controlAnswers } from "./control/control-answers.ts";
import { AGELESS, freshnessNow, trustCourse, worstCourse } from "./core/freshness-course.ts";
import type { DeviceWatch } from "./device-watch.ts";
import { Desks } from "./desks.ts";
import { watchDevices } from "./device-watches.ts";
import { buildHardware, type Hardware, waysOf } from "./hardware.ts";
import { watchOsdp } from "./osdp-watch.ts";
import { Pins } from "./pins.ts";
import { HealthWatch } from "./health-watch.ts";
import { watchInputs } from "./input-watch.ts";
import { type LockDrivers, withLocks } from "./locks/lock-drivers.ts";
import { RoomLocks, type RoomLocksParts } from "./locks/room-locks.ts";
import { LockdownInputs } from "./lockdown-inputs.ts";
import type { BoardById } from "./portal/board-wiring.ts";
import { DoorSchedules } from "./portal/door-schedules.ts";
import { firstPersonDoors, FirstPersons } from "./portal/first-persons.ts";
import { LaneCounting } from "./portal/lane-counting.ts";
import type { PortalParts } from "./portal/portal.ts";
import { buildPortals, type Portals } from "./portal/portals.ts";
import type { Recorder } from "./recorder.ts";
import { Reports } from "./reports.ts";
import { type BegunRun, beginRun } from "./run-start.ts";
import { readControllerKey } from "./store/cloud-keys.ts";
import { checkList } from "./list-check.ts";
import { checkpointsOf, keepingOf } from "./log-parts.ts";
import type { LogKeeping } from "./log-keeping.ts";
import { Shadow } from "./shadow.ts";
import { credentialOfCard } from "./shadow-cards.ts";
import { Site } from "./site.ts";
import { standingBefore } from "./standing-before.ts";
import { lightOf, StandingLight } from "./standing-light.ts";
import { tamperedBefore } from "./store/door-standing.ts";
import { ControllerStore } from "./store/controller-store.ts";
import { TamperWatch } from "./tamper-watch.ts";
import type { StartCause } from "./store/run-record.ts";
import { openedBy } from "./zones-of.ts";

/** More events than any start writes: of each grant that was under way one. */
const START_EVENTS_MAX = 10_000;

type StartedParts = BegunRun & { readonly store: ControllerStore; readonly hardware: Hardware; readonly drivers: LockDrivers };

/** One controller: the access points of a `portico.toml` with everything that they decide by and drive. */
export class Controller {
  /** What the control socket answers. */
  readonly answers: ControlAnswers;
  /** How the last run ended. */
  readonly cause: StartCause;
  readonly #surroundings: ControllerSurroundings;
  readonly #store: ControllerStore;
  readonly #clock: ControllerClock;
  readonly #recorder: Recorder;
  #trustList: TrustList | undefined;
  /** Undefined where lists come from files. */
  readonly #cloud: CloudLink | undefined;
  readonly #log: LogKeeping;
  readonly #hardware: Hardware;
  readonly #portals: Portals;
  readonly #locks: RoomLocks;
  readonly #areas: Areas;
  readonly #desks: Desks;
  readonly #counting: LaneCounting;
  readonly #schedules: DoorSchedules;
  readonly #lockdownInputs: LockdownInputs;
  readonly #unwatchInputs: () => void;
  readonly #health: HealthWatch;
  readonly #site: Site;
  readonly #commissioning: Commissioning;
  readonly #shadow: Shadow;
  readonly #tampers: TamperWatch;
  readonly #firstPersons: FirstPersons;
  readonly #watches: readonly DeviceWatch[];
  readonly #accessPoints: readonly AccessPoint[];
  readonly #reports: Reports;
  readonly #lights: ReadonlyMap<string, StandingLight | undefined>;
  readonly #closing = new AbortController();
  #cancelListCheck = (): void => {};

  /**
   * Starts a controller: what the last run left open is closed in the log before any wire is opened. Scans are judged when it resolves. On a disk that takes
   * nothing it starts too, with recording suspended: nobody is let in, but doors are left and freed for fire.
   *
   * @throws SetupError naming what must be put right first
   */
  static async start(configuration: Configuration, surroundings: ControllerSurroundings): Promise<Controller> {
    const { clock, randomBytes, bootId, onWarning, onFatal } = surroundings;
    const store = ControllerStore.open({
      folder: configuration.controller.dataFolder,
      zone: configuration.site.timeZone,
      clock,
      randomBytes,
      bootId,
      onWarning,
      onSyncFailure: onFatal,
    });
    let begun: BegunRun | undefined;
    try {
      const { clock: time } = (begun = beginRun(configuration, surroundings, store));
      const hardware = await buildHardware(configuration, time, waysOf(surroundings, time), surroundings.randomBytes);
      return new Controller(configuration, surroundings, { store, ...(await withLocks(hardware, configuration, time, surroundings)), ...begun });
    } catch (error) {
      begun?.clock.abandon();
      begun?.recorder.abandon();
      store.close();
      throw error;
    }
  }

  private constructor(configuration: Configuration, surroundings: ControllerSurroundings, parts: StartedParts) {
    const { store, hardware, drivers, clock, recorder, trust, cause, before } = parts;
    this.#surroundings = surroundings;
    this.#store = store;
    this.#hardware = hardware;
    this.#clock = clock;
    this.#recorder = recorder;
    this.#trustList = trust.list;
    this.cause = cause;
    this.#reports = new Reports(surroundings.onReport, clock.eventTime);
    for (const event of store.events.read({ after: before, limit: START_EVENTS_MAX })) this.#reports.event(event);
    store.events.onEvent((event) => this.#reports.event(event));
    this.#lights = new Map(configuration.accessPoints.map((point): [string, StandingLight | undefined] => [point.id, lightOf(point, hardware, clock)]));
    this.#counting = new LaneCounting({ counts: store.laneCounts, clock, recorder, timeZone: configuration.site.timeZone });
    const base = { configuration, store, clock, recorder };
    const board: BoardById = (id) => hardware.boards.get(id)!;
    const standing = store.events.siteStanding();
    const stood = standingBefore(configuration, store, standing);
    const signer = readControllerKey(configuration.controller.dataFolder, surroundings.randomBytes);
    const lightsAt = (door: string) => configuration.accessPoints.flatMap(({ id, opens }) => (openedBy(opens) === door ? [this.#lights.get(id)] : []));
    const told: Pick<PortalParts & RoomLocksParts, "onAct" | "onFeedback" | "onNotOpened"> = {
      onAct: (act) => this.#reports.acted(act),
      onFeedback: (door, feedback) => lightsAt(door).forEach((light) => light?.stand(feedback)),
      onNotOpened: (lock) => lightsAt(lock).forEach((light) => void light?.indicate("AccessDenied")),
    };
    this.#locks = new RoomLocks({ ...base, ...told, drivers, signer, randomBytes: surroundings.randomBytes, before: stood, cloud: () => this.#cloud });
    this.#portals = buildPortals(
      configuration,
      {
        board,
        clock,
        recorder,
        ...told,
        onFire: (door) => this.#site?.burning(door), // a loop that is read open while the doors are being built is told to the site as it begins
        onPassed: (way, tally) => this.#counting.passed(way, tally),
      },
      stood,
      this.#locks.portals,
    );
    this.#lockdownInputs = new LockdownInputs(configuration.lockdownInputs);
    const heldBy = (of: string): string | undefined => this.#lockdownInputs.heldBy(of);
    this.#site = new Site({ configuration, places: this.#portals.places, recorder, clock, before: standing, heldBy });
    const listOf = (point: AccessPointConfiguration): AccessList => this.#cloud?.partsOf(point)?.list ?? store.list;
    const ground = { configuration, hardware, clock, recorder };
    // The configuration is checked: a cloud stands beside a trust list, and a start without one that can be believed is refused.
    const trusted = { trustList: () => this.#trustList!, onTrustList: (list: TrustList) => void (this.#trustList = list) };
    this.#cloud = cloudLinkOf({ ...base, ...trusted, surroundings, signer, operables: this.#portals.operables, site: this.#site });
    const desks = { ...ground, portals: this.#portals, rooms: this.#locks, lights: this.#lights, listOf, store, surroundings };
    this.#desks = new Desks({ ...desks, ...moneyOf(this.#cloud, surroundings, signer) });
    this.#areas = new Areas({ configuration, store, clock, recorder });
    this.#schedules = new DoorSchedules({
      rules: configuration.doorSchedules,
      operables: this.#portals.operables,
      clock,
      sourceOf: (zone) => (zone === undefined ? { list: store.list, isBelieved: () => true } : this.#cloud!.zoneSource(zone)),
      timeZone: configuration.site.timeZone,
      firstPersonAt: (door) => this.#firstPersons.cameAt(door),
    });
    this.#firstPersons = new FirstPersons({
      doorOf: firstPersonDoors(configuration),
      events: store.events,
      clock,
      recorder,
      isAwaited: (door) => this.#schedules.awaitsFirstPerson(door),
      onCame: () => this.#schedules.look(),
    });
    this.#tampers = new TamperWatch({ configuration, board, clock, recorder, before: tamperedBefore(store.database) });
    this.#shadow = new Shadow({
      ...base,
      portals: this.#portals,
      board,
      cardOf: (point, card, format) => credentialOfCard(configuration, point, card, format, (of) => this.#cloud?.partsOf(of) ?? store),
      onChanged: () => this.#schedules.look(),
    });
    this.#log = keepingOf({ ...base, signer });
    this.#watches = watchDevices(hardware.devices, this.#portals.users, clock, recorder);
    this.#unwatchInputs = watchInputs(configuration, hardware.boards, recorder);
    const batteries = (): readonly Battery[] => [...surroundings.batteries(), ...this.#locks.batteries()];
    this.#health = new HealthWatch({ configuration, hardware, watches: this.#watches, clock, recorder, store, batteries, trustList: () => this.#trustList });
    const { operables } = this.#portals;
    this.#commissioning = new Commissioning({ configuration, operables, boards: hardware.boards, store, clock, recorder, signer, bootId: surroundings.bootId });
    watchOsdp(hardware, (event) => this.#recorder.event(event));
    const pins = new Pins({ settings: configuration.pin, pins: store.pins, database: store.database, clock, recorder });
    this.#accessPoints = buildAccessPoints({
      ...base,
      randomBytes: surroundings.randomBytes,
      hardware,
      pins,
      areas: this.#areas,
      firstPersons: this.#firstPersons,
      cloud: this.#cloud,
      trustList: () => this.#trustList,
      portalOf: (target, egress) => this.#desks.portalOf(target, egress),
      lightOf: (id) => this.#lights.get(id),
      onJudged: (judged) => (this.#desks.terminals.judged(judged), this.#reports.judged(judged)),
      onShadow: (decided) => this.#shadow.watch.decided(decided),
    });
    this.answers = controlAnswers({
      ...base,
      version: surroundings.version,
      startedAt: clock.monotonic(),
      trustList: () => this.#trustList,
      listOf,
      feed: () => this.#cloud?.status(),
      takeFeedFile: this.#cloud && ((bytes) => this.#cloud!.takeFile(bytes)),
      freshnessOf: (point) => freshnessNow(worstCourse([trustCourse(this.#trustList?.validUntil), this.#cloud?.courseOf(point) ?? AGELESS]), clock.wall()),
      upload: () => this.#cloud?.uploadStatus(),
      checkpoints: checkpointsOf({ configuration, store, signer }),
      operables,
      devices: hardware.devices.map((wired, index) => ({ ...wired, watch: this.#watches[index]! })),
      osdp: hardware.osdp,
      areas: this.#areas,
      schedules: this.#schedules,
      lanes: this.#portals.lanes,
      counting: this.#counting,
      guards: this.#desks.guards.desks,
      terminals: this.#desks.terminals,
      kiosks: this.#desks.kiosks,
      locks: this.#locks,
      printing: this.#desks.printing,
      pins,
      site: this.#site,
      shadow: this.#shadow,
      tampers: this.#tampers,
      health: this.#health,
      commissioning: this.#commissioning,
      accessPoints: this.#accessPoints,
      readList: surroundings.readList,
      closing: this.#closing.signal,
    });
    this.#cancelListCheck = checkList({ list: store.list, clock: surroundings.clock, dataFolder: configuration.controller.dataFolder, onFatal: surroundings.onFatal }); // prettier-ignore
    for (const part of [this.#cloud, this.#schedules, this.#locks]) part?.start();
    this.#lockdownInputs.start(board, this.#site);
    for (const part of [this.#log, this.#health, this.#shadow.reports, this.#desks.terminals, this.#desks.printing]) part.start();
    if (trust.warning !== undefined) surroundings.onWarning(trust.warning);
    surroundings.onReport({ kind: "started", site: configuration.site.id, controller: configuration.controller.id, accessPoints: configuration.accessPoints.map(({ id }) => id) }); // prettier-ignore
  }

  /** Stops in order: judges nobody any more, asks every output off, records the stop and lets go of everything. */
  async stop(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    for (const point of this.#accessPoints) point.close();
    this.#letGo();
    await this.#hardware.close();
    this.#clock.close();
    this.#recorder.close();
    try {
      this.#store.stop(this.#clock.eventTime());
    } catch (error) {
      this.#surroundings.onWarning(`the stop could not be recorded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Lets go without a word, as a crash does: nothing is recorded any more. What the devices are still told leaves only through wires that are open. */
  abandon(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#store.close();
    for (const point of this.#accessPoints) point.abandon();
    this.#letGo();
    this.#clock.abandon();
    this.#recorder.abandon();
    void this.#hardware.close();
  }

  #letGo(): void {
    this.#cancelListCheck();
    this.#unwatchInputs();
    for (const part of [this.#cloud, this.#log, this.#areas, this.#schedules, this.#lockdownInputs, this.#desks, this.#firstPersons]) part?.close();
    for (const part of [this.#health, this.#shadow, this.#tampers, this.#commissioning, ...this.#watches, ...this.#lights.values()]) part?.close();
    for (const part of [this.#locks, ...this.#portals.users, this.#counting]) part.close();
  }
}
