import { SetupError } from "@portico/card-protocol";
import { existsSync, linkSync, lstatSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Problem } from "./control-api.ts";
import { type Asked, type ControlAnswers, type LineStream, serveControl } from "./control-server.ts";
import { Refusal } from "./refusal.ts";

let folder: string;
let socket: string;
let closers: (() => unknown)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  socket = join(folder, "controller.sock");
  closers = [];
});
afterEach(async () => {
  for (const close of closers) await close();
  rmSync(folder, { recursive: true });
});

/** Answers to some routes; every other one answers with what it was asked. */
async function served(change: Partial<Record<keyof ControlAnswers, (asked: Asked, onWorking: () => void) => unknown>> = {}): Promise<void> {
  const echo = ({ params, query, body }: Asked): unknown => ({ params, query: Object.fromEntries(query), body: body ?? null });
  const answers = { "GET /v1/status": echo, "GET /v1/doors": echo, "POST /v1/doors/:id/:act": echo, "POST /v1/list/load": echo, ...change };
  const control = await serveControl(socket, answers as unknown as ControlAnswers);
  closers.unshift(() => control.close());
}

interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: unknown;
}

const opened = (method: string, path: string, body?: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asking = request({ socketPath: socket, method, path, agent: false }, resolve);
    asking.on("error", reject);
    asking.end(body);
  });
