import { Agent, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import type { CampusHands, HeardReport, StationHands } from "../campus/campus-hands.ts";
import { actPath, type AnswerOf, type AskOf, REPORTS_PATH, type DevicesAct, type DevicesProblem } from "./devices-api.ts";

/** An act that was not done. */
export class DevicesFailure extends Error {
  override readonly name = "DevicesFailure";
  /** `unreachable`: no campus runs there. `unknown`: it has no such place. `refused`: it can not. */
  readonly kind: "unreachable" | "unknown" | "refused";
  readonly what: string;
  /** On what. */
  readonly where: string;
  readonly remedy: string;

  constructor(kind: DevicesFailure["kind"], what: string, where: string, remedy: string) {
    super(`${what} (${where})`);
    this.kind = kind;
    this.what = what;
    this.where = where;
    this.remedy = remedy;
  }
}

const NOT_FOUND = 404;
const BAD_REQUEST = 400;

/** Speaks to the devices of a running campus. Every method fails with a {@link DevicesFailure}. */
export class DevicesClient {
  readonly #socket: string;
  readonly #agent = new Agent({ keepAlive: true });

  /** @param socket  path, see `campusSockets` */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Has something done. */
  async ask<A extends DevicesAct>(act: A, body: AskOf<A>): Promise<AnswerOf<A>> {
    const response = await this.#open("POST", actPath(act), JSON.stringify(body));
    return parsed(await this.#textOf(response), this.#socket) as AnswerOf<A>;
  }

  /**
   * Follows what the controller reports. Resolves when the devices will pass on whatever is reported from now on.
   *
   * @param onReport  called for each report until `stopped` is aborted or the campus ends
   */
  async follow(onReport: (report: HeardReport) => void, stopped: AbortSignal): Promise<void> {
    const response = await this.#open("GET", REPORTS_PATH, undefined, stopped);
    const lines = createInterface({ input: response, crlfDelay: Infinity });
    lines.on("line", (line) => onReport(parsed(line, this.#socket) as HeardReport));
    lines.on("error", () => {}); // the campus ended, or nobody wants to know any more
  }

  /** Lets go of the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #open(method: "GET" | "POST", path: string, body: string | undefined, signal?: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath: this.#socket,
        agent: this.#agent,
        method,
        path,
        headers: body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        ...(signal === undefined ? {} : { signal }),
      });
      outgoing.on("error", (error) => reject(this.#unreachable(error)));
      outgoing.on("response", (response) => {
        response.setEncoding("utf8");
        if (response.statusCode === 200) resolve(response);
        else this.#refusal(response).then(reject, reject);
      });
      outgoing.end(body);
    });
  }

  async #refusal(response: IncomingMessage): Promise<DevicesFailure> {
    const { title, detail, remedy } = parsed(await this.#textOf(response), this.#socket) as DevicesProblem;
    const isUnknown = response.statusCode === NOT_FOUND || response.statusCode === BAD_REQUEST;
    return new DevicesFailure(isUnknown ? "unknown" : "refused", title, detail, remedy);
  }

  async #textOf(response: IncomingMessage): Promise<string> {
    let text = "";
    try {
      for await (const chunk of response) text += chunk as string;
    } catch (error) {
      throw this.#unreachable(error as Error);
    }
    return text;
  }

  #unreachable({ message }: Error): DevicesFailure {
    return new DevicesFailure(
      "unreachable",
      `no simulated campus answers: ${message}`,
      this.#socket,
      "start one: `npm start` in a checkout, or `portico sim run`",
    );
  }
}

/** Hands on the devices of another program. What cannot be done, because that program is gone, rejects. */
export function clientHands(client: Pick<DevicesClient, "ask">, onReport: CampusHands["onReport"]): CampusHands {
  return {
    scan: (accessPoint, read, mark) => client.ask("scan", { accessPoint, read, ...(mark === undefined ? {} : { mark }) }),
    push: (lane, direction) => client.ask("push", { lane, direction }),
    tailgate: (lane, direction) => client.ask("tailgate", { lane, direction }),
    pushDoor: (door, openMs) => client.ask("push-door", { door, openMs: Math.round(openMs) }),
    async pressExit(door) {
      await client.ask("press-exit", { door });
    },
    onReport,
  };
}

/** Hands on the stations of another program. */
export const clientStationHands = (client: Pick<DevicesClient, "ask">): StationHands => ({
  enter: (till, amount) => client.ask("enter", { till, amount }),
  display: (till) => client.ask("display", { till }),
  print: (printer, user, pages) => client.ask("print", { printer, user, pages }),
  tray: (printer) => client.ask("tray", { printer }),
  typePin: (room, digits) => client.ask("type-pin", { room, digits }),
  lock: (room) => client.ask("lock", { room }),
});

function parsed(text: string, socket: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DevicesFailure(
      "unreachable",
      "the socket answers, but not as a simulated campus does",
      socket,
      "programs of one campus must be of the same version",
    );
  }
}
