import type { Command, Option } from "commander";

/** A command, as a shell completes it. */
export interface CompletedCommand {
  /** From the program's name on, e.g. `poplar login add`. */
  readonly path: string;
  readonly description: string;
  readonly subcommands: readonly CompletedCommand[];
  readonly options: readonly CompletedOption[];
}

/** A flag, as a shell completes it. */
export interface CompletedOption {
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** The only values that it takes; none: anything, perhaps a file. */
  readonly choices: readonly string[];
}

/** All commands below one, from what they say of themselves in their help. */
export function commandTree(
  command: Command,
  parentPath = "",
  inherited: readonly Option[] = [],
): CompletedCommand {
  const path = `${parentPath} ${command.name()}`.trim();
  const options = [...command.options.filter(({ hidden }) => !hidden), ...inherited];
  const shared = parentPath === "" ? options.filter(({ long }) => long !== "--version") : inherited;
  return {
    path,
    description: command.description(),
    subcommands: command.commands.map((sub) => commandTree(sub, path, shared)),
    options: [...options.map(completedOption), help],
  };
}

/** A command and all below it. */
export const allCommands = (command: CompletedCommand): readonly CompletedCommand[] => [
  command,
  ...command.subcommands.flatMap(allCommands),
];

const help: CompletedOption = { flag: "--help", description: "show help", takesValue: false, choices: [] };

const completedOption = ({
  long,
  short,
  description,
  required,
  optional,
  argChoices,
}: Option): CompletedOption => ({
  flag: long ?? short ?? "",
  description,
  takesValue: required || optional,
  choices: argChoices ?? [],
});
