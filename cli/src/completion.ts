import { Argument, type Command, type Option } from "commander";
import type { Surroundings } from "./surroundings.ts";
import { verb } from "./verb.ts";

/** The shells that a completion script can be printed for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** What is typed behind an option, or as an argument: one of some words, a path, or what no shell can know. */
export type CompletionValue =
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "file" }
  | { readonly kind: "folder" }
  | { readonly kind: "other" };

/** One command of the tree: the words that lead to it, and what may follow. */
export interface CompletionNode {
  /** Without `portico`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly children: readonly { readonly name: string; readonly description: string }[];
  /** Long options; value undefined: it takes none. */
  readonly options: readonly { readonly flag: string; readonly description: string; readonly value: CompletionValue | undefined }[];
  /** The first: what stands behind it no shell completes. */
  readonly argument: CompletionValue | undefined;
}

/**
 * `portico completion`: a script generated from the command tree, so that it is never out of date.
 *
 * @param program  asked only when the verb runs: the tree is not finished before
 */
export function completionCommand({ terminal }: Surroundings, program: () => Command): Command {
  return verb("completion", "print a completion script for your shell", [
    ["source <(portico completion bash)", "in ~/.bashrc"],
    ["portico completion zsh > ~/.zfunc/_portico", "a folder of $fpath"],
    ["portico completion fish > ~/.config/fish/completions/portico.fish", ""],
  ])
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .action((shell: Shell) => {
      terminal.out(SCRIPT[shell](completionNodes(program())));
    });
}

/** Every command of the tree, the program itself first. */
export function completionNodes(program: Command): CompletionNode[] {
  const nodes: CompletionNode[] = [];
  const visit = (command: Command, path: readonly string[]): void => {
    nodes.push({
      path,
      description: command.description(),
      children: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
      options: command.options.map((option) => ({ flag: option.long ?? option.flags, description: option.description, value: valueOf(option) })),
      argument: command.registeredArguments[0] && valueNamed(command.registeredArguments[0].name(), command.registeredArguments[0].argChoices),
    });
    for (const child of command.commands) visit(child, [...path, child.name()]);
  };
  visit(program, []);
  return nodes;
}

/** An option says what it takes as `--phone <file>`. */
function valueOf({ flags, argChoices }: Option): CompletionValue | undefined {
  const name = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
  return name === undefined ? undefined : valueNamed(name, argChoices);
}

function valueNamed(name: string, choices: readonly string[] | undefined): CompletionValue {
  if (choices !== undefined) return { kind: "choice", choices };
  return { kind: PATH_KIND[name] ?? "other" };
}

const PATH_KIND: Readonly<Record<string, "file" | "folder">> = { file: "file", path: "file", folder: "folder" };

/** The words that lead to a command, a blank before each: how the scripts know where they are. */
const placeOf = (path: readonly string[]): string => ["", ...path].join(" ");
const childrenOf = (nodes: readonly CompletionNode[]): readonly CompletionNode[] => nodes.filter(({ path }) => path.length > 0);
/** A line of a script for each option that takes a value. */
const valueLines = (nodes: readonly CompletionNode[], line: (word: string, value: CompletionValue) => string): string =>
  nodes.flatMap(({ path, options }) => options.flatMap(({ flag, value }) => (value === undefined ? [] : [line(`${placeOf(path)} ${flag}`, value)]))).join("\n");
/** Lines of a script for each argument that something can be offered for; whoever begins with a hyphen wants an option. */
const argumentLines = (nodes: readonly CompletionNode[], line: (word: string, value: CompletionValue) => string): string =>
  nodes.flatMap(({ path, argument }) => (argument === undefined || argument.kind === "other" ? [] : [line(placeOf(path), argument)])).join("\n");
const wordsOf = ({ children, options }: CompletionNode): string[] => [...children.map(({ name }) => name), ...options.map(({ flag }) => flag), "--help"];

/** What each shell is told to offer for a value. */
function bashValue(value: CompletionValue): string {
  if (value.kind === "choice") return `COMPREPLY=($(compgen -W "${value.choices.join(" ")}" -- "$current"))`;
  if (value.kind === "other") return "COMPREPLY=()";
  return `compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -${value.kind === "file" ? "f" : "d"} -- "$current")`;
}