async function ask(method: string, path: string, body?: string): Promise<Answered> {
  const response = await opened(method, path, body);
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode!, type: response.headers["content-type"], body: JSON.parse(text) as unknown };
}
/** Sends bytes as they are and reads until the server hangs up. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asking = connect(socket, () => asking.write(text));
    let heard = "";
    asking.on("data", (chunk) => (heard += chunk.toString()));
    asking.on("close", () => resolve(heard));
    asking.on("error", reject);
  });

const problem = ({ body }: Answered): Problem => body as Problem;

describe("a route", () => {
  test("is found by method and path, and asked with what stands in path, query and body", async () => {
    await served();
    expect(await ask("POST", "/v1/doors/gate-1%2Fentry/lock-down?a=1&b=%20", '{"by":"王"}')).toEqual({
      status: 200,
      type: "application/json",
      body: { params: { id: "gate-1/entry", act: "lock-down" }, query: { a: "1", b: " " }, body: { by: "王" } },
    });
    expect((await ask("GET", "/v1/status")).body).toEqual({ params: {}, query: {}, body: null });
  });

  test.each(["/", "/v1", "/v1/status/", "/v1/doors/a/b/c", "/v1/doors/%E0%A4%A/lock", "/v1/../v1/status", "//", "//x/v1/status", "*", "/v1/status%3F"])(
    "that is not there is 404: %s",
    async (path) => {
      await served();
      const answer = await ask("GET", path);
      expect([answer.status, answer.type, problem(answer).title]).toEqual([404, "application/problem+json", "There is nothing here"]);
    },
  );

  test("asked by another method is 405 and says which to use", async () => {
    await served();
    const answer = await ask("DELETE", "/v1/status");
    expect([answer.status, problem(answer)]).toEqual([
      405,
      { type: "about:blank", title: "This path does not take that method", status: 405, detail: "DELETE /v1/status", remedy: "Use GET." },
    ]);
  });

  test("that refuses is answered with its problem and its own status", async () => {
    await served({
      "GET /v1/doors": () => {
        throw new Refusal(409, "No", "door library", "Wait.");
      },
    });
    expect(await ask("GET", "/v1/doors")).toEqual({
      status: 409,
      type: "application/problem+json",
      body: { type: "about:blank", title: "No", status: 409, detail: "door library", remedy: "Wait." },
    });
  });

  test("that takes its time is answered when it is done", async () => {
    await served({ "GET /v1/doors": () => Promise.resolve([1, 2]) });
    expect((await ask("GET", "/v1/doors")).body).toEqual([1, 2]);
  });

  test("repeats no more of a long path than a line", async () => {
    await served();
    expect(problem(await ask("GET", `/${"x".repeat(5_000)}`)).detail).toHaveLength(200);
  });
});

describe("a body", () => {
  test.each(["{", "nul", '{"by":', "\u0000"])("that is not JSON is 400: %j", async (body) => {
    await served();
    const answer = await ask("POST", "/v1/list/load", body);
    expect([answer.status, problem(answer).title]).toEqual([400, "The body is not JSON"]);
  });

  test("of 64 KiB is read, one that is larger is 413 and heard, however long it is, and the socket goes on", async () => {
    await served();
    const text = (bytes: number): string => JSON.stringify("x".repeat(bytes - 2));
    expect((await ask("POST", "/v1/list/load", text(65_536))).status).toBe(200);
    for (const bytes of [65_537, 8_000_000]) {
      const answer = await ask("POST", "/v1/list/load", text(bytes));
      expect([answer.status, problem(answer).remedy]).toEqual([413, "Send the path of a folder, not its content."]);
    }
    expect((await ask("GET", "/v1/status")).status).toBe(200);
  });

  test("that its sender breaks off harms nobody", async () => {
    await served();
    const broken = await new Promise<Socket>((resolve) => {
      const asking = connect(socket, () => {
        asking.write('POST /v1/list/load HTTP/1.1\r\nhost: c\r\ncontent-length: 100\r\n\r\n{"by"', () => resolve(asking));
      });
    });
    broken.destroy();
    expect((await ask("GET", "/v1/status")).status).toBe(200);
  });
});

test("whoever waits long for an answer hears every now and then that it is worked on, and then the answer", async () => {
  let finish: (answer: unknown) => void = () => {};
  let goOn = (): void => {};
  await served({
    "POST /v1/list/load": (_, onWorking) => {
      (goOn = onWorking)();
      return new Promise((resolve) => (finish = resolve));
    },
  });
  const heard: number[] = [];
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request({ socketPath: socket, method: "POST", path: "/v1/list/load", agent: false }, resolve);
    asking.on("information", ({ statusCode }) => {
      heard.push(statusCode);
      if (heard.length < 3) goOn();
      else finish({ done: true });
    });
    asking.on("error", reject);
    asking.end("{}");
  });
  let text = "";
  for await (const chunk of response) text += String(chunk);
  expect([heard, response.statusCode, JSON.parse(text)]).toEqual([[102, 102, 102], 200, { done: true }]);
});

test("what is no HTTP is answered and harms nobody", async () => {
  await served();
  expect(await raw("garbage\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  expect(await raw("GET http://[ HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n")).toMatch(/^HTTP\/1.1 404 /);
  expect((await ask("GET", "/v1/status")).status).toBe(200);
});

describe("the socket", () => {
  test("may be opened by owner and group alone, whatever the umask", async () => {
    const umask = process.umask(0);
    closers.push(() => process.umask(umask));
    await served();
    expect([statSync(socket).mode & 0o777, process.umask()]).toEqual([0o660, 0]);
  });

  test("that a crash left behind is removed", async () => {
    const dead = createServer();
    const before = join(folder, "before.sock");
    await new Promise<void>((resolve) => dead.listen(before, resolve));
    linkSync(before, socket); // the server removes its own name alone
    await new Promise<void>((resolve) => dead.close(() => resolve()));
    expect(lstatSync(socket).isSocket()).toBe(true);
    await served();
    expect((await ask("GET", "/v1/status")).status).toBe(200);
  });

  test("on which another controller answers is left alone", async () => {
    await served();
    await expect(serveControl(socket, {} as ControlAnswers)).rejects.toThrow(/another controller answers/);
    expect((await ask("GET", "/v1/status")).status).toBe(200);
  });

  test("is never made in the place of somebody's file", async () => {
    writeFileSync(socket, "the database");
    await expect(serveControl(socket, {} as ControlAnswers)).rejects.toThrow(SetupError);
    expect(existsSync(socket)).toBe(true);
  });

  test("in a folder that is not there is a setup error", async () => {
    await expect(serveControl(join(folder, "nowhere", "controller.sock"), {} as ControlAnswers)).rejects.toThrow(
      /the control socket cannot be opened: listen /,
    );
  });

  test("is gone when it was closed, though somebody still listens", async () => {
    let stopped = 0;
    const control = await serveControl(socket, {
      "GET /v1/events": (): LineStream<unknown> => ({ start: () => () => void stopped++ }),
    } as unknown as ControlAnswers);
    const response = await opened("GET", "/v1/events");
    const hungUp = new Promise<void>((resolve) =>
      response
        .on("close", resolve)
        .on("error", () => {})
        .resume(),
    );
    await control.close();
    await hungUp;
    expect([existsSync(socket), stopped]).toEqual([false, 1]);
  });
});

describe("a stream of lines", () => {
  /** A stream that the test feeds, once it has begun. */
  interface Fed {
    readonly send: (line: unknown) => void;
    readonly end: () => void;
    readonly whenTaken: (callback: () => void) => void;
    readonly stopped: Promise<void>;
  }
  function fed(): { readonly answer: () => LineStream<unknown>; readonly begun: Promise<Fed> } {
    let begin: (stream: Fed) => void = () => {};
    const begun = new Promise<Fed>((resolve) => (begin = resolve));
    return {
      begun,
      answer: () => ({
        start: (send, end, whenTaken = (callback) => callback()) => {
          let stop = (): void => {};
          const stopped = new Promise<void>((resolve) => (stop = resolve));
          begin({ send, end, whenTaken, stopped });
          return stop;
        },
      }),
    };
  }

  test("carries each as it comes, one JSON value a line, and ends when the answer does", async () => {
    const { answer, begun } = fed();
    await served({ "GET /v1/events": answer });
    const response = await opened("GET", "/v1/events");
    expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "application/x-ndjson"]);
    const { send, end, stopped } = await begun;
    send({ seq: 1 });
    const [first] = (await new Promise<Buffer[]>((resolve) => response.once("data", (chunk: Buffer) => resolve([chunk])))) as [Buffer];
    expect(first.toString()).toBe('{"seq":1}\n');
    send({ seq: 2 });
    end();
    let rest = "";
    for await (const chunk of response) rest += String(chunk);
    expect(rest).toBe('{"seq":2}\n');
    await stopped;
  });

  test("stops when its reader goes away", async () => {
    const { answer, begun } = fed();
    await served({ "GET /v1/events": answer });
    const response = await opened("GET", "/v1/events");
    response.on("error", () => {});
    const { send, stopped } = await begun;
    response.destroy();
    await stopped;
    send({ seq: 1 });
    expect((await ask("GET", "/v1/status")).status).toBe(200);
  });

  test("of a reader that does not read is dropped when a megabyte lies there", async () => {
    const { answer, begun } = fed();
    await served({ "GET /v1/events": answer });
    const response = await opened("GET", "/v1/events");
    response.on("error", () => {});
    const { send, stopped } = await begun;
    for (let sent = 0; sent < 1_000; sent++) {
      send("x".repeat(10_000));
      if (sent % 50 === 0) await ask("GET", "/v1/status"); // the loop turns
    }
    await stopped;
    expect(response.destroyed || response.readableAborted || !response.complete).toBe(true);
  });

  test("waits for a reader that is slow, where it asks whether what it sent was taken", async () => {
    const { answer, begun } = fed();
    await served({ "GET /v1/events": answer });
    const response = await opened("GET", "/v1/events");
    const { send, end, whenTaken } = await begun;
    const sentAll = (async () => {
      for (let page = 0; page < 20; page++) {
        for (let line = 0; line < 20; line++) send("x".repeat(10_000));
        await new Promise<void>((resolve) => whenTaken(resolve));
      }
      end();
    })();
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    await sentAll;
    expect(bytes).toBe(400 * 10_003);
  });
});
