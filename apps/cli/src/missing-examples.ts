import { EventEmitter } from "node:events";
import type { Argument, Command, Option } from "commander";
import { examples } from "./arguments.ts";

/** What stands for an argument, or for the value of a flag, in an example. */
const samples: Readonly<Record<string, string>> = {
  address: "sales@example.test",
  app: "pop3",
  domain: "example.test",
  file: "file",
  label: "phone",
  login: "alice@example.test",
  name: "alice@example.test",
  octets: "2G",
  shell: "bash",
  tenant: "acme",
};

/** Gives every command that has none an example, made from what it cannot do without. */
export function addMissingExamples(command: Command, path: string = command.name()): void {
  for (const sub of command.commands) addMissingExamples(sub, `${path} ${sub.name()}`);
  if (command.commands.length > 0 || hasMoreHelp(command)) return;
  const needed = [
    ...command.registeredArguments.filter(({ required }) => required).map(sampleOfArgument),
    ...command.options.filter(({ mandatory }) => mandatory).map(sampleOfOption),
  ];
  command.addHelpText("after", examples([path, ...needed].join(" ")));
}

const hasMoreHelp = (command: Command): boolean =>
  command instanceof EventEmitter && command.listenerCount("afterHelp") > 0;

const sampleOfArgument = (argument: Argument): string => samples[argument.name()] ?? `<${argument.name()}>`;

const sampleOfOption = ({ long, flags }: Option): string => {
  const what = /<([^>]+)>/.exec(flags)?.[1];
  return what === undefined ? `${long}` : `${long} ${samples[what] ?? `<${what}>`}`;
};
