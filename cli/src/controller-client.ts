import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import type { ControlRoute, ControlRoutes, Problem } from "@portico/controller";
import { EXIT, Failure } from "./failure.ts";

/** The routes that answer with one JSON value. */
export type AskRoute = { [R in ControlRoute]: ControlRoutes[R] extends { readonly answer: unknown } ? R : never }[ControlRoute];
/** The routes that answer with JSON lines. */
export type LinesRoute = Exclude<ControlRoute, AskRoute>;
type Part<R extends ControlRoute, K extends string> = ControlRoutes[R] extends { readonly [P in K]: infer V }
  ? { readonly [P in K]: V }
  : { readonly [P in K]?: never };
/** What a route needs beside its name: each of params, query and body exactly where the table has it. */
export type RequestParts<R extends ControlRoute> = Part<R, "params"> & Part<R, "query"> & Part<R, "body">;
export type AnswerOf<R extends AskRoute> = ControlRoutes[R] extends { readonly answer: infer A } ? A : never;
export type LineOf<R extends LinesRoute> = ControlRoutes[R] extends { readonly lines: infer L } ? L : never;

/** Any request's parts, where the route is no longer known to the compiler. */
interface LooseParts {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: object;
  readonly body?: unknown;
}

/** How long the controller may be silent before it counts as unreachable. While it works on something it says so every second. */
const ANSWER_TIME_MS = 30_000;
const REMEDY = {
  ENOENT: "start the controller: `systemctl start portico`, or `portico controller run` (in a checkout: `npm start`)",
  ECONNREFUSED: "the controller ended without removing its socket: start it anew: `systemctl restart portico`, or `npm start` in a checkout",
  EACCES: "add yourself to the socket's group: `sudo usermod -aG portico $USER`, then log in anew",
} as const satisfies Readonly<Record<string, string>>;

/**
 * Speaks to a running controller over its control socket. Every method fails with a {@link Failure}: 1 where it refused, 2 where it says that the question or a
 * file was wrong, 3 where it is not there.
 */
export class ControllerClient {
  /** Path of the socket. */
  readonly socket: string;
  /** In which zone the controller tells times, where its configuration is known. */
  readonly zone: string | undefined;
  private readonly interrupted: AbortSignal;
  private readonly answerTimeMs: number;

  /** @param interrupted  gives up whatever is being waited for */
  constructor(socket: string, interrupted: AbortSignal, answerTimeMs = ANSWER_TIME_MS, zone?: string) {
    this.socket = socket;
    this.zone = zone;
    this.interrupted = interrupted;
    this.answerTimeMs = answerTimeMs;
  }

  /** Sends one request and reads the whole answer. @param onWorking  called each time the controller says that it works on it */
  async ask<R extends AskRoute>(route: R, parts: RequestParts<R>, onWorking: () => void = () => {}): Promise<AnswerOf<R>> {
    const response = await this.open(route, parts as LooseParts, { timeout: this.answerTimeMs }, onWorking);
    let text = "";
    try {
      for await (const chunk of response) text += chunk as string;
    } catch (error) {
      throw this.unreachable(error);
    }
    return this.parsed(text) as AnswerOf<R>;
  }

  /** The lines of a stream as they come. Ends when the stream does, and quietly when interrupted: a stream is watched until somebody has seen enough. */
  async *lines<R extends LinesRoute>(route: R, parts: RequestParts<R>): AsyncGenerator<LineOf<R>> {
    if (this.interrupted.aborted) return;
    try {
      const response = await this.open(route, parts as LooseParts, {});
      for await (const line of createInterface({ input: response, crlfDelay: Infinity })) if (line !== "") yield this.parsed(line) as LineOf<R>;
      if (!response.complete && !this.interrupted.aborted) throw this.unreachable(new Error("the controller hung up"));
    } catch (error) {
      if (this.interrupted.aborted) return;
      throw error instanceof Failure ? error : this.unreachable(error);
    }
  }

  private open(route: ControlRoute, parts: LooseParts, limits: { readonly timeout?: number }, onWorking = (): void => {}): Promise<IncomingMessage> {
    const [method, path] = route.split(" ") as [string, string];
    const query = new URLSearchParams(Object.entries(parts.query ?? {}).map(([key, value]): [string, string] => [key, String(value)])).toString();
    const target = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(parts.params![key]!)) + (query === "" ? "" : `?${query}`);
    const body = method === "GET" ? undefined : JSON.stringify(parts.body ?? {});
    return new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath: this.socket,
        method,
        path: target,
        headers: body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        signal: this.interrupted,
        ...limits,
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${this.answerTimeMs / 1000} s`)));
      outgoing.on("information", onWorking);
      outgoing.on("error", (error) => reject(this.unreachable(error)));
      outgoing.on("response", (response) => {
        response.setEncoding("utf8");
        if (response.statusCode === 200) resolve(response);
        else this.refusal(response).then(reject, (error: unknown) => reject(this.unreachable(error)));
      });
      outgoing.end(body);
    });
  }

  private async refusal(response: IncomingMessage): Promise<Failure> {
    let text = "";
    for await (const chunk of response) text += chunk as string;
    const problem = this.parsed(text) as Partial<Problem>;
    if (typeof problem.title !== "string") throw new Error(`it answered ${response.statusCode} without saying why`);
    const findings = (problem.problems ?? []).map(
      ({ file, row, column, cause, remedy }) => `${[file, row, column].filter((part) => part !== null).join(":")}: ${cause}; ${remedy}`,
    );
    const status = response.statusCode!;
    const isUsage = status === 400 || status === 422;
    return new Failure(isUsage ? EXIT.usage : EXIT.refused, problem.title, problem.detail ?? "", problem.remedy ?? "", findings);
  }

  private parsed(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new Failure(
        EXIT.unreachable,
        "the socket answers, but not as a Portico controller does",
        this.socket,
        "check --socket; controller and command must be of the same version",
      );
    }
  }

  private unreachable(error: unknown): Failure {
    if (error instanceof Failure) return error;
    if (this.interrupted.aborted)
      return new Failure(EXIT.refused, "interrupted before the controller had answered", this.socket, "look whether it was done: portico event tail");
    const { code, message } = error as NodeJS.ErrnoException;
    const known = code !== undefined && Object.hasOwn(REMEDY, code) ? REMEDY[code as keyof typeof REMEDY] : undefined;
    const what =
      code === "EACCES"
        ? "you may not speak to the controller"
        : known === undefined
          ? `the controller does not answer: ${message}`
          : "the controller is not running";
    return new Failure(EXIT.unreachable, what, this.socket, known ?? "`portico doctor` on the controller names the cause");
  }
}