function zshValue(value: CompletionValue): string {
  if (value.kind === "choice") return `compadd -- ${value.choices.join(" ")}`;
  return { file: "_files", folder: "_files -/", other: ":" }[value.kind];
}

/** @param option  its value must be there */
function fishValue(value: CompletionValue, option: boolean): string {
  const [required, alone] = option ? [" -r", " -x"] : ["", " -f"];
  switch (value.kind) {
    case "choice":
      return `${alone} -a ${quoted(value.choices.join(" "))}`;
    case "file":
      return `${required} -F`;
    case "folder":
      return `${alone} -a '(__fish_complete_directories)'`;
    case "other":
      return alone;
  }
}

const SCRIPT: Readonly<Record<Shell, (nodes: readonly CompletionNode[]) => string>> = {
  bash: (nodes) => `# bash completion for portico
_portico() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${childrenOf(nodes)
  .map(({ path }) => `      "${placeOf(path)}") path="${placeOf(path)}" ;;`)
  .join("\n")}
    esac
  done
  case "$path $previous" in
${valueLines(nodes, (word, value) => `    "${word}") ${bashValue(value)}; return ;;`)}
  esac
  case "$path $current" in
${argumentLines(nodes, (word, value) => `    "${word} -"*) ;;\n    "${word} "*) ${bashValue(value)}; return ;;`)}
  esac
  case "$path" in
${nodes.map((node) => `    "${placeOf(node.path)}") COMPREPLY=($(compgen -W "${wordsOf(node).join(" ")}" -- "$current")) ;;`).join("\n")}
  esac
}
complete -o default -F _portico portico
`,
  zsh: (nodes) => `#compdef portico
_portico() {
  local at="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
${childrenOf(nodes)
  .map(({ path }) => `      ("${placeOf(path)}") at="${placeOf(path)}" ;;`)
  .join("\n")}
    esac
  done
  local -a entries
  case "$at \${words[CURRENT-1]}" in
${valueLines(nodes, (word, value) => `    ("${word}") ${zshValue(value)}; return ;;`)}
  esac
  case "$at \${words[CURRENT]}" in
${argumentLines(nodes, (word, value) => `    ("${word} -"*) ;;\n    ("${word} "*) ${zshValue(value)}; return ;;`)}
  esac
  case "$at" in
${nodes
  .map((node) => {
    const entries = [
      ...node.children.map(({ name, description }) => [name, description]),
      ...node.options.map(({ flag, description }) => [flag, description]),
      ["--help", "show help"],
    ];
    return `    ("${placeOf(node.path)}") entries=(${entries.map(([name, description]) => quoted(`${name}:${description?.replaceAll(":", "\\:")}`)).join(" ")}) ;;`;
  })
  .join("\n")}
  esac
  _describe portico entries
}
_portico "$@"
`,
  fish: (nodes) => `# fish completion for portico
function __portico_path
  set -l path ""
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
${childrenOf(nodes)
  .map(({ path }) => `      case "${placeOf(path)}"\n        set path "${placeOf(path)}"`)
  .join("\n")}
    end
  end
  test "$path" = "$argv[1]"
end
${nodes
  .flatMap((node) => {
    const condition = `-n '__portico_path "${placeOf(node.path)}"'`;
    return [
      ...node.children.map(({ name, description }) => `complete -c portico -f ${condition} -a ${name} -d ${quoted(description)}`),
      ...node.options.map(
        ({ flag, description, value }) =>
          `complete -c portico ${condition} -l ${flag.slice(2)} -d ${quoted(description)}${value === undefined ? "" : fishValue(value, true)}`,
      ),
      `complete -c portico ${condition}${node.argument === undefined ? " -f" : fishValue(node.argument, false)}`,
    ];
  })
  .join("\n")}
`,
};

/** Single-quoted for a shell. A quote inside closes, stands escaped, and opens again: bash, zsh and fish agree on that. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
