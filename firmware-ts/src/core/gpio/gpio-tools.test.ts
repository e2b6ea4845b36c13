import fc from "fast-check";
import { expect, test } from "vitest";
import { dialectOf, driveCall, linesCall, readCall, readEdge, readLines, readValues, troubleOf, watchCall } from "./gpio-tools.ts";

const line = (call: { readonly tool: string; readonly args: readonly string[] }): string => [call.tool, ...call.args].join(" ");
const DRIVE = { chip: "gpiochip0", offset: 17, isActive: true, activeLow: true };
const CONTACTS = { chip: "gpiochip0", offsets: [4, 5], bias: "pull-up" } as const;

test("the version tells how the tools are spoken to", () => {
  expect(dialectOf("gpiodetect (libgpiod) v1.6.3\nCopyright (C) 2017-2018 Bartosz Golaszewski\n")).toEqual({ dialect: 1, version: "1.6.3" });
  expect(dialectOf("gpiodetect (libgpiod) v2.2.1\n")).toEqual({ dialect: 2, version: "2.2.1" });
  expect([dialectOf("gpiodetect (libgpiod) v3.0"), dialectOf("busybox"), dialectOf("")]).toEqual([undefined, undefined, undefined]);
});

test.each([
  [driveCall(1, DRIVE), "gpioset --mode=signal --active-low gpiochip0 17=1"],
  [driveCall(2, DRIVE), "gpioset --consumer portico --active-low --chip gpiochip0 17=1"],
  [driveCall(1, { ...DRIVE, activeLow: false, limitMs: 10_250.5 }), "gpioset --mode=time --sec=10 --usec=251000 gpiochip0 17=1"],
  [driveCall(2, { ...DRIVE, isActive: false, limitMs: 700 }), "gpioset --consumer portico --toggle 700ms,0 --active-low --chip gpiochip0 17=0"],
  [readCall(1, CONTACTS), "gpioget --active-low --bias=pull-up gpiochip0 4 5"],
  [readCall(2, { ...CONTACTS, bias: "pull-down" }), "gpioget --numeric --consumer portico --bias=pull-down --chip gpiochip0 4 5"],
  [watchCall(1, CONTACTS), "gpiomon --line-buffered --active-low --bias=pull-up --format=%o %e gpiochip0 4 5"],
  [watchCall(2, CONTACTS), "gpiomon --consumer portico --active-low --bias=pull-up --format=%o %e --debounce-period=5ms --chip gpiochip0 4 5"],
  [linesCall(1, "gpiochip0"), "gpioinfo gpiochip0"],
  [linesCall(2, "gpiochip0"), "gpioinfo --chip gpiochip0"],
])("%j is typed as %s", (call, typed) => {
  expect(line(call)).toBe(typed);
});

test("lines of a chip are read as both versions print them: name, who has it, direction", () => {
  const one = `gpiochip0 - 54 lines:
	line   0:     "ID_SDA"       unused   input  active-high 
	line   4:      unnamed       unused   input  active-high 
	line  17:     "GPIO17"    "gpioset"  output  active-low [used]
	line  18:     "GPIO18"       kernel   input  active-high [used open-drain]
`;
  const two = `gpiochip0 - 54 lines:
	line   0:	"ID_SDA"        	input
	line   4:	unnamed         	input
	line  17:	"GPIO17"        	output active-low consumer=portico
	line  18:	"GPIO18"        	input consumer="w1 bus"
`;
  const rows = [
    { offset: 0, name: "ID_SDA", consumer: undefined, isOutput: false },
    { offset: 4, name: undefined, consumer: undefined, isOutput: false },
  ];
  expect(readLines(one)).toEqual([...rows, { offset: 17, name: "GPIO17", consumer: "gpioset", isOutput: true }, { offset: 18, name: "GPIO18", consumer: "kernel", isOutput: false }]); // prettier-ignore
  expect(readLines(two)).toEqual([...rows, { offset: 17, name: "GPIO17", consumer: "portico", isOutput: true }, { offset: 18, name: "GPIO18", consumer: "w1 bus", isOutput: false }]); // prettier-ignore
});

test("edges and values are read, and nothing else is", () => {
  expect([readEdge(1, "4 1"), readEdge(1, "4 0"), readEdge(2, "5 1"), readEdge(2, "5 2\n")]).toEqual([
    { offset: 4, closed: true },
    { offset: 4, closed: false },
    { offset: 5, closed: true },
    { offset: 5, closed: false },
  ]);
  expect([readEdge(1, "4 2"), readEdge(2, "5 0"), readEdge(1, "event: RISING"), readEdge(2, "")]).toEqual([undefined, undefined, undefined, undefined]);
  expect([readValues("1 0 1\n", 3), readValues("1 0", 3), readValues('"4"=active', 1), readValues("", 1)]).toEqual([
    [true, false, true],
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ["spawn setpriv ENOENT", "no-tool"],
  ["setpriv: failed to execute gpioset: No such file or directory", "no-tool"],
  ["gpioset: cannot find GPIO chip character device 'gpiochip7'", "no-chip"],
  ["gpioinfo: looking up chip gpiochip7: No such file or directory", "no-chip"],
  ["gpioset: error setting the GPIO line values: No such device", "no-chip"],
  ["gpioset: unable to open chip '/dev/gpiochip0': Permission denied", "no-permission"],
  ["gpioset: unable to request lines on chip '/dev/gpiochip0': Device or resource busy", "busy"],
  ["gpioset: error setting the GPIO line values: Device or resource busy", "busy"],
  ["gpioset: offset 99 is out of range on chip 'gpiochip0'", "no-line"],
  ["gpioset: error setting the GPIO line values: Invalid argument", "no-line"],
  ["Segmentation fault", "refused"],
])("%s is %s", (text, trouble) => {
  expect(troubleOf(text)).toBe(trouble);
});

test("whatever a tool prints is read, or is nothing", () => {
  const printed = fc
    .array(fc.oneof(fc.string(), fc.constantFrom("\tline   1:", '\t"GPIO1"', " consumer=", "[used]", " 17 1\n", "0 1", "\n")), { maxLength: 12 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(printed, (text) => {
      expect(readLines(text).every(({ offset }) => Number.isInteger(offset))).toBe(true);
      expect([undefined, true, false]).toContain(readEdge(2, text)?.closed);
      expect(typeof troubleOf(text)).toBe("string");
      void [dialectOf(text), readValues(text, 2)];
    }),
    { numRuns: 200 },
  );
});
