import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";

/** Where a value stands in the file: keys, and indices of arrays counted from 0. */
export type TomlPath = readonly (string | number)[];

/** A TOML file as plain values, with the line of each of them. */
export interface TomlTree {
  readonly value: Readonly<Record<string, unknown>>;
  /** The line, from 1, of the value at this path; for one that is not there, the line of the nearest table around it. */
  lineOf(path: TomlPath): number;
}

/** No configuration needs more; a file that has more may have more than any reader's stack. */
const NESTED_MAX = 32;
const TOO_DEEP = `nested more than ${NESTED_MAX} deep`;

/**
 * Reads TOML 1.0.
 *
 * @returns the tree, or the line and cause of the first mistake in the syntax
 */
export function readTomlTree(
  text: string,
): { readonly ok: true; readonly tree: TomlTree } | { readonly ok: false; readonly line: number; readonly cause: string } {
  const deepLine = lineOfDepth(text);
  if (deepLine !== undefined) return { ok: false, line: deepLine, cause: TOO_DEEP };
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text, { tomlVersion: "1.0.0" });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { ok: false, line: error.lineNumber, cause: `not TOML: ${error.message}` };
  }
  // Assigning it would set a prototype instead of a value: the one key that plain objects cannot hold.
  const prototype = keysOf(program).find((part) => keyName(part) === "__proto__");
  if (prototype !== undefined) return { ok: false, line: prototype.loc.start.line, cause: "no key may be named __proto__" };
  const deep = deepTable(program);
  if (deep !== undefined) return { ok: false, line: deep.loc.start.line, cause: TOO_DEEP };
  const lines = new Map<string, number>([["[]", 1]]);
  const note = (path: TomlPath, node: AST.TOMLNode): void => {
    const key = JSON.stringify(path);
    if (!lines.has(key)) lines.set(key, node.loc.start.line);
  };
  const visitKeyValue = (table: TomlPath, { key, value }: AST.TOMLKeyValue): void => {
    let path = table;
    for (const part of key.keys) {
      path = [...path, keyName(part)];
      note(path, key);
    }
    visitValue(path, value);
  };
  const visitValue = (path: TomlPath, node: AST.TOMLContentNode): void => {
    note(path, node);
    if (node.type === "TOMLInlineTable") for (const entry of node.body) visitKeyValue(path, entry);
    if (node.type === "TOMLArray") node.elements.forEach((element, index) => visitValue([...path, index], element));
  };
  for (const node of program.body[0].body) {
    if (node.type === "TOMLKeyValue") visitKeyValue([], node);
    else {
      for (let length = 1; length <= node.resolvedKey.length; length++) note(node.resolvedKey.slice(0, length), node);
      for (const entry of node.body) visitKeyValue(node.resolvedKey, entry);
    }
  }
  const lineOf = (path: TomlPath): number => lines.get(JSON.stringify(path)) ?? lineOf(path.slice(0, -1));
  return { ok: true, tree: { value: getStaticTOMLValue(program), lineOf } };
}

/** Texts and remarks, which may hold anything; brackets; and line ends. */
const TOKEN = /"""[\s\S]*?(?<!\\)"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[[\]{}\n]/g;

/** The line where brackets are nested too deep to be read at all. */
function lineOfDepth(text: string): number | undefined {
  let line = 1;
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    else line += token.split("\n").length - 1;
    if (depth > NESTED_MAX) return line;
  }
  return undefined;
}

/** What stands too deep by its key, or by that of its table. */
function deepTable(program: AST.TOMLProgram): AST.TOMLNode | undefined {
  const deepEntry = ({ key, value }: AST.TOMLKeyValue, above: number): AST.TOMLNode | undefined => {
    const depth = above + key.keys.length;
    if (depth > NESTED_MAX) return key;
    return value.type === "TOMLInlineTable" ? firstOf(value.body, (entry) => deepEntry(entry, depth)) : undefined;
  };
  return firstOf(program.body[0].body, (node) => {
    if (node.type === "TOMLKeyValue") return deepEntry(node, 0);
    const depth = node.key.keys.length;
    return depth > NESTED_MAX ? node : firstOf(node.body, (entry) => deepEntry(entry, depth));
  });
}

function firstOf<A, B>(all: readonly A[], look: (one: A) => B | undefined): B | undefined {
  for (const one of all) {
    const found = look(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

const keyName = (part: AST.TOMLBare | AST.TOMLQuoted): string => (part.type === "TOMLBare" ? part.name : part.value);

/** Every part of every key of the file. */
function keysOf(program: AST.TOMLProgram): (AST.TOMLBare | AST.TOMLQuoted)[] {
  const ofValue = (node: AST.TOMLContentNode): (AST.TOMLBare | AST.TOMLQuoted)[] => {
    if (node.type === "TOMLInlineTable") return node.body.flatMap(ofKeyValue);
    return node.type === "TOMLArray" ? node.elements.flatMap(ofValue) : [];
  };
  const ofKeyValue = ({ key, value }: AST.TOMLKeyValue): (AST.TOMLBare | AST.TOMLQuoted)[] => [...key.keys, ...ofValue(value)];
  return program.body[0].body.flatMap((node) => (node.type === "TOMLKeyValue" ? ofKeyValue(node) : [...node.key.keys, ...node.body.flatMap(ofKeyValue)]));
}
